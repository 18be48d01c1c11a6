from __future__ import annotations

from dataclasses import replace

import pytest

from tieout.report.chapters import (
    accuracy,
    changes,
    customers,
    model,
    rows,
    teams,
    tie_out,
    worklist,
)
from tieout.report.facts import CustomerFacts, MatchFacts, RowFacts, TieOutFacts
from tieout.report.layout.blocks import Note
from tieout.report.layout.overlap import describe

from . import examples
from .examples import frame


def test_rows_that_do_not_add_up_are_named() -> None:
    lost = frame(
        "system object entity bronze current superseded soft_deleted not_applicable quarantined",
        ("crm_one", "Account", "account", 10, 8, 0, 0, 0, 1),
        ("crm_one", "Contact", "contact", 10, 8, 1, 0, 0, 1),
    )
    section = rows.section(RowFacts(lost))
    notes = [block.text for block in section.blocks if isinstance(block, Note)]
    assert notes == ["These objects do not add up: crm_one Account. Their figures below may be wrong."]
    assert section.findings[0].tone == "bad"


def test_columns_that_changed_are_listed() -> None:
    (drift,) = [block for block in rows.section(examples.ROWS).blocks if "changed" in getattr(block, "caption", "")]
    assert [row["said"] for row in drift.records] == [
        "Phone2 seems to be what was Phone (0.97)",
        "TAX_CODE",
    ]


def test_an_object_of_two_entities_is_read_once() -> None:
    shared = frame(
        "system object entity bronze current superseded soft_deleted not_applicable quarantined",
        ("erp_one", "PARTNER", "account", 10, 6, 0, 0, 4, 0),
        ("erp_one", "PARTNER", "contact", 10, 3, 0, 0, 7, 0),
    )
    (files,) = rows.by_object(rows.with_check(shared)).to_dict("records")
    assert (files["bronze"], files["current"], files["not_applicable"]) == (10, 9, 1)


def test_the_waterfall_leads_from_won_to_paid_without_a_gap() -> None:
    steps = tie_out.waterfall_steps(examples.TIE_OUT).set_index("label")
    won, invoiced, paid = (steps.loc[name] for name in ("Won in CRM", "Invoiced", "Paid"))
    labels = list(steps.index)
    before_invoice = labels.index("Invoiced") - 1
    before_paid = labels.index("Paid") - 1
    assert (won["amount"], invoiced["amount"], paid["amount"]) == (371e6, 343e6, 310e6)
    for last, total in ((before_invoice, invoiced), (before_paid, paid)):
        assert steps["start"].iloc[last] + steps["amount"].iloc[last] == pytest.approx(total["amount"])


def test_a_waterfall_of_small_steps_starts_near_them_and_says_so() -> None:
    steps = tie_out.waterfall_steps(examples.TIE_OUT)
    assert 0 < tie_out.axis_start(steps) < 310e6
    section = tie_out.section(examples.TIE_OUT, "USD")
    assert any("The axis starts at" in block.reading for block in section.blocks if hasattr(block, "reading"))


def test_money_that_ties_everywhere_needs_no_waterfall() -> None:
    tied = examples.TIE_OUT.quarters.assign(differing=0)
    section = tie_out.section(TieOutFacts(quarters=tied), "USD")
    assert section.findings[0].text == "Every customer ties in every quarter."


def test_owners_act_in_the_order_of_their_money() -> None:
    owners = worklist.by_owner(examples.WORK.reasons)
    assert list(zip(owners["owner"], owners["largest"], strict=True)) == [
        ("Receivables", "Due, not paid"),
        ("Sales operations", "Won, not ordered"),
        ("Billing", "Ordered, not invoiced"),
        ("Treasury", "Exchange rates"),
        ("Nobody yet", "Unexplained"),
    ]


def test_differences_by_quarter_are_a_table_with_a_sum() -> None:
    grid = tie_out.quarter_grid(
        frame("period label difference", ("Q2", "late", -1.0), ("Q1", "late", 3.0), ("Q1", "unpaid", 9.0))
    )
    assert grid.columns.tolist() == ["label", "Q1", "Q2", "sum"]
    assert grid["label"].tolist() == ["unpaid", "late"]
    assert grid["sum"].tolist() == [9.0, 2.0]


