"""Exports land in bronze as they came, each file once."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from tieout.bronze import ingest as verb
from tieout.errors import SourceError

from .conftest import Shop


def test_every_row_lands_as_text_with_its_place(shop: Shop) -> None:
    shop.write("Thing.csv", 'Id,Name\n007,"Acme, Inc"\n8,\n')

    figures = shop.ingest()

    assert figures["rows"] == {"shop": {"Thing": 2}}
    assert shop.values("Id", "Name", "_file", "_row", "_corrupt") == [
        ("007", "Acme, Inc", "Thing.csv", 2, None),
        ("8", None, "Thing.csv", 3, None),
    ]
    assert all(row["_file_hash"] and row["_run_id"] and row["_ingested_at"] for row in shop.rows())


def test_a_file_is_ingested_once_whatever_its_name(shop: Shop) -> None:
    shop.write("Thing_1.csv", "Id,Name\n1,a\n")
    shop.ingest()
    before = shop.version()
    shop.write("Thing_2.csv", "Id,Name\n1,a\n")

    figures = shop.ingest()

    assert (figures["files_new"], figures["files_skipped"]) == (0, 2)
    assert shop.version() == before
    assert len(shop.rows()) == 1


def test_the_same_lines_in_another_order_are_another_file(shop: Shop) -> None:
    shop.write("Thing_1.csv", "Id,Name\n1,a\n1,b\n")
    shop.write("Thing_2.csv", "Id,Name\n1,b\n1,a\n")

    assert shop.ingest()["files_new"] == 2


def test_files_with_other_columns_share_one_table(shop: Shop) -> None:
    shop.write("Thing/part-0.csv", "Id,Name\n1,a\n")
    shop.write("Thing/part-1.csv", "Id,City,Name\n2,Bonn,b\n")

    shop.ingest()

    assert shop.values("Id", "Name", "City") == [("1", "a", None), ("2", "b", "Bonn")]


def test_nothing_is_written_when_one_of_two_objects_is_cut_short(shop: Shop) -> None:
    shop.configure("Other")
    shop.write("Thing.csv", "Id,Name\n1,a\n")
    shop.write("Other.csv", 'Id,Name\n1,a\n2,"cut he')

    with pytest.raises(SourceError, match=r"Other\.csv: line 3: .*cut short"):
        shop.ingest()

    assert shop.version("Thing") is None


def test_a_last_line_without_break_and_with_too_few_values_was_cut(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name,City\n1,a,b\n2,b")

    with pytest.raises(SourceError, match=r"Thing\.csv: line 3: .*2 of 3 values"):
        shop.ingest()


def test_a_last_record_that_was_cut_is_seen_behind_values_of_several_lines(shop: Shop) -> None:
    shop.write("Thing.csv", 'Id,Name,City\n1,"a\nb",c\n2,"b\nc",')
    assert shop.ingest()["files_new"] == 1
    shop.write("Thing_2.csv", 'Id,Name,City\n1,"a\nb",c\n2,"b\nc"')

    with pytest.raises(SourceError, match=r"Thing_2\.csv: line 4: .*2 of 3 values"):
        shop.ingest()


def test_a_last_line_without_break_is_fine_when_it_is_whole(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,a\n2,b")

    assert shop.ingest()["rows"]["shop"]["Thing"] == 2


def test_a_required_object_without_files_is_an_error(shop: Shop) -> None:
    shop.write("Else.csv", "Id\n1\n")

    with pytest.raises(SourceError, match=r"required object Thing.*Thing\*"):
        shop.ingest()


def test_a_system_without_a_folder_is_an_error(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"shop: no such folder"):
        shop.ingest()


def test_a_dry_run_counts_and_writes_nothing(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,a\n")

    assert shop.ingest(dry_run=True)["files_new"] == 1
    assert shop.version() is None


def test_a_file_without_the_key_column_is_an_error(shop: Shop) -> None:
    shop.write("Thing.csv", "Id;Name\n1;a\n")

    with pytest.raises(SourceError, match=r"Thing\.csv: line 1: no key column Id; found 1 columns: Id;Name"):
        shop.ingest()


def test_new_lost_and_returned_columns_are_recorded_once(shop: Shop) -> None:
    shop.write("Thing_1.csv", "Id,Name\n1,a\n")
    shop.ingest()
    shop.write("Thing_2.csv", "Id,City\n1,Bonn\n")

    assert shop.ingest()["drift"] == [
        "shop.Thing: new column 'City' in Thing_2.csv",
        "shop.Thing: lost column 'Name' in Thing_2.csv",
    ]

    shop.write("Thing_3.csv", "Id,City,Name\n2,Bonn,b\n")
    assert shop.ingest()["drift"] == ["shop.Thing: returned column 'Name' in Thing_3.csv"]
    assert shop.lake.read("silver", "drift").count() == 3


def test_drift_stops_where_the_policy_says_so(shop: Shop) -> None:
    shop.configure(drift="stop")
    shop.write("Thing_1.csv", "Id,Name\n1,a\n")
    shop.ingest()
    shop.write("Thing_2.csv", "Id,Name,City\n1,a,Bonn\n")

    with pytest.raises(SourceError, match=r"new column 'City' in Thing_2\.csv\n.*drift: stop"):
        shop.ingest()
    assert shop.version() == 0


def test_renamed_and_retyped_columns_are_suggested_and_recorded(shop: Shop) -> None:
    shop.configure(drift="warn")
    cities = ["Bonn", "Linz", "Ulm", "Graz", "Wien", "Bern"]
    shop.write("Thing_1.csv", "Id,Town,Size\n" + "".join(f"{i},{city},{i * 10}\n" for i, city in enumerate(cities)))
    shop.ingest()
    shop.write("Thing_2.csv", "Id,City,Size\n" + "".join(f"{i},{city},big\n" for i, city in enumerate(cities)))

    figures = shop.ingest()

    assert [line.partition(" in ")[0].partition(" (")[0] for line in figures["drift"]] == [
        "shop.Thing: new column 'City'",
        "shop.Thing: lost column 'Town'",
        "shop.Thing: column 'Town' seems renamed to 'City'",
        "shop.Thing: column 'Size' was number and is text",
    ]
    assert figures["warnings"] == figures["drift"]
    rows = {row["change"]: row for row in shop.lake.read("silver", "drift").collect()}
    assert (rows["renamed"]["before"], rows["renamed"]["column"]) == ("Town", "City")
    assert 0.6 < rows["renamed"]["score"] <= 1
    assert (rows["retyped"]["before"], rows["retyped"]["after"]) == ("number", "text")


def test_a_retyped_column_stops_where_the_policy_says_so(shop: Shop) -> None:
    shop.configure(drift="stop")
    shop.write("Thing_1.csv", "Id,Day\n1,2024-01-31\n2,2024-02-28\n3,2024-03-31\n")
    shop.ingest()
    shop.write("Thing_2.csv", "Id,Day\n1,31.01.2024\n2,28.02.2024\n3,31.03.2024\n")

    with pytest.raises(SourceError, match=r"column 'Day' was date \(ISO\) and is date \(d\.M\.yyyy\) in Thing_2\.csv"):
        shop.ingest()
    assert shop.version() == 0


def test_a_file_replaced_while_it_is_read_leaves_no_rows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("Thing.csv", "Id,Name\n1,a\n")
    original = verb._write

    def replace(*arguments: Any) -> None:
        original(*arguments)
        shop.write("Thing.csv", "Id,Name\n1,a\n2,another\n")

    monkeypatch.setattr(verb, "_write", replace)

    with pytest.raises(SourceError, match=r"Thing\.csv: changed while it was read"):
        shop.ingest()
    assert shop.rows() == []


def test_a_file_waits_for_its_marker(shop: Shop) -> None:
    shop.configure(files=["Thing*.csv"], settle={"marker": "{file}.done"}, required=False)
    shop.configure("Other")
    shop.write("Thing.csv", "Id,Name\n1,a\n")
    shop.write("Other.csv", "Id,Name\n1,a\n")
    assert shop.ingest()["files_new"] == 1

    shop.write("Thing.csv.done", b"")
    assert shop.ingest()["files_new"] == 1


def aged(shop: Shop, *names: str, seconds: int = 60) -> None:
    """Make files older than the tick of a file system's clock, within which they might change unseen."""
    for name in names:
        path = shop.input / "shop" / name
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - seconds))


