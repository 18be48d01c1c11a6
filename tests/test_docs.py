"""Every command that the documents show is one that the command line knows, and does no harm to the demo.

`tests/first_hour/run.py` really runs them.
"""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from tieout import cli

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "first_hour"))
from pages import Command, commands, pages  # noqa: E402

PAGES = pages(REPOSITORY)
COMMANDS = [command for page in PAGES for command in commands(page) if command.text.startswith("tieout")]
SCRIPTS = sorted([*REPOSITORY.glob("bench/*.py"), *REPOSITORY.glob("notebooks/*.py")])
IMPORT = re.compile(r"^from (tieout[\w.]*) import ([\w, ]+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.page.name}: {one.text}"[:80])
def test_a_shown_command_is_understood(command: Command) -> None:
    try:
        cli.read_arguments(shlex.split(command.words)[1:])
    except SystemExit as ended:
        assert ended.code == 0, command.text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.page.name}: {one.text}"[:80])
def test_a_shown_command_leaves_the_demo_alone(command: Command) -> None:
    words = shlex.split(command.words)[1:]
    args = cli.read_arguments(words)
    if args.verb in ("generate", "match"):
        assert args.out.rstrip("/") not in ("demo", "demo/exports", "demo/truth", "demo/lakehouse")
    if args.verb in ("run", "ingest") and args.input != "demo/exports":
        assert args.root not in (None, "demo/lakehouse"), "other exports would land in the demo's tables"


def test_what_the_readme_says_to_set_up_is_what_every_page_relies_on() -> None:
    shown = [command.text for command in commands(REPOSITORY / "README.md")]
    assert shown[:3] == ["make demo", "source .venv/bin/activate", "export TIEOUT_ROOT=$PWD/demo/lakehouse"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("page", [*PAGES, *SCRIPTS], ids=lambda page: page.name)
def test_what_is_imported_from_tieout_is_there(page: Path) -> None:
    for module, names in IMPORT.findall(page.read_text(encoding="utf-8")):
        for name in names.split(", "):
            found = hasattr(importlib.import_module(module), name)
            assert found or importlib.import_module(f"{module}.{name}")
