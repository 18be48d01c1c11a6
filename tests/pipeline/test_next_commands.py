"""The commands that a run proposes work in the folder and shell where it was started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.pipeline.next_commands import location_options, program_name, shown_path


def test_tieout_is_called_as_the_shell_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / ".venv/bin/tieout"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert program_name(".venv/bin/tieout") == ".venv/bin/tieout"
    monkeypatch.setenv("PATH", str(program.parent))
    assert program_name(str(program)) == "tieout"
    assert program_name("/spark/jobs/run.py") == "tieout"


def test_a_place_is_given_unless_the_environment_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = str(tmp_path / "demo/lakehouse")
    assert location_options(root, None, {}) == " --root demo/lakehouse"
    assert location_options(root, None, {"TIEOUT_ROOT": "demo/lakehouse"}) == ""
    assert location_options(f"{root} 2", None, {}) == " --root 'demo/lakehouse 2'"
    assert location_options("s3a://bucket/lake", None, {}) == " --root s3a://bucket/lake"
    assert location_options(None, "main", {}) == " --catalog main"
    assert shown_path("/elsewhere") == "/elsewhere"
