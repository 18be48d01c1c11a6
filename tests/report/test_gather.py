from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from tieout.bronze.drift.record import SCHEMA
from tieout.config import Config
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import STEP_SCHEMA, Run
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.rows import frame_of
from tieout.report.chapters.changes import last_report, moved_cases
from tieout.report.chapters.conflicts import conflict_facts
from tieout.report.chapters.customers import customer_facts
from tieout.report.chapters.lineage import gate_results, table_versions
from tieout.report.chapters.risk import risk_facts
from tieout.report.chapters.rows import changes, quarantine_facts, row_facts
from tieout.report.chapters.teams import team_facts
from tieout.report.chapters.tie_out import tie_out_facts
from tieout.report.chapters.worklist import work_facts
from tieout.report.facts import NOBODY
from tieout.report.gather import gather, personal_entities, personal_fields
from tieout.report.match_facts import accuracy, candidates, match_facts
from tieout.report.recorded import newest_details, recorded_steps
from tieout.report.tables import LARGE, Tables, small

from .examples import HOSTILE, LEVELS, frame


@pytest.fixture
def tables(shelf: Lakehouse) -> Tables:
    return Tables(shelf)


def told(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def test_nothing_large_comes_to_the_driver(spark: SparkSession) -> None:
    assert len(small(spark.range(LARGE + 100).toDF("n"), 10_000)) == LARGE


def test_customers_by_the_systems_that_know_them(tables: Tables) -> None:
    facts = customer_facts(tables)
    assert told(facts.by_systems, "systems", "customers")[0] == (("crm", "erp"), 2)
    assert (facts.customers, facts.records) == (4, 7)
    assert told(facts.sizes, "records", "customers") == [(1, 2), (2, 1), (3, 1)]


def test_quarantine_counts_open_rows_and_shows_three_of_each_rule(tables: Tables) -> None:
    facts = quarantine_facts(tables)
    assert told(facts.rules, "entity", "rule", "rows") == [
        ("account", "name: not_be_null", 5),
        ("contact", "orphan", 1),
    ]
    assert list(facts.examples["entity"]) == ["account"] * 3 + ["contact"]
    assert len(facts.examples["raw"].iloc[-1]) == 400


def test_teams_differ_on_whom(tables: Tables) -> None:
    facts = team_facts(tables)
    counted = {tuple(teams): customers for teams, customers in told(facts.overlaps, "teams", "customers")}
    assert counted == {("finance",): 2, ("sales",): 1, ("finance", "sales"): 1}
    assert ("finance",) in set(facts.examples["teams"])
    assert set(facts.examples["name"]) == {HOSTILE, "Acme", "Nordwind", "Delta"}


def test_money_that_moved_counts_once_and_names_its_customer(tables: Tables, config: Config) -> None:
    facts = work_facts(tables, config)
    assert told(facts.reasons, "label", "owner", "cases", "amount", "to_invoice", "to_cash") == [
        ("In the neighbouring quarter", "Finance", 1, 90.0, 0.0, 40.0),
        ("No known customer", "Master data", 1, 25.0, -25.0, 0.0),
        ("Unexplained", "Nobody yet", 1, 8.0, 8.0, 0.0),
    ]
    assert told(facts.cases, "name", "period", "crm", "paid", "documents") == [
        (HOSTILE, "2026Q3", 90.0, 50.0, "deal crm:2, invoice erp:7, order erp:6"),
        (NOBODY, "2026Q2", 0.0, 25.0, "invoice erp:9"),
        ("Acme", "2026Q2", 8.0, 0.0, "deal crm:4"),
    ]
    assert told(facts.unexplained, "amount") == [(8.0,)]


def test_quarters_and_totals_keep_documents_of_nobody(tables: Tables, config: Config) -> None:
    facts = tie_out_facts(tables, config, work_facts(tables, config).reasons)
    assert told(facts.quarters, "period", "crm", "tied", "differing") == [
        ("2026Q1", 100.0, 1, 0),
        ("2026Q2", 90.0, 0, 2),
    ]
    assert (facts.whole("crm"), facts.whole("invoiced"), facts.whole("quarters")) == (190.0, 185.0, 2)
    assert ("2026Q2", "No known customer", -25.0) in told(facts.by_quarter, "period", "label", "difference")


def test_money_at_risk_is_summed_and_its_customers_are_named_with_the_signs(context: Context, tables: Tables) -> None:
    facts = risk_facts(context, tables)
    assert facts.exposure["revenue_at_risk"] == 90.0
    assert facts.exposure["blocked"] == 9.0
    assert told(facts.at_risk, "name", "why") == [("Nordwind", ("overdue",)), (HOSTILE, ("credit block", "overdue"))]
    assert told(facts.signs, "sign", "customers", "value") == [("overdue", 2, 90.0), ("credit block", 1, 30.0)]
    assert facts.customers == 2


def test_cases_are_new_cleared_or_changed(spark: SparkSession) -> None:
    schema = "chain_id string, reason string, amount double"
    before = spark.createDataFrame([("a", "unpaid", 1.0), ("b", "unpaid", 2.0), ("c", "late", 3.0)], schema)
    now = spark.createDataFrame([("a", "unpaid", 1.0), ("b", "part_payment", 1.5), ("d", "late", 9.0)], schema)
    assert told(small(moved_cases(before, now)), "kind", "reason", "cases", "amount") == [
        ("new", "late", 1, 9.0),
        ("cleared", "late", 1, 3.0),
        ("changed", "part_payment", 1, 1.5),
    ]


def test_the_last_report_is_of_another_run_that_finished(spark: SparkSession) -> None:
    at = datetime(2026, 9, 29, 2, 10)
    steps = frame_of(
        spark,
        [
            ("r1", "report", None, None, None, {}, '{"told": {"won": 1}}', 1.0, at),
            ("r2", "report", None, None, None, {}, '{"told": {"won": 2}}', 1.0, at + timedelta(days=1)),
            ("r3", "report", None, None, None, {}, '{"told": {"won": 3}}', 1.0, at + timedelta(days=2)),
        ],
        STEP_SCHEMA,
    )
    runs = spark.createDataFrame([("r1", "done"), ("r2", "failed"), ("r3", "done")], "run_id string, status string")
    first = {"run_id": "r1", "at": "2026-09-29 02:10:00", "details": '{"told": {"won": 1}}'}
    assert last_report(steps, runs, "r3") == first
    assert last_report(steps, runs, "r9")["run_id"] == "r3"
    assert last_report(steps, None, "r9") == {}


def test_rows_about_persons_are_left_out_unless_wanted(tables: Tables, config: Config) -> None:
    assert set(quarantine_facts(tables, personal_entities(config)).examples["entity"]) == set()
    assert "phone" not in set(conflict_facts(tables, personal_fields(config, "account")).examples["field"])
    assert "city" in set(conflict_facts(tables, personal_fields(config, "account")).examples["field"])


def test_systems_are_called_as_people_call_them(shelf: Lakehouse) -> None:
    named = Tables(shelf, {"crm": "Great CRM", "crm_two": "Other CRM"})
    assert named.titled("deal crm:1, crm_two:2, xcrm") == "deal Great CRM:1, Other CRM:2, xcrm"
    assert customer_facts(named).by_systems["systems"].iloc[0] == ("Great CRM", "erp")


def test_conflicts_by_field_name_the_systems_that_won(tables: Tables) -> None:
    facts = conflict_facts(tables)
    assert told(facts.fields, "field", "owner", "records") == [("phone", "crm, erp", 2), ("city", "erp", 1)]
    assert facts.examples["values"].iloc[1] == {"crm:1": "+49 1", "erp:2": "</script>"}
    assert told(facts.outbox, "system", "field", "changes") == [("erp", "phone", 2), ("crm", "city", 1)]


def test_pairs_and_confidence_by_steps(tables: Tables, config: Config) -> None:
    facts = match_facts(tables, config, "account", {"precision": 0.99, "recall": 0.95}, LEVELS)
    assert told(facts.confidence, "low", "status", "records") == [
        (0.9, "auto", 1),
        (0.95, "auto", 1),
        (0.95, "confirmed", 1),
        (0.95, "singleton", 1),
    ]
    assert told(facts.weights, "weight", "status") == [
        (-4, "review"),
        (3, "cut"),
        (9, "accepted"),
        (40, "accepted"),
    ]
    assert told(facts.rules, "rule", "pairs", "accepted") == [("phone", 2, 0), ("tax_id", 2, 2)]
    assert told(facts.review, "left", "right") == [(f"{HOSTILE} (crm 1)", "ACME (erp 2)")]
    assert facts.quality == {"precision": 0.99, "recall": 0.95}


def test_an_evaluation_is_read_with_its_points() -> None:
    found = accuracy({"f1": 0.9, "ece": None, "calibration": [{"probability": 0.9, "share": 0.8, "rows": 10}]})
    assert found["quality"] == {"f1": 0.9}
    assert told(found["calibration"], "predicted", "observed", "cases") == [(0.9, 0.8, 10)]


def test_rows_come_from_the_run_under_way(tables: Tables, context: Context) -> None:
    facts = row_facts(recorded_steps(tables, context.run))
    assert told(facts.objects, "system", "object", "bronze", "current", "soft_deleted") == [("crm", "Person", 10, 8, 0)]


def test_changes_of_columns_are_told_in_words(spark: SparkSession) -> None:
    at = datetime(2026, 10, 1, 12)
    found = frame_of(
        spark,
        [
            ("1", "crm", "Person", "renamed", "Tel", "add", "p.csv", "r", at, "Phone", None, 0.974),
            ("2", "crm", "Person", "retyped", "Born", "add", "p.csv", "r", at, "dates", "numbers", None),
            ("3", "crm", "Person", "lost", "Fax", "add", "p.csv", "r", at - timedelta(days=1), None, None, None),
        ],
        SCHEMA,
    )
    assert told(small(changes(found)), "at", "change", "said") == [
        ("2026-10-01", "retyped", "Born was dates and is numbers"),
        ("2026-10-01", "renamed", "Tel seems to be what was Phone (0.97)"),
        ("2026-09-30", "lost", "Fax"),
    ]


def test_what_a_step_told_is_found_even_if_the_newest_tells_less(tables: Tables, context: Context) -> None:
    context.run.step("resolve", entity="account", details={"blocking": {"tax_id": 7}})
    context.run.step("resolve", entity="account", details={"unchanged": True})
    found = newest_details(recorded_steps(tables, context.run), "resolve", "blocking")
    assert found == {"account": {"blocking": {"tax_id": 7}}}


def test_a_rule_counts_the_pairs_that_it_proposed() -> None:
    kept = frame("rule pairs accepted", ("tax_id", 5, 4))
    found = candidates(kept, {"tax_id": 9, "phone": 3})
    assert told(found, "rule", "pairs", "accepted") == [("tax_id", 9, 4), ("phone", 3, 0)]


def test_gates_tell_the_newest_run_of_each_entity(tables: Tables) -> None:
    assert told(gate_results(tables), "entity", "passed", "failed", "state") == [
        ("account", 1, 1, "warned"),
        ("contact", 1, 0, "passed"),
    ]


def test_every_table_has_its_version(lake: Lakehouse) -> None:
    for _ in range(2):
        lake.overwrite("gold", "customer", lake.spark.range(1).coalesce(1))
    (found,) = told(table_versions(lake), "layer", "table", "version")
    assert found == ("gold", "customer", 1)


def test_the_whole_is_gathered_at_once(context: Context) -> None:
    facts = gather(context, {"seconds": {"ingest": 1.5}, "match": {"f1": 0.9}})
    assert facts.run.as_of == "2026-09-30"
    assert facts.run.systems == {"crm": "other", "erp": "other"}
    assert facts.matches[0].quality == {"f1": 0.9}
    assert facts.matches[1].quality == {}
    assert told(facts.run.steps, "step", "seconds") == [("ingest", 1.5)]


def test_an_empty_lakehouse_has_empty_facts(lake: Lakehouse, config: Config) -> None:
    facts = gather(Context(lake.spark, lake, config, Run(lake, "run")), {})
    assert facts.customers.customers == 0
    assert facts.tie_out.quarters.empty
    assert facts.run.tables.empty
