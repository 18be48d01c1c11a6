from __future__ import annotations

import pytest

from tieout.report.blocks import Note
from tieout.report.facts import CustomerFacts, MatchFacts, RowFacts, TieOutFacts
from tieout.report.overlap import describe
from tieout.report.sections import (
    accuracy,
    customers,
    matching,
    model,
    rows,
    teams,
    tie_out,
)

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
    assert matching.sure_share(confidence) == pytest.approx(0.9)
