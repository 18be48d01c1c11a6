"""Metrics: the value by each team's definition, and the customers that it counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.definitions import Combine, Definition
from tieout.errors import ConfigError, Problem
from tieout.gold.records import TIEOUT_ID
from tieout.gold.views import Views
from tieout.platform.rows import frame_of

VALUE = "decimal(24,4)"
DEFINED = (
    "metric string, team string, kind string, label string, version int, as_of date, unit string, "
    "wording string, owner string"
)
METRIC_COLUMNS = (
    "metric", "team", "kind", "label", "version", "as_of", "value", "unit", "members", "wording", "owner",
)  # fmt: skip


def metric_members(definitions: Iterable[Definition], views: Views, as_of: date) -> DataFrame:
    """Return every customer that a metric or rule counts, with its part of the value.

    Returns `metric, team, kind, version (int), as_of (date), unit, combine, tieout_id, value,
    weight` (decimal(24,4); weight only for `combine: ratio`), `why` (array<string>: the signs by which
    the definition's SQL counts the customer, null where it names none). Documents of no known customer
    count under a null `tieout_id`. Raises ConfigError for all SQL that does not run or lacks a column.
    """
    frames, errors = [], []
    for one in definitions:
        try:
            frames += [_members(one, views, as_of)] if one.sql is not None else []
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise ConfigError.of(errors)
    if not frames:
        raise ConfigError("conf/definitions: no metric has `sql`; define at least one")
    return reduce(DataFrame.unionByName, frames)


def _members(definition: Definition, views: Views, as_of: date) -> DataFrame:
    where = f"conf/definitions: {definition.name} of team {definition.team}: sql"
    rows = views.query(definition.sql or "", {"as_of": as_of}, where, definition)
    needed = [TIEOUT_ID, "value", *(["weight"] if definition.how == "ratio" else [])]
    missing = [name for name in needed if name not in rows.columns]
    if missing:
        found = ", ".join(rows.columns)
        problem = f"the answer has no column {', '.join(missing)}; found {found}"
        raise ConfigError(Problem(problem, key=where, item=definition, keys=("sql",)))
    weight = F.col("weight") if definition.how == "ratio" else F.lit(None)
    why = F.col("why") if "why" in rows.columns else F.lit(None)
    return rows.select(
        F.lit(definition.name).alias("metric"),
        F.lit(definition.team).alias("team"),
        F.lit(definition.kind).alias("kind"),
        F.lit(definition.version).alias("version"),
        F.lit(as_of).cast("date").alias("as_of"),
        F.lit(definition.unit).alias("unit"),
        F.lit(definition.how).alias("combine"),
        F.col(TIEOUT_ID).cast("string").alias(TIEOUT_ID),
        F.col("value").cast(VALUE).alias("value"),
        weight.cast(VALUE).alias("weight"),
        why.cast("array<string>").alias("why"),
    )


def metric_values(definitions: Iterable[Definition], members: DataFrame, as_of: date) -> DataFrame:
    """Return `metric, team, kind, label, version, as_of, value, unit, members`: one row per definition.

    `members` is the number of customers that it counts. A definition that counts nobody has a row too.
    """
    rows = [
        (d.name, d.team, d.kind, d.label, d.version, as_of, d.unit, d.wording, d.owner)
        for d in definitions
        if d.sql is not None
    ]
    defined = frame_of(members.sparkSession, rows, DEFINED)
    totals = members.groupBy("metric", "team").agg(_combined().alias("value"), F.count(TIEOUT_ID).alias("members"))
    value = F.coalesce("value", F.lit(0)).cast(VALUE)
    counted = F.coalesce("members", F.lit(0))
    return (
        defined.join(totals, ["metric", "team"], "left")
        .withColumns({"value": value, "members": counted})
        .select(*METRIC_COLUMNS)
    )


def _combined() -> Column:
    ways: dict[Combine, Column] = {
        "count": F.count(TIEOUT_ID).cast(VALUE),
        "sum": F.sum("value"),
        "mean": F.avg("value"),
        "max": F.max("value"),
        "ratio": F.try_divide(F.sum("value"), F.sum("weight")),
    }
    how = F.first("combine")
    combined = F.lit(None).cast(VALUE)
    for name, column in ways.items():
        combined = F.when(how == name, column.cast(VALUE)).otherwise(combined)
    return combined
