"""Left joins to current rows of another object of the same system, one row each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.lookups import Lookups, folded
from tieout.config.models.mapping import FieldMapping, JoinConfig
from tieout.config.models.source import ObjectConfig, SourceConfig
from tieout.config.models.values import ValueOptions
from tieout.config.sql_types import ConfigLocation, types_of, unknown_column
from tieout.platform.sql import quoted
from tieout.silver.mapping.bronze_columns import cleaned, exported_columns, words_of
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.namespace import Namespace, json_value, sql_texts
from tieout.silver.mapping.typed_values import typed

# Bronze table of an object of the system, or None when nothing of it was ever ingested.
Reader = Callable[[str], DataFrame | None]


def attach(
    bronze: DataFrame, source: SourceConfig, name: str, read: Reader, lookups: Lookups, location: ConfigLocation
) -> tuple[DataFrame, Namespace]:
    """Clean the columns that the object's config reads and add one struct column a join, called as its alias.

    Returns the frame and what names a mapping may use. Raises ConfigError for unknown columns, bad
    SQL, and an object that is not there although it is not optional.
    """
    config = source.objects[name]
    namespace = Namespace(name, exported_columns(bronze), {})
    frame = cleaned(bronze, words_of(sql_texts(config)), source.values(name))
    for alias, join in config.joins.items():
        join_location = location.at("objects", name, "joins", alias)
        wanted = namespace.used_columns(alias, sql_texts(config))
        if join.lookup is not None:
            frame, known = _list_joined(frame, alias, join, wanted, lookups, join_location, namespace)
        else:
            frame, known = _object_joined(frame, alias, join, wanted, source, read, lookups, join_location, namespace)
        namespace.joins[alias] = known
    return frame, namespace


def current_rows(
    bronze: DataFrame, source: SourceConfig, name: str, extra: set[str], lookups: Lookups, location: ConfigLocation
) -> DataFrame:
    """Return the newest row for each key, without deleted and unreadable ones, columns cleaned.

    `extra` are the columns that are wanted beside the key's. What the rows' own joins tell of their deletion
    is not known here, and such rows stay.
    """
    config = source.objects[name]
    namespace = Namespace(name, exported_columns(bronze), {})
    keys = [_plain(part, namespace, location) for part in config.key]
    changed = _plain(config.modified, namespace, location) if config.modified is not None else None
    deleted = config.deleted_when if not _reads_joins(config) else None
    wanted = extra | words_of([*keys, changed or "", deleted or ""])
    frame = cleaned(bronze, wanted, source.values(name), with_raw=False).where("_corrupt IS NULL")
    order = [F.col("_ingested_at").desc(), F.col("_file").desc(), F.col("_row").desc()]
    if changed is not None:
        frame = _with_time(frame, changed, config, source.values(name), lookups)
        order.insert(0, F.col("_changed_at").desc_nulls_last())
    newest = F.row_number().over(Window.partitionBy(*map(F.expr, keys)).orderBy(*order))
    frame = frame.withColumn("_version", newest).where("_version = 1").drop("_version")
    return frame.where(f"NOT coalesce({deleted}, FALSE)") if deleted else frame


def _plain(part: FieldMapping, namespace: Namespace, location: ConfigLocation) -> str:
    """Return SQL of a key's or change stamp's text."""
    sql = f"({part.expr})" if part.expr is not None else namespace.resolve(part.column or "", part.optional, location)
    return json_value(sql, part.json_path) if part.json_path is not None else sql


def _reads_joins(config: ObjectConfig) -> bool:
    return any(re.search(rf"\b{re.escape(alias)}\.", config.deleted_when or "") for alias in config.joins)


def _with_time(
    frame: DataFrame, changed: str, config: ObjectConfig, options: ValueOptions, lookups: Lookups
) -> DataFrame:
    """Add `_changed_at`: texts of most forms do not sort by time."""
    assert config.modified is not None
    builder = ExpressionBuilder(lookups)
    text = builder.let(f"CAST({changed} AS STRING)")
    moment = typed(text, "timestamp", config.modified.over(options), builder)
    return builder.apply(frame).withColumn("_changed_at", F.expr(moment))


def _object_joined(
    frame: DataFrame, alias: str, join: JoinConfig, wanted: set[str], source: SourceConfig, read: Reader,
    lookups: Lookups, location: ConfigLocation, namespace: Namespace,
) -> tuple[DataFrame, list[str]]:  # fmt: skip
    other = str(join.object)
    bronze = read(other)
    if bronze is None:
        if not join.optional:
            raise location.error(f"no rows of {other} were ever ingested; export it, or set `optional: true`")
        return _empty(frame, alias, wanted, namespace), sorted(wanted)
    known = list(join.aggregate) or exported_columns(bronze)
    for name in sorted(wanted - set(known)):
        raise unknown_column(location, f"{alias}.{name}", known, other)
    inner = _inside_json(join, exported_columns(bronze), location.at("on"), other)
    texts = [join.where or "", join.order_by or "", *join.aggregate.values()]
    extra = wanted | set(join.on.values()) | {name.partition(".")[0] for name in inner} | words_of(texts)
    right = current_rows(bronze, source, other, extra, lookups, location)
    right = right.selectExpr("*", *(f"{sql} AS {quoted(name)}" for name, sql in inner.items()))
    right = _matching(right, join, location, other)
    right = (
        _aggregated(right, alias, join, wanted, location, other)
        if join.aggregate
        else _picked(right, alias, join, wanted)
    )
    left_keys = dict(zip(map(str, range(len(join.on))), join.on, strict=True))
    types_of(frame, left_keys, lambda _: location.at("on"), namespace.name, namespace.columns)
    sides = [f"{sql} AS _left_{alias}_{position}" for position, sql in enumerate(join.on)]
    frame = frame.selectExpr(*_kept(frame, alias, namespace), *sides)
    conditions = [F.expr(f"_left_{alias}_{position} = _on_{alias}_{position}") for position in range(len(join.on))]
    joined = frame.join(right, conditions, "left")
    return joined.drop(*(f"_{side}_{alias}_{at}" for side in ("left", "on") for at in range(len(join.on)))), known


def _kept(frame: DataFrame, alias: str, namespace: Namespace) -> list[str]:
    """Return SQL of all columns; one that has the join's alias as its name gives way, under a name of its own."""
    namespace.hidden |= {name: f"_own_{name}" for name in frame.columns if name.lower() == alias.lower()}
    return [
        f"{quoted(name)} AS {quoted(namespace.hidden[name])}" if name in namespace.hidden else quoted(name)
        for name in frame.columns
    ]


