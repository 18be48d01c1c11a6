"""What systems are told: in their own words, no longer than their fields, and never over a newer change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame

from gold.books import CRM, ERP, row
from tieout.config import Config, load_config
from tieout.config.base import read_model
from tieout.config.lookups import Lookups, fold
from tieout.config.models.mapping import LookupUse
from tieout.config.models.source import SourceConfig
from tieout.errors import ConfigError
from tieout.gold.build import build
from tieout.gold.inputs import Inputs
from tieout.gold.outbox import read_targets
from tieout.gold.outbox.targets import Target

Accounts = list[dict[str, Any]]


def day(number: int) -> datetime:
    return datetime(2026, 9, number, tzinfo=UTC)


def pair(crm: dict[str, Any], erp: dict[str, Any], crm_day: int = 1, erp_day: int = 2, name: str = "a") -> Accounts:
    """The records of one customer in both systems, each with the day of its last change."""
    return [
        row(CRM, f"c-{name}", **({"name": "Acme Ltd", "_modified_at": day(crm_day)} | crm)),
        row(ERP, f"e-{name}", **({"name": "Acme Ltd", "_modified_at": day(erp_day)} | erp)),
    ]


# One customer an example, so that all of them are published once.
LONG = "Vaillant et Albert Bâtiment International Garmisch"
CASES: dict[str, Accounts] = {
    "industry": pair({"industry": "Food & Beverage"}, {"industry": "Retail"}, crm_day=3, name="industry"),
    "region": pair(
        {"street": "Ring 1", "city": "Potsdam", "region": "DE-BE"},
        {"street": "Ring 1", "city": "Potsdam", "region": "DE-BB"}, name="region",
    ),
    "same region": pair(
        {"street": "Ring 1", "city": "Ulm", "region": "DE-BW"}, {"street": "RING 1", "city": "ULM", "region": "DE-BW"},
        name="same region",
    ),
    "long": pair({"name": LONG}, {"name": "Vaillant et Albert"}, crm_day=3, name="long"),
    "too long": pair({"name": "Donau" * 8 + " SA"}, {"name": "Rhein SA"}, crm_day=3, name="too long"),
    "newer": pair({"phone": "+491111111"}, {"phone": "+492222222"}, crm_day=1, erp_day=2, name="newer"),
    "older": pair({"phone": "+491111111"}, {"phone": "+492222222"}, crm_day=2, erp_day=1, name="older"),
    "no code": pair({"payment_terms": "Net 30"}, {"payment_terms": "Net 90"}, name="no code"),
    "terms": pair({"payment_terms": "Net 30"}, {"payment_terms": "Net 60"}, name="terms"),
    "less": pair({"name": "Beta"}, {"name": "Beta GmbH"}, crm_day=3, name="less"),
    "group": pair(
        {"street": "Weg 1", "city": "Ulm"}, {"street": "Allee 2", "city": "O" * 41}, name="group",
    ),
    "held": pair({"status": "active"}, {"credit_block": True, "credit_limit": 10}, crm_day=9, name="held"),
}  # fmt: skip


@pytest.fixture(scope="module")
def published(inputs_of: Callable[..., Inputs]) -> dict[str, DataFrame]:
    accounts = [one for records in CASES.values() for one in records]
    ids = {(one["source_system"], one["source_id"]): one["source_id"][2:] for one in accounts}
    tables: dict[str, DataFrame] = {}

    def keep(name: str, frame: DataFrame) -> DataFrame:
        tables[name] = frame.localCheckpoint()
        return tables[name]

    build(inputs_of({"account": accounts}, {"account": ids, "contact": {}, "product": {}}), keep)
    return tables


def told(published: dict[str, DataFrame], customer: str) -> list[tuple[Any, ...]]:
    """Target object and own field, current and proposed value, of a customer's proposals."""
    rows = published["outbox"].where(f"tieout_id = '{customer}'").orderBy("field").collect()
    return [(r["target_object"] or "", r["target_field"], r["current_value"], r["proposed_value"]) for r in rows]


def held(published: dict[str, DataFrame], system: str, field: str) -> dict[str, int]:
    rows = published["outbox_held_back"].where(f"target_system = '{system}' AND field = '{field}'").collect()
    return {row["reason"]: row["changes"] for row in rows}


def conflicts(published: dict[str, DataFrame], customer: str) -> list[str]:
    return [r["field"] for r in published["discrepancy"].where(f"tieout_id = '{customer}'").orderBy("field").collect()]


def test_a_label_goes_to_the_erp_as_its_code_and_a_code_to_the_crm_as_its_label(
    published: dict[str, DataFrame],
) -> None:
    assert told(published, "industry") == [("", "BRSCH", "RETL", "FOOD")]
    assert told(published, "region") == [("", "BillingState", "Berlin", "Brandenburg")]
    assert told(published, "terms") == [("", "Payment_Terms__c", "Net 30", "Net 60")]


