"""A session is set up for little overhead where there is little data; these tests start none."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tieout.platform.session import SMALL_ROWS, is_small


@pytest.mark.parametrize(("rows", "small"), [(1_000, True), (SMALL_ROWS + 1, False)])
def test_rows_that_are_much_alike_are_counted_not_weighed(tmp_path: Path, rows: int, small: bool) -> None:
    parquet.write_table(pa.table({"city": pa.array(["Ulm"]).take(pa.array([0] * rows))}), tmp_path / "a.parquet")
    assert is_small([str(tmp_path)]) == small


def test_much_data_and_data_elsewhere_are_not_small(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x" * 100)
    assert is_small([str(tmp_path)], limit=100)
    assert not is_small([str(tmp_path)], limit=99)
    assert not is_small([str(tmp_path), "s3a://bucket/lakehouse"])
    assert not is_small([None])


def test_a_damaged_table_is_for_its_reader_to_complain_of(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("PAR1")
    assert is_small([str(tmp_path)])
