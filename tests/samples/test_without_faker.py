from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tieout import cli


@pytest.mark.parametrize("words", [["generate", "--out", "exports"], ["demo", "--out", "demo"]])
def test_what_to_install_is_said_in_one_sentence(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tieout_samples"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "faker", None)
    monkeypatch.chdir(tmp_path)

    assert cli.main(words) == 2

    said = capsys.readouterr().err
    assert said == f"tieout {words[0]}: Sample exports need the package Faker: pip install 'tieout[samples]'\n"
    assert not list(tmp_path.iterdir())
