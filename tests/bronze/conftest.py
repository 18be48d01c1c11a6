"""A shop whose exports a test writes byte by byte, and ingests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from tieout.bronze.ingest import ingest
from tieout.config import Config
from tieout.config.models.project import ProjectSettings
from tieout.config.models.source import SourceConfig
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse


class Shop:
    """One system, `shop`, of one or more objects; `Thing` unless a test says otherwise."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark = spark
        self.input = folder / "exports"
        self.lake = Lakehouse(spark, root=str(folder / "lakehouse"))
        self.objects: dict[str, Any] = {}
        self.configure()

    def configure(self, name: str = "Thing", **options: Any) -> None:
        """Say how an object is read."""
        self.objects[name] = {"files": [f"{name}*", f"{name}/*"], "key": ["Id"], "required": True} | options

    def write(self, name: str, content: bytes | str) -> Path:
        """Write one exported file, byte for byte."""
        path = self.input / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def ingest(self, **arguments: Any) -> dict[str, Any]:
        """Ingest everything that was written; return the verb's figures."""
        with Run(self.lake, "ingest") as run:
            return ingest(Context(self.spark, self.lake, self.config(), run), str(self.input), **arguments)

    def config(self) -> Config:
        source = SourceConfig.model_validate({"system": "shop", "kind": "other", "objects": self.objects})
        project = ProjectSettings(sources=["shop"])
        return Config(Path("conf"), project, {"shop": source}, {}, {}, {}, {}, {}, frozenset({"shop"}))

    def rows(self, name: str = "Thing") -> list[Row]:
        """Return the object's bronze rows in the order of files and rows."""
        frame = self.lake.read("bronze", f"shop__{name.lower()}")
        return sorted(frame.collect(), key=lambda row: (row["_file"], row["_row"]))

    def values(self, *columns: str, name: str = "Thing") -> list[tuple[Any, ...]]:
        """Return some columns of the bronze rows."""
        return [tuple(row[column] for column in columns) for row in self.rows(name)]

    def version(self, name: str = "Thing") -> int | None:
        """Return the bronze table's Delta version, or None when there is no table."""
        return self.lake.version("bronze", f"shop__{name.lower()}")


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path) -> Shop:
    return Shop(spark, tmp_path)
