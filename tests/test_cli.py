"""What the command line promises before any job runs: help, spelling, exit codes, places, one JSON line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tieout import cli
from tieout.commands import verb_modules
from tieout.config import load_config
from tieout.errors import UsageError
from tieout.lakehouse.context import find_lakehouse, open_lakehouse
from tieout.platform.directories import default_config

REPOSITORY = Path(__file__).parents[1]
HEAVY = ("pyspark", "delta", "pandas", "numpy", "pyarrow", "mlflow", "great_expectations", "scipy", "plotly",
         "pydantic", "ruamel", "faker")  # fmt: skip


def test_every_verb_has_help_and_a_job(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    jobs = {path.stem for path in (REPOSITORY / "jobs").glob("*.py")}
    assert all(verb in shown for verb in verb_modules())
    assert jobs <= set(verb_modules())


@pytest.mark.parametrize("words", ["", "--help", "--version", "ask --help", "run --help", "generate --help"])
def test_help_imports_nothing_that_takes_time(words: str) -> None:
    code = (
        "import sys\nfrom tieout.cli import main\n"
        f"try: main({words.split()!r})\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONPATH": f"{REPOSITORY}/lib:{REPOSITORY}/samples"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stderr.strip() == "[]"


def test_tieout_alone_says_what_it_is_and_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    assert "proves that a company's CRM and its ERP agree" in shown
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("  tieout")] == ["demo", "run", "match"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("reconcile", "There are ask, config, conform"),
        ("stauts", "there is no 'stauts'. Did you mean 'status'?"),
        ("review exprot q.csv", "action: there is no 'exprot'. Did you mean 'export'? There are export, import, ui"),
        ("ask x --format tabel", "--format: there is no 'tabel'. Did you mean 'table'?"),
        ("ask x --limt 3", "there is no option --limt. Did you mean '--limit'?"),
        ("ask x --lim 3", "there is no option --lim. Did you mean '--limit'?"),
        ("run --inptu exports", "there is no option --inptu. Did you mean '--input'?"),
        ("ask x --confg=c", "there is no option --confg. Did you mean '--config'?"),
        ("--root r ask x", "--root goes after the verb"),
        ("--verison", "there is no option --verison. Did you mean '--version'?"),
        ("run", "the following arguments are required: --input"),
        ("ask x --limit 0", "argument --limit: want a whole number from 1 to 2147483646; found '0'"),
        ("ask x --limit 99999999999999999999", "want a whole number from 1 to"),
        ("ask x --limit nan", "want a whole number from 1 to 2147483646; found 'nan'"),
        ("demo --customers 1e400", "argument --customers: want a whole number"),
        ("review ui --port 70000", "argument --port: want a whole number from 0 to 65535"),
        ("ask x y", "unrecognized arguments: y"),
    ],
)
def test_bad_use_is_one_sentence_with_the_nearest_spelling(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words.split())
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("nasty", ["a\x1b[31mb", "half \udce4", "bell\x07"])
def test_control_characters_are_no_argument(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ask", nasty]) == 2
    assert cli.main(["ask", "big_customers_with_old_tickets", "--arg", f"days={nasty}"]) == 2
    assert nasty not in capsys.readouterr().err


def test_schemas_are_written_for_editors(tmp_path: Path) -> None:
    assert cli.main(["config", "schema", "--out", str(tmp_path)]) == 0
    schema = json.loads((tmp_path / "sources.schema.json").read_text())
    assert "objects" in schema["properties"]


def test_an_unforeseen_error_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tieout.config.schemas.write_schemas", lambda folder: 1 / 0)
    assert cli.main(["config", "schema"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("tieout config: failed in a way that was not foreseen: ZeroDivisionError")
    assert "Traceback" not in said
    [trace] = tmp_path.glob("tieout-error-*.txt")
    assert str(trace) in said
    assert "ZeroDivisionError" in trace.read_text()


def test_the_config_is_looked_for_here_and_then_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Path(default_config({}), "tieout.yml").is_file(), "what the package ships"
    (tmp_path / "conf").mkdir()
    assert default_config({}) != "conf", "a folder of somebody else"
    (tmp_path / "conf" / "tieout.yml").write_text("root: mine\n")
    assert default_config({}) == "conf"
    assert default_config({"TIEOUT_CONFIG": "elsewhere"}) == "elsewhere"


def test_every_verb_reads_the_config_of_the_package_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["config", "check"]) == 0
    assert cli.main(["ask", "--list"]) == 0
    assert "big_customers_with_old_tickets" in capsys.readouterr().out
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "no"))
    assert cli.main(["ask", "--list"]) == 2
    assert f"{tmp_path / 'no'}: no such config directory" in capsys.readouterr().err


def test_the_root_is_that_of_the_arguments_then_of_the_environment_then_of_the_project(
    conf_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(conf_dir)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIEOUT_ROOT", "theirs")
    assert find_lakehouse(config, root="mine").root == str(tmp_path / "mine")
    assert find_lakehouse(config, catalog="main").catalog == "main"
    assert find_lakehouse(config).root == str(tmp_path / "theirs")
    monkeypatch.delenv("TIEOUT_ROOT")
    assert find_lakehouse(config).root == str(tmp_path / config.project.root)
    with pytest.raises(UsageError, match="found nothing"):
        find_lakehouse(config, root="")


def test_a_root_without_a_lakehouse_says_so_and_names_one(
    conf_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(conf_dir)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no lakehouse at .*/lakehouse \(.*tieout.yml\); `tieout run --input"):
        open_lakehouse(config, "status")
    (tmp_path / "demo/lakehouse/gold/metric/_delta_log").mkdir(parents=True)
    said = r"no lakehouse at .*/x \(--root\); there is one at demo/lakehouse: give --root demo/lakehouse"
    with pytest.raises(UsageError, match=said):
        open_lakehouse(config, "status", root="x")
