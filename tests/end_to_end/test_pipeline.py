"""The main job on generated exports, on real Delta, Great Expectations and MLflow."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout import cli
from tieout.lakehouse.tables import Lakehouse
from tieout.matching.tracking import registry

GOLD = ["customer", "customer_360", "customer_hierarchy", "metric", "metric_member", "tie_out", "outbox"]


@dataclass(frozen=True)
class Sample:
    """A folder of generated exports, and the lakehouse that the pipeline made of them."""

    exports: Path
    truth: Path
    root: Path
    figures: dict[str, Any]

    def lake(self, spark: SparkSession) -> Lakehouse:
        return Lakehouse(spark, root=str(self.root))


def tieout(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run one command with --json and return its figures."""
    capsys.readouterr()
    code = cli.main([*words, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return dict(json.loads(captured.out.splitlines()[-1]))


@pytest.fixture(scope="module")
def sample(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("demo")
    from tieout_samples import generate

    generate(spark, 300, ["salesforce", "sap"], str(folder), seed=7)
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: printed.append(" ".join(map(str, words))))
        command = [
            "run",
            "--input",
            f"{folder}/exports",
            "--truth",
            f"{folder}/truth",
            "--root",
            f"{folder}/lake",
        ]
        assert cli.main([*command, "--json"]) == 0, printed
    return Sample(folder / "exports", folder / "truth", folder / "lake", json.loads(printed[-1]))


def test_the_figures_say_what_was_found(sample: Sample) -> None:
    figures = sample.figures
    expected = {
        "records",
        "bronze",
        "silver",
        "quarantined",
        "customers",
        "match",
        "model",
        "tie_out",
        "report",
        "seconds",
    }
    assert expected <= figures.keys()
    assert figures["match"]["precision"] >= 0.95
    assert figures["match"]["recall"] >= 0.90
    assert figures["model"]["alias"] == "champion"
    assert figures["tie_out"]["differing"] == sum(figures["tie_out"]["by_reason"].values())
    assert Path(figures["report"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert figures["reasons"]["planted_right"] >= 0.9 * figures["reasons"]["planted"] > 0
    money = figures["headline"]
    assert money["differing"] == pytest.approx(sum(one["amount"] for one in money["reasons"]))
    assert money["explained"] + money["unexplained"] == pytest.approx(money["differing"])


def test_the_report_can_be_mailed(spark: SparkSession, sample: Sample) -> None:
    page = Path(sample.figures["report"]).read_text(encoding="utf-8")
    page = re.sub(r"<script nonce.*?</script>", "", page, flags=re.S)
    assert str(sample.root) not in page
    assert str(Path.cwd()) not in page
    assert re.findall(r"[\w.+-]+@[\w-]+\.\w+", page) == []
    contacts = sample.lake(spark).read("silver", "contact").where("phone IS NOT NULL").select("phone").limit(200)
    assert not [row["phone"] for row in contacts.collect() if row["phone"] in page]
    assert "Salesforce" in page
    assert "salesforce:" not in page


def test_every_bronze_row_is_accounted_for(spark: SparkSession, sample: Sample) -> None:
    lake = sample.lake(spark)
    steps = lake.read("ops", "step").filter("step = 'conform' AND counts['bronze'] IS NOT NULL").collect()
    assert steps
    for step in steps:
        counts = step["counts"]
        ends = ("silver_current", "superseded", "soft_deleted", "quarantined", "not_applicable")
        assert counts["bronze"] == sum(counts.get(end, 0) for end in ends), (step["object"], counts)


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


def test_the_champion_scores_pairs_of_records(sample: Sample) -> None:
    model = registry.scorer("account", f"sqlite:///{sample.root}/mlflow.db")
    same = {
        "name": "Nordwind Logistik GmbH",
        "city": "Bremen",
        "country": "DE",
        "postcode": "28195",
        "phone": "+4942112345",
    }
    other = {
        "name": "Pacific Dental Supply Inc",
        "city": "Fresno",
        "country": "US",
        "postcode": "93650",
        "phone": "+15595550101",
    }
    pairs = pd.DataFrame(
        [{f"{k}_l": v for k, v in same.items()} | {f"{k}_r": v for k, v in right.items()} for right in (same, other)]
    )
    scored = model.predict(pairs)
    assert scored["match_probability"].iloc[0] > 0.9
    assert scored["match_probability"].iloc[1] < 0.1


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


def test_a_released_row_lands_in_silver_and_stays_there(
    spark: SparkSession, sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ("--root", str(sample.root))
    rows = tieout(capsys, "quarantine", "list", *root)["rows"]
    # A row that cannot be read or found again cannot be accepted either.
    row = next(r for r in rows if r["source_id"] and r["rule"] != "readable row")
    found = tieout(capsys, "quarantine", "release", row["quarantine_id"], "--accept", "--note", "known to us", *root)
    assert found == {"released": [row["quarantine_id"]], "still_open": [], "reasons": {}}
    tieout(capsys, "conform", "--full", *root)
    lake = sample.lake(spark)
    key = {"source_system": row["source_system"], "source_id": row["source_id"]}
    wanted = " AND ".join(f"{name} = '{value}'" for name, value in key.items())
    assert lake.read("silver", row["entity"]).where(wanted).count() == 1
    assert lake.read("ops", "audit").where("action = 'release'").count() == 1


def test_a_discarded_row_is_kept_with_the_reason(
    spark: SparkSession, sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ("--root", str(sample.root))
    row = tieout(capsys, "quarantine", "list", *root)["rows"][0]
    tieout(capsys, "quarantine", "discard", row["quarantine_id"], "--note", "a test record", *root)
    kept = sample.lake(spark).read("silver", "quarantine").where(f"quarantine_id = '{row['quarantine_id']}'").first()
    assert kept is not None
    assert (kept["state"], kept["note"]) == ("discarded", "a test record")
