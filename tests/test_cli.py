"""What the command line promises before any job runs: help, exit codes, one JSON line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tieout import cli


def test_every_verb_has_help_and_a_job(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    jobs = {path.stem for path in (Path(__file__).parents[1] / "jobs").glob("*.py")}
    assert all(verb in shown for verb in cli.verb_names())
    assert jobs <= set(cli.verb_names())


def test_an_unknown_verb_is_bad_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["reconcile"])
    assert ended.value.code == 2
    assert "reconcile" in capsys.readouterr().err


def test_a_good_config_passes_the_check(conf_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "check", "--config", str(conf_dir), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["problems"] == 0
    assert {"salesforce", "sap"} <= set(figures["sources"])


def test_a_typing_error_in_the_config_exits_with_2(
    conf_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "conf"
    shutil.copytree(conf_dir, broken)
    project = broken / "tieout.yml"
    project.write_text(project.read_text().replace("time_zone:", "timezone:"))
    assert cli.main(["config", "check", "--config", str(broken)]) == 2
    said = capsys.readouterr().err
    assert "tieout.yml:" in said
    assert "Did you mean 'time_zone'?" in said


def test_schemas_are_written_for_editors(tmp_path: Path) -> None:
    assert cli.main(["config", "schema", "--out", str(tmp_path)]) == 0
    schema = json.loads((tmp_path / "sources.schema.json").read_text())
    assert "objects" in schema["properties"]
