"""A guessed config is not only valid: what it maps reaches silver, as it was written, without an edit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout import cli
from tieout.bronze.ingest import ingest
from tieout.config import load_config
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse
from tieout.silver.conform import conform
from tieout_samples.job import write_piece
from tieout_samples.plan import Plan

SYSTEMS = ("sap", "netsuite", "intacct", "hubspot")
# What is wrong with the exported rows themselves, whatever the config says.
DAMAGED = ("readable row", "key")
KUNDEN = """kundennr;firma;strasse;plz;ort;land;telefon;angelegt
K-1001;Bäckerei Groß GmbH;Hauptstraße 5;80331;München;DE;+49 89 123456;01.02.2024
K-1002;Müller & Söhne KG;Am Ring 17;04109;Leipzig;DE;+49 341 998877;15.03.2024
K-1003;Wiener Würstel GmbH;Gürtel 1;1010;Wien;AT;+43 1 5551234;31.12.2023
"""
PERSONEN = """id;kundennr;vorname;nachname;email
1;K-1001;Anna;Groß;anna@gross.example
2;K-1002;Peter;Müller;peter@mueller.example
3;K-1003;Eva;Huber;eva@wuerstel.example
"""


def guess_and_conform(spark: SparkSession, system: str, conf_dir: Path, folder: Path) -> Lakehouse:
    """Guess `system` from its exports in `folder`, then ingest and conform them into a new lakehouse."""
    conf = Path(shutil.copytree(conf_dir, folder / "conf"))
    (conf / "sources" / f"{system}.yml").unlink(missing_ok=True)
    exports = folder / "exports"
    words = ["source", "new", "--sample", str(exports / system), "--name", system, "--config", str(conf)]
    assert cli.main(words) == 0
    lake = Lakehouse(spark, root=str(folder / "lakehouse"))
    config = load_config(conf, [system])
    with Run(lake, "ingest") as run:
        ingest(Context(spark, lake, config, run), str(exports))
    with Run(lake, "conform") as run:
        conform(Context(spark, lake, config, run))
    return lake


def current(lake: Lakehouse, entity: str) -> pd.DataFrame:
    return lake.read("silver", entity).where("NOT _deleted").toPandas()


def test_two_files_of_an_unknown_system_reach_silver(spark: SparkSession, conf_dir: Path, tmp_path: Path) -> None:
    exports = tmp_path / "exports" / "handwerk"
    exports.mkdir(parents=True)
    for name, text in {"kunden.csv": KUNDEN, "ansprechpartner.csv": PERSONEN}.items():
        (exports / name).write_bytes(text.encode("cp1252"))

    lake = guess_and_conform(spark, "handwerk", conf_dir, tmp_path)

    accounts = current(lake, "account").set_index("source_id")
    contacts = current(lake, "contact").set_index("source_id")
    assert dict(accounts["city"]) == {"K-1001": "München", "K-1002": "Leipzig", "K-1003": "Wien"}
    assert dict(contacts["account_source_id"]) == {"1": "K-1001", "2": "K-1002", "3": "K-1003"}
    assert contacts.loc["3", "country"] == "AT", "as its account has it"


@pytest.mark.long
@pytest.mark.parametrize("system", SYSTEMS)
def test_customers_and_contacts_of_a_real_export_reach_silver(
    spark: SparkSession, conf_dir: Path, tmp_path: Path, system: str
) -> None:
    list(write_piece(Plan(80, (system,), str(tmp_path), seed=3), 0))

    lake = guess_and_conform(spark, system, conf_dir, tmp_path)

    rejected = lake.read("silver", "quarantine").where(~F.col("rule").isin(*DAMAGED)).toPandas()
    for entity, field in (("account", "city"), ("contact", "account_source_id")):
        rows = current(lake, entity)
        assert len(rows) > 10, (entity, len(rows))
        assert rows["source_id"].is_unique
        assert rows[field].notna().mean() > 0.6, (entity, field)
        assert (rejected["entity"] == entity).sum() <= 0.1 * len(rows), rejected[["entity", "rule", "reason"]]
