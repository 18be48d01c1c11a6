from __future__ import annotations

from argparse import Namespace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row

from gold.books import CRM, ERP
from tieout.commands.answers.ask import execute
from tieout.errors import UsageError
from tieout.gold.ask import ask
from tieout.gold.build import TABLES
from tieout.gold.fingerprint import fingerprint
from tieout.gold.publish import publish
from tieout.lakehouse.context import Context


def by_id(frame: DataFrame) -> dict[str, Row]:
    return {row["tieout_id"]: row for row in frame.collect()}


def test_one_wide_row_for_each_customer(published: dict[str, DataFrame]) -> None:
    wide = by_id(published["customer_360"])
    big = wide["big"]

    assert len(wide) == 6
    assert (big["contract_value"], big["ordered"], big["invoiced"], big["paid"]) == (
        Decimal("500000.01"), Decimal("500000.01"), Decimal("1000.00"), Decimal("500.00")
    )  # fmt: skip
    assert (big["open_receivables"], big["overdue"]) == (Decimal("550.00"), Decimal("550.00"))
    assert big["credit_exposure"] == Decimal("550.00") + Decimal("499000.01")
    assert (big["gross_margin"], big["gross_margin_percent"]) == (Decimal("200.00"), Decimal("40.0000"))
    assert (big["open_cases"], big["oldest_open_case_days"]) == (3, 100)
    # 1,000 EUR at the rate of the day of the metrics.
    assert big["credit_limit"] == Decimal("1200.00")
    assert wide["ended"]["contract_value"] == 0
    assert wide["young"]["arr"] == Decimal("400.00")
    assert wide["quiet"]["next_close_date"] == date(2026, 10, 20)
    assert (wide["quiet"]["credit_block"], wide["young"]["credit_block"]) == (True, False)
    assert (wide["euro"]["contacts"], wide["exact"]["contacts"]) == (1, 0)


def test_each_team_counts_its_own_active_customers(published: dict[str, DataFrame]) -> None:
    active = published["metric_member"].where("metric = 'active_customer'").collect()
    values = published["metric"].where("metric = 'active_customer'").collect()

    assert {(row["team"], row["tieout_id"]) for row in active} == {
        ("sales", "quiet"), ("finance", "big"), ("marketing", "big"), ("marketing", "euro")
    }  # fmt: skip
    assert {row["team"]: row["value"] for row in values} == {"sales": 1, "finance": 1, "marketing": 2}
    assert {row["as_of"] for row in values} == {date(2026, 9, 30)}
    wide = by_id(published["customer_360"])
    assert [wide["big"][f"active_{team}"] for team in ("sales", "finance", "marketing")] == [False, True, True]


def test_metric_values_follow_from_their_members(published: dict[str, DataFrame]) -> None:
    values = {(r["metric"], r["team"]): r["value"] for r in published["metric"].collect()}

    assert values["gross_margin_percent", "finance"] == Decimal("40.0000")
    assert values["weighted_pipeline", "finance"] == Decimal("350.0000")
    assert values["open_pipeline", "sales"] == Decimal("700.0000")
    # young has ARR, but no sign of leaving; quiet has a sign, but no ARR.
    assert values["revenue_at_risk", "customer_success"] == 0
    assert values["credit_hold", "finance"] == Decimal("9000000.00")


def test_parents_are_found_through_the_crosswalk(published: dict[str, DataFrame]) -> None:
    placed = by_id(published["customer_hierarchy"])

    assert (placed["euro"]["parent_tieout_id"], placed["euro"]["level"]) == ("big", 1)
    assert placed["big"]["ultimate_parent_tieout_id"] == "big"


def test_conflicts_name_owner_and_values_and_only_real_ones(published: dict[str, DataFrame]) -> None:
    conflicts = published["discrepancy"].where("tieout_id = 'big'").collect()

    # Street, town and name differ in case and punctuation only.
    assert [(row["field"], row["owner_system"], row["values"]) for row in conflicts] == [
        ("phone", CRM, {f"{CRM}:{CRM}-big": "+441", f"{ERP}:{ERP}-big": "+442"})
    ]


def test_the_outbox_tells_systems_what_their_betters_know(published: dict[str, DataFrame]) -> None:
    events = published["outbox"].where("tieout_id = 'big'").orderBy("field", "target_system").collect()
    shown = ("target_system", "source_id", "field", "current_value", "proposed_value", "reason")

    assert [tuple(row[name] for name in shown) for row in events] == [
        (ERP, f"{ERP}-big", "phone", "+442", "+441", "differs"),
        (CRM, f"{CRM}-big", "tax_id", None, "GBbig", "missing"),
    ]
    assert len({row["event_id"] for row in published["outbox"].collect()}) == published["outbox"].count()


def test_figures_say_what_was_written(figures: dict[str, Any]) -> None:
    assert sorted(figures["written"]) == sorted(TABLES)
    assert (figures["customers"], figures["contacts"], figures["products"]) == (6, 1, 1)
    assert figures["as_of"] == "2026-09-30"
    # Six orders without a deal, one deal without an order: two of them are of one customer.
    assert figures["tie_out"]["by_reason"] == {"ordered_without_deal": 6}
    assert figures["metrics"]["active_customer.marketing"] == 2


def test_publishing_again_changes_nothing(context: Context, published: dict[str, DataFrame]) -> None:
    before = {name: (context.lake.version("gold", name), fingerprint(published[name])) for name in TABLES}

    again = publish(context)

    assert (again["written"], sorted(again["unchanged"])) == ([], sorted(TABLES))
    after = {
        name: (context.lake.version("gold", name), fingerprint(context.lake.read("gold", name))) for name in TABLES
    }
    assert after == before


def test_a_wrong_date_is_said(context: Context) -> None:
    with pytest.raises(UsageError, match="--as-of '31.03.2026': want a date"):
        publish(context, "31.03.2026")


def test_ask_reads_gold(context: Context, figures: dict[str, Any], conf_dir: Path) -> None:
    listed = execute(Namespace(config=str(conf_dir), list=True, name=None))["questions"]
    asked = next(one for one in context.config.definitions["questions"].questions if one.name == "group_exposure")

    found = ask(context, asked, {"min_members": 2}, limit=5)

    assert len(listed) >= 10
    assert [(row["group_id"], row["members"]) for row in found["rows"]] == [("big", 6)]
    assert (found["more"], found["as_of"]) == (False, date(2026, 9, 30))
