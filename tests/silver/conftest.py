"""A made-up system of firms and of people who work for them, small enough to be read in a test."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tieout.bronze.ingest import ingest
from tieout.config import load_config
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse
from tieout.silver.conform import conform

SOURCE = """
system: harbour
kind: erp
title: Harbour
objects:
  firms:
    files: ["firms*.csv"]
    key: [nr]
    modified: {column: at, optional: true}
    to:
      account:
        fields: {name: firm, parent_source_id: parent, country: {const: DE}}
  people:
    files: ["people*.csv"]
    key: [id]
    to:
      contact:
        fields: {account_source_id: firm, full_name: name}
  towns:
    meaning: Only joined by others.
    files: ["towns*.csv"]
    key: [code]
"""


class Harbour:
    """A lakehouse of firms and of people who work for them."""

    def __init__(self, spark: SparkSession, conf: Path, folder: Path) -> None:
        self.lake = Lakehouse(spark, root=str(folder / "lakehouse"))
        self.config = load_config(conf, ["harbour"])
        self.exports = folder / "exports"
        (self.exports / "harbour").mkdir(parents=True)

    def run(self, **files: str) -> dict[str, Any]:
        """Ingest and conform what these files hold; return conform's figures."""
        for name, text in files.items():
            (self.exports / "harbour" / f"{name}.csv").write_text(text, encoding="utf-8")
        figures: dict[str, Any] = {}
        for verb in (lambda context: ingest(context, str(self.exports)), conform):
            with Run(self.lake, "test") as run:
                figures = verb(Context(self.lake.spark, self.lake, self.config, run))
        return figures

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of a silver table, sorted."""
        return sorted(map(tuple, self.lake.read("silver", table).select(*columns).collect()), key=repr)

    def ids(self, table: str, where: str = "true") -> list[str]:
        rows = self.lake.read("silver", table).where(where).select("source_id").collect()
        return sorted(row["source_id"] for row in rows)


@pytest.fixture
def harbour(spark: SparkSession, conf_dir: Path, tmp_path: Path) -> Harbour:
    conf = Path(shutil.copytree(conf_dir, tmp_path / "conf"))
    (conf / "sources" / "harbour.yml").write_text(SOURCE, encoding="utf-8")
    return Harbour(spark, conf, tmp_path)
