"""Parquet files of this machine are read by the workers themselves, and come out as Spark would read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tieout.errors import UsageError
from tieout.matching.inputs import Inputs, local_inputs
from tieout.matching.prepare.local_parquet import LocalParquet, LocalRecords
from tieout.matching.scoring.truth import Truth, read_truth

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
    return inputs_of(folder / "crm.parquet", folder / "erp")


def inputs_of(*paths: Path) -> Inputs:
    files = [(path.name.split(".")[0], opened(path)) for path in paths]
    return local_inputs(SparkSession.active(), files, "id")


def opened(path: Path) -> LocalParquet:
    found = LocalParquet.open(str(path))
    assert found is not None
    return found


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


def test_a_file_with_other_names_is_read_under_those_of_the_match(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "crm.parquet")
    renamed = ROWS.rename_columns(["Nr.", "Na`me", "since", "active"])
    pq.write_table(renamed, tmp_path / "erp.parquet")
    erp = opened(tmp_path / "erp.parquet").renamed({"id": "Nr.", "name": "Na`me"})
    assert erp.names == ROWS.column_names
    assert erp.is_plain(erp.names)
    inputs = local_inputs(spark, [("crm", opened(tmp_path / "crm.parquet")), ("erp", erp)], "id")
    assert inputs.local is not None
    one, other = (inputs.records.where(f"source = '{name}'").select("_id", "name").collect() for name in ("crm", "erp"))
    assert sorted(map(tuple, one), key=str) == sorted(map(tuple, other), key=str)
    some = inputs.some(inputs.keys().column("record_id").to_numpy()[[0, 45]], ["name"]).to_pylist()
    assert {(row["source"], row["_id"], row["name"]) for row in some} == {("crm", "1", None), ("erp", "6", "Firma 5")}


TRUTHS = {
    "clusters": {"id": ["1", "2", None, "99"], "cluster": ["a", "a", "b", "c"]},
    "clusters of a source": {"id": ["1", "2"], "cluster": ["a", "a"], "source": ["crm", "erp"]},
    "pairs": {"id_l": ["1", "2"], "id_r": ["3", "99"]},
}


@pytest.mark.parametrize("kind", list(TRUTHS))
def test_a_truth_read_here_is_the_one_that_spark_reads(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    inputs = written(tmp_path)
    pq.write_table(pa.table(TRUTHS[kind]), tmp_path / "truth.parquet")
    here = read_truth(spark, "truth.parquet", inputs, opened(tmp_path / "truth.parquet"))
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
    inputs = inputs_of(tmp_path / "crm.parquet")
    for check in (inputs.keys, inputs.check_keys):
        with pytest.raises(UsageError, match="crm: several records have '7' in 'id'"):
            check()
