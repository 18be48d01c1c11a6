"""Rows that land past the JVM: the same ones as ever, in one commit."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tieout.errors import SourceError
from tieout.lakehouse import Lakehouse
from tieout.sources import here, landing_job, lines, local_landing
from tieout.sources.check import TextStyle, check_text
from tieout.sources.cut import after_line
from tieout.sources.files import list_files
from tieout.sources.heads import first_lines
from tieout.sources.local_check import check_here
from tieout.sources.open_quotes import read_quoting
from tieout.verbs import ingest as verb

from .conftest import Shop

HERE, ELSEWHERE = 0, 2**60


@dataclass(frozen=True)
class Case:
    """Exported bytes, how they are read, and whether they land past the JVM."""

    content: bytes | list[bytes]
    options: dict[str, Any] = field(default_factory=dict)
    here: bool = True
    name: str = "{}_{}.csv"

    def object(self, name: str) -> str:
        """Return the object that a case's files belong to: one has those of all that is read as usual."""
        return name if self.options or not self.here or isinstance(self.content, list) else "usual"


def many(*records: str, end: str = "\n") -> bytes:
    """Return a header, and the records more than once, so that some of them cross a split."""
    return (end.join(["Id,Name,Note", *records * 9]) + end).encode()


PLAIN = [f'"{n}","name {n}","a ""note"" of {n}"' for n in range(5)]
QUOTED = [f'"{n}","name {n}","two\nlines of {n}"' for n in range(9)]
CASES = {
    "quoted": Case(many(*PLAIN)),
    "all_quoted": Case(many(*QUOTED, '"","","\n"', '"1",",",","', '"\r","a\r\n","\ufeff"', '"1E+5","é",""')),
    "all_quoted_ragged": Case(many(*QUOTED, '"1","2"', *QUOTED, '"1","2","3","4"', *QUOTED)),
    "all_quoted_then_not": Case(many(*QUOTED) + b'"1","a ""b""","c"\n"2","a",b\n'),
    "bare": Case(many("1,a,b", "2,b,c")),
    "windows": Case(many(*PLAIN, '1,"two\r\nlines",x', '2,"\r\n",', '3,"a\r","b\n"', end="\r\n")),
    "several_lines": Case(many(*PLAIN, '1,"two\nlines",x', '2,"\n\n","\n"', '"3\n","\n,\n","""\n"""')),
    "long_value": Case(many('1,"' + 'x\n""' * 40 + '",y', "2,b,c")),
    "nothing": Case(many('"","",""', ",,", '"",,x', ',"",', "1,,", '"1","",""')),
    "quotes": Case(many('"""","""""","a"""', '"""a","b""c",""",""" ', '"1","""a"",""b""","""""\n"""""')),
    "blanks": Case(many(" 1, a , ", '"  "," ","\t"', "\t,\t1\t, x", "  ,  ,  ", " ,,", '1, "a",b', '"1" ,"a" , "b"')),
    "stray_quotes": Case(
        many(*PLAIN * 4, 'a"b,c,d', '"abc"def,x,y', 'ab",x,y', 'x,"a"b",c', 'x,"""a"b",c"', '1,"a" ,c')
    ),
    "stray_quotes_and_lines": Case(many(*PLAIN * 4, '1,"a"b\n2,c,d', '1,"a\nb"c"\n,d"', '5" pipe,"x\ny",z')),
    "ragged": Case(many(*PLAIN, "1", "1,2", "1,2,3,4", '"1","a,b","c,d"', '"a\nb","c"', ",,,", "x,")),
    "empty_lines": Case(many("1,a,b", "", "   ", "\t", "2,a,b", " \r", "\r")),
    "header_again": Case(many(*PLAIN, "Id,Name,Note", "Id,Name,Nota", '"Id","Name","Note"')),
    "header_again_windows": Case(many(*PLAIN, "Id,Name,Note", end="\r\n")),
    "totals": Case(many(*PLAIN) + b'Total,,11\n,"Grand total",\n3,Total,4\n"","  Summe ","5"\n'),
    "totals_of_two_lines": Case(many(*PLAIN) + b'"","Total\nof all",3\n'),
    "rounded_keys": Case(many(*PLAIN, "1.2E+10,f,g", '"1,2e+3","a","b"', "+1,1E+5,c", "1E+5x,a,b", '"1E+5\n",a,b')),
    "other_case_of_key": Case(many("1E+5,a,b").replace(b"Id,", b"ID,")),
    "zero_bytes": Case(many(*PLAIN, "1,a\0b,c", "\0,x,y", "\0", '"a\0",b,c')),
    "lone_returns": Case(many(*PLAIN, "1,a\rb,c", '2,"a\rb",c', "3,a,b\r", "\r4,a,b", '5,"a"\r,b', "6,\r,x")),
    "not_utf8": Case(many(*PLAIN, "ü,é,ß").replace(b"name 3", b"caf\xe9", 1)),
    "two_encodings": Case(
        many(*PLAIN * 3, "ü,é,ß").replace(b"name 3", b"5 \x80", 4), {"encoding": ["utf-8", "cp1252"]}
    ),
    "mark": Case(b"\xef\xbb\xbf" + many(*PLAIN, "\ufeff1,a,b", '"\ufeff1",a,b')),
    "no_last_break": Case(many(*PLAIN).rstrip()),
    "no_last_break_after_return": Case(many(*PLAIN, '"1","a\nb","c"') + b"1,a,b\r"),
    "one_column": Case(b"Id\n" + b'1\n""\n\n"a\n"\n x\n \n"1E+5"\n' * 9),
    "tabs": Case(many(*PLAIN, '"a,b",,\t', ",,", " ,,").replace(b",", b"\t"), {"delimiter": "\t"}),
    "semicolons": Case(many(*PLAIN).replace(b",", b";"), {"delimiter": ";"}),
    "unquoted": Case(many('"1,a,b', '2",""",x', "''"), {"quote": ""}),
    "single_quotes": Case(many("'1','a\nb','c''d'", "2,\"a\",'b'"), {"quote": "'"}),
    "no_header": Case(many(*PLAIN), {"header": False, "columns": ["Id", "Name", "Note"]}),
    "preamble": Case(b'A "report" of, things\n\n"a, b"\n' + many(*PLAIN), {"skip_lines": 3}),
    "header_of_lines": Case(many(*PLAIN).replace(b"Name,", b'"Na\nme",', 1) + b'Id,"Na\nme",Note\n' * 3),
    "odd_names": Case(b'Id,"Name (full); a=b",name,NAME,,a.b,`tick`,_file\n' + b"1,2,3,4,5,6,7,8\n" * 9),
    "other_columns": Case([many(*PLAIN, "x"), b"id,More,name\n" + b"1E+5,a,b\n2,x,y\nTotal,,\n", many("1,2,3")]),
    "umlauts": Case(many("1,Müller,Łódź", "2,東京,🙂").replace(b"Note", "Notiz ü".encode())),
    "odd_file_name": Case(many(*PLAIN), name="{}_{} 100%25 [ü].csv"),
    "nothing_but_a_header": Case(b"Id,Name,Note\n"),
    "own_escape": Case(many('1,"a\\"b",c'), {"escape": "\\"}, here=False),
    "two_signs": Case(b"Id||Name\n" + b'1||"a||b"\n' * 9, {"delimiter": "||"}, here=False),
    "latin": Case(many("1,Caf\u00e9,x").decode().encode("latin-1"), {"encoding": "latin-1"}, here=False),
    "not_rows": Case(many(*PLAIN), {"not_rows_when": "Name = 'name 3'"}, here=False),
    "compressed": Case(gzip.compress(many(*PLAIN)), here=False, name="{}_{}.csv.gz"),
}  # fmt: skip


