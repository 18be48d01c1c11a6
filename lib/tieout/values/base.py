"""What a normaliser is: a function of one text, or of a text and its row's country."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Text = str | None
SPACES = re.compile(r"\s+", re.ASCII)


@dataclass(frozen=True)
class Read:
    """A normaliser that has read its code lists.

    `function` takes a text, and with `by_country` the row's ISO-2 country or None; it returns the text's one form,
    None for nothing. It is sent to Spark's workers, so it is a function of a module, or a partial one.
    """

    function: Callable[..., Text]
    by_country: bool = False


def letters_and_digits(text: str) -> str:
    """Return the text's letters and digits of all scripts."""
    return text if text.isalnum() else "".join(filter(str.isalnum, text))
