"""Every verb that reads a lakehouse, over names and arguments that somebody could break it with."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout import cli
from tieout.commands.answers import why
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.console import Screen

NAMES = (
    "ACME [/] GmbH", "[bold]Bold[/] & Sons", "Esc \x1b[31mape\x07", "=HYPERLINK(\"x\")", "Nul \x00 Ltd", "line\nbreak",
    "Ünïcode 北京 \u202egpj", "quote \" ' ; -- <b>", "",
)  # fmt: skip
AT = datetime(2026, 9, 30, 10, tzinfo=UTC)
MONEY = "decimal(18,2)"


def customer(number: int) -> str:
    return f"C-{number:013d}"


TABLES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "silver.account": (
        "source_system string, source_id string, name string, country string, tax_id string, _modified_at timestamp, "
        "_deleted boolean",
        [(system, f"{n} [/]", name, None, None, AT, False)
         for n, name in enumerate(NAMES) for system in ("crm", "erp")],
    ),
    "match.crosswalk": (
        "entity string, source_system string, source_id string, tieout_id string, confidence double, status string",
        [("account", system, f"{n} [/]", customer(n), 0.97, "auto")
         for n in range(len(NAMES)) for system in ("crm", "erp")],
    ),
    "match.pair": (
        "entity string, source_system_l string, source_id_l string, source_system_r string, source_id_r string, "
        "rule string, match_weight double, match_probability double, levels map<string,int>, status string, "
        "cut_reason string",
        [("account", "crm", f"{n} [/]", "erp", f"{n} [/]", "name", 9.0, 0.99, {"name": 1}, "accepted", None)
         for n in range(len(NAMES))],
    ),
    "match.review_queue": (
        "entity string, source_system_l string, source_id_l string, source_system_r string, source_id_r string, "
        "match_weight double, match_probability double, reason string, value double",
        [("account", "crm", f"{n} [/]", "erp", f"{n + 1} [/]", 0.1, 0.5, "near [/]", 1.0) for n in range(3)],
    ),
    "silver.quarantine": (
        "quarantine_id string, entity string, source_system string, object string, source_id string, rule string, "
        "reason string, severity string, raw_json string, state string, bronze_ref string",
        [(f"q{n}", "account", "crm", "Account", f"{n} [/]", "name [/]", name, "critical", "{}", "open", "f.csv:1")
         for n, name in enumerate(NAMES)],
    ),
    "gold.metric": ("metric string, team string, as_of date", [("active_customer", "sales", date(2026, 9, 30))]),
    "gold.customer_360": (
        f"tieout_id string, name string, systems array<string>, open_pipeline {MONEY}, credit_block boolean, "
        f"next_close_date date, credit_limit {MONEY}, overdue {MONEY}, credit_exposure {MONEY}",
        [(customer(n), name, ["crm", "[/]"], Decimal(7), True, None, Decimal(1), None, None)
         for n, name in enumerate(NAMES)],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    lake = Lakehouse(spark, root=str(tmp_path_factory.mktemp("nasty [b] names") / "lake [/]"))
    for name, (schema, rows) in TABLES.items():
        layer, table = name.split(".")
        lake.overwrite(layer, table, spark.createDataFrame(rows, schema).coalesce(1))
    with Run(lake, "run"):
        pass
    with pytest.raises(ValueError, match="broke"), Run(lake, "run"):
        raise ValueError(f"it broke: {NAMES[0]} {NAMES[2]}")
    return str(lake.root)


ANSWERS = [
    ["status"],
    ["ask", "credit_blocked_with_open_deals"],
    ["ask", "credit_blocked_with_open_deals", "--format", "csv"],
    ["ask", "credit_blocked_with_open_deals", "--format", "json"],
    *[["why", customer(n)] for n in range(len(NAMES))],
    ["why", "crm:0 [/]"],
    ["quarantine", "list"],
]


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
def test_names_are_data(words: list[str], root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*words, "--root", root]) == 0
    assert "\x1b" not in capsys.readouterr().out or "csv" in words
    assert cli.main([*words, "--root", root, "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    json.loads(last, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_sheet_of_nasty_names_is_written(root: str, tmp_path: Path) -> None:
    for ending in ("csv", "xlsx"):
        assert cli.main(["review", "export", str(tmp_path / f"[x].{ending}"), "--root", root]) == 0
        assert (tmp_path / f"[x].{ending}").stat().st_size


QUESTION = ["ask", "big_customers_with_old_tickets", "--arg"]
BAD_USE = [
    *[[*QUESTION, argument] for argument in (
        "days=99999999999999999999", "days=1e400", "days=nan", "days=", "days=x", "days", "=", "", "[/]=1", "day=3",
        "min_contract_value=1e400", "min_contract_value=nan", "min_contract_value=", "min_contract_value=[/]",
    )],
    ["ask"], ["ask", "[/]"], ["ask", "big_customer_with_old_tickets"], ["ask", ""],
    ["why", "[/]"], ["why", ""], ["why", "crm:"], ["why", ":"], ["why", "crm:0 [/]", "crm:0 [/]"],
    ["why", "C-0000000000099"], ["why", customer(1), customer(2)], ["why", "crm:0 [/]", "--entity", "acount"],
    ["why", "x" * 10_000], ["why", "' OR 1=1 --"],
    ["review", "export", "[/]"], ["review", "export", "x.csv", "--entity", "acount"], ["review", "export"],
    ["review", "import", "missing.csv"], ["review", "import", "/"],
    ["quarantine", "release", "[/]", "--accept"], ["quarantine", "release"],
    ["quarantine", "release", "q1", "--set", "x"], ["quarantine", "discard", "q1"],
    ["evaluate", "--truth", ""],
    ["resolve", "--entity", "acount"], ["train", "--entity", "acount"], ["publish", "--as-of", "yesterday"],
    ["status", "--root", "missing [/]"], ["status", "--root", ""], ["status", "--config", "missing [/]"],
    ["conform", "--systems", "salesfroce"],
    ["source", "check", "[/]", "--sample", "x"],
    ["match", "missing [/]", "--out", "o"], ["generate", "--out", "o", "--systems", "[/]"],
    ["generate", "--out", "o", "--as-of", "[/]"],
]  # fmt: skip


@pytest.mark.parametrize("words", BAD_USE, ids=lambda words: " ".join(words)[:60])
def test_bad_use_is_one_sentence(
    words: list[str], root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    place = [] if "--root" in words or words[0] in ("source", "match", "generate") else ["--root", root]
    code = cli.main([*words, *place])
    said = capsys.readouterr().err
    assert code == 2, said
    assert said.startswith(f"tieout {words[0]}: ")
    assert said.count("\n") == 1, said
    assert len(said) < 1500
    assert "Traceback" not in said


ABSENT = [["ingest", "--input", "missing [/]"], ["ingest", "--input", "miss*"], ["ingest", "--input", "{a"],
          ["source", "new", "--name", "new_crm", "--sample", "missing [/]", "--dry-run"]]  # fmt: skip


@pytest.mark.parametrize("words", ABSENT, ids=" ".join)
def test_an_absent_input_is_one_sentence(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    place = [] if words[0] == "source" else ["--root", "lake"]
    code = cli.main([*words, *place])
    said = capsys.readouterr().err
    assert code == 1, said
    assert said.startswith(f"tieout {words[0]}: ")
    assert words[words.index("--input" if place else "--sample") + 1] in said
    assert said.count("\n") == 1, said


def test_a_pair_is_explained_whatever_its_names_are(capsys: pytest.CaptureFixture[str]) -> None:
    side = {"source_system": "crm", "source_id": "1 [/]"}
    step = {"comparison": "name [/]", "left": NAMES[0], "right": NAMES[2], "level": "[/]", "weight": 1.0,
            "running_probability": 0.5}  # fmt: skip
    figures = {
        "entity": "account", "left": side, "right": side, "steps": [step], "words": {"name [/]": NAMES[1]},
        "prior": {"probability": 0.001, "weight": -10.0}, "posterior": {"probability": 0.5, "weight": 0.0},
        "thresholds": {"accept": 0.9, "review": 0.2}, "rules": ["[/]"], "verdict": "different [/]",
    }  # fmt: skip
    why.render(figures, Screen(width=200))
    shown = capsys.readouterr().out
    assert "ACME [/] GmbH" in shown
    assert "\x1b" not in shown
