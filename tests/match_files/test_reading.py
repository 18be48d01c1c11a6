"""Files of every kind that people try first: read as they are, or refused in one sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tieout.errors import UsageError
from tieout.match_files.inputs.reading import local_table

ROWS = pd.DataFrame({"id": ["007", "8"], "name": ["Müller & Söhne", 'a "b", c'], "city": ["Bonn", None]})
CSV = ROWS.to_csv(index=False)

WRITTEN: dict[str, Callable[[Path], object]] = {
    "comma.csv": lambda path: path.write_text(CSV),
    "semicolon.csv": lambda path: ROWS.to_csv(path, index=False, sep=";"),
    "windows.csv": lambda path: path.write_bytes(ROWS.to_csv(index=False, sep=";").encode("cp1252")),
    "with a mark.csv": lambda path: path.write_text(CSV, encoding="utf-8-sig"),
    "tabs.txt": lambda path: ROWS.to_csv(path, index=False, sep="\t"),
    "wide.tsv": lambda path: path.write_bytes(ROWS.to_csv(index=False, sep="\t").encode("utf-16")),
    "pipes.dat": lambda path: ROWS.to_csv(path, index=False, sep="|"),
    "packed.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
    "lines.jsonl": lambda path: ROWS.to_json(path, orient="records", lines=True, force_ascii=False),
    "lines.json": lambda path: ROWS.to_json(path, orient="records", lines=True),
    "array.json": lambda path: path.write_text(json.dumps({"records": ROWS.astype(object).to_dict("records")})),
    "book.xlsx": lambda path: ROWS.to_excel(path, index=False),
    "table.parquet": lambda path: ROWS.to_parquet(path),
    "no ending": lambda path: path.write_text(CSV),
}


@pytest.mark.parametrize("name", list(WRITTEN))
def test_a_file_of_any_common_kind_is_read_as_it_is_written(tmp_path: Path, name: str) -> None:
    WRITTEN[name](tmp_path / name)
    found = local_table(str(tmp_path / name), tmp_path, "read")
    table = found.head(9).select(["id", "name", "city"]).to_pylist()
    assert table[0] == {"id": "007", "name": "Müller & Söhne", "city": "Bonn"}
    assert table[1]["name"] == 'a "b", c'
    assert table[1]["city"] is None


def test_encodings_that_change_within_a_file_and_a_header_over_two_lines(tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_bytes('id,"na\nme"\n1,Müller\n'.encode() + "2,Jörg\n".encode("cp1252"))
    found = local_table(str(tmp_path / "mixed.csv"), tmp_path, "read")
    assert found.head(9).column("na\nme").to_pylist() == ["Müller", "Jörg"]


def test_the_files_of_a_folder_are_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    for number in range(3):
        (folder / f"part-{number}.csv").write_text(f"id,name\n{number},x\n")
    (folder / "_SUCCESS").touch()
    found = local_table(str(folder), tmp_path, "read")
    assert found.head(9).select(["id", "_row"]).to_pydict() == {"id": ["0", "1", "2"], "_row": ["1", "2", "3"]}
    (folder / "part-3.csv").write_text("id,town\n4,Bonn\n")
    with pytest.raises(UsageError, match=r"part-3.csv: has other columns than the files beside it"):
        local_table(str(folder), tmp_path, "read")


def test_numbers_and_times_of_parquet_become_texts(tmp_path: Path) -> None:
    ROWS.assign(turnover=1.5).to_parquet(tmp_path / "numbers.parquet")
    found = local_table(str(tmp_path / "numbers.parquet"), tmp_path, "read")
    assert found.head(9).column("turnover").to_pylist() == ["1.5", "1.5"]


REFUSED: dict[str, tuple[bytes, str]] = {
    "header.csv": (b"id,name\n", "has no records below its header"),
    "empty.csv": (b"", "is empty"),
    "ragged.csv": (b"id,name\n1,a\n2,b,c\n", r"line 3 has 3 values where the header has 2 \(delimiter ','\): '2,b,c'"),
    "packed.zip": (b"PK\x03\x04xxxx", "is a ZIP archive; unpack it"),
    "old.xls": (b"\xd0\xcf\x11\xe0xxxx", "save it as XLSX or CSV"),
    "half.parquet": (b"PAR1", "is no whole Parquet file"),
    "wrong.parquet": (b"id,name\n1,a\n", "is no whole Parquet file"),
    "picture.csv": (b"\x89PNG\x00\x00\x01", "is neither text nor Parquet nor XLSX"),
    "broken.jsonl": (b'{"id": 1}\n{"id": \n', "line 2 is no JSON object"),
    "value.json": (b'["a", "b"]', "no array of records"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    content, sentence = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=sentence) as refused:
        local_table(str(tmp_path / name), tmp_path, "read")
    assert str(refused.value).startswith(str(tmp_path / name))
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_plain_parquet_is_read_where_it_is(tmp_path: Path) -> None:
    ROWS.to_parquet(tmp_path / "plain.parquet")
    found = local_table(str(tmp_path / "plain.parquet"), tmp_path, "read")
    assert found.files == (str(tmp_path / "plain.parquet"),)
    assert pq.read_schema(tmp_path / "plain.parquet").names == found.names
