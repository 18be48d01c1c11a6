"""What comes after a first run: a second one, questions, bad input and decisions about quarantined rows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from small_sample import Sample

from tieout import cli
from tieout.lakehouse.tables import Lakehouse

GOLD = ["customer", "customer_360", "customer_hierarchy", "metric", "metric_member", "tie_out", "outbox"]


def tieout(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run one command with --json and return its figures."""
    capsys.readouterr()
    code = cli.main([*words, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return dict(json.loads(captured.out.splitlines()[-1]))


def snapshot(lake: Lakehouse, tables: list[str]) -> dict[str, list[str]]:
    """Return each gold table's rows as sorted JSON."""
    return {
        table: sorted(
            row["j"] for row in lake.read("gold", table).select(F.to_json(F.struct("*")).alias("j")).collect()
        )
        for table in tables
    }


def test_a_second_run_changes_nothing(spark: SparkSession, sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    lake = sample.lake(spark)
    before = snapshot(lake, GOLD)
    bronze = {table: lake.version("bronze", table) for table in lake.tables("bronze")}
    ids = {(r["source_system"], r["source_id"], r["tieout_id"]) for r in lake.read("match", "crosswalk").collect()}
    tieout(capsys, "run", "--input", str(sample.exports), "--root", str(sample.root))
    assert {table: lake.version("bronze", table) for table in lake.tables("bronze")} == bronze
    after = {(r["source_system"], r["source_id"], r["tieout_id"]) for r in lake.read("match", "crosswalk").collect()}
    assert after == ids
    assert snapshot(lake, GOLD) == before


def test_the_question_about_big_customers_is_answered(sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--arg", "min_contract_value=1000", "--arg", "days=30", "--root", str(sample.root)]
    answer = tieout(capsys, "ask", "big_customers_with_old_tickets", *arguments)
    assert answer["rows"]
    assert all(float(row["contract_value"]) > 1000 for row in answer["rows"])


def test_why_tells_the_weights_of_two_records(
    spark: SparkSession, sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = (
        sample.lake(spark)
        .read("match", "pair")
        .filter("entity = 'account' AND status = 'accepted' AND source_system_l <> source_system_r")
        .first()
    )
    assert pair is not None
    capsys.readouterr()
    assert cli.main(["why", pair["source_id_l"], pair["source_id_r"], "--root", str(sample.root)]) == 0
    said = capsys.readouterr().out
    assert "Before looking" in said
    assert "accepted" in said
    assert "name" in said


def break_missing(exports: Path, conf: Path) -> str:
    shutil.rmtree(exports / "sap" / "KNA1")
    return "KNA1"


def break_truncated(exports: Path, conf: Path) -> str:
    path = exports / "salesforce" / "Account" / "part-00000.csv"
    content = path.read_bytes()
    path.write_bytes(content[:-15])
    return path.name


def break_encoding(exports: Path, conf: Path) -> str:
    path = exports / "salesforce" / "Account" / "part-00000.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    return path.name


def break_column(exports: Path, conf: Path) -> str:
    path = conf / "sources" / "salesforce.yml"
    path.write_text(path.read_text().replace("city: BillingCity", "city: BilingCity"))
    return "BilingCity"


def break_yaml(exports: Path, conf: Path) -> str:
    path = conf / "sources" / "salesforce.yml"
    path.write_text(path.read_text().replace("objects:", "objekts:", 1))
    return "salesforce.yml"


@pytest.mark.parametrize("damage", [break_missing, break_truncated, break_encoding, break_column, break_yaml])
def test_bad_input_is_named_and_leaves_the_tables_alone(
    damage: Any,
    spark: SparkSession,
    sample: Sample,
    tmp_path: Path,
    conf_dir: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(sample.exports, tmp_path / "exports")
    shutil.copytree(conf_dir, tmp_path / "conf")
    named = damage(tmp_path / "exports", tmp_path / "conf")
    lake = sample.lake(spark)
    layers = ("bronze", "silver", "match", "gold")
    before = {(layer, t): lake.version(layer, t) for layer in layers for t in lake.tables(layer)}
    code = cli.main(
        [
            "run",
            "--input",
            str(tmp_path / "exports"),
            "--config",
            str(tmp_path / "conf"),
            "--root",
            str(sample.root),
        ]
    )
    said = capsys.readouterr().err
    assert code in (1, 2), said
    assert named in said
    assert {(layer, t): lake.version(layer, t) for layer in layers for t in lake.tables(layer)} == before


def test_a_wrong_mapping_leaves_a_new_lakehouse_without_a_table(
    spark: SparkSession, sample: Sample, tmp_path: Path, conf_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(conf_dir, tmp_path / "conf")
    break_column(sample.exports, tmp_path / "conf")
    command = ["run", "--input", str(sample.exports), "--config", str(tmp_path / "conf")]
    assert cli.main([*command, "--root", str(tmp_path / "lake")]) == 2
    assert "salesforce.yml:" in capsys.readouterr().err
    assert Lakehouse(spark, root=str(tmp_path / "lake")).tables("bronze") == []


@pytest.fixture(scope="module")
def copied(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return a copy of the sample for tests that change its tables."""
    root = tmp_path_factory.mktemp("copied") / "lake"
    shutil.copytree(sample.root, root)
    return replace(sample, root=root)


def test_a_released_row_lands_in_silver_and_stays_there(
    spark: SparkSession, copied: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ("--root", str(copied.root))
    rows = tieout(capsys, "quarantine", "list", *root)["rows"]
    # A row that cannot be read or found again cannot be accepted either.
    row = next(r for r in rows if r["source_id"] and r["rule"] != "readable row")
    found = tieout(capsys, "quarantine", "release", row["quarantine_id"], "--accept", "--note", "known to us", *root)
    assert found == {"released": [row["quarantine_id"]], "still_open": [], "reasons": {}}
    tieout(capsys, "conform", "--full", *root)
    lake = copied.lake(spark)
    key = {"source_system": row["source_system"], "source_id": row["source_id"]}
    wanted = " AND ".join(f"{name} = '{value}'" for name, value in key.items())
    assert lake.read("silver", row["entity"]).where(wanted).count() == 1
    assert lake.read("ops", "audit").where("action = 'release'").count() == 1


def test_a_discarded_row_is_kept_with_the_reason(
    spark: SparkSession, copied: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ("--root", str(copied.root))
    row = tieout(capsys, "quarantine", "list", *root)["rows"][0]
    tieout(capsys, "quarantine", "discard", row["quarantine_id"], "--note", "a test record", *root)
    kept = copied.lake(spark).read("silver", "quarantine").where(f"quarantine_id = '{row['quarantine_id']}'").first()
    assert kept is not None
    assert (kept["state"], kept["note"]) == ("discarded", "a test record")
