"""Local files and remote ones are tables of the same texts, whoever reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tieout.errors import SourceError
from tieout.match_files.inputs.look import look
from tieout.match_files.inputs.reading import local_table
from tieout.match_files.inputs.tables import RemoteTable, TextTable, sample

ROWS = pa.table(
    {
        "id": pa.array(range(1, 41), pa.int64()),
        "Na`me": pa.array([f"Firma {number}" if number % 7 else None for number in range(40)]),
        "since": pa.array([date(2020, 1, 1 + number % 28) for number in range(40)]),
        "active": pa.array([number % 2 == 0 for number in range(40)]),
    }
)
FIRST = {"id": "1", "Na`me": None, "since": "2020-01-01", "active": "true"}


@pytest.fixture(params=["local", "remote"])
def table(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> TextTable:
    """Return a Parquet file of numbers, texts, dates and flags, read from the disk or as a remote one."""
    pq.write_table(ROWS, tmp_path / "crm [2024].parquet", row_group_size=7)
    path = tmp_path / "crm [2024].parquet"
    if request.param == "local":
        return local_table(str(path), tmp_path, "read")
    (tmp_path / "there").mkdir()
    path.rename(tmp_path / "there" / "crm.parquet")
    return RemoteTable.open(spark, (tmp_path / "there").as_uri())


def test_every_column_is_a_text(spark: SparkSession, table: TextTable) -> None:
    assert (table.rows, table.names) == (40, ROWS.column_names)
    assert table.head(40).sort_by("since").slice(0, 1).to_pylist()[0] == FIRST
    frame = table.frame(spark, ["active", "Na`me"])
    assert dict(frame.dtypes) == {"active": "string", "Na`me": "string"}
    assert frame.where("active = 'true'").count() == 20


def test_columns_are_read_under_the_names_of_the_match(spark: SparkSession, table: TextTable) -> None:
    renamed = table.renamed({"name": "Na`me", "number": "id"})
    first = renamed.frame(spark, ["number", "name"]).orderBy("name").tail(1)[0]
    assert first.asDict() == {"number": "10", "name": "Firma 9"}
    assert "name" in renamed.head(1).column_names


def test_a_sample_is_of_all_tables_and_says_of_which(table: TextTable) -> None:
    found = sample({"crm": table, "erp": table}, ["id"], 40, seed=1)
    assert 20 <= found.num_rows <= 40
    assert set(found.column("source").to_pylist()) == {"crm", "erp"}
    assert set(found.column("id").to_pylist()) < {str(number) for number in range(1, 41)}


def test_a_remote_file_is_looked_at_as_a_local_one(spark: SparkSession, tmp_path: Path) -> None:
    rows = "".join(
        f"{number},Firm{number % 20} Trading GmbH,{'Bonn' if number % 2 else 'Mainz'}\n" for number in range(40)
    )
    (tmp_path / "crm.csv").write_text("id,name,city\n" + rows)
    places = (str(tmp_path / "crm.csv"), (tmp_path / "crm.csv").as_uri())
    local, remote = (look([place], "company", tmp_path, lambda: spark) for place in places)
    assert remote.config == local.config
    assert remote.naming == local.naming
    assert remote.files["crm"].rows == 40


def test_a_remote_file_that_is_not_there_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing.parquet: cannot be read as CSV or Parquet"):
        RemoteTable.open(spark, (tmp_path / "nothing.parquet").as_uri())


def test_a_share_of_all_rows_is_all_rows(table: TextTable) -> None:
    assert table.sample(["id"], 1.1, np.random.default_rng(1)).num_rows == 40
