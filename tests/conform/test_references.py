"""What refers to a record that nobody has goes to quarantine, in a first run and in a later one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout.config import load_config
from tieout.context import Context
from tieout.lakehouse import Lakehouse
from tieout.runs import Run
from tieout.verbs.conform import conform
from tieout.verbs.ingest import ingest

SOURCE = """
system: harbour
kind: erp
title: Harbour
objects:
  firms:
    files: ["firms*.csv"]
    key: [nr]
    to:
      account:
        fields: {name: firm, parent_source_id: parent, country: {const: DE}}
  people:
    files: ["people*.csv"]
    key: [id]
    to:
      contact:
        fields: {account_source_id: firm, full_name: name}
"""


class Harbour:
    """A lakehouse of firms and of people who work for them."""

    def __init__(self, spark: SparkSession, conf: Path, folder: Path) -> None:
        self.lake = Lakehouse(spark, root=str(folder / "lakehouse"))
        self.config = load_config(conf, ["harbour"])
        self.exports = folder / "exports"
        (self.exports / "harbour").mkdir(parents=True)

    def run(self, **files: str) -> None:
        """Ingest and conform what these files hold."""
        for name, text in files.items():
            (self.exports / "harbour" / f"{name}.csv").write_text(text, encoding="utf-8")
        for verb in (lambda context: ingest(context, str(self.exports)), conform):
            with Run(self.lake, "test") as run:
                verb(Context(self.lake.spark, self.lake, self.config, run))

    def ids(self, table: str, where: str = "true") -> list[str]:
        rows = self.lake.read("silver", table).where(where).select("source_id").collect()
        return sorted(row["source_id"] for row in rows)


@pytest.fixture
def harbour(spark: SparkSession, conf_dir: Path, tmp_path: Path) -> Harbour:
    conf = Path(shutil.copytree(conf_dir, tmp_path / "conf"))
    (conf / "sources" / "harbour.yml").write_text(SOURCE, encoding="utf-8")
    return Harbour(spark, conf, tmp_path)


def test_people_of_a_firm_that_nobody_knows_wait_in_quarantine_until_it_comes(harbour: Harbour) -> None:
    harbour.run(
        firms_1="nr,firm,parent\n1,Alpha GmbH,\n2,Beta KG,1\n",
        people_1="id,firm,name\n10,1,Abel\n11,2,Bauer\n12,3,Celan\n",
    )
    assert harbour.ids("contact") == ["10", "11"]
    (orphan,) = harbour.lake.read("silver", "quarantine").collect()
    assert (orphan["entity"], orphan["source_id"]) == ("contact", "12")
    assert orphan["rule"] == "account_source_id: exists"

    harbour.run(firms_2="nr,firm,parent\n3,Gamma AG,\n", people_2="id,firm,name\n13,4,Dorn\n")
    assert harbour.ids("contact") == ["10", "11", "12"]
    assert harbour.ids("quarantine", "state = 'open'") == ["13"]
