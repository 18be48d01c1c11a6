"""Survivorship: the value of each field that the golden record keeps, and the record that it is from.

All records of a customer, contact or product meet in one aggregation; no window per field. Each
field keeps the largest of `struct(criteria ..., value, origin)` among its candidates.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.entity import EntityConfig
from tieout.config.models.survivorship import FieldRule, SurvivorshipConfig
from tieout.config.sql_errors import explain
from tieout.errors import ConfigError, Problem
from tieout.gold.golden_record.choices import Choice, choices_of, field_rules, golden_fields, owner_rank, unknown_fields
from tieout.gold.records import CONFIDENCE, TIEOUT_ID, live

RECENT = "_modified_at"
FILLED = "_filled"
ORIGIN = "_origin"
ALWAYS, LAST = 1000, -1


def golden(
    records: DataFrame,
    config: SurvivorshipConfig,
    kinds: Mapping[str, str],
    entity: EntityConfig | None = None,
) -> DataFrame:
    """Return one golden record per `tieout_id`.

    Needs `tieout_id, source_system, source_id, _modified_at, _deleted, _confidence` and the fields.
    `kinds` is system → kind (crm, erp, other), so that an owner may be a kind of system. Deleted
    records, records without a `tieout_id`, nulls and blank texts never win.

    Returns `tieout_id`, the fields, `_sources` (map field → `system:source_id` of the winner),
    `systems` (sorted array), `record_count` (int) and `confidence` (double, that of the least sure
    record). Raises ConfigError for a condition that is not SQL over the record.
    """
    check_survivorship(records, config)
    fields = golden_fields(records.columns, config)
    choices = choices_of(fields, config, field_rules(fields, config, entity))
    prepared = _prepared(live(records).where(F.col(TIEOUT_ID).isNotNull()), fields)
    chosen = prepared.groupBy(TIEOUT_ID).agg(
        *[_candidates(choice, kinds).alias(choice.name) for choice in choices],
        F.array_sort(F.collect_set("source_system")).alias("systems"),
        F.count("*").cast("int").alias("record_count"),
        F.min(CONFIDENCE).alias("confidence"),
    )
    won = chosen.withColumns({c.name: _most_frequent(c) for c in choices if c.by_frequency})
    return won.select(TIEOUT_ID, *_values(fields, choices), _sources(choices), "systems", "record_count", "confidence")


def golden_columns(records: DataFrame, config: SurvivorshipConfig) -> dict[str, str]:
    """Return the columns of the golden records of `records` and their SQL types, without computing them."""
    types = {field.name: field.dataType.simpleString() for field in records.schema.fields}
    fields = {name: types[name] for name in golden_fields(records.columns, config)}
    added = {
        "_sources": "map<string,string>", "systems": "array<string>", "record_count": "int", "confidence": "double",
    }  # fmt: skip
    return {TIEOUT_ID: "string"} | fields | added


def check_survivorship(records: DataFrame, config: SurvivorshipConfig) -> None:
    """Raise ConfigError for every field that records do not have and every condition that is not SQL over them."""
    fields = golden_fields(records.columns, config.model_copy(update={"ignore": []}))
    problems = [*unknown_fields(fields, config)]
    for name, section, rule in [
        *((name, "fields", rule) for name, rule in config.fields.items()),
        *((name, "together", rule) for name, rule in config.together.items()),
    ]:
        for position, case in enumerate(rule.cases):
            try:
                _ = records.where(case.when).schema
            except PySparkException as error:
                found = explain(error, case.when, "the record", records.columns)
                where = f"conf/survivorship: {config.entity}: {section}.{name}.cases.{position}.when"
                problems.append(Problem(found.message, key=where, item=case, keys=("when",), sql_line=found.line))
    if problems:
        raise ConfigError(*problems)


def _prepared(records: DataFrame, fields: list[str]) -> DataFrame:
    texts = {name for name, kind in records.dtypes if kind == "string"}
    blank_is_null = {f: F.when(F.trim(f) != "", F.col(f)) for f in fields if f in texts}
    filled = sum((F.col(f).isNotNull().cast("int") for f in fields), F.lit(0))
    origin = F.concat_ws(":", "source_system", "source_id")
    return records.withColumns(blank_is_null).withColumns({FILLED: filled, ORIGIN: origin})


def _candidates(choice: Choice, kinds: Mapping[str, str]) -> Column:
    """Aggregate a customer's candidates: all of them when frequency counts, else the best at once."""
    present = [F.col(field).isNotNull() for field in choice.fields]
    eligible = present[0]
    for other in present[1:]:
        eligible = eligible | other
    never = [F.expr(case.when) for case in choice.rule.cases if case.wins == "never"]
    for condition in never:
        eligible = eligible & ~F.coalesce(condition, F.lit(False))
    criteria = [_has_all(choice.needs)] if choice.needs else []
    criteria.append(_rank(choice.rule, kinds))
    criteria += [_criterion(name, choice) for name in choice.order if name != "most_frequent"]
    named = [column.alias(f"criterion_{i}") for i, column in enumerate(criteria)]
    value = F.struct(*choice.fields).alias("value")
    candidate = F.when(eligible, F.struct(*named, value, F.col(ORIGIN).alias("origin")))
    return F.collect_list(candidate) if choice.by_frequency else F.max(candidate)


