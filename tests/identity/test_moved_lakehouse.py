"""A trained lakehouse is copied and the first one deleted: the copy resolves, explains, measures and asks."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient
from openpyxl import load_workbook
from pyspark.sql import SparkSession

from tieout.config import load_config
from tieout.identity.explanation.why import why_pair
from tieout.identity.review.workflow import export_queue
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse
from tieout.pipeline.evaluate import evaluate
from tieout.pipeline.resolve import resolve
from tieout.pipeline.train import train
from tieout.platform.rows import frame_of

CITIES = ("Bonn", "Köln", "Mainz", "Trier", "Aachen")
COLUMNS = (
    "source_system", "source_id", "name", "street", "city", "postcode", "country", "phone", "email", "domain",
    "website", "tax_id", "duns", "currency", "_record_hash",
)  # fmt: skip
SILVER = ", ".join(f"{name} string" for name in COLUMNS) + ", annual_revenue double, _deleted boolean"


def companies() -> list[tuple[object, ...]]:
    """Return 120 companies that two systems know, every seventh under another phone."""
    draw = np.random.default_rng(5)
    rows: list[tuple[object, ...]] = []
    for number in range(120):
        brand = "".join(draw.choice(list("bdfgklmnprstvz"), 3)) + "o" + "".join(draw.choice(list("bdfgklmn"), 3))
        city, phone = CITIES[number % 5], f"+49 228 {1000000 + number * 37}"
        for system, name, line in (
            ("crm", f"{brand} Handel GmbH", phone),
            ("erp", f"{brand} Handel".upper(), None if number % 7 == 0 else phone),
        ):
            known = (f"Ring {number}", city, f"5{number:04}", "DE", line, None, None, None, None, None, "EUR", name)
            rows.append((system, str(number), name, *known, 1000.0, False))
    return rows


def open_lake(spark: SparkSession, root: Path, conf_dir: Path) -> Context:
    lake = Lakehouse(spark, root=str(root))
    return Context(spark, lake, load_config(conf_dir), Run(lake, "test", {}))


@pytest.fixture(scope="module")
def moved(spark: SparkSession, conf_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("demo")
    made = open_lake(spark, folder / "demo", conf_dir)
    made.lake.overwrite("silver", "account", frame_of(spark, companies(), SILVER).coalesce(1))
    assert train(made)["account"]["alias"] == "champion"
    shutil.copytree(folder / "demo", folder / "demo2")
    shutil.rmtree(folder / "demo")
    return open_lake(spark, folder / "demo2", conf_dir)


def test_a_copy_works_without_the_first(moved: Context, tmp_path: Path) -> None:
    assert resolve(moved)["account"]["clusters"] == pytest.approx(120, abs=6)
    assert why_pair(moved, "crm:5", "erp:5")["same"]
    assert export_queue(moved, str(tmp_path / "queue.xlsx"))["by_entity"].keys() == {"account"}
    assert load_workbook(tmp_path / "queue.xlsx").sheetnames == ["account", "Help"]


def test_its_accuracy_is_on_the_version_that_resolved_it(moved: Context, tmp_path: Path) -> None:
    resolve(moved)
    lines = ["source_system,source_id,true_id", *(f"{row[0]},{row[1]},{row[1]}" for row in companies())]
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "part.csv").write_text("\n".join(lines))
    found = evaluate(moved, str(tmp_path))["account"]
    client = MlflowClient(moved.tracking_uri)
    version = client.get_model_version_by_alias("tieout-account", "champion")
    run = client.get_run(version.run_id)
    assert (run.data.metrics["accuracy/f1"], version.tags["f1"]) == (found["f1"], f"{found['f1']:.4f}")
    assert run.inputs.dataset_inputs[0].dataset.name == "silver.account"
    assert (Path(moved.lake.root or "") / "mlartifacts" / run.info.run_id / "artifacts" / "accuracy.json").exists()
