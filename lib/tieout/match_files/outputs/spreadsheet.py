"""Matches as a workbook and as CSV: pairs, clusters, what had no match, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from tieout.match_files.inputs.naming import Naming
from tieout.match_files.outputs.readable import Field, Readable, Shown
from tieout.platform.sheets import Column, Sheet, write_csv, write_workbook
from tieout.report.layout.text import title

# Colours of cells whose values differ, and of those that agree in part.
DIFFERENT, PARTLY = "FBD9D5", "FCEFC9"
# What is nearly certain is not shown as certain.
SHARE = '[>0.9994]"> 99.9%";0.0%'
SUREST = 0.999999
NAME_WIDTH = 32.0


def write_tables(out: Path, readable: Readable, naming: Naming, about: Sequence[tuple[str, Any]]) -> dict[str, str]:
    """Write `matches.xlsx` and `matches.csv`; return where they are and what they leave out.

    Keys: workbook, csv and `cut`, a sentence, where rows were left out. `about` is the sheet that says what was done.
    """
    cut = _cut_sentence(readable)
    listed = [*about, *([("Left out here", cut)] if cut else [])]
    sheets = [
        _pair_sheet("Matches", readable.matches, readable.fields, naming),
        _pair_sheet("To check", readable.to_check, readable.fields, naming),
        _record_sheet("Clusters", readable.clusters, readable.fields),
        _record_sheet("Unmatched", readable.unmatched, readable.fields),
        _about_sheet(listed),
    ]
    write_workbook(out / "matches.xlsx", sheets)
    write_csv(out / "matches.csv", _plain(readable.matches.rows, readable.fields))
    return {"workbook": str(out / "matches.xlsx"), "csv": str(out / "matches.csv")} | ({"cut": cut} if cut else {})


def _cut_sentence(readable: Readable) -> str:
    parts = {
        "matches": readable.matches,
        "pairs to check": readable.to_check,
        "records in clusters": readable.clusters,
        "unmatched records": readable.unmatched,
    }
    said = [
        f"{len(shown.rows):,} of {shown.total:,} {name}"
        for name, shown in parts.items()
        if len(shown.rows) < shown.total
    ]
    if not said:
        return ""
    listed = ", ".join(said)
    return f"matches.xlsx and matches.csv show {listed}; all are in the .parquet folders, or give a larger --show"


def _pair_sheet(name: str, shown: Shown, fields: Sequence[Field], naming: Naming) -> Sheet:
    columns = [
        Column("cluster", "Cluster", 9, "#,##0", note="Records with the same number are one thing; 0: none."),
        Column("match_probability", "Probability", 11, SHARE),
        Column("decision", "Decision", 10),
    ]
    # The names stay in sight when people scroll to the right, so they may not take the whole screen.
    left, right, alike = _field_columns(fields[0], naming)
    columns += [replace(left, width=NAME_WIDTH), replace(right, width=NAME_WIDTH), alike]
    columns += [
        Column("left_file", "Left file"),
        Column("left_id", "Left id"),
        Column("right_file", "Right file"),
        Column("right_id", "Right id"),
    ]
    columns += [column for field in fields[1:] for column in _field_columns(field, naming)]
    return Sheet(name, shown.rows, columns, _marks(shown.rows, fields), frozen=5)


def _field_columns(field: Field, naming: Naming) -> list[Column]:
    label = title(field.name)
    own = [naming.columns.get(source, (source,)) for source in field.sources]
    note = "; ".join(" is ".join(dict.fromkeys(called)) for called in own)
    return [
        Column(f"left_{field.name}", f"Left {label.lower()}", note=f"Columns: {note}"),
        Column(f"right_{field.name}", f"Right {label.lower()}"),
        Column(f"{field.name}_level", f"{label}: how alike"),
    ]


def _marks(rows: pd.DataFrame, fields: Sequence[Field]) -> dict[str, list[str | None]]:
    """Return the colours of the cells whose values differ, or agree in part."""
    found: dict[str, list[str | None]] = {}
    for field in fields:
        agrees = rows[f"{field.name}_agrees"]
        colours = [DIFFERENT if one == 0.0 else PARTLY if one == 0.5 else None for one in agrees]
        found |= dict.fromkeys((f"left_{field.name}", f"right_{field.name}", f"{field.name}_level"), colours)
    return found


def _record_sheet(name: str, shown: Shown, fields: Sequence[Field]) -> Sheet:
    values = list(dict.fromkeys(source for field in fields for source in field.sources))
    columns = [
        Column("cluster", "Cluster", format="#,##0"),
        Column("size", "Records", format="#,##0"),
        Column("file", "File"),
        Column("id", "Id"),
        *(Column(f"value_{value}", title(value)) for value in values),
        Column("confidence", "Confidence", format=SHARE, note="How sure it is that this record belongs here."),
    ]
    # Each second cluster is shaded, so that the eye sees where one ends.
    shade = ["F1F4F8" if cluster % 2 else None for cluster in shown.rows["cluster"]] if name == "Clusters" else []
    marks = {column.name: shade for column in columns} if shade else {}
    return Sheet(name, shown.rows, columns, marks, frozen=4)


def _about_sheet(about: Sequence[tuple[str, Any]]) -> Sheet:
    rows = pd.DataFrame(about, columns=["what", "value"], dtype=object)
    columns = [Column("what", "What", width=34), Column("value", "Value", width=110, wrap=True)]
    return Sheet("What was done", rows, columns, filter=False)


def _plain(rows: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """Return the matches as `matches.csv` has them: no colours, the probability to six digits."""
    names = [f"{field.name}_agrees" for field in fields]
    return rows.drop(columns=names).assign(match_probability=rows["match_probability"].round(6).clip(upper=SUREST))
