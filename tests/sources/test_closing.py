"""Blocks in which all values are in quotes are cut by what stands between these: as any other, only sooner."""

from __future__ import annotations

import csv
import io
from itertools import product

import numpy as np
import pytest

from tieout.sources import cut
from tieout.sources.check import TextStyle
from tieout.sources.quoted_cells import quoted_cells

STYLE = TextStyle()


def test_values_between_quotes() -> None:
    found = cut.cut(b'"1","","a, b"\n"2","c","two\nlines"\n"3","b', STYLE)

    assert found.ends.tolist() == [14, 34]
    cells = quoted_cells(found, np.array([True, True]), 3)
    assert cells is not None
    assert [cell.to_pylist() for cell in cells] == [["1", "2"], [None, "c"], ["a, b", "two\nlines"]]


@pytest.mark.parametrize(
    "block", [b'"1","a ""b"""\n', b'"1",2\n', b"1\n", b'"1\n', b'"1","2"\r\n', b"\n", b"", b'",","a"\n', b'","""\n']
)
def test_what_is_cut_in_another_way(block: bytes) -> None:
    assert cut.cut(block, STYLE).closing is None


def test_all_short_blocks_are_cut_as_by_their_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = ['"' + "".join(signs) for length in range(2, 8) for signs in product('",\na', repeat=length)]
    quoted = {block: found for block in blocks if (found := cut.cut(block.encode(), STYLE)).closing is not None}
    monkeypatch.setattr(cut, "closing_quotes", lambda *_: None)

    assert len(quoted) > 100
    for block, found in quoted.items():
        counted = cut.cut(block.encode(), STYLE)
        count = len(found.ends)
        assert counted.ends[:count].tolist() == found.ends.tolist()
        assert counted.lines[:count].tolist() == found.lines.tolist()
        assert not counted.odd[:count].any()
        rows = list(csv.reader(io.StringIO(block[: found.end], newline="")))
        cells = quoted_cells(found, np.ones(count, dtype=bool), len(rows[0]))
        if len({len(row) for row in rows}) == 1:
            assert cells is not None
            values = [[value or "" for value in cell.to_pylist()] for cell in cells]
            assert [list(row) for row in zip(*values, strict=True)] == rows
        else:
            assert cells is None
