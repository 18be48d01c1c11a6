"""What the pipeline made of one small sample, and its rows as a comparison needs them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.lakehouse.tables import Lakehouse

CUSTOMERS, SYSTEMS, SEED = 300, ["salesforce", "sap"], 7
# What tells one run from another, whatever it found; the fingerprint names the run that trained the model.
OF_ONE_RUN = {"run_id", "_run_id", "at", "_updated_at", "_ingested_at", "_fingerprint", "first_run_id", "last_run_id"}


@dataclass(frozen=True)
class Sample:
    """A folder of generated exports, and the lakehouse that the pipeline made of them."""

    exports: Path
    truth: Path
    root: Path
    figures: dict[str, Any]

    def lake(self, spark: SparkSession) -> Lakehouse:
        return Lakehouse(spark, root=str(self.root))


def command(folder: Path, root: Path) -> list[str]:
    """Return the words that run the whole pipeline on the folder's exports."""
    places = {"--input": folder / "exports", "--truth": folder / "truth", "--root": root}
    return ["run", *(word for name, place in places.items() for word in (name, str(place))), "--json"]


def rows(lake: Lakehouse, layer: str, table: str) -> Counter[str]:
    """Return the table's rows as JSON, each with how often it is there, without what only one run says."""
    frame = lake.read(layer, table)
    kept = [name for name in sorted(frame.columns) if name not in OF_ONE_RUN]
    return Counter(row["j"] for row in frame.select(F.to_json(F.struct(*kept)).alias("j")).collect())