def test_a_file_of_known_size_and_time_is_not_read_again(shop: Shop) -> None:
    one = shop.write("Thing_1.csv", "Id,Name\n1,a\n")
    aged(shop, "Thing_1.csv")
    shop.ingest()
    times = one.stat()

    assert (shop.ingest()["files_unread"], shop.version()) == (1, 0)

    # Another content under the same size and time: only `full` reads it.
    one.write_text("Id,Name\n2,b\n")
    os.utime(one, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (shop.ingest()["files_new"], len(shop.rows())) == (0, 1)
    figures = shop.ingest(full=True)
    assert (figures["files_new"], figures["files_unread"], len(shop.rows())) == (1, 0, 2)


def test_a_changed_file_and_a_young_one_are_read(shop: Shop) -> None:
    one = shop.write("Thing_1.csv", "Id,Name\n1,a\n")
    aged(shop, "Thing_1.csv")
    shop.write("Thing_2.csv", "Id,Name\n2,b\n")
    aged(shop, "Thing_2.csv", seconds=-3600)
    shop.ingest()

    assert shop.ingest()["files_unread"] == 1

    one.write_text("Id,Name\n3,c\n")
    figures = shop.ingest()
    assert (figures["files_new"], figures["files_skipped"]) == (1, 1)
    assert sorted(row["Id"] for row in shop.rows()) == ["1", "2", "3"]


def test_a_known_file_lands_again_where_its_rows_are_gone(shop: Shop) -> None:
    shop.write("Thing_1.csv", "Id,Name\n1,a\n")
    shop.write("Thing_2.csv", "Id,Name\n2,b\n")
    aged(shop, "Thing_1.csv", "Thing_2.csv")
    shop.ingest()
    table = shop.lake.path("bronze", "shop__thing")
    shop.spark.sql(f"DELETE FROM delta.`{table}` WHERE Id = '2'")

    figures = shop.ingest()

    assert (figures["files_new"], figures["files_unread"]) == (1, 1)
    assert sorted(row["Id"] for row in shop.rows()) == ["1", "2"]
    shutil.rmtree(table)
    assert shop.ingest()["files_new"] == 2
    assert shop.ingest()["files_unread"] == 2


def test_a_file_that_is_read_in_another_way_is_read(shop: Shop) -> None:
    shop.write("Thing.csv", "Id,Name\n1,a\n")
    aged(shop, "Thing.csv")
    shop.ingest()
    shop.configure(encoding=["utf-8", "cp1252"])

    assert shop.ingest()["files_unread"] == 0
