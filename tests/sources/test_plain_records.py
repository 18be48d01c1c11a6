"""Arrow splits plainly written records as Spark's parser does, and leaves all others to it."""

from __future__ import annotations

import csv
import random

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tieout.config.reading import ReadingOptions
from tieout.sources import delimited, lines
from tieout.sources.lines import INDEX, LINE, SPLIT
from tieout.sources.plain_records import PARSED, PlainForm, parser, plain_form, value_columns
from tieout.sources.shape import VALUES

from .conftest import Shop

PIECES = [
    "a", "b c", "", " ", "é", "\u2028", "\ufeff", '"', '""', '"a"', '"a""b"', '"x\ny"', '"\r\n"', "\r", "\\", "\0",
    ",", ";", "\t", "|", "'", "'q'", '"a', 'b"', "NULL", "#", "0012", "1,5",
]  # fmt: skip


def _form(options: ReadingOptions, columns: int, ends: dict[int, int] | None = None) -> PlainForm:
    names = [f"C{n}" for n in range(columns)]
    form = plain_form(options, delimited.style_of(options, None), names, "C0,C1,C2", ["C0"], ends or {})
    assert form is not None
    return form


def _parsed(form: PlainForm, records: list[str]) -> list[dict[str, object]]:
    lines = pa.array([record.encode() for record in records], type=pa.binary())
    numbers = pa.array(range(len(records)), type=pa.int64())
    splits = pa.array([7] * len(records), type=pa.int64())
    batch = pa.RecordBatch.from_arrays([lines, splits, numbers], names=[LINE, SPLIT, INDEX])
    return [row for found in parser(form, lambda batches: batches)([batch]) for row in found.to_pylist()]


@pytest.mark.parametrize(
    "options",
    [
        {}, {"delimiter": ";"}, {"delimiter": "\t"}, {"delimiter": "|", "quote": ""}, {"escape": "\\"}, {"quote": "'"},
        {"delimiter": " "},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("columns", [2, 3])
def test_values_are_those_of_sparks_parser(spark: SparkSession, options: dict[str, str], columns: int) -> None:
    draw, reading = random.Random(columns), ReadingOptions.model_validate(options)
    pieces = PIECES + [reading.delimiter] * 20
    records = ["".join(draw.choices(pieces, k=draw.randint(1, 9))) for _ in range(4000)]
    found = _parsed(_form(reading, columns), records)
    shape = delimited.shape([f"C{n}" for n in range(columns)], 1000, reading)
    # As the reader does: lines without the line end that Windows writes.
    frame = spark.createDataFrame([(n, record.removesuffix("\r")) for n, record in enumerate(records)], ["n", LINE])
    rows = frame.coalesce(1).withColumn(VALUES, shape.parse).select("n", LINE, *shape.columns.values(), shape.broken)
    plain = 0
    for row, mine in zip(sorted(rows.collect()), found, strict=True):
        if mine[PARSED]:
            plain += 1
            assert not row[-1], row
            assert tuple(row[2:-1]) == tuple(mine[name] for name in value_columns(columns)), row
        else:
            assert mine[LINE] == records[row["n"]]
    assert plain > 100


def test_text_is_kept_where_it_may_matter() -> None:
    records = ["1,a,b", "1.2E+10,a,b", "C0,C1,C2", "ragged,a", '"1","a"b,"c"', "2,a,b"]
    found = _parsed(_form(ReadingOptions(), 3, {7: 5}), records)
    assert [(row[PARSED], row[LINE]) for row in found] == [
        (True, None),
        (True, "1.2E+10,a,b"),
        (True, "C0,C1,C2"),
        (False, "ragged,a"),
        (False, '"1","a"b,"c"'),
        (True, "2,a,b"),
    ]
    assert [found[0][name] for name in value_columns(3)] == ["1", "a", "b"]


def test_some_configs_leave_all_to_spark() -> None:
    for options in ({"delimiter": "||"}, {"not_rows_when": "C0 = 'x'"}, {"quote": "«"}):
        reading = ReadingOptions.model_validate(options)
        style = delimited.style_of(reading, None)
        assert plain_form(reading, style, ["C0", "C1"], "", [], {}) is None


def test_records_may_be_wide() -> None:
    record = ",".join(f'"{n}"' for n in range(1000))
    found = _parsed(_form(ReadingOptions(), 1000), [record])
    assert found[0][PARSED] and found[0]["_value999"] == "999"


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
