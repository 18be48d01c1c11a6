"""The lakehouse that exports become, and what a test asks of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession

from tieout.bronze.ingest import ingest
from tieout.config import load_config
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse
from tieout.silver.conform import conform


@dataclass
class Land:
    """A lakehouse after `ingest` and `conform`, what these said, and the truth behind the exports."""

    folder: Path
    lake: Lakehouse
    ingested: dict[str, Any]
    conformed: dict[str, Any]
    _frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    def silver(self, entity: str, system: str | None = None) -> pd.DataFrame:
        """Return current rows of an entity, of one system or of all."""
        if entity not in self._frames:
            self._frames[entity] = self.lake.read("silver", entity).where("NOT _deleted").toPandas()
        rows = self._frames[entity]
        return rows if system is None else rows[rows["source_system"] == system]

    def quarantine(self) -> pd.DataFrame:
        if "quarantine" not in self._frames:
            self._frames["quarantine"] = self.lake.read("silver", "quarantine").toPandas()
        return self._frames["quarantine"]

    def truth(self, entity: str) -> pd.DataFrame:
        files = sorted((self.folder / "truth" / entity).glob("*.csv"))
        return pd.concat(pd.read_csv(file, dtype=str) for file in files)


def take_in(spark: SparkSession, conf: Path, folder: Path, exports: Path, systems: list[str] | None = None) -> Land:
    """Ingest and conform `exports` into a new lakehouse under `folder`, by the configuration in `conf`."""
    lake = Lakehouse(spark, root=str(folder / "lakehouse"))
    config = load_config(conf, systems)
    with Run(lake, "ingest") as run:
        ingested = ingest(Context(spark, lake, config, run), str(exports))
    with Run(lake, "conform") as run:
        conformed = conform(Context(spark, lake, config, run))
    return Land(folder, lake, ingested, conformed)
