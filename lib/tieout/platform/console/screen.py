"""Output of data on a terminal: a name is printed as it is, whatever characters it has.

`Screen` takes no text for markup (`ACME [/] GmbH`), replaces no emoji codes, and shows control characters, which
could move the cursor or rename the window, as their codes. What is to be bold or coloured is made by `styled`.
"""

from __future__ import annotations

import re
from typing import Any

from rich.console import Console
from rich.text import Text

# Control characters but tab and newline, and those that turn the direction of writing.
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return the text with each control character as its code: an escape becomes `\x1b`."""
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Return a line of texts, of which a pair (text, style) is printed in that style, such as `bold` or `red`."""
    return Text.assemble(
        *(visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts),
    )


class Screen(Console):
    """A rich console for data: see the module. Tables that it prints are tables of data."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to print, of which no part is markup or an escape sequence."""
        return super().render_str(visible(text), **options)
