"""A second night does again what a change asks for, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tieout import cli
from tieout.config import load_config
from tieout.gold import publish
from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental import reasons
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import LAYERS, Lakehouse
from tieout.pipeline import evaluate, resolve, train
from tieout.report import run_report as book
from tieout.silver import conform
from tieout_samples import generate

SYSTEMS = ["salesforce", "sap"]
ALL = {"conform", "train", "resolve", "publish", "evaluate", "report"}


@dataclass(frozen=True)
class Nights:
    """Exports, config and a lakehouse in one folder, and a command that runs everything on them."""

    spark: SparkSession
    folder: Path

    @property
    def lake(self) -> Lakehouse:
        return Lakehouse(self.spark, root=str(self.folder / "lake"))

    def run(self, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
        capsys.readouterr()
        places = {"input": "exports", "truth": "truth", "root": "lake", "config": "conf"}
        given = [word for name, place in places.items() for word in (f"--{name}", str(self.folder / place))]
        assert cli.main(["run", *given, "--systems", ",".join(SYSTEMS), "--json", *words]) == 0
        return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    def again(self, figures: dict[str, Any], as_of: str | None = None) -> dict[str, list[str]]:
        """Return the steps that the next run would do, and why: what it has to do before any step has run."""
        config = load_config(self.folder / "conf", SYSTEMS)
        context = Context(self.spark, self.lake, config, Run(self.lake, "test"))
        told = {name: value for name, value in figures.items() if name != "next"} | {"evaluation": self.measured}
        steps = [
            conform.STEP,
            train.step(context),
            resolve.step(context),
            publish.step(publish._date(as_of)),
            evaluate.step(context, str(self.folder / "truth")),
            book.step(context, book.default_path(context), told),
        ]
        return {step.name: why for step in steps if (why := reasons(context, step))}

    @property
    def measured(self) -> dict[str, Any]:
        row = self.lake.read("ops", "finished_step").where("step = 'evaluate'").first()
        assert row is not None
        return dict(json.loads(row["figures"]))

    def versions(self) -> dict[str, str]:
        return {f"{layer}.{table}": str(commit) for (layer, table), commit in self.lake.commits(LAYERS[:4]).items()}

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """Change a text of a file while this lasts."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        stat = file.stat()
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        yield
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.fixture(scope="module")
def nights(spark: SparkSession, conf_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder = tmp_path_factory.mktemp("nights")
    generate(spark, 60, SYSTEMS, str(folder), seed=3)
    shutil.copytree(conf_dir, folder / "conf")
    for file in folder.rglob("*.csv"):
        os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 60))
    return Nights(spark, folder)


@pytest.fixture(scope="module")
def first(nights: Nights) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: printed.append(" ".join(map(str, words))))
        places = {"input": "exports", "truth": "truth", "root": "lake", "config": "conf"}
        given = [word for name, place in places.items() for word in (f"--{name}", str(nights.folder / place))]
        assert cli.main(["run", *given, "--systems", ",".join(SYSTEMS), "--json"]) == 0, printed
    return dict(json.loads(printed[-1]))


