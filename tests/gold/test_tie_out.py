"""Every story that a deal can tell, by hand: which line, which reason, and do the sums add up?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from gold.books import AS_OF, CRM, ERP, LATE_Q1, Q1, Q2, Q3, Book
from tieout.config.models.definitions import Reason
from tieout.errors import ConfigError
from tieout.gold.build import named_facts
from tieout.gold.inputs import Inputs
from tieout.gold.tie_out import (
    chain_documents,
    deal_reasons,
    order_links,
    reason_figures,
    tie_out,
    tie_out_lines,
)

SYSTEMS = {"both": [ERP, CRM], "other": [ERP, CRM], "crm_only": [CRM], "erp_only": [ERP]}


def stories() -> Book:
    book = Book()
    book.deal("tied", 100)
    book.order("tied", 100, quotes="opp-tied ")
    book.invoice("tied-1", 60, order="tied")
    book.invoice("tied-2", 40, order="tied")
    book.deal("not-ordered", 110)
    book.deal("no-erp", 120, customer="crm_only")
    book.order("no-crm", 130, customer="erp_only")
    book.invoice("no-crm", 130, customer="erp_only", order="no-crm")
    book.order("no-deal", 140, quotes="PO 4711")
    book.invoice("no-deal", 140, order="no-deal")
    book.deal("not-invoiced", 150)
    book.order("not-invoiced", 150, quotes="not-invoiced", status="open")
    book.deal("part-paid", 160)
    book.order("part-paid", 160, quotes="OPP-part-paid")
    book.invoice("part-paid", 160, order="part-paid", paid=88)
    book.deal("unpaid", 170)
    book.order("unpaid", 170, quotes="OPP-unpaid")
    book.invoice("unpaid", 170, order="unpaid", paid=0)
    book.deal("not-due", 180)
    book.order("not-due", 180, quotes="OPP-not-due")
    book.invoice("not-due", 180, order="not-due", paid=0, due=date(2026, 12, 1))
    book.deal("credited", 200)
    book.order("credited", 200, quotes="OPP-credited")
    book.invoice("credited-1", 200, order="credited")
    book.invoice("credited-2", -50, order="credited", kind="credit_note")
    book.deal("timing", 210, day=LATE_Q1)
    book.order("timing", 210, day=LATE_Q1, quotes="OPP-timing")
    book.invoice("timing", 210, day=Q2, order="timing")
    book.deal("late", 220, day=Q1)
    book.order("late", 220, day=Q1, quotes="OPP-late")
    book.invoice("late", 220, day=Q3, order="late")
    book.deal("fx", 1000, currency="USD")
    book.order("fx", 870, currency="EUR", quotes="OPP-fx")
    book.invoice("fx", 870, currency="EUR", order="fx")
    book.deal("euro", 230, currency="EUR", day=date(2026, 6, 29))
    book.order("euro", 230, currency="EUR", day=date(2026, 7, 3), quotes="OPP-euro")
    book.invoice("euro", 230, currency="EUR", day=date(2026, 7, 4), order="euro")
    book.deal("other-amount", 240)
    book.order("other-amount", 204, quotes="OPP-other-amount")
    book.invoice("other-amount", 204, order="other-amount")
    book.deal("elsewhere", 250)
    book.order("elsewhere", 250, customer="other", quotes="OPP-elsewhere")
    book.invoice("elsewhere", 250, customer="other", order="elsewhere")
    book.deal("by-amount", 261.5)
    book.order("by-amount", 261.5, quotes="their own number")
    book.invoice("by-amount", 261.5, order="by-amount")
    book.deal("near", 271.5, day=LATE_Q1)
    book.order("near", 271.5, day=Q2)
    book.invoice("near", 271.5, day=Q2, order="near")
    book.invoice("cancelled-1", 280, cancelled=True)
    book.invoice("cancelled-2", -280, kind="cancellation")
    book.deal("nobody", 290, customer="unknown")
    book.deal("yen", 300, currency="JPY")
    book.deal("rejected", 310)
    book.order("rejected", 310, quotes="OPP-rejected", status="rejected")
    book.invoice("stray", 320)
    return book


EXPECTED = {
    ("salesforce:tied", "2026Q1"): None,
    ("salesforce:not-ordered", "2026Q1"): "won_not_ordered",
    ("salesforce:no-erp", "2026Q1"): "not_in_erp",
    ("sap:no-crm", "2026Q1"): "not_in_crm",
    ("sap:no-deal", "2026Q1"): "ordered_without_deal",
    ("salesforce:not-invoiced", "2026Q1"): "ordered_not_invoiced",
    ("salesforce:part-paid", "2026Q1"): "part_payment",
    ("salesforce:unpaid", "2026Q1"): "unpaid",
    ("salesforce:not-due", "2026Q1"): None,
    ("salesforce:credited", "2026Q1"): "credit_note",
    ("salesforce:timing", "2026Q1"): "timing",
    ("salesforce:timing", "2026Q2"): "timing",
    ("salesforce:late", "2026Q1"): "late",
    ("salesforce:late", "2026Q3"): "late",
    ("salesforce:fx", "2026Q1"): "fx_difference",
    ("salesforce:euro", "2026Q2"): "timing",
    ("salesforce:euro", "2026Q3"): "timing",
    ("salesforce:other-amount", "2026Q1"): "amount_differs",
    ("salesforce:elsewhere", "2026Q1"): "other_customer",
    ("salesforce:by-amount", "2026Q1"): None,
    ("salesforce:near", "2026Q1"): "timing",
    ("salesforce:near", "2026Q2"): "timing",
    ("salesforce:nobody", "2026Q1"): "no_customer",
    ("salesforce:yen", "2026Q1"): "no_rate",
    ("salesforce:rejected", "2026Q1"): "won_not_ordered",
    ("sap:stray", "2026Q1"): "invoiced_without_order",
}


@pytest.fixture(scope="module")
def inputs(inputs_of: Callable[..., Inputs]) -> Inputs:
    ids = {(system, f"{system}-{name}"): name for name, systems in SYSTEMS.items() for system in systems}
    return inputs_of(stories().rows, {"account": ids})


@pytest.fixture(scope="module")
def customer(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(list(SYSTEMS.items()), "tieout_id string, systems array<string>")


@pytest.fixture(scope="module")
def lines(inputs: Inputs, customer: DataFrame) -> DataFrame:
    rules = inputs.definitions.tie_out
    assert rules is not None
    facts = named_facts(inputs)
    documents = chain_documents(facts, order_links(facts, rules).persist(), AS_OF)
    found = tie_out_lines(documents, customer, rules, inputs.kinds, "USD", 1.0)
    return found.localCheckpoint()


def test_each_difference_has_its_reason(lines: DataFrame) -> None:
    reasons = {}
    for line in lines.collect():
        reasons.setdefault((line["chain_id"], line["period"]), set()).add(line["reason_code"])

    assert {key: sorted(map(str, found)) for key, found in reasons.items()} == {
        key: [str(reason)] for key, reason in EXPECTED.items()
    }


def test_amounts_and_gaps_of_a_line(lines: DataFrame) -> None:
    [line] = lines.where("chain_id = 'salesforce:credited'").collect()

    stages = amounts(line, "crm_amount", "ordered", "invoiced", "credited", "paid", "not_due")
    assert stages == [200, 200, 150, -50, 150, 0]
    assert amounts(line, "ordered_gap", "invoiced_gap", "paid_gap", "difference") == [0, 50, 0, 50]
    assert line["documents"] == [
        "deal salesforce:credited", "invoice sap:credited-1", "invoice sap:credited-2", "order sap:credited"
    ]  # fmt: skip
    assert line["link"] == "reference"


def amounts(line: Row, *names: str) -> list[Decimal]:
    return [line[name] for name in names]


def test_sums_add_up_to_the_documents(inputs: Inputs, lines: DataFrame) -> None:
    facts = named_facts(inputs)
    won = total(facts["opportunity"].where("status = 'won'"), "reporting_amount")
    ordered = total(facts["sales_order"].where("counted"), "reporting_net_amount")
    invoiced = total(facts["invoice"].where("counted"), "reporting_net_amount")
    rows = tie_out(lines)

    assert [total(rows, name) for name in ("crm_amount", "ordered", "invoiced")] == [won, ordered, invoiced]
    stages = [total(rows, name) for name in ("crm_amount", "paid", "not_due")]
    assert total(rows, "difference") == stages[0] - stages[1] - stages[2]


def total(frame: DataFrame, column: str) -> Decimal:
    row = frame.agg(F.sum(column)).first()
    assert row is not None
    return Decimal(row[0])


def test_a_customers_quarter_takes_the_reason_of_its_widest_gap(lines: DataFrame) -> None:
    rows = {(r["tieout_id"], r["period"]): r for r in tie_out(lines).collect()}

    assert rows["crm_only", "2026Q1"]["reason_code"] == "not_in_erp"
    assert rows["other", "2026Q1"]["reason_code"] == "other_customer"
    assert rows["both", "2026Q1"]["reason_code"] == "invoiced_without_order"
    assert rows["both", "2026Q1"]["differing_lines"] == 15
    assert rows[None, "2026Q1"]["crm_amount"] == 290


def test_a_condition_that_is_not_sql_names_its_reason(inputs: Inputs, customer: DataFrame) -> None:
    rules = inputs.definitions.tie_out
    assert rules is not None
    wrong = Reason(code="odd", when="chain_crm > 0", wording="x", owner="x")
    rules = rules.model_copy(update={"reasons": [wrong]})
    facts = named_facts(inputs)
    documents = chain_documents(facts, order_links(facts, rules), AS_OF)

    with pytest.raises(ConfigError, match="tie_out.reasons.odd.when: .* no column 'chain_crm'"):
        tie_out_lines(documents, customer, rules, inputs.kinds, "USD", 1.0)


def test_deals_of_known_truth_are_counted_by_what_they_were_called(spark: SparkSession) -> None:
    lines = spark.createDataFrame(
        [
            ("crm:1", "differing", "won_not_ordered", 100, 0, 0),
            ("crm:2", "tied", None, 0, 0, 0),
            ("crm:3", "differing", "timing", 50, 0, 0),
            ("crm:3", "differing", "unpaid", 0, 0, 9),
            ("crm:4", "differing", "other_customer", 70, 0, 0),
            ("erp:9", "differing", "not_in_crm", 5, 0, 0),
        ],
        "chain_id string, status string, reason_code string, ordered_gap int, invoiced_gap int, paid_gap int",
    )
    deals = spark.createDataFrame(
        [("crm", str(n), f"D-{n}") for n in range(1, 6)], "source_system string, source_id string, number string"
    )
    truth = spark.createDataFrame(
        [
            ("d-1 ", "nobody ordered", "won_not_ordered not_in_erp"),
            ("D-2", "agrees", "tied unpaid"),
            ("D-3", "end of quarter", "timing"),
            ("D-4", "end of quarter", "timing"),
            ("D-77", "of another system", "timing"),
            (None, "no deal", "not_in_crm"),
        ],
        "deal string, story string, reasons string",
    )
    found = reason_figures(row.asDict() for row in deal_reasons(lines, deals, truth, ["number"]).collect())
    assert {name: found[name] for name in ("deals", "right", "planted", "planted_right")} == {
        "deals": 4, "right": 3, "planted": 3, "planted_right": 2,
    }  # fmt: skip
    assert found["by_story"][0] == {
        "story": "end of quarter", "deals": 2, "right": 1, "called": {"timing": 1, "other_customer": 1},
    }  # fmt: skip
    assert {row["reason"]: (row["deals"], row["right"]) for row in found["by_reason"]} == {
        "won_not_ordered": (1, 1), "tied": (1, 1), "timing": (1, 1), "other_customer": (1, 0),
    }  # fmt: skip
