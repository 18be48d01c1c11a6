"""Values of several lines: where their records start and end, wherever a file is cut into splits."""

from __future__ import annotations

import csv
import random

import pytest

from tieout.bronze.text import lines

from .conftest import Shop


def test_records_of_several_lines_among_odd_ones(shop: Shop) -> None:
    odd = ["\n", "Id,Name\n", "2\n", '3,"c",d\n', '4,"d"e\n', "1.2E+10,f\n", '"7","g"\r\n', "8,\n", "Total,9\n"]
    shop.write("Thing.csv", 'Id,Name\n1,"two\nlines"\n' + "".join(odd))

    figures = shop.ingest()

    assert figures["corrupt"]["shop"]["Thing"] == 5
    assert shop.values("_row", "Id", "Name", "_corrupt") == [
        (2, "1", "two\nlines", None),
        (5, "Id", "Name", "Id,Name"),
        (6, "2", None, "2"),
        (7, "3", "c", '3,"c",d'),
        (8, "4", '"d"e', None),
        (9, "1.2E+10", "f", "1.2E+10,f"),
        (10, "7", "g", None),
        (11, "8", None, None),
        (12, "Total", "9", "Total,9"),
    ]


def test_values_that_cross_splits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SPLIT_BYTES", 3000)
    draw, records = random.Random(7), []
    for n in range(100):
        # Some values are longer than a split.
        text = "\n".join(draw.choices(["x", 'a "b"', "", ",", "y" * 40], k=draw.choice([1] * 20 + [2, 9, 400])))
        records.append((str(n), text))
    path = shop.write("Thing.csv", "")
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("Id", "Name"))
        starts = [2]
        for record in records:
            writer.writerow(record)
            starts.append(starts[-1] + 1 + record[1].count("\n"))

    figures = shop.ingest()

    assert figures["corrupt"]["shop"]["Thing"] == 0
    expected = [(n, text or None, row) for (n, text), row in zip(records, starts[:-1], strict=True)]
    assert shop.values("Id", "Name", "_row") == expected
