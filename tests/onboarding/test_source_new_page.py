"""The commands that the page shows do what it says, from the first to the last."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tieout import cli

PAGE = Path(__file__).parents[2] / "docs" / "source_new.md"


@pytest.mark.usefixtures("spark")
def test_the_shown_commands(conf_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(conf_dir, tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ tieout (.*)$", PAGE.read_text(encoding="utf-8"), re.M)

    codes = [cli.main(command.partition(" #")[0].split()) for command in commands]

    # The check finds what a person still has to do, and says so by its code.
    assert [command.split()[0] for command in commands] == ["generate", "source", "source", "config"]
    assert codes == [0, 0, 1, 2]
    assert "account_source_id: associatedcompanyid" in (tmp_path / "conf/sources/our_crm.yml").read_text(
        encoding="utf-8"
    )