def _has_all(needs: tuple[str, ...]) -> Column:
    column = F.lit(True)
    for field in needs:
        column = column & F.col(field).isNotNull()
    return column


def _rank(rule: FieldRule, kinds: Mapping[str, str]) -> Column:
    """Return the owner's rank, higher is better; the first special case that holds replaces the owners."""
    rank = owner_rank(rule.owner or [], kinds)
    for case in reversed(rule.cases):
        if case.owner is not None:
            rank = F.when(F.expr(case.when), owner_rank(case.owner, kinds)).otherwise(rank)
        elif case.wins != "never":
            rank = F.when(F.expr(case.when), ALWAYS if case.wins == "always" else LAST).otherwise(rank)
    return rank


def _criterion(name: str, choice: Choice) -> Column:
    if name == "most_recent":
        return F.coalesce(F.col(RECENT), F.lit("1900-01-01").cast("timestamp"))
    if name == "most_complete":
        if len(choice.fields) == 1:
            return F.col(FILLED)
        return sum((F.col(f).isNotNull().cast("int") for f in choice.fields), F.lit(0))
    if name == "earliest":
        return -F.unix_micros(F.col(choice.fields[0]).cast("timestamp"))
    return F.length(F.concat_ws("", *[F.col(f).cast("string") for f in choice.fields]))


def _most_frequent(choice: Choice) -> Column:
    """Choose among collected candidates: criteria before frequency, frequency, criteria after it."""
    before = choice.leading + choice.order.index("most_frequent")
    count = choice.leading + len(choice.order) - 1
    candidates = F.col(choice.name)

    def ranked(one: Column) -> Column:
        times = F.size(F.filter(candidates, lambda other: other["value"] == one["value"]))
        criteria = [one[f"criterion_{i}"].alias(f"criterion_{i}") for i in range(count)]
        criteria.insert(before, times.alias("times"))
        return F.struct(*criteria, one["value"].alias("value"), one["origin"].alias("origin"))

    return F.array_max(F.transform(candidates, ranked))


def _values(fields: list[str], choices: list[Choice]) -> list[Column]:
    place = {field: choice for choice in choices for field in choice.fields}
    return [F.col(f"{place[field].name}.value.{field}").alias(field) for field in fields]


def _sources(choices: list[Choice]) -> Column:
    entries = [
        F.when(
            F.col(f"{choice.name}.value.{field}").isNotNull(),
            F.struct(F.lit(field).alias("key"), F.col(f"{choice.name}.origin").alias("value")),
        )
        for choice in choices
        for field in choice.fields
    ]
    return F.map_from_entries(F.array_sort(F.array_compact(F.array(*entries)))).alias("_sources")
