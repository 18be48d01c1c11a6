"""Plain Parquet files are profiled before Spark starts; all others are left to Spark."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tieout.errors import SourceError
from tieout.matching.first_look import first_look

ROWS = pd.DataFrame(
    {
        "id": range(40),
        "name": [f"Firm{number % 20} Trading GmbH" for number in range(40)],
        "city": [("Bonn", "Mainz", "Trier")[number % 3] for number in range(40)],
    }
)


def test_parquet_files_propose_a_config(tmp_path: Path) -> None:
    ROWS.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b").mkdir()
    ROWS.to_parquet(tmp_path / "b" / "part-0.parquet")
    (tmp_path / "b" / "_SUCCESS").touch()
    config = first_look(str(tmp_path / "a.parquet"), str(tmp_path / "b"), "company")
    assert config is not None
    assert (config.id, config.entity, set(config.columns)) == ("id", "company", {"name", "city"})


def test_other_files_are_not_looked_at(tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "a.csv")
    ROWS.assign(turnover=1.5).to_parquet(tmp_path / "numbers.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    for name in ("a.csv", "numbers.parquet", "broken.parquet"):
        assert first_look(str(tmp_path / name), None, "record") is None
    assert first_look("s3://bucket/a.parquet", None, "record") is None


def test_files_without_a_column_to_compare_are_an_error(tmp_path: Path) -> None:
    ROWS[["id"]].to_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="No column"):
        first_look(str(tmp_path / "a.parquet"), None, "record")