def test_a_night_without_changes_does_nothing_and_says_the_same(
    nights: Nights, first: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before = nights.versions()

    second = nights.run(capsys)

    assert set(second["unchanged_since"]) == ALL
    assert set(second["unchanged_since"].values()) == {first["run_id"]}
    assert (second["files_new"], nights.versions()) == (0, before)
    same = set(first) - {"records", "files_new", "files_skipped", "unchanged_since", "run_id", "seconds"}
    assert {name: second[name] for name in same} == {name: first[name] for name in same}


def test_each_change_asks_for_the_steps_that_read_it(nights: Nights, first: dict[str, Any]) -> None:
    def asked(change: Any) -> set[str]:
        with change:
            return set(nights.again(first))

    assert nights.again(first) == {}
    # The steps that read it at once; those that follow run when its tables have changed.
    configured = {
        ("conf/sources/salesforce.yml", "city: BillingCity", "city: BillingState"): {"conform", "publish", "report"},
        ("conf/entities/account.yml", "meaning: ", "meaning: indeed, "): {"conform", "resolve", "publish", "report"},
        ("conf/quality/account.yml", "expectations:", "expectations: # all\n"): set(),
        ("conf/quality/account.yml", "an export without", "any export without"): {"conform", "report"},
        ("conf/definitions/terms.yml", "wording: ", "wording: indeed, "): {"resolve", "publish", "evaluate", "report"},
        ("conf/tieout.yml", "reporting_currency: USD", "reporting_currency: EUR"): ALL,
        ("conf/lookups/exchange_rates.csv", "\n", "\r\n"): ALL,
    }
    for (path, old, new), steps in configured.items():
        assert asked(nights.edited(path, old, new)) == steps, path
    assert asked(nights.edited("truth/account/" + _first_name(nights, "truth/account"), "\n", "\n\n")) == {"evaluate"}
    assert set(nights.again(first, as_of="2026-01-31")) == {"publish"}
    assert set(nights.again(first | {"customers": -1})) == {"report"}
    assert nights.again(first) == {}


def _first_name(nights: Nights, folder: str) -> str:
    return sorted(path.name for path in (nights.folder / folder).glob("*.csv"))[0]


CHANGED_TABLES = {
    "bronze.sap__kna1": {"conform"},
    "silver.invoice": {"conform", "resolve", "publish"},
    "silver.account": {"conform", "train", "resolve", "publish", "report"},
    "silver.quarantine": {"conform", "report"},
    "match.crosswalk": {"resolve", "publish", "evaluate", "report"},
    "match.review_queue": {"resolve", "report"},
    "gold.tie_out": {"publish", "report"},
    "gold.customer_hierarchy": {"publish"},
}


def test_each_table_that_is_not_as_it_was_asks_for_its_writer_and_its_readers(
    nights: Nights, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = nights.lake.commits()
    for name, steps in CHANGED_TABLES.items():
        layer, _, table = name.partition(".")
        assert (layer, table) in commits
        for now in ({(layer, table): "another"}, {}):
            seen = {key: commit for key, commit in commits.items() if key != (layer, table)} | now
            monkeypatch.setattr(Lakehouse, "commits", lambda self, layers=LAYERS, seen=seen: seen)
            found = set(nights.again(first))
            # A table that is gone also changes the list of tables that the report shows.
            assert found - {"report"} == steps - {"report"}, name
            assert steps & {"report"} <= found, name


def test_an_answer_to_a_question_is_an_input(nights: Nights, first: dict[str, Any]) -> None:
    schema = "entity string, verdict string"
    nights.lake.append("match", "decision", nights.spark.createDataFrame([("account", "open")], schema))
    try:
        assert {"train", "resolve"} <= set(nights.again(first)) <= {"train", "resolve", "report"}
    finally:
        shutil.rmtree(nights.lake.path("match", "decision"))


def test_the_model_in_use_is_an_input(nights: Nights, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from tieout.matching.tracking import registry

    promoted: Callable[..., dict[str, str]] = lambda *_: {"tieout-account": "2 another"}  # noqa: E731
    monkeypatch.setattr(registry, "versions_in_use", promoted)
    monkeypatch.setattr(book, "versions_in_use", promoted)
    assert set(nights.again(first)) == {"train", "resolve", "report"}


def test_what_was_lost_is_made_again_and_a_changed_file_is_read(
    nights: Nights, first: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = nights.lake.read("silver", "account").count()
    nights.spark.sql(f"DELETE FROM delta.`{nights.lake.path('silver', 'account')}` WHERE source_system = 'sap'")
    shutil.rmtree(nights.lake.path("gold", "customer_hierarchy"))
    name = f"exports/salesforce/User/{_first_name(nights, 'exports/salesforce/User')}"
    file = nights.folder / name
    file.write_text(file.read_text(encoding="utf-8").replace("@", "+new@", 1), encoding="utf-8")

    third = nights.run(capsys)

    assert third["files_new"] == 1
    assert {"conform", "publish", "report"} <= ALL - set(third["unchanged_since"])
    assert nights.lake.read("silver", "account").count() == accounts
    assert nights.lake.exists("gold", "customer_hierarchy")
    assert third["customers"] == first["customers"]
