from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from tieout.config.base import read_model
from tieout.config.models.survivorship import SurvivorshipConfig
from tieout.errors import ConfigError
from tieout.gold.golden_record.survivorship import golden

KINDS = {"north": "crm", "south": "erp"}
SCHEMA = (
    "tieout_id string, source_system string, source_id string, _modified_at timestamp, _deleted boolean, "
    "_confidence double, name string, phone string, street string, city string, credit_limit decimal(18,2), "
    "parent_source_id string"
)


def record(system: str, key: str, day: int = 1, **fields: Any) -> Row:
    base = dict.fromkeys([part.split()[0] for part in SCHEMA.replace("decimal(18,2)", "decimal").split(", ")])
    base |= {"tieout_id": "T1", "source_system": system, "source_id": key, "_deleted": False}
    return Row(**(base | {"_modified_at": datetime(2025, 1, day), "_confidence": 0.9} | fields))


def frame(spark: SparkSession, *rows: Row) -> DataFrame:
    names = [part.split()[0] for part in SCHEMA.replace("(18,2)", "").split(", ")]
    return spark.createDataFrame([tuple(row[n] for n in names) for row in rows], SCHEMA)


def rules(**config: Any) -> SurvivorshipConfig:
    return SurvivorshipConfig.model_validate({"entity": "account"} | config)


def test_the_owner_wins_and_the_winner_is_recorded(spark: SparkSession) -> None:
    records = frame(
        spark,
        record("north", "1", day=9, name="Acme Ltd", phone="+1"),
        record("south", "7", day=2, name="ACME", phone="+2"),
    )
    config = rules(fields={"phone": {"owner": ["erp", "crm"]}, "name": {"owner": ["north"]}})

    [row] = golden(records, config, KINDS).collect()

    assert (row["name"], row["phone"]) == ("Acme Ltd", "+2")
    assert row["_sources"] == {"name": "north:1", "phone": "south:7"}
    assert row["systems"] == ["north", "south"]
    assert (row["record_count"], row["confidence"]) == (2, 0.9)
    assert "parent_source_id" not in row


def test_nulls_blanks_and_deleted_records_never_win(spark: SparkSession) -> None:
    records = frame(
        spark,
        record("south", "1", phone=" ", name="Kept"),
        record("south", "2", day=9, name="Gone", _deleted=True),
        record("north", "3", phone="+3"),
    )

    [row] = golden(records, rules(fields={"phone": {"owner": ["erp"]}}), KINDS).collect()

    assert (row["name"], row["phone"], row["record_count"]) == ("Kept", "+3", 2)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["most_recent"], "recent"),
        (["most_complete"], "complete"),
        (["most_frequent", "most_recent"], "frequent"),
        (["longest"], "the longest one"),
    ],
)
def test_each_criterion_decides(spark: SparkSession, order: list[str], expected: str) -> None:
    records = frame(
        spark,
        record("north", "1", day=9, name="recent"),
        record("north", "2", day=1, name="complete", phone="+1", street="Main St", city="Town"),
        record("north", "3", day=2, name="frequent"),
        record("north", "4", day=3, name="frequent"),
        record("north", "5", day=3, name="the longest one"),
    )

    [row] = golden(records, rules(order=order), KINDS).collect()

    assert row["name"] == expected


def test_special_cases_replace_the_owner(spark: SparkSession) -> None:
    records = frame(
        spark,
        record("south", "1", name="ACME HOLDING INTERNATIONAL MANUFACT"),
        record("north", "2", name="Acme Holding"),
        record("south", "3", phone="switchboard"),
        record("north", "4", phone="+4"),
    )
    cases = {
        "name": {"owner": ["erp"], "cases": [{"when": "length(name) >= 35", "wins": "last"}]},
        "phone": {"owner": ["erp"], "cases": [{"when": "phone NOT LIKE '+%'", "wins": "never"}]},
    }

    [row] = golden(records, rules(fields=cases), KINDS).collect()

    assert (row["name"], row["phone"]) == ("Acme Holding", "+4")


def test_fields_that_belong_together_come_from_one_record(spark: SparkSession) -> None:
    records = frame(
        spark,
        record("south", "1", city="Berlin"),
        record("north", "2", street="1 High Street", city="Leeds"),
    )
    address = {"fields": ["street", "city"], "needs": ["street"], "owner": ["erp"]}

    [row] = golden(records, rules(together={"address": address}), KINDS).collect()

    assert (row["street"], row["city"]) == ("1 High Street", "Leeds")
    assert row["_sources"] == {"street": "north:2", "city": "north:2"}


def test_a_condition_that_is_not_sql_names_field_and_condition(spark: SparkSession) -> None:
    config = rules(fields={"name": {"cases": [{"when": "nmae = 'x'", "wins": "last"}]}})

    with pytest.raises(ConfigError, match=r"fields.name.cases.0.when: .* no column 'nmae'. Did you mean 'name'"):
        golden(frame(spark, record("north", "1", name="A")), config, KINDS)


@pytest.mark.parametrize("entity", ["account", "contact", "product"])
def test_shipped_rules_are_valid(conf_dir: Any, entity: str) -> None:
    assert read_model(conf_dir / "survivorship" / f"{entity}.yml", SurvivorshipConfig).entity == entity
