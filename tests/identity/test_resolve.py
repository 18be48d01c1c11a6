"""Resolving twice, after changes, decisions, deletions and crashes, on real Delta tables.

The matching engine is replaced by hand-made scores, so that each case is small and plain.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from tieout.config import load_config
from tieout.errors import ModelError, UsageError
from tieout.identity import resolution
from tieout.identity.decisions import SCHEMA as DECISIONS
from tieout.identity.explanation.why import why_cluster
from tieout.identity.records import record_id
from tieout.identity.review.queue import first_questions
from tieout.identity.review.workflow import export_queue, import_decisions
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.matching.tracking import registry
from tieout.pipeline.evaluate import evaluate
from tieout.pipeline.resolve import resolve

SILVER = (
    "source_system string, source_id string, name string, tax_id string, country string, duns string, "
    "currency string, annual_revenue double, _deleted boolean, _record_hash string"
)
# Scores between the records of one name, by name: crm-erp, and everything with the second crm record.
SCORES = {
    ("crm:1", "erp:7"): 0.99,
    ("crm:2", "erp:8"): 0.3,
    ("crm:1", "crm:3"): 0.95,
    ("crm:3", "erp:7"): 0.9,
}


def row(system, own, name="Acme", deleted=False):
    return (system, own, name, None, "DE", None, "EUR", 1000.0, deleted, name)


RECORDS = [
    row("crm", "1"),
    row("erp", "7"),
    row("crm", "3"),
    row("crm", "2"),
    row("erp", "8"),
    row("erp", "9"),
]


@pytest.fixture
def scores(monkeypatch):
    """Replace the engine by `SCORES`, which the test may change."""
    table = dict(SCORES)

    def score(prepared, model):
        spark = prepared.frame.sparkSession
        named = {name: number for number, name in _ids(spark, table).items()}
        rows = []
        for (one, other), probability in table.items():
            low, high = sorted((named[one], named[other]))
            rows.append((low, high, 0, 1, 3.0, probability))
        schema = "id_l bigint, id_r bigint, rule int, gamma_name byte, "
        schema += "match_weight double, match_probability double"
        here = prepared.frame.select("record_id")
        pairs = spark.createDataFrame(rows, schema)
        for end in ("id_l", "id_r"):
            pairs = pairs.join(here.withColumnRenamed("record_id", end), end, "left_semi")
        return SimpleNamespace(pairs=pairs, by_rule={"name": len(rows)}, number=len(rows), release=lambda: None)

    config = SimpleNamespace(blocking_rules=[SimpleNamespace(name="name")])

    def prepare(records, config, model):
        return SimpleNamespace(frame=records, records=records.count(), release=lambda: None)

    version = registry.Version("tieout-account", "1", "run", True)
    monkeypatch.setattr(resolution.engine, "prepare", prepare)
    monkeypatch.setattr(resolution.engine, "compare", lambda prepared: prepared)
    monkeypatch.setattr(resolution.engine, "score", score)
    monkeypatch.setattr(resolution, "reconsideration", lambda prepared, model: None)
    monkeypatch.setattr(resolution, "pair_scoring", lambda prepared, model: unlikely)
    monkeypatch.setattr(registry, "champion", lambda *_: (SimpleNamespace(config=config), version))
    return table


def unlikely(pairs):
    """Score any pair as one that no blocking rule has proposed and that is hardly a match."""
    return pairs.selectExpr(
        "id_l", "id_r", "1 AS rule", "0Y AS gamma_name", "-7D AS match_weight", "0.0095D AS match_probability"
    )


def _ids(spark, table):
    keys = {tuple(name.split(":")) for pair in table for name in pair}
    frame = spark.createDataFrame(sorted(keys), "source_system string, source_id string")
    rows = frame.select("*", record_id("account").alias("record_id")).collect()
    return {row.record_id: f"{row.source_system}:{row.source_id}" for row in rows}


@pytest.fixture
def context(spark, lake, conf_dir):
    silver(lake, RECORDS)
    return Context(spark, lake, load_config(conf_dir), Run(lake, "test", {}))


def silver(lake, rows):
    lake.overwrite("silver", "account", lake.spark.createDataFrame(rows, SILVER).coalesce(1))


def ids(lake):
    rows = lake.read("match", "crosswalk").collect()
    return {f"{row.source_system}:{row.source_id}": row.tieout_id for row in rows}


def versions(lake):
    return {name: lake.version("match", name) for name in ("pair", "crosswalk", "identity_event", "review_queue")}


def events(lake):
    rows = lake.read("match", "identity_event").collect()
    return sorted((row.event, row.tieout_id, row.other_tieout_id or "") for row in rows)


def test_records_become_customers_and_a_second_run_writes_nothing(context, scores):
    figures = resolve(context)["account"]
    assert (figures["records"], figures["clusters"], figures["review"]) == (6, 4, 1)
    found = ids(context.lake)
    assert found["crm:1"] == found["crm:3"] == found["erp:7"]
    assert len(set(found.values())) == 4
    rows = {row.source_id: row for row in context.lake.read("match", "crosswalk").collect()}
    assert [rows[own].status for own in "1279"] == ["auto", "review", "auto", "singleton"]
    assert {row.status for row in context.lake.read("match", "pair").collect()} == {"accepted", "review"}
    before = versions(context.lake)
    assert resolve(context)["account"]["unchanged"]
    assert versions(context.lake) == before


def test_the_same_work_done_again_changes_no_id_and_says_nothing_twice(context, scores):
    resolve(context)
    first, said = ids(context.lake), events(context.lake)
    figures = resolve(context, force=True)["account"]
    assert figures["changed"] == figures["gone"] == 0
    assert ids(context.lake) == first
    assert events(context.lake) == said


def test_a_run_that_died_before_its_last_table_is_repeated_as_if_it_had_not(context, scores, monkeypatch):
    resolve(context)
    first = ids(context.lake)
    scores["crm:2", "erp:8"] = 0.9
    silver(context.lake, [*RECORDS, row("crm", "5")])
    with monkeypatch.context() as patched:
        patched.setattr("tieout.identity.tables.MatchTables._merge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resolve(context)
    assert ids(context.lake) == first
    resolve(context)
    kinds = [event for event, *_ in events(context.lake)]
    assert (kinds.count("created"), kinds.count("merged")) == (5, 1)


def test_a_decision_joins_parts_and_is_undone(context, scores, tmp_path):
    resolve(context)
    first = ids(context.lake)
    decide(context, ("crm", "2", "erp", "8", "match", 1), ("crm", "1", "crm", "3", "no_match", 1))
    resolve(context)
    then = ids(context.lake)
    assert then["crm:2"] == then["erp:8"] in (first["crm:2"], first["erp:8"])
    assert then["crm:1"] != then["crm:3"]
    status = {row.source_id: row.status for row in context.lake.read("match", "crosswalk").collect()}
    assert status["8"] == "confirmed"
    decide(context, ("erp", "8", "crm", "2", "open", 2), ("crm", "1", "crm", "3", "open", 2))
    resolve(context)
    assert ids(context.lake) == first


def decide(context, *told):
    rows = [("account", a, b, c, d, verdict, "ann", datetime(2026, 5, day), None) for a, b, c, d, verdict, day in told]
    context.lake.append("match", "decision", context.spark.createDataFrame(rows, DECISIONS))


DEAL = "number string, status string, amount decimal(18,2), close_date date"
ORDER = "customer_reference string, status string, net_amount decimal(18,2), order_date date"
DOCUMENT = "source_system string, source_id string, account_source_id string, currency string, _deleted boolean, "


def documents(lake, deal_account, order_account):
    """Write a deal of one account and, for the same amount, the order that quotes it, of another."""
    deal = ("crm", "d1", deal_account, "USD", False, "OPP-1", "won", Decimal(900), date(2026, 2, 1))
    order = ("erp", "o1", order_account, "USD", False, "OPP-1", "completed", Decimal(900), date(2026, 2, 2))
    lake.overwrite("silver", "opportunity", lake.spark.createDataFrame([deal], DOCUMENT + DEAL))
    lake.overwrite("silver", "sales_order", lake.spark.createDataFrame([order], DOCUMENT + ORDER))


def test_money_that_agrees_asks_first_and_an_answer_ends_it(context, scores, monkeypatch):
    monkeypatch.setattr("tieout.identity.explanation.why.nearest", lambda *_: None)
    documents(context.lake, "2", "9")
    assert resolve(context)["account"]["review"] == 2
    first, other = context.lake.read("match", "review_queue").orderBy(*first_questions()).collect()
    assert {first.source_id_l, first.source_id_r} == {"2", "9"}
    assert (first.reason, first.amount, first.match_probability) == ("money agrees", 900.0, 0.0095)
    assert first.evidence == "deal crm:d1 → order erp:o1"
    assert (other.reason, other.amount) == ("between the thresholds", None)
    [pair] = context.lake.read("match", "pair").where("rule = 'money'").collect()
    assert pair.status == "review"
    assert {row.source_id: row.status for row in context.lake.read("match", "crosswalk").collect()}["9"] == "review"
    assert resolve(context)["account"]["unchanged"]

    alone = why_cluster(context, "erp:9")["records"][0]
    assert "deal crm:d1 → order erp:o1" in alone["why"]

    decide(context, ("crm", "2", "erp", "9", "no_match", 1))
    resolve(context)
    assert [row.reason for row in context.lake.read("match", "review_queue").collect()] == ["between the thresholds"]
    decide(context, ("crm", "2", "erp", "9", "match", 2))
    resolve(context)
    found = ids(context.lake)
    assert found["crm:2"] == found["erp:9"]
    assert "money agrees" not in {row.reason for row in context.lake.read("match", "review_queue").collect()}
    documents(context.lake, "2", "7")
    assert not resolve(context)["account"].get("unchanged")


def test_a_deleted_record_leaves_and_its_id_is_retired(context, scores):
    resolve(context)
    gone = ids(context.lake)["erp:9"]
    silver(context.lake, [*RECORDS[:-1], row("erp", "9", deleted=True)])
    assert resolve(context)["account"]["gone"] == 1
    assert "erp:9" not in ids(context.lake)
    assert ("retired", gone, "") in events(context.lake)
    with pytest.raises(UsageError, match="it was retired"):
        why_cluster(context, gone)


def test_the_queue_goes_out_and_decisions_come_back(context, scores, tmp_path, monkeypatch):
    resolve(context)
    file = tmp_path / "queue.xlsx"
    with monkeypatch.context() as patch:
        patch.setattr(registry, "champion", lambda *_: None)
        figures = export_queue(context, str(file))
    assert (figures["questions"], figures["by_entity"]) == (1, {"account": {"questions": 1, "open": 1}})
    sheet = pd.read_excel(file, dtype=str)
    assert (sheet["Name A"][0], {sheet.source_id_l[0], sheet.source_id_r[0]}) == ("Acme", {"2", "8"})
    answered = tmp_path / "answers.csv"
    sheet.assign(verdict="same", note="asked the branch").to_csv(answered, index=False)
    assert import_decisions(context, str(answered), "ann")["match"] == 1
    assert import_decisions(context, str(answered), "ann")["decisions"] == 0
    kept = context.lake.read("match", "decision").first()
    assert (kept.verdict, kept.who, kept.note) == ("match", "ann", "asked the branch")
    assert context.lake.read("ops", "audit").count() == 2
    resolve(context)
    assert ids(context.lake)["crm:2"] == ids(context.lake)["erp:8"]
    assert context.lake.read("match", "review_queue").isEmpty()


def test_a_dry_run_writes_nothing(context, scores):
    figures = resolve(context, dry_run=True)["account"]
    assert figures["changed"] == 6
    assert not context.lake.exists("match", "crosswalk")


def test_without_a_model_it_says_what_to_do(context, monkeypatch):
    monkeypatch.setattr(registry, "champion", lambda *_: None)
    with pytest.raises(ModelError, match="account: no model with alias champion .*tieout train"):
        resolve(context)


def test_quality_is_measured_and_reasons_are_given(context, scores, tmp_path: Path):
    resolve(context)
    truth = tmp_path / "truth" / "account"
    truth.mkdir(parents=True)
    known = [
        ("crm", "1", "A"),
        ("erp", "7", "A"),
        ("crm", "3", "B"),
        ("crm", "2", "C"),
        ("erp", "8", "C"),
        ("x", "1", "D"),
    ]
    lines = ["source_system,source_id,true_id", *(",".join(one) for one in known)]
    (truth / "part.csv").write_text("\n".join(lines))
    found = evaluate(context, str(tmp_path / "truth"))["account"]
    assert (found["correct"], found["predicted"], found["actual"]) == (1, 3, 2)
    assert found["coverage"] == {"in_both": 5, "only_in_crosswalk": 1, "only_in_truth": 1}
    assert found["blocking_recall"] == 1.0
    why = why_cluster(context, "erp:7")
    assert len(why["records"]) == 3
    assert why["records"][0]["why"].startswith("99 % the same as erp:7: agree on name")
