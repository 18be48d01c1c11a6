"""CSV files for a spreadsheet: UTF-8 with its mark, no live formulas, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tieout.platform.sheets.safe import csv_text
from tieout.platform.sheets.workbook import whole_file


def write_csv(path: str | Path, rows: pd.DataFrame) -> None:
    """Write rows and their header for people to open in a spreadsheet; see `csv_text` for what it changes.

    Raises UsageError when the file cannot be written.
    """
    safe = rows.apply(lambda column: column.map(csv_text)) if len(rows) else rows
    with whole_file(Path(path)) as partial:
        # The mark at the start lets Excel read the file as UTF-8.
        safe.rename(columns=csv_text).to_csv(partial, index=False, encoding="utf-8-sig")
