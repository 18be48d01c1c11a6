"""Large entities are mapped by workers: the same comes out, and what these cannot do is done by Spark."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tieout.conform import run, take_lane, work
from tieout.context import Context
from tieout.errors import QualityGateError
from tieout.rows import frame_of
from tieout.runs import Run
from tieout.verbs.conform import conform

from .conftest import Harbour

# Firm 1 has two versions, firm 2 a loose accent and spaces, firm 3 no name, firm 4 a letter of the newest Unicode.
FIRMS = """nr,firm,parent,at
1,Alpha GmbH,,2026-01-01
1,Alpha AG,,2026-02-01
2,"Ha\u0308user  & \nSöhne KG",1,2026-01-01
3,,1,2026-01-01
4,Firma \U0001fae8,2,2026-01-01
5,ＦＵＬＬ Łódź Sp. z o.o.,,2.3.2026
"""
COLUMNS = (
    "source_id",
    "name",
    "parent_source_id",
    "country",
    "_bronze_ref",
    "_modified_at",
    "_deleted",
    "_record_hash",
)
ANSWERS = ("entity", "rule", "success", "element_count", "unexpected_count", "observed_value")


@pytest.fixture
def by_workers(monkeypatch: pytest.MonkeyPatch) -> list[work.Work]:
    """Have entities of any size take the lane; return the works that asked for it."""
    monkeypatch.setattr(work, "KEPT_ROWS", 0)
    asked: list[work.Work] = []

    def noted(context: object, bronze: object, one: work.Work) -> None:
        asked.append(one)
        take(context, bronze, one)  # type: ignore[arg-type]

    take = run.take_lane
    monkeypatch.setattr(run, "take_lane", noted)
    return asked


def test_silver_is_as_spark_makes_it(harbour: Harbour, by_workers: list[work.Work]) -> None:
    figures = harbour.run(firms=FIRMS)
    assert [one.name for one in by_workers if one.lane is not None] == ["account"]
    found = harbour.rows("account", *COLUMNS)
    assert [row[:4] for row in found] == [
        ("1", "Alpha AG", None, "DE"),
        ("2", "Häuser & Söhne KG", "1", "DE"),
        ("4", "Firma \U0001fae8", "2", "DE"),
        ("5", "FULL Łódź Sp. z o.o.", None, "DE"),
    ]
    assert figures["superseded"] == {"account": 1}
    assert harbour.ids("quarantine") == ["3"]
    answers = harbour.rows("quality_result", *ANSWERS)
    assert found == _by_spark(harbour)
    assert answers == harbour.rows("quality_result", *ANSWERS)


def test_gates_are_asked_about_no_other_system(harbour: Harbour, by_workers: list[work.Work]) -> None:
    schema = "source_system string, source_id string, name string"
    nameless = frame_of(harbour.lake.spark, [("other", "1", None)], schema)
    harbour.lake.append("silver", "account", nameless)
    harbour.run(firms="nr,firm,parent\n1,Alpha GmbH,\n")
    [one] = by_workers
    assert one.lane is not None and not one.lane.made_table
    assert ("name: not_be_null", True) in harbour.rows("quality_result", "rule", "success")


def test_where_workers_are_certain_of_few_rows_all_are_sparks(
    harbour: Harbour, by_workers: list[work.Work], caplog: pytest.LogCaptureFixture
) -> None:
    _mapped_as(harbour, "lower(firm)")
    with caplog.at_level(logging.INFO, "tieout.conform.take_lane"):
        harbour.run(firms="nr,firm,parent\n1,Alpha \ua7dc,\n2,BETA,1\n")
    assert "account is mapped by Spark: workers are not certain of 50 % of harbour firms" in caplog.text
    assert [one.lane for one in by_workers] == [None]
    assert harbour.rows("account", "name") == [("alpha ƛ",), ("beta",)]


def test_spark_maps_only_rows_of_which_workers_are_not_certain(
    harbour: Harbour,
    by_workers: list[work.Work],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(take_lane, "MOST_DOUBTED", 0.5)
    _mapped_as(harbour, "lower(firm)")
    with caplog.at_level(logging.INFO, "tieout.conform.take_lane"):
        figures = harbour.run(firms="nr,firm,parent\n1,Alpha \ua7dc,\n1,ALPHA,\n2,Beta,1\n3,\ua7dc,\n4,,\n")
    assert "account: Spark maps 2 rows of harbour firms" in caplog.text
    assert [one.lane is not None for one in by_workers] == [True]
    assert harbour.rows("account", "source_id", "name") == [("1", "alpha"), ("2", "beta"), ("3", "ƛ")]
    assert (figures["superseded"], figures["quarantined"]) == ({"account": 1}, {"account": 1})


def test_keys_that_very_many_rows_have_are_sparks(
    harbour: Harbour, by_workers: list[work.Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_lane, "MOST_PART_ROWS", 1)
    figures = harbour.run(firms="nr,firm,parent\n1,Alpha GmbH,\n1,Alpha GmbH,\n2,Beta KG,1\n")
    [one] = by_workers
    assert one.lane is None
    assert (harbour.ids("account"), figures["superseded"]) == (["1", "2"], {"account": 1})


def test_a_mapping_that_workers_do_not_know_is_sparks(
    harbour: Harbour, by_workers: list[work.Work], caplog: pytest.LogCaptureFixture
) -> None:
    _mapped_as(harbour, "reverse(firm)")
    with caplog.at_level(logging.INFO, "tieout.conform.take_lane"):
        harbour.run(firms="nr,firm,parent\n1,HbmG ahplA,\n")
    assert [one.lane for one in by_workers] == [None]
    assert "Reverse" in caplog.text
    assert harbour.rows("account", "name") == [("Alpha GmbH",)]


def test_a_gate_that_stops_leaves_no_file(harbour: Harbour, by_workers: list[work.Work]) -> None:
    gate = harbour.config.quality["account"].expectations[0]
    gate.kwargs["min_value"] = 100
    with pytest.raises(QualityGateError):
        harbour.run(firms=FIRMS)
    assert not list(Path(str(harbour.lake.root)).glob("silver/account/**/*.parquet"))


def _mapped_as(harbour: Harbour, sql: str) -> None:
    """Have a firm's name mapped by SQL."""
    fields = harbour.config.sources["harbour"].objects["firms"].to["account"].fields
    fields["name"] = fields["name"].model_copy(update={"column": None, "expr": sql})


def _by_spark(harbour: Harbour) -> list[tuple[object, ...]]:
    """Return the rows of silver as Spark alone makes them, from the same bronze."""
    shutil.rmtree(Path(str(harbour.lake.root), "silver"))
    with pytest.MonkeyPatch.context() as patch, Run(harbour.lake, "test") as job:
        patch.setattr(run, "take_lane", lambda *_: None)
        conform(Context(harbour.lake.spark, harbour.lake, harbour.config, job))
    return harbour.rows("account", *COLUMNS)