@dataclass
class Both:
    """Two lakes with the rows of the same exports, and the tables that landed past the JVM in the second."""

    before: Shop
    after: Shop
    here: set[str]


def land_both(spark: SparkSession, folder: Path, cases: dict[str, Case], split: int, block: int) -> Both:
    """Land cases in both ways."""
    both = Both(Shop(spark, folder / "before"), Shop(spark, folder / "after"), set())
    land_here = local_landing.land_here

    def noted(lake: Lakehouse, export: Any, *rest: Any) -> Any:
        found = land_here(lake, export, *rest)
        if found is not None:
            both.here.add(export.object)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "SPLIT_BYTES", split)
        patch.setattr(local_landing, "BLOCK_BYTES", block)
        patch.setattr(here, "BLOCK_BYTES", block)
        patch.setattr(verb, "land_here", noted)
        for shop, least in ((both.before, ELSEWHERE), (both.after, HERE)):
            shop.objects.clear()
            patch.setattr(here, "LEAST_BYTES", least)
            for name, case in cases.items():
                group = case.object(name)
                shop.configure(group, files=[f"{group}/*"], **case.options)
                contents = case.content if isinstance(case.content, list) else [case.content]
                for number, content in enumerate(contents):
                    shop.write(f"{group}/{case.name.format(name, number)}", content)
            shop.ingest()
    return both


