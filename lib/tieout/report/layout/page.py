"""One HTML file that needs nothing else, and that hostile data cannot break.

Jinja escapes every value. Figures travel as JSON in which `<`, `>` and `&` are written by their
code points. A content security policy lets only the page's own two scripts run, and no request leave.
"""

from __future__ import annotations

import base64
import itertools
import json
import secrets
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from tieout import __version__
from tieout.platform import sheets
from tieout.platform.sheets import write_workbook
from tieout.report.layout import text
from tieout.report.layout.blocks import Chart, Page, Table

WRITERS = {
    "count": text.count,
    "amount": text.amount,
    "percent": text.percent,
    "seconds": text.seconds,
    "decimal": text.decimal,
}
FORMATS = {
    "count": "#,##0", "bar": "#,##0", "amount": "#,##0", "amount_bar": "#,##0", "heat": "#,##0", "percent": "0.0%",
}  # fmt: skip
GOOD = {"tied", "auto", "accepted", "confirmed", "passed", "on_time", "done", "fresh", "good"}
BAD = {"critical", "error", "differing", "failed", "late", "stopped", "bad"}


@dataclass(frozen=True)
class Drawing:
    """A figure ready for the page: its element's id, its height in pixels and its JSON."""

    id: str
    height: int
    json: Markup


def render(page: Page) -> str:
    """Return the page as HTML. Its figures and its script library are inside; it loads nothing."""
    charts = any(isinstance(block, Chart) for section in page.sections for block in section.blocks)
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            version=__version__,
            charts=charts,
            workbook=workbook(page),
            nonce=secrets.token_urlsafe(16),
            css=Markup(_asset("page.css")),
            script=Markup(_asset("page.js")),
            plotly=Markup(get_plotlyjs()) if charts else "",
        )
    )


def workbook(page: Page) -> str:
    """Return the page's tables that name a sheet as an XLSX file, in base64; empty where there are none."""
    blocks = [block for section in page.sections for block in section.blocks]
    tables = [block.data if isinstance(block, Chart) else block for block in blocks]
    found = [one for one in (*page.sheets, *tables) if isinstance(one, Table) and one.sheet and len(one.rows)]
    if not found:
        return ""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tables.xlsx"
        write_workbook(path, [_sheet(table) for table in found])
        return base64.b64encode(path.read_bytes()).decode("ascii")


def _sheet(table: Table) -> sheets.Sheet:
    columns = [sheets.Column(one.key, one.label, format=FORMATS.get(one.kind)) for one in table.columns]
    rows = pd.DataFrame(table.records, columns=[one.key for one in table.columns])
    return sheets.Sheet(str(table.sheet), rows, columns)


def heat(value: Any, largest: float) -> str:
    """Return the tint of an amount: blue above zero, orange below, the stronger the larger."""
    found = text.number(value) or 0.0
    share = min(abs(found) / largest, 1.0) if largest else 0.0
    return f"rgba({'31,95,174' if found > 0 else '184,83,11'},{0.38 * share:.3f})"


def figure_json(figure: go.Figure) -> str:
    """Return a figure as JSON that may stand inside a script element, arrays as plain lists."""
    raw = json.dumps(_plain(figure.to_plotly_json()), separators=(",", ":"), default=str)
    return raw.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def tone(status: Any) -> str:
    """Return the tone in which a status is shown: good, bad or warn."""
    name = str(status).lower()
    return "good" if name in GOOD else "bad" if name in BAD else "warn"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tieout.report.layout", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = itertools.count(1)

    def drawing(figure: go.Figure) -> Drawing:
        height = int(figure.layout.height or 340)
        return Drawing(f"chart-{next(numbers)}", height, Markup(figure_json(figure)))  # noqa: S704

    def written(value: Any, kind: str) -> str:
        return WRITERS[kind](value)

    environment.filters |= {
        "drawing": drawing, "written": written, "count": text.count, "tone": tone, "title_words": text.title,
        "heat": heat, "thousands": text.thousands,
    }  # fmt: skip
    return environment


def _asset(name: str) -> str:
    return files("tieout.report.layout").joinpath("templates", name).read_text(encoding="utf-8")


def _plain(value: Any) -> Any:
    # Plotly packs number arrays as base64; lists keep the page readable and let people check it.
    if isinstance(value, dict):
        if set(value) >= {"bdata", "dtype"}:
            import numpy as np

            flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
            shape = value.get("shape")
            shaped = flat.reshape([int(size) for size in str(shape).split(",")]) if shape else flat
            return shaped.tolist()
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.tolist() if hasattr(value, "tolist") else value
