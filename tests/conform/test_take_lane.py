"""Large entities are mapped by workers: the same comes out, and what these cannot do is done by Spark."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tieout.conform import run, work
from tieout.context import Context
from tieout.errors import QualityGateError
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
    assert found == _by_spark(harbour)


def test_only_rows_that_share_keys_are_left(harbour: Harbour, by_workers: list[work.Work]) -> None:
    figures = harbour.run(firms="nr,firm,parent\n1,Alpha GmbH,\n1,Alpha GmbH,\n2,Beta KG,1\n")
    [one] = by_workers
    assert one.lane is not None and one.rest is not None and one.rest.rows == 2
    assert (harbour.ids("account"), figures["superseded"]) == (["1", "2"], {"account": 1})


def test_a_mapping_that_workers_do_not_know_is_sparks(
    harbour: Harbour, by_workers: list[work.Work], caplog: pytest.LogCaptureFixture
) -> None:
    objects = harbour.config.sources["harbour"].objects
    mapping = objects["firms"].to["account"]
    odd = mapping.fields["name"].model_copy(update={"column": None, "expr": "reverse(firm)"})
    mapping.fields["name"] = odd
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


def _by_spark(harbour: Harbour) -> list[tuple[object, ...]]:
    """Return the rows of silver as Spark alone makes them, from the same bronze."""
    shutil.rmtree(Path(str(harbour.lake.root), "silver"))
    with pytest.MonkeyPatch.context() as patch, Run(harbour.lake, "test") as job:
        patch.setattr(run, "take_lane", lambda *_: None)
        conform(Context(harbour.lake.spark, harbour.lake, harbour.config, job))
    return harbour.rows("account", *COLUMNS)
