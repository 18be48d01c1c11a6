"""A long job says where it is: to a terminal, to a log, to a machine."""

from __future__ import annotations

import json
import re

import pytest

from tieout.platform.progress import Progress


def test_a_log_gets_a_line_for_each_finished_step(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("r1")
    with progress.step("ingest") as said:
        progress.now("12 of 27 objects")
        said["rows"] = 11841

    assert re.fullmatch(r"  ingest +\d+\.\d s  11,841 rows\n", capsys.readouterr().err)
    assert set(progress.seconds) == {"ingest"}


def test_a_machine_gets_a_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("r1", as_json=True)
    with progress.step("conform") as said:
        said["silver"] = 3

    line = json.loads(capsys.readouterr().err)
    assert (line["run_id"], line["step"], line["silver"]) == ("r1", "conform", 3)


def test_a_terminal_shows_what_is_done_now(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    progress = Progress("r1")
    with progress.step("ingest"):
        progress.now("1 of 2 objects: shop [b]Thing")

    err = capsys.readouterr().err
    assert "ingest: 1 of 2 objects: shop [b]Thing" in err
    assert re.search(r"  ingest +\d+\.\d s\n", err)


def test_a_failed_step_is_timed_and_left_to_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("r1")
    with pytest.raises(ValueError), progress.step("train"):
        raise ValueError

    assert capsys.readouterr().err == ""
    assert list(progress.seconds) == ["train"]


def test_a_quiet_one_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=True).step("train"):
        pass

    assert capsys.readouterr().err == ""