def test_a_value_without_a_code_in_the_target_is_held_back(published: dict[str, DataFrame]) -> None:
    assert told(published, "no code") == []
    assert held(published, CRM, "payment_terms") == {"no_code": 1}
    assert conflicts(published, "no code") == ["payment_terms"]


def test_a_difference_of_form_is_no_conflict_and_no_proposal(published: dict[str, DataFrame]) -> None:
    assert (told(published, "same region"), conflicts(published, "same region")) == ([], [])


def test_a_long_name_flows_on_in_the_second_field(published: dict[str, DataFrame]) -> None:
    [change] = published["outbox"].where("tieout_id = 'long'").collect()
    assert change["target_field"] == "NAME1+NAME2"
    assert change["changes"] == {"NAME1": "Vaillant et Albert Bâtiment", "NAME2": "International Garmisch"}


def test_a_text_that_fits_in_no_field_is_held_back(published: dict[str, DataFrame]) -> None:
    assert told(published, "too long") == []
    assert held(published, ERP, "name") == {"too_long": 1, "less_complete": 1}


def test_a_name_does_not_lose_its_legal_form(published: dict[str, DataFrame]) -> None:
    assert (told(published, "less"), conflicts(published, "less")) == ([], [])


def test_the_newer_change_stays(published: dict[str, DataFrame]) -> None:
    assert told(published, "newer") == []
    assert held(published, ERP, "phone") == {"changed_later": 1}
    assert conflicts(published, "newer") == ["phone"]
    [change] = published["outbox"].where("tieout_id = 'older'").collect()
    assert (change["target_system"], change["proposed_value"]) == (ERP, "+491111111")
    assert (change["rule"], change["value_from"]) == ("phone from the CRM", f"{CRM}:c-older")
    assert change["value_time"] > change["target_time"]


def test_no_part_of_an_address_is_sent_without_the_rest(published: dict[str, DataFrame]) -> None:
    assert told(published, "group") == []
    assert held(published, CRM, "street") == {"group_incomplete": 1}
    assert held(published, CRM, "city") == {"too_long": 1}


def test_the_credit_hold_goes_to_the_crm_in_its_own_field(published: dict[str, DataFrame]) -> None:
    [change] = published["outbox"].where("tieout_id = 'held'").collect()
    assert (change["target_system"], change["source_id"], change["changes"]) == (
        CRM, "c-held", {"Customer_Status__c": "On Hold"},
    )  # fmt: skip
    assert (change["rule"], change["value_from"]) == ("Credit hold", f"{ERP}:e-held")


def test_every_own_form_reads_back_as_the_value_that_was_sent(conf_dir: Path) -> None:
    config = load_config(conf_dir)
    lookups = Lookups(conf_dir / "lookups")
    targets = read_targets(config.sources, config.entities, conf_dir)
    wrong = []
    for target in targets.targets:
        codes = targets.code_lists.get(target.code_list or "", {})
        use = _lookup(config, target)
        known = lookups.get(use.table).pairs(use.key, use.value, use.where) if use else {}
        # What the system's mapping does not look up, every system's values are looked up in.
        common = {"country": "countries", "unit": "units"}.get(target.field)
        known = known or (lookups.get(common).pairs() if common else {})
        wrong += [
            (target.system, target.field, code, form)
            for code, form in codes.items()
            if known and known.get(fold(form)) != code
        ]
    assert wrong == []


def test_every_form_of_a_region_is_one_regions_within_its_country(conf_dir: Path) -> None:
    rows = Lookups(conf_dir / "lookups").get("regions").rows
    read: dict[tuple[str, str], str] = {}
    for column in ("region", "name", "short", "key"):
        for one in rows:
            read.setdefault((one["country"], fold(one[column])), one["region"])
    names = {one["region"]: one["name"] for one in rows}
    # A province may have the name of its region, which then stands for both.
    assert [one["region"] for one in rows if names[read[one["country"], fold(one["name"])]] != one["name"]] == []
    assert [
        one["region"] for one in rows if one["key"] and read[one["country"], fold(one["key"])] != one["region"]
    ] == []


def _lookup(config: Config, target: Target) -> LookupUse | None:
    for item in config.sources[target.system].objects.values():
        if target.entity in item.to and target.field in item.to[target.entity].fields:
            return item.to[target.entity].fields[target.field].lookup
    return None


def test_a_field_that_the_entity_does_not_have_is_named_with_its_line(config: Config, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "lookups").mkdir()
    file = tmp_path / "sources/harbour.yml"
    file.write_text(
        "system: harbour\nkind: crm\nobjects:\n  Client:\n    files: [c.csv]\n    key: [no]\n    to:\n      account:\n"
        "        fields: {name: client}\n        write:\n          nam: client\n"
    )
    sources = {"harbour": read_model(file, SourceConfig)}
    with pytest.raises(ConfigError, match=r"harbour.yml:11: .*no field 'nam'.*Did you mean 'name'"):
        read_targets(sources, {"account": config.entities["account"]}, tmp_path)