@pytest.fixture(scope="module")
def both(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return land_both(spark, tmp_path_factory.mktemp("cases"), CASES, split=700, block=300)


def told(shop: Shop, name: str, case: Case) -> list[dict[str, Any]]:
    """Return all of a case's rows but for the run and its time."""
    group = case.object(name)
    return [
        {key: value for key, value in row.asDict().items() if key not in {"_run_id", "_ingested_at"}}
        for row in shop.rows(group)
        if row["_file"].startswith(f"{group}/{name}_")
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_same_rows_in_both_ways(both: Both, name: str) -> None:
    case = CASES[name]
    assert told(both.after, name, case) == told(both.before, name, case)
    assert (case.object(name) in both.here) == case.here


@pytest.mark.parametrize("name", {case.object(name) for name, case in CASES.items()})
def test_the_same_columns_in_both_ways(both: Both, name: str) -> None:
    before, after = (shop.lake.read("bronze", f"shop__{name}").schema for shop in (both.before, both.after))
    assert after == before


def nasty(seed: int) -> bytes:
    """Return records of all kinds: mostly written well, some of them not."""
    draw = random.Random(seed)
    style = TextStyle()
    signs = ['"', '""', ",", "\n", "\r\n", "\r", " ", "a", "é", "\t", "12", "1E+7", "Total", "x" * 50, ""]
    text = io.StringIO(newline="")
    ending, quoting = draw.choice(["\n", "\r\n"]), draw.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
    write = csv.writer(text, lineterminator=ending, quoting=quoting).writerow
    write(["Id", "Name", "Note"])
    for _ in range(300):
        if draw.random() > 0.03:
            write(["".join(draw.choices(signs, k=draw.randint(0, 4))) for _ in range(3)])
            continue
        record = "".join(draw.choices(signs, k=draw.randint(0, 9)))
        inside = False
        for line in record.split("\n"):
            inside = after_line(line.encode(), inside, style)
        text.write(record + ("\n" if not inside else '"\n'))
    return text.getvalue().encode() + b'"\n1,2,3\n' * _is_open(text.getvalue().encode())


def _is_open(content: bytes) -> bool:
    inside = False
    for line in content.split(b"\n"):
        inside = after_line(line, inside, TextStyle())
    return inside


def test_the_same_rows_of_nasty_files(spark: SparkSession, tmp_path: Path) -> None:
    cases = {f"Nasty{size}": Case([nasty(seed) for seed in range(size, size + 8)]) for size in (0, 8, 16)}

    both = land_both(spark, tmp_path, cases, split=9000, block=2000)

    for name, case in cases.items():
        assert told(both.after, name, case) == told(both.before, name, case)
    assert both.here == set(cases)


def test_the_same_checks_in_both_ways(spark: SparkSession, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(4):
        shop.write(f"Nasty_{seed}.csv", nasty(seed))
    for name, case in CASES.items():
        if isinstance(case.content, bytes) and not case.options:
            shop.write(case.name.format(name, 0), case.content)
    monkeypatch.setattr(lines, "SPLIT_BYTES", 900)
    monkeypatch.setattr(here, "LEAST_BYTES", HERE)
    monkeypatch.setattr(here, "BLOCK_BYTES", 500)

    with lines.one_split_per_partition(spark):
        files = [(file, TextStyle()) for file in list_files(spark, str(shop.input)) if file.name.endswith(".csv")]
        expected, found = check_text(spark, files), check_here(spark, files)
        assert found == expected
        quotes = [read_quoting(spark, list(checked.values()), TextStyle()) for checked in (expected, found)]
        assert quotes[0] == quotes[1]
    monkeypatch.undo()
    with lines.one_split_per_partition(spark):
        heads = first_lines(spark, list(found), 200)
        monkeypatch.setattr(here, "files_here", lambda *_: [])
        assert heads == first_lines(spark, list(found), 200)


def test_a_line_that_is_too_long_to_be_checked_here(near: Shop) -> None:
    near.write("Thing.csv", f'Id,Name\n1,{"x" * 2**20}\n2,"{"y" * 2**20}\n"\n')

    near.ingest()

    assert [(row["Id"], row["_row"], len(row["Name"])) for row in near.rows()] == [("1", 2, 2**20), ("2", 3, 2**20 + 1)]


@pytest.fixture
def near(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(here, "LEAST_BYTES", HERE)
    return shop


def test_one_commit_that_delta_knows_all_of(near: Shop) -> None:
    near.write("Thing_1.csv", many(*PLAIN, "x"))
    near.ingest()
    near.write("Thing_2.csv", b"Id,More\n7,8\n")
    figures = near.ingest()

    assert figures["files_new"] == 1
    assert (near.values("Id", "Name", "More")[-1]) == ("7", None, "8")
    path = near.lake.path("bronze", "shop__thing")
    history = near.spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
    found = [(row["operation"], row["operationParameters"]["mode"], row["operationMetrics"]) for row in history]
    assert [one[:2] for one in found] == [("WRITE", "Append")] * 2
    assert found[1][2]["numOutputRows"] == "54" and found[1][2]["numFiles"] == "2"
    assert found[0][2]["numOutputRows"] == "1"
    late = "max(abs(unix_seconds(_ingested_at) - unix_seconds(now()))) as late"
    assert near.lake.read("bronze", "shop__thing").selectExpr(late).collect()[0]["late"] < 300
    logged = [json.loads(line) for line in Path(path, "_delta_log", f"{1:020}.json").read_text().splitlines()]
    stats = json.loads(next(one["add"]["stats"] for one in logged if "add" in one))
    assert stats["numRecords"] == 1
    assert [name[:4] for name in stats["minValues"]] == ["col-"] * 4
    assert near.ingest()["files_new"] == 0


def test_a_token_that_is_known_writes_nothing(near: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    near.write("Thing.csv", many(*PLAIN))
    monkeypatch.setattr(local_landing, "landing_token", lambda *_: "always the same")
    near.ingest()
    monkeypatch.setattr(verb, "known_hashes", lambda *_: set())

    near.ingest()

    assert len(near.rows()) == 45


def test_of_two_at_the_same_time_one_writes(near: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    near.write("Thing.csv", many(*PLAIN))
    write_files, again = local_landing.write_files, []

    def write_twice(*arguments: Any) -> Any:
        if not again:
            again.append(True)
            near.ingest()
        return write_files(*arguments)

    monkeypatch.setattr(local_landing, "write_files", write_twice)

    with pytest.raises(Exception, match="(?i)concurrent"):
        near.ingest()

    assert len(near.rows()) == 45


def test_what_is_killed_before_its_commit_is_not_there(near: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    near.write("Thing.csv", many(*PLAIN, "x"))
    with monkeypatch.context() as patch:
        patch.setattr(landing_job.Written, "from_json", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            near.ingest()
    assert near.version() is None

    near.ingest()

    assert len(near.rows()) == 54


def test_a_file_with_too_many_odd_records_lands_in_the_other_way(near: Shop) -> None:
    near.write("Thing.csv", many(*['1,5" pipe,x'] * 250))

    assert near.ingest()["rows"]["shop"]["Thing"] == 2250

    files = Path(near.lake.path("bronze", "shop__thing")).rglob("*.parquet")
    assert len(list(files)) == near.lake.read("bronze", "shop__thing").select("_metadata.file_path").distinct().count()


def test_a_table_that_asks_for_more_is_left_to_spark(near: Shop) -> None:
    near.write("Thing_1.csv", many(*PLAIN))
    near.ingest()
    near.spark.sql(
        f"ALTER TABLE delta.`{near.lake.path('bronze', 'shop__thing')}` ADD CONSTRAINT known CHECK (Id <> '9')"
    )
    near.write("Thing_2.csv", many("9,a,b"))

    with pytest.raises(Exception, match="(?i)constraint"):
        near.ingest()

    assert len(near.rows()) == 45


def test_rows_that_were_not_counted_do_not_land(near: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = near.write("Thing.csv", many(*PLAIN))
    write_files = local_landing.write_files

    def write_less(*arguments: Any) -> Any:
        path.write_bytes(many(*PLAIN)[:-200] + b" " * 200)
        return write_files(*arguments)

    monkeypatch.setattr(local_landing, "write_files", write_less)

    with pytest.raises(SourceError, match="changed while it was read"):
        near.ingest()

    assert near.rows() == []
