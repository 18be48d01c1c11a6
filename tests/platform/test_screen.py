"""What is printed of data: names are shown as they are, and never steer the terminal."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from tieout.platform.console import Screen, styled, visible

NAMES = [
    "ACME [/] GmbH",
    "[bold]Bold[/bold] & Sons",
    "[link=http://evil]Click[/link]",
    "smile :smiley: Ltd",
    "back\\slash\\",
    "[" * 50,
]


def printed(*lines: object) -> str:
    screen = Screen(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    for line in lines:
        screen.print(line)
    return screen.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_it_is(name: str) -> None:
    table = Table("customer", title=name)
    table.add_row(name)
    assert name in printed(name)
    assert printed(table).count(name) == 2
    assert name in printed(styled(("found: ", "bold"), name))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("red \x1b[31m alert", "red \\x1b[31m alert"),
        ("title \x1b]0;owned\x07", "title \\x1b]0;owned\\x07"),
        ("over\rwritten\x08", "over\\rwritten\\x08"),
        ("turned \u202egpj.exe", "turned \\u202egpj.exe"),
        ("csi \x9b2J", "csi \\x9b2J"),
        ("half \udce4", "half \\udce4"),
        ("Ünïcode 北京 \t tab", "Ünïcode 北京 \t tab"),
    ],
)
def test_control_characters_are_shown_as_codes(text: str, shown: str) -> None:
    assert visible(text) == shown
    table = Table("name")
    table.add_row(text)
    for output in (printed(text), printed(table), printed(styled((text, "bold")))):
        assert not {"\x07", "\x08", "\x9b", "\u202e", "\udce4", "\r"} & set(output.replace("\x1b[1m", ""))
        assert "\x1b[31m" not in output
        assert "\x1b]" not in output
