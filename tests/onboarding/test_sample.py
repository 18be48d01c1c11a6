"""The same few rows are the same table, whatever file they come in."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tieout.errors import SourceError
from tieout.onboarding.sample import Table, read_sample
from tieout.onboarding.sample_text import guess_delimiter, guess_encodings
from tieout.onboarding.vocabulary import read_vocabulary, words_of

ROWS = [{"id": "1", "name": "Müller; Söhne", "sum": "1.10"}, {"id": "2", "name": 'a "b"', "sum": "7"}]


def delimited(delimiter: str, encoding: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "thing.csv"
        pd.DataFrame(ROWS).to_csv(path, sep=delimiter, index=False, encoding=encoding)
        return path

    return write


def compressed(folder: Path) -> Path:
    path = folder / "thing.csv.gz"
    path.write_bytes(gzip.compress(delimited(",", "utf-8")(folder).read_bytes()))
    (folder / "thing.csv").unlink()
    return path


def json_lines(folder: Path) -> Path:
    path = folder / "thing.jsonl"
    lines = [json.dumps(row, ensure_ascii=False).replace('"1.10"', "1.10") for row in ROWS]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def document(folder: Path) -> Path:
    path = folder / "thing.json"
    path.write_text(json.dumps({"meta": {"count": 2}, "data": {"items": ROWS}}), encoding="utf-8")
    return path


def parquet(folder: Path) -> Path:
    path = folder / "thing.parquet"
    pd.DataFrame(ROWS).to_parquet(path)
    return path


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "thing"
    for row in [list(ROWS[0]), *(list(row.values()) for row in ROWS)]:
        sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def read(path: Path) -> Table:
    (table,) = read_sample([path])
    return table


@pytest.mark.parametrize(
    ("write", "reading"),
    [
        (delimited(";", "cp1252"), {"format": "csv", "delimiter": ";", "encoding": "cp1252"}),
        (delimited("\t", "utf-16"), {"format": "csv", "delimiter": "\t", "encoding": "utf-16"}),
        (delimited("|", "utf-8-sig"), {"format": "csv", "delimiter": "|", "encoding": "utf-8"}),
        (compressed, {"format": "csv", "delimiter": ",", "encoding": "utf-8"}),
        (json_lines, {"format": "jsonl", "encoding": "utf-8"}),
        (document, {"format": "json", "encoding": "utf-8", "records": "data.items"}),
        (parquet, {"format": "parquet"}),
        (workbook, {"format": "xlsx", "sheet": "thing"}),
    ],
)
def test_formats(write: Callable[[Path], Path], reading: dict[str, str], tmp_path: Path) -> None:
    table = read(write(tmp_path))

    assert (table.name, table.reading) == ("thing", reading)
    assert table.frame.to_dict("records") == ROWS
    assert table.whole


def test_parts_and_folders_are_one_table(tmp_path: Path) -> None:
    for name in ("orders/part-00000.csv", "orders/part-00001.csv", "client_2024-01-31.csv", "client_2024-02-29.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id,x\n1,a\n")

    tables = {table.name: table for table in read_sample([tmp_path])}

    assert {name: table.part for name, table in tables.items()} == {"client": [0, 1], "orders": [0, 1]}


def test_a_table_is_read_in_the_encodings_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "thing_1.csv").write_bytes(b"id,name\n1,plain\n")
    (tmp_path / "thing_2.csv").write_bytes("id,name\n2,Müller\n".encode("cp1252"))

    (table,) = read_sample([tmp_path])

    assert table.reading["encoding"] == ["utf-8", "cp1252"]


def test_only_the_first_rows_are_read(tmp_path: Path) -> None:
    (tmp_path / "thing.csv").write_text("id,x\n" + "".join(f"{i},a\n" for i in range(100)))

    (table,) = read_sample([tmp_path], rows=10)

    assert (len(table.frame), table.lines[-1], table.whole) == (10, 11, False)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv: no such file or folder"):
        read_sample([tmp_path / "nowhere.csv"])


def test_mixed_encodings_and_delimiters_in_text() -> None:
    assert guess_encodings("a;Müller\n".encode() + "b;Köln\n".encode("cp1252")) == ["utf-8", "cp1252"]
    assert guess_delimiter(["a;b;c", '"1,5";"x, y";3', "2,5;z, w, v;4"]) == ";"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("primaryContactEmail", ("primary", "contact", "email")),
        ("ANNUALREVENUE", ("annual", "revenue")),
        ("billing_zip_code", ("bill", "postcode", "id")),
        ("CUNM", ("name",)),
        ("CUPH", ("company", "phone")),
        ("NoMarketing", ("not", "marketing")),
        ("STCEG", ("tax", "id")),
        ("xqzw", ("?",)),
    ],
)
def test_names_are_taken_apart(name: str, words: tuple[str, ...], conf_dir: Path) -> None:
    assert words_of(name, read_vocabulary(conf_dir)).known == words
