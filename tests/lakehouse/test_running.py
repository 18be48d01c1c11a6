"""A step runs again when one thing that it depends on has changed, and only then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tieout.config import Config, load_config
from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental import Step, reasons, run_step
from tieout.lakehouse.incremental import digests as step_inputs
from tieout.lakehouse.incremental.digests import UncountedError
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse


@dataclass
class World:
    """A lakehouse with one step, `double`, which makes gold.twice of silver.number by conf/definitions."""

    spark: SparkSession
    lake: Lakehouse
    conf: Path
    config: Config
    model: str = "1"
    arguments: dict[str, Any] = field(default_factory=dict)
    calls: int = 0

    def step(self) -> Step:
        return Step("double", ("matching", "quality"), self.arguments, inputs=lambda: {"champion": self.model})

    def compute(self, context: Context) -> dict[str, Any]:
        self.calls += 1
        assert context.config.definitions
        exists = context.lake.exists("silver", "correction")
        rows = context.lake.read("silver", "number")
        context.lake.overwrite("gold", "twice", rows.selectExpr("n * 2 AS n"))
        return {"rows": rows.count(), "corrected": exists}

    def context(self) -> Context:
        return Context(self.spark, self.lake, self.config, Run(self.lake, "test"))

    def night(self, *, full: bool = False) -> dict[str, Any]:
        """Run the step as a run that finishes; return its figures, and `skipped` where it was."""
        context = self.context()
        with context.run:
            figures = run_step(context, self.step(), self.compute, full=full)
        return figures | ({"skipped": True} if context.run.finished.skipped else {})

    def why(self) -> list[str]:
        return reasons(self.context(), self.step())

    def numbers(self, *values: int) -> None:
        self.lake.overwrite("silver", "number", self.spark.createDataFrame([(n,) for n in values], "n int"))


@pytest.fixture
def world(spark: SparkSession, tmp_path: Path, conf_dir: Path) -> World:
    shutil.copytree(conf_dir, tmp_path / "conf")
    lake = Lakehouse(spark, root=str(tmp_path / "lake"))
    found = World(spark, lake, tmp_path / "conf", load_config(tmp_path / "conf", ["salesforce", "sap"]))
    found.numbers(1, 2, 3)
    return found


def test_an_unchanged_step_repeats_its_figures_and_says_so(world: World) -> None:
    first = world.night()
    again = world.night()

    assert first == {"rows": 3, "corrected": False}
    assert again == first | {"skipped": True}
    assert (world.calls, world.lake.version("gold", "twice")) == (1, 0)
    steps = {row["run_id"]: row["details"] for row in world.lake.read("ops", "step").collect()}
    runs = [row["run_id"] for row in world.lake.read("ops", "run").orderBy("started_at").collect()]
    assert steps[runs[0]] == '{"because": ["no finished run"]}'
    assert steps[runs[1]] == f'{{"skipped": true, "unchanged_since": "{runs[0]}"}}'


def test_each_change_of_what_it_depends_on_is_a_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.night()
    folder, lake = world.conf, world.lake

    def changed(change: Callable[[], object], undo: Callable[[], object] = lambda: None) -> list[str]:
        change()
        found = world.why()
        undo()
        return found

    whole = world.config
    terms = whole.definitions["terms"]
    assert changed(lambda: setattr(world, "model", "2"), lambda: setattr(world, "model", "1")) == ["champion"]
    assert changed(lambda: world.arguments.update(day="x"), world.arguments.clear) == ["arguments"]
    other = replace(whole, definitions=whole.definitions | {"more": terms})
    with monkeypatch.context() as patch:
        patch.setattr(world, "config", other)
        assert world.why() == ["conf/definitions"]
        patch.setattr(world, "config", replace(whole, matching={}, quality={}))
        assert world.why() == []
        patch.setattr(world, "config", load_config(folder, ["salesforce"]))
        assert world.why() == ["conf/sources", "systems asked for"]
    with monkeypatch.context() as patch:
        patch.setattr("tieout.lakehouse.incremental.running.code_version", lambda: "newer")
        assert world.why() == ["code"]
    codes = folder / "lookups/sap_codes.csv"
    text = codes.read_text(encoding="utf-8")
    assert changed(lambda: codes.write_text(text + "\n"), lambda: codes.write_text(text)) == ["conf/lookups"]
    notes = folder / "new.yml"
    assert changed(lambda: notes.write_text("a: 1"), notes.unlink) == ["conf/new.yml"]
    assert world.why() == []
    rows = world.spark.range(1)
    assert changed(lambda: lake.overwrite("silver", "unrelated", rows)) == []
    assert changed(lambda: lake.overwrite("silver", "correction", rows)) == ["silver.correction"]


@pytest.mark.parametrize("harm", ["overwritten", "restored", "deleted"])
def test_a_result_that_is_not_as_it_was_left_is_made_again(world: World, harm: str) -> None:
    world.night()
    world.night(full=True)
    gold = world.lake.path("gold", "twice")
    if harm == "overwritten":
        world.lake.overwrite("gold", "twice", world.spark.createDataFrame([(7,)], "n int"))
    elif harm == "restored":
        world.spark.sql(f"RESTORE TABLE delta.`{gold}` TO VERSION AS OF 0")
    else:
        shutil.rmtree(gold)

    assert world.why() == ["gold.twice"]
    assert "skipped" not in world.night()
    assert sorted(row["n"] for row in world.lake.read("gold", "twice").collect()) == [2, 4, 6]


def test_new_rows_run_it_again_and_then_it_rests(world: World) -> None:
    world.night()
    world.numbers(5)

    assert world.night() == {"rows": 1, "corrected": False}
    assert world.night() == {"rows": 1, "corrected": False, "skipped": True}


def test_a_run_that_died_has_finished_nothing(world: World) -> None:
    context = world.context()
    run_step(context, world.step(), world.compute)
    # No end: the process was killed.

    assert world.why() == ["no finished run"]


def test_a_step_that_failed_has_not_finished_but_those_before_it_have(world: World) -> None:
    def fail(context: Context) -> dict[str, Any]:
        context.lake.overwrite("gold", "half", context.lake.read("gold", "twice"))
        raise ValueError("no space left")

    context = world.context()
    with pytest.raises(ValueError), context.run:
        run_step(context, world.step(), world.compute)
        run_step(context, Step("later"), fail)

    assert world.why() == []
    assert reasons(world.context(), Step("later")) == ["no finished run"]


def test_what_changes_while_it_runs_is_seen_by_the_next_run(world: World) -> None:
    other = Lakehouse(world.spark, root=world.lake.root)

    def compute(context: Context) -> dict[str, Any]:
        found = world.compute(context)
        other.overwrite("silver", "number", world.spark.createDataFrame([(9,)], "n int"))
        return found

    context = world.context()
    with context.run:
        run_step(context, world.step(), compute)

    assert world.why() == ["silver.number"]


def test_what_is_computed_from_the_day_is_computed_again_on_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2026, 3, 1)
    monkeypatch.setattr("tieout.lakehouse.tables.utc_day", lambda: day)
    dated = Step("dated")
    context = world.context()
    with context.run:
        run_step(context, dated, lambda inner: {"as_of": inner.lake.today()})

    assert reasons(world.context(), dated) == []
    day = date(2026, 3, 2)
    assert reasons(world.context(), dated) == ["day"]


def test_sql_that_reads_the_clock_makes_the_result_depend_on_the_day(world: World) -> None:
    assert not step_inputs.depends_on_day(world.config, [])
    definitions = world.conf / "definitions/metrics.yml"
    definitions.write_text(definitions.read_text().replace(":as_of", "current_date()"))
    assert step_inputs.depends_on_day(load_config(world.conf, ["salesforce"]), [])


def test_a_step_cannot_read_what_it_does_not_count(world: World) -> None:
    context = world.context()
    with pytest.raises(UncountedError, match=r"double reads conf/matching, which is not among the inputs"):
        run_step(context, world.step(), lambda inner: {"entities": list(inner.config.matching)})