def _inside_json(join: JoinConfig, known: list[str], location: ConfigLocation, what: str) -> dict[str, str]:
    """Return SQL of the key columns that are values inside a JSON column, `COLUMN.path`, by that name."""
    inner = {}
    for name in join.on.values():
        first, _, rest = name.partition(".")
        if name not in known and not (rest and first in known):
            raise unknown_column(location, name, known, what)
        if name not in known:
            inner[name] = json_value(quoted(first), "$." + rest)
    return inner


def _matching(right: DataFrame, join: JoinConfig, location: ConfigLocation, what: str) -> DataFrame:
    if join.where is None:
        return right
    types_of(right, {"where": join.where}, location.at, what)
    return right.where(join.where)


def _on_columns(alias: str, join: JoinConfig) -> list[str]:
    return [f"{quoted(name)} AS _on_{alias}_{position}" for position, name in enumerate(join.on.values())]


def _struct(alias: str, names: Mapping[str, str]) -> str:
    inside = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in names.items())
    return f"struct({inside or '1 AS _found'}) AS {quoted(alias)}"


def _aggregated(
    right: DataFrame, alias: str, join: JoinConfig, wanted: set[str], location: ConfigLocation, what: str
) -> DataFrame:
    chosen = {name: sql for name, sql in join.aggregate.items() if name in wanted}
    types_of(right, chosen, lambda name: location.at("aggregate", name), what)
    keys = [F.col(quoted(name)) for name in join.on.values()]
    totals = [F.expr(sql).alias(name) for name, sql in chosen.items()] or [F.lit(1).alias("_found")]
    grouped = right.groupBy(*keys).agg(*totals)
    return grouped.selectExpr(*_on_columns(alias, join), _struct(alias, {name: quoted(name) for name in chosen}))


def _picked(right: DataFrame, alias: str, join: JoinConfig, wanted: set[str]) -> DataFrame:
    order = f"{join.order_by}, " if join.order_by else ""
    keys = ", ".join(quoted(name) for name in join.on.values())
    rank = f"row_number() OVER (PARTITION BY {keys} ORDER BY {order}_ingested_at DESC, _file DESC, _row DESC)"
    first = right.withColumn("_rank", F.expr(rank)).where("_rank = 1")
    return first.selectExpr(*_on_columns(alias, join), _struct(alias, {name: quoted(name) for name in sorted(wanted)}))


def _empty(frame: DataFrame, alias: str, wanted: set[str], namespace: Namespace) -> DataFrame:
    nothing = dict.fromkeys(sorted(wanted), "CAST(NULL AS STRING)")
    return (
        frame.selectExpr(
            *_kept(frame, alias, namespace),
            f"CAST(NULL AS STRUCT<{', '.join(f'{quoted(n)}: STRING' for n in nothing)}>) AS {quoted(alias)}",
        )
        if nothing
        else frame
    )


def _list_joined(
    frame: DataFrame,
    alias: str,
    join: JoinConfig,
    wanted: set[str],
    lookups: Lookups,
    location: ConfigLocation,
    namespace: Namespace,
) -> tuple[DataFrame, list[str]]:
    lookup = lookups.get(str(join.lookup))
    for name in sorted(wanted - set(lookup.columns)):
        raise unknown_column(location, f"{alias}.{name}", lookup.columns, f"code list {join.lookup}")
    types_of(
        frame,
        {str(i): sql for i, sql in enumerate(join.on)},
        lambda _: location.at("on"),
        namespace.name,
        namespace.columns,
    )
    builder = ExpressionBuilder(lookups)
    key = builder.let(f"concat_ws('\\t', {', '.join(folded(sql) for sql in join.on)})")
    rows = {
        k: {name: row[name] for name in sorted(wanted) if row[name]}
        for k, row in lookup.records([*join.on.values()]).items()
    }
    schema = "struct<" + ",".join(f"{quoted(name)}:string" for name in sorted(wanted)) + ">"
    found = builder.let(builder.find(rows, key, schema))
    kept = _kept(frame, alias, namespace)
    return builder.apply(frame).selectExpr(*kept, f"{found} AS {quoted(alias)}"), lookup.columns
