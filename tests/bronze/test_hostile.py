"""Input that fights back: each row lands, or is kept aside with its reason, and the counts prove it."""

from __future__ import annotations

import gzip
from datetime import datetime

import openpyxl
import pytest

from tieout.errors import SourceError

from .conftest import Shop

REASON = "_corrupt_reason"


def test_ragged_rows_are_kept_aside_as_written(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,a\n2\n3,c,d\n")

    figures = shop.ingest()

    assert figures["corrupt"]["shop"]["Thing"] == 2
    assert shop.values("_row", "_corrupt", REASON) == [
        (2, None, None),
        (3, "2", "does not have 2 values"),
        (4, "3,c,d", "does not have 2 values"),
    ]


def test_line_breaks_and_quotes_in_quotes(shop: Shop) -> None:
    shop.write("Thing.csv", 'Id,Name\n1,"two\nlines"\n2,"a ""quoted"" word"\n3,"\n\n"\n4,plain\n')

    shop.ingest()

    assert shop.values("Id", "Name", "_row") == [
        ("1", "two\nlines", 2),
        ("2", 'a "quoted" word', 4),
        ("3", "\n\n", 5),
        ("4", "plain", 8),
    ]


def test_a_stray_quote_in_plain_text_opens_nothing(shop: Shop) -> None:
    shop.write("Thing.csv", 'Id,Name\n1,5" pipe\n2,"6"" pipe"\n')

    shop.ingest()

    assert shop.values("Id", "Name") == [("1", '5" pipe'), ("2", '6" pipe')]


def test_zero_bytes_stay(shop: Shop) -> None:
    shop.write("Thing.csv", b"Id,Name\n1,a\x00b\n\x002,c\n")

    shop.ingest()

    assert shop.values("Id", "Name") == [("1", "a\x00b"), ("\x002", "c")]


def test_a_utf8_byte_order_mark_and_windows_line_ends(shop: Shop) -> None:
    shop.write("Thing.csv", b"\xef\xbb\xbfId,Name\r\n1,M\xc3\xbcller\r\n\r\n2,b\r\n")

    figures = shop.ingest()

    assert figures["rows"]["shop"]["Thing"] == 2
    assert shop.values("Id", "Name", "_row") == [("1", "Müller", 2), ("2", "b", 4)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16(shop: Shop, encoding: str) -> None:
    shop.configure(encoding=encoding)
    shop.write("Thing.csv", 'Id,Name\r\n1,Müller\r\n2,"two\nlines"\r\n'.encode(encoding))

    shop.ingest()

    assert shop.values("Id", "Name") == [("1", "Müller"), ("2", "two\nlines")]


def test_utf16_that_the_config_does_not_know_is_an_error(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,a\n".encode("utf-16"))

    with pytest.raises(SourceError, match=r"Thing\.csv: wrong encoding: .*UTF-16.*encoding: utf-16-le"):
        shop.ingest()


def test_a_line_of_latin1_in_a_utf8_file_is_kept_aside(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,Müller\n".encode() + b"2,caf\xe9\n3,b\n")

    shop.ingest()

    assert shop.values("Id", REASON) == [
        ("1", None),
        ("2", "has bytes that are not in the configured encoding"),
        ("3", None),
    ]


def test_a_latin1_file_that_should_be_utf8_is_an_error(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,Müller\n2,Société\n3,Łódź AG\n".encode("cp1252", "replace"))

    with pytest.raises(SourceError, match=r"wrong encoding: the config says utf-8, but 3 lines"):
        shop.ingest()


def test_each_line_in_the_first_encoding_that_fits(shop: Shop) -> None:
    shop.configure(encoding=["utf-8", "cp1252"])
    shop.write("Thing.csv", "Id,Name\n1,Müller\n".encode() + "2,5 € Café\n".encode("cp1252"))

    shop.ingest()

    assert shop.values("Name") == [("Müller",), ("5 € Café",)]


def test_a_utf8_file_that_should_be_latin1_is_an_error(shop: Shop) -> None:
    shop.configure(encoding="cp1252")
    shop.write("Thing.csv", "Id,Name\n1,Müller\n2,Société\n")

    with pytest.raises(SourceError, match="all 2 lines with accents are UTF-8"):
        shop.ingest()


def test_the_header_again_in_the_middle_and_totals_at_the_end(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name,Amount\n1,a,5\nId,Name,Amount\n2,Total,6\nTotal,,11\n,Grand total,11\n")

    shop.ingest()

    assert shop.values("_row", REASON) == [
        (2, None),
        (3, "is the header again"),
        (4, None),
        (5, "a row of totals"),
        (6, "a row of totals"),
    ]


def test_rows_that_the_config_calls_no_records(shop: Shop) -> None:
    shop.configure(not_rows_when="Name = 'TEST'")
    shop.write("Thing.csv", "Id,Name\n1,a\n2,TEST\n")

    shop.ingest()

    assert shop.values("Id", REASON) == [("1", None), ("2", "not a record, by the config's not_rows_when")]


def test_a_key_that_a_spreadsheet_rounded(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1.23457E+11,a\n123456789012,b\n")

    shop.ingest()

    assert [bool(reason) for (reason,) in shop.values(REASON)] == [True, False]


def test_repeated_keys_formulas_and_comma_decimals_land_untouched(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name,Amount\n1,=cmd|' /C calc'!A0,\"1.234,50\"\n1,+1,44927\n")

    shop.ingest()

    assert shop.values("Id", "Name", "Amount") == [
        ("1", "=cmd|' /C calc'!A0", "1.234,50"),
        ("1", "+1", "44927"),
    ]


def test_an_empty_table_has_its_columns_and_zero_bytes_are_no_file(shop: Shop) -> None:
    shop.write("Thing_1.csv", "Id,Name\n")
    shop.write("Thing_2.csv", b"")

    assert shop.ingest()["rows"]["shop"]["Thing"] == 0
    assert shop.rows() == []
    assert "Name" in shop.lake.read("bronze", "shop__thing").columns


def test_a_value_of_a_million_characters(shop: Shop) -> None:
    long = "x" * 1_000_000
    shop.write("Thing.csv", f'Id,Name\n1,{long}\n2,"{long}\n{long}"\n')

    shop.ingest()

    assert [len(name) for (name,) in shop.values("Name")] == [1_000_000, 2_000_001]


@pytest.mark.long
def test_ten_thousand_columns(shop: Shop) -> None:
    names = ["Id", *(f"Column {number}" for number in range(9_999))]
    shop.write("Thing.csv", ",".join(names) + "\n" + ",".join(map(str, range(10_000))) + "\n")

    shop.ingest()

    assert shop.values("Id", "Column 9998") == [("0", "9999")]


def test_names_of_columns_that_tables_do_not_like(shop: Shop) -> None:
    shop.write("Thing.csv", 'Id,"Name (full); a=b",name,NAME,,a.b,`tick`,_file\n1,2,3,4,5,6,7,8\n')

    shop.ingest()

    exported = [name for name in shop.rows()[0].asDict() if name not in {"_row", "_run_id"}]
    assert exported[:8] == ["Id", "Name (full); a=b", "name", "NAME_2", "_c5", "a.b", "`tick`", "_file_2"]


def test_compressed_files_and_ones_that_end_early(shop: Shop) -> None:
    whole = gzip.compress(b"Id,Name\n" + b"".join(b"%d,name %d\n" % (i, i * 7919) for i in range(5000)))
    shop.write("Thing_1.csv.gz", whole)
    assert shop.ingest()["rows"]["shop"]["Thing"] == 5000

    shop.write("Thing_2.csv.gz", whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"Thing_2\.csv\.gz.*cut short"):
        shop.ingest()
    assert shop.version() == 0


def test_a_preamble_before_the_header(shop: Shop) -> None:
    shop.configure(skip_lines=2)
    shop.write("Thing.csv", "Report of things\n\nId,Name\n1,a\n")

    assert shop.ingest()["rows"]["shop"]["Thing"] == 1
    assert shop.values("Id", "Name", "_row") == [("1", "a", 4)]


def test_no_header(shop: Shop) -> None:
    shop.configure(header=False, columns=["Id", "Name"], delimiter="\t", quote="")
    shop.write("Thing.txt", '1\t"a\n2\tb\n')

    shop.ingest()

    assert shop.values("Id", "Name", "_row") == [("1", '"a', 1), ("2", "b", 2)]


def test_fixed_width(shop: Shop) -> None:
    columns = [{"name": "Id", "start": 1, "width": 4}, {"name": "Name", "start": 5, "width": 6}]
    shop.configure(format="fixed", fixed_columns=columns, encoding=["utf-8", "latin-1"])
    shop.write("Thing.txt", "0001Müller\n0002a b   \nbad\n")

    shop.ingest()

    assert shop.values("Id", "Name", REASON) == [
        ("0001", "Müller", None),
        ("0002", "a b", None),
        ("bad", "", "is shorter than 5 characters"),
    ]


def test_json_lines_keep_nested_values_as_json(shop: Shop) -> None:
    shop.configure(format="jsonl")
    shop.write("Thing.jsonl", '{"Id":"1","n":1.10,"tags":["a",{"b":1}]}\n{"Id":"2","x":{"y":null}}\n[1]\n{"Id"\n')

    shop.ingest()

    assert shop.values("Id", "n", "tags", "x", REASON) == [
        ("1", "1.10", '["a",{"b":1}]', None, None),
        ("2", None, None, '{"y":null}', None),
        (None, None, None, None, "is not a JSON object"),
        (None, None, None, None, "is not a JSON object"),
    ]


def test_json_numbers_are_kept_wherever_they_stand(shop: Shop) -> None:
    shop.configure(format="jsonl")
    line = r'{"Id":"1","a":[1.10,{"b":-2.50e3}],"t":"say \"1.10, \\","v":"1.20","e":1E400,"i":12345678901234567890123}'
    shop.write("Thing.jsonl", line + "\n")

    shop.ingest()

    assert shop.values("a", "t", "v", "e", "i") == [
        ('[1.10,{"b":-2.50e3}]', 'say "1.10, \\', "1.20", "1E400", "12345678901234567890123")
    ]


def test_deeply_nested_json(shop: Shop) -> None:
    shop.configure(format="jsonl")
    shop.write("Thing.jsonl", '{"Id":"1","deep":' + "[" * 5000 + "]" * 5000 + "}\n")

    shop.ingest()

    assert [len(deep) for (deep,) in shop.values("deep")] == [10_000]


def test_json_documents(shop: Shop) -> None:
    shop.configure(format="json", records="data.items")
    shop.write("Thing.json", '{"data": {"items": [{"Id": "1",\n "n": {"a": 1}}, {"Id": "2"}, 3]}}')

    shop.ingest()

    assert shop.values("Id", "n", "_row", REASON) == [
        ("1", '{"a":1}', 1, None),
        ("2", None, 2, None),
        (None, None, 3, "is not a JSON object"),
    ]


def test_a_json_document_that_ends_early(shop: Shop) -> None:
    shop.configure(format="json")
    shop.write("Thing.json", '[{"Id": "1"}, {"Id":')

    with pytest.raises(SourceError, match=r"Thing\.json: not a whole JSON document"):
        shop.ingest()


def test_parquet(shop: Shop) -> None:
    shop.configure(format="parquet")
    frame = shop.spark.sql("SELECT 7 AS Id, date'2024-05-01' AS day, array(1, 2) AS list, 1.50 AS price")
    frame.coalesce(1).write.parquet(str(shop.input / "shop" / "Thing"))

    shop.ingest()

    assert shop.values("Id", "day", "list", "price", "_row") == [("7", "2024-05-01", "[1,2]", "1.50", 1)]
    assert shop.ingest()["files_new"] == 0


def test_sheets_of_a_workbook_with_dates_and_padded_keys(shop: Shop) -> None:
    shop.configure(files=["Thing*.xlsx"], format="xlsx", sheet="Customers*")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Customers A"
    sheet.append(["Id", "Since", "Name"])
    sheet.append([7, datetime(2024, 5, 1), "=1+1"])
    sheet["A2"].number_format = "0000"
    book.create_sheet("Customers B").append(["Id", "Name"])
    book["Customers B"].append([123456789012, "b"])
    book.create_sheet("Notes").append(["not read"])
    path = shop.write("Thing.xlsx", b"")
    book.save(path)

    shop.ingest()

    assert shop.values("Id", "Since", "_file", "_row") == [
        ("0007", "2024-05-01", "Thing.xlsx:Customers A", 2),
        ("123456789012", None, "Thing.xlsx:Customers B", 2),
    ]
