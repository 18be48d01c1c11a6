"""Every command that the documents show is one that the command line knows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tieout import cli

REPOSITORY = Path(__file__).parents[1]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def shown_commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.M | re.S)
    lines = (line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines())
    return [re.split(r"\s+(?:#|>|\|)", line)[0] for line in lines if line.startswith("tieout ")]


COMMANDS = [(page, command) for page in PAGES for command in shown_commands(page)]


@pytest.mark.parametrize(
    ("page", "command"), COMMANDS, ids=[f"{page.name}: {command}"[:80] for page, command in COMMANDS]
)
def test_a_shown_command_is_understood(page: Path, command: str) -> None:
    words = shlex.split(command)[1:]
    parser = cli.build_parser(words[0] if words[0] in cli.verb_names() else None)
    try:
        parser.parse_args(words)
    except SystemExit as ended:
        assert ended.code == 0, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not broken
