"""Patterns of lines that plainly open or close quotes for the next one, in bytes, for Arrow.

Its values are without any quote, or wholly inside quotes; quotes within them are doubled, and where a sign of its own
escapes them there is none of it.
"""

from __future__ import annotations

from tieout.bronze.text.check import TextStyle


def is_simple(style: TextStyle) -> bool:
    """Tell whether there are patterns for the style: delimiter, quote and escape are signs of one byte, or none."""
    signs = (style.delimiter, style.quote, style.escape)
    return len(style.delimiter) == 1 and all(
        len(sign) <= 1 and sign.isascii() and sign not in ("\r", "\n", "\0") for sign in signs
    )


def opens(style: TextStyle) -> str | None:
    """Return the pattern of a line that starts outside quotes and ends inside them; None where there is none."""
    if not style.quote or not is_simple(style):
        return None
    return f"^(?:{_value(style)}{_byte(style.delimiter)})*{_byte(style.quote)}{_inner(style)}$"


def closes(style: TextStyle) -> str | None:
    """Return the pattern of a line that starts inside quotes and ends outside them; None where there is none."""
    if not style.quote or not is_simple(style):
        return None
    return f"^{_inner(style)}{_byte(style.quote)}(?:{_byte(style.delimiter)}{_value(style)})*\\r?$"


def _value(style: TextStyle) -> str:
    bare = f"[^{_byte(style.quote)}{_byte(style.escape)}{_byte(style.delimiter)}\\r\\n\\x00]*"
    quote = _byte(style.quote)
    return f"(?:{quote}{_inner(style)}{quote}|{bare})" if quote else bare


def _inner(style: TextStyle) -> str:
    quote = _byte(style.quote)
    if style.escape == style.quote:
        return f"(?:[^{quote}\\x00]|{quote}{quote})*"
    return f"[^{quote}{_byte(style.escape)}\\x00]*"


def _byte(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if sign else ""
