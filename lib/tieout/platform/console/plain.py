"""Figures as JSON that every parser reads: numbers, texts, lists and objects, never NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def to_json(figures: Any, *, indent: int | None = None) -> str:
    """Return the figures as JSON. What is not a number or not there (NaN, infinity, NaT) is null."""
    return json.dumps(plain(figures), allow_nan=False, indent=indent)


def plain(value: Any) -> Any:
    """Return the value as what JSON knows; dates and all else become texts, decimals numbers."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return [plain(one) for one in sorted(value, key=str)]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        value = int(value) if whole else float(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    # A number or an array of numpy's.
    as_python = getattr(value, "tolist", None)
    return plain(as_python()) if as_python else str(value)
