"""Values made safe for a spreadsheet: texts that would be formulas, signs that XLSX forbids, long texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

# Excel's own limit for one cell.
LONGEST = 32_767
# A spreadsheet runs what starts so (OWASP, CSV injection); a number may start with a sign.
_LIVE = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def cell_value(value: Any) -> Any:
    """Return a value as openpyxl writes it: None, a bool, a number, a date or a text.

    Texts lose control characters and what is longer than a cell; times their zone, which is UTC; lists and
    other things become text. Missing values (None, NaN, NaT) and infinite numbers are None.
    """
    if isinstance(value, list | tuple | set | np.ndarray):
        return _text(", ".join(str(part) for part in value))
    if isinstance(value, Mapping):
        return _text(", ".join(f"{name}: {part}" for name, part in value.items()))
    if value is None or pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))[:LONGEST]


def csv_text(value: Any) -> Any:
    """Return a value for a CSV file: a text that a spreadsheet would run gets an apostrophe in front.

    Numbers, as numbers or as text (`-12.5`), are left as they are. `plain_text` takes the apostrophe away.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}" if _LIVE.match(value) or _ESCAPED.match(value) else value


def plain_text(text: str) -> str:
    """Return what `csv_text` was given."""
    return text[1:] if _ESCAPED.match(text) else text
