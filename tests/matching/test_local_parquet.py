"""Parquet files of this machine are read by the workers themselves, and come out as Spark would read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tieout.errors import SourceError
from tieout.matching.inputs import Inputs, read_inputs
from tieout.matching.local_parquet import LocalParquet, LocalRecords
from tieout.matching.truth import Truth, read_truth

ROWS = pa.table(
    {
        "id": pa.array(range(1, 41), pa.int64()),
        "name": pa.array([f"Firma {number}" if number % 7 else None for number in range(40)]),
        "since": pa.array([date(2020, 1, 1 + number % 28) for number in range(40)]),
        "active": pa.array([number % 2 == 0 for number in range(40)]),
    }
)
KEYED = "record_id bigint, source string, name string, since string, active string"


def written(folder: Path) -> Inputs:
    """Write the rows as two sources: one file of small row groups, and a folder of two files."""
    pq.write_table(ROWS, folder / "crm.parquet", row_group_size=7)
    (folder / "erp").mkdir()
    for number in range(2):
        pq.write_table(ROWS.slice(number * 20, 20), folder / "erp" / f"part-{number}.parquet")
    return read_inputs(SparkSession.active(), str(folder / "crm.parquet"), str(folder / "erp"), "id")


def sorted_rows(table: pa.Table) -> list[dict[str, object]]:
    return table.sort_by("record_id").to_pylist()


def test_workers_read_what_spark_reads(spark: SparkSession, tmp_path: Path) -> None:
    inputs = written(tmp_path)
    assert inputs.local is not None
    assert inputs.local.sizes == {"crm": 40, "erp": 40}

    names = ["name", "since", "active"]
    by_workers = inputs.local.mapped(lambda tables: (one for t in tables for one in t.to_batches()), names, KEYED)
    expected = inputs.records.select("record_id", "source", *names).toArrow()
    assert sorted_rows(by_workers.toArrow()) == sorted_rows(expected)
    keys = inputs.records.select("record_id", "source", "_id").toArrow()
    assert sorted_rows(inputs.keys()) == sorted_rows(keys)


def test_tasks_share_a_file_of_few_row_groups(tmp_path: Path) -> None:
    written(tmp_path)
    file = LocalParquet.open(str(tmp_path / "crm.parquet"))
    assert file is not None
    for tasks in (1, 2, 5):
        pieces = file.pieces(tasks)
        assert len(pieces) >= tasks
        ids = [one for piece in pieces for table in piece.tables(["id"]) for one in table.column("id").to_pylist()]
        assert sorted(ids, key=int) == [str(number) for number in range(1, 41)]


@pytest.mark.parametrize("columns", [{}, {"turnover": pa.array([1.5] * 40)}])
def test_files_of_other_kinds_are_left_to_spark(
    spark: SparkSession, tmp_path: Path, columns: dict[str, pa.Array]
) -> None:
    table = pa.table({name: ROWS.column(name) for name in ROWS.column_names} | columns)
    pq.write_table(table, tmp_path / "a.parquet")
    pd.DataFrame(ROWS.to_pydict()).to_csv(tmp_path / "b.csv", index=False)
    right = None if columns else str(tmp_path / "b.csv")
    inputs = read_inputs(spark, str(tmp_path / "a.parquet"), right, "id")
    assert inputs.local is None
    assert inputs.records.count() == (40 if columns else 80)


TRUTHS = {
    "clusters": {"id": ["1", "2", None, "99"], "cluster": ["a", "a", "b", "c"]},
    "clusters of a source": {"id": ["1", "2"], "cluster": ["a", "a"], "source": ["crm", "erp"]},
    "pairs": {"id_l": ["1", "2"], "id_r": ["3", "99"]},
}


@pytest.mark.parametrize("kind", list(TRUTHS))
def test_a_truth_read_here_is_the_one_that_spark_reads(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    inputs = written(tmp_path)
    pq.write_table(pa.table(TRUTHS[kind]), tmp_path / "truth.parquet")
    here = read_truth(spark, str(tmp_path / "truth.parquet"), inputs)
    assert here.here is not None
    there = Truth(here.clusters, here.pairs, here.rows)
    for one, other in zip(here.fetch(), there.fetch(), strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            by = [(name, "ascending") for name in one.column_names]
            assert one.sort_by(by).to_pylist() == other.sort_by(by).to_pylist()


def test_records_are_named_by_their_source(spark: SparkSession, tmp_path: Path) -> None:
    inputs = written(tmp_path)
    local = inputs.local
    assert isinstance(local, LocalRecords)
    found = local.keys().to_pandas().groupby("source")["_id"].nunique()
    assert found.to_dict() == {"crm": 40, "erp": 40}


def test_an_id_that_two_records_have_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(pa.concat_tables([ROWS, ROWS.slice(6, 1)]), tmp_path / "crm.parquet")
    inputs = read_inputs(spark, str(tmp_path / "crm.parquet"), None, "id")
    for check in (inputs.keys, inputs.check_keys):
        with pytest.raises(SourceError, match="crm: several records have '7' in 'id'"):
            check()
