"""Small pandas frames read as plain rows, floats and sums, so that types stay simple."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries; a text that is not there is None, where pandas has NaN."""
    texts = {name for name, kind in frame.dtypes.items() if kind in ("str", "object")}
    return [
        {str(key): None if key in texts and _is_nan(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def first(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the first row as a dictionary; the frame must have one."""
    return rows(frame.head(1))[0]


def floats(frame: pd.DataFrame, key: str) -> list[float]:
    """Return a column as floats; what is missing or no number is 0."""
    return [float(value) for value in pd.to_numeric(frame[key], errors="coerce").fillna(0.0)]


def total(frame: pd.DataFrame, key: str) -> float:
    """Return the sum of a column; 0 for no rows."""
    return sum(floats(frame, key))


def by_size(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Sort by the absolute value of a column, largest first."""
    sizes = pd.Series([abs(value) for value in floats(frame, key)], index=frame.index)
    return frame.loc[sizes.sort_values(ascending=False, kind="stable").index]
