"""Settings, tables and charts of a notebook that runs unchanged in Jupyter and in Databricks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.io import write_html
from pyspark.sql import DataFrame

from tieout.report.tables import small

CHARTS = "TIEOUT_CHARTS"
ROWS = 20


def setting(name: str, default: str) -> str:
    """Return a setting: a Databricks widget, else the variable `TIEOUT_<NAME>`, else `default`."""
    default = os.environ.get(f"TIEOUT_{name.upper()}", default)
    widgets = getattr(_notebook_name("dbutils"), "widgets", None)
    if widgets is None:
        return default
    widgets.text(name, default)
    return str(widgets.get(name))


def show(item: go.Figure | pd.DataFrame | DataFrame, title: str) -> None:
    """Show a chart or the first rows of a table under its title.

    In Databricks by `displayHTML`, in Jupyter as usual. A plain Python process prints tables, and
    keeps charts as files in the folder that `TIEOUT_CHARTS` names.
    """
    if isinstance(item, DataFrame):
        item = small(item, ROWS)
    display_html = _notebook_name("displayHTML")
    if display_html is not None:
        display_html(_as_html(item, title))
    elif _interactive():
        _show_in_jupyter(item, title)
    elif isinstance(item, go.Figure):
        _keep(item, title)
    else:
        sys.stdout.write(f"{title}\n{item.head(ROWS).to_string(index=False, max_colwidth=48)}\n\n")


def _as_html(item: go.Figure | pd.DataFrame, title: str) -> str:
    heading = f"<h4>{_escaped(title)}</h4>"
    if isinstance(item, go.Figure):
        return heading + str(item.to_html(full_html=False, include_plotlyjs="cdn"))
    # to_html escapes the values.
    return heading + str(item.head(ROWS).to_html(index=False))


def _show_in_jupyter(item: go.Figure | pd.DataFrame, title: str) -> None:
    if isinstance(item, go.Figure):
        item.update_layout(title_text=_escaped(title)).show()
        return
    display: Any = _notebook_name("display") or sys.modules["IPython"].display.display
    display(item.head(ROWS).style.set_caption(_escaped(title)).format(escape="html"))


def _keep(figure: go.Figure, title: str) -> None:
    folder = os.environ.get(CHARTS)
    if not folder:
        sys.stdout.write(f"[chart] {title} (set {CHARTS}=FOLDER to keep it)\n\n")
        return
    name = "".join(letter if letter.isalnum() else "_" for letter in title.lower())[:60]
    path = Path(folder) / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_html(figure.update_layout(title_text=_escaped(title)), path, include_plotlyjs="directory")
    sys.stdout.write(f"[chart] {title}: {path}\n\n")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _interactive() -> bool:
    shell = _shell()
    return shell is not None and shell.__class__.__name__ == "ZMQInteractiveShell"


def _notebook_name(name: str) -> Any:
    """Return what a notebook's own namespace calls `name`, such as `displayHTML`; None elsewhere."""
    shell = _shell()
    return None if shell is None else shell.user_ns.get(name)


def _shell() -> Any:
    interactive: Any = sys.modules.get("IPython")
    return None if interactive is None else interactive.get_ipython()
