"""Every step, from generated exports to gold and its report, on real Delta, Great Expectations and MLflow."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from small_sample import Sample

from tieout.matching.tracking import registry


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