def test_what_changed_is_said_with_a_sign_and_what_did_not_is_not() -> None:
    found = changes.compared_figures({"won": 10e6, "cases": 5, "precision": 0.98}, {"won": 12e6, "cases": 5}, "USD")
    assert found.to_dict("records") == [
        {"figure": "Won", "before": "$10.0M", "now": "$12.0M", "change": "+$2.0M"},
        {"figure": "Cases", "before": "5", "now": "5", "change": "–"},
    ]


def test_customers_on_whom_all_teams_agree_are_no_examples_of_difference() -> None:
    facts = examples.TEAMS
    agreed = facts.examples.assign(teams=[("sales", "finance", "marketing"), ("finance",)])
    section = teams.section(replace(facts, examples=agreed), "USD")
    (table,) = [block for block in section.blocks if "differ" in getattr(block, "caption", "")]
    assert [row["who"] for row in table.records] == ["only finance"]


@pytest.mark.parametrize(
    ("right", "cases", "low", "high"),
    [(0, 0, 0, 1), (0, 3, 0, 0.562), (3, 3, 0.438, 1), (103, 107, 0.908, 0.985), (5, 10, 0.237, 0.763)],
)
def test_few_cases_leave_a_wide_interval(right: int, cases: int, low: float, high: float) -> None:
    assert accuracy.wilson(right, cases) == pytest.approx((low, high), abs=0.001)


def test_what_few_cases_say_is_drawn_apart_from_what_many_do() -> None:
    points = frame("predicted observed cases", (0.9, 1.0, 2), (0.97, 0.99, 6000))
    _, many, few = accuracy.calibration_chart(points).data
    assert (list(many.x), list(few.x)) == ([0.97], [0.9])
    assert few.marker.size < many.marker.size


def test_a_curve_of_one_point_is_not_drawn() -> None:
    facts = MatchFacts(quality={"f1": 1.0}, curve=frame("threshold precision recall f1", (1.0, 1.0, 1.0, 1.0)))
    assert accuracy.truth_blocks(facts) == []


def test_who_counts_a_customer_is_said_in_words() -> None:
    names = ["sales", "finance", "marketing"]
    assert describe(("sales",), names) == "only sales"
    assert describe(("sales", "finance"), names) == "sales and finance"
    assert describe(("sales", "finance", "marketing"), names) == "all"
    assert describe(("crm", "erp"), ["crm", "erp"]) == "crm and erp"


def test_agreement_is_what_all_teams_count() -> None:
    every, some = teams.agreed(examples.TEAMS.overlaps, ["sales", "finance", "marketing"])
    assert (every, some) == (702, 3803)


def test_customers_in_one_system_only_get_no_share_of_both() -> None:
    alone = CustomerFacts(frame("systems customers", (("erp_one",), 5)), frame("records customers", (1, 5)), records=5)
    section = customers.section(alone, {"erp_one": "erp"})
    assert "0 % are known to both sales and finance systems; 5 are only in ERP." in section.findings[0].text


def test_thresholds_stand_at_the_log_odds_of_their_probability() -> None:
    assert model.as_weight(0.5) == 0
    assert model.as_weight(0.8) == pytest.approx(2)


def test_weights_follow_from_m_and_u() -> None:
    levels = model.with_weights(frame("comparison level m u", ("name", "exact", 0.8, 0.1), ("name", "else", 0.0, 0.9)))
    assert levels["weight"].tolist() == [3.0, 0.0]


def test_levels_keep_their_order_and_name_their_comparison_once() -> None:
    labels = model.level_chart(model.with_weights(examples.LEVELS)).layout.yaxis.ticktext
    assert labels[:3] == ("<b>name</b>  exact", "tokens &gt;= 0.8", "else")


def test_without_truth_accuracy_is_not_claimed() -> None:
    (note,) = accuracy.blocks(MatchFacts())
    assert isinstance(note, Note)
    assert "No truth was given" in note.text


def test_sure_records_leave_out_those_alone() -> None:
    confidence = frame(
        "low status records", (0.95, "auto", 6), (0.9, "auto", 3), (0.7, "review", 1), (1.0, "singleton", 90)
    )
    assert accuracy.sure_share(confidence) == pytest.approx(0.9)
