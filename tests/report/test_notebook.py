"""Notebook helpers behave in Databricks, where widgets and displayHTML are names of the notebook."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from tieout.report import notebook

from .examples import HOSTILE


def pretend_shell(monkeypatch: pytest.MonkeyPatch, **names: Any) -> None:
    shell = SimpleNamespace(user_ns=names)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


class Widgets:
    def __init__(self, **chosen: str) -> None:
        self.values = chosen

    def text(self, name: str, default: str) -> None:
        self.values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self.values[name]


def test_a_setting_is_a_variable_here_and_a_widget_in_databricks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notebook.setting("root", "demo/lakehouse") == "demo/lakehouse"
    monkeypatch.setenv("TIEOUT_ROOT", "elsewhere")
    assert notebook.setting("root", "demo/lakehouse") == "elsewhere"
    pretend_shell(monkeypatch, dbutils=SimpleNamespace(widgets=Widgets(root="/Volumes/main/tieout")))
    assert notebook.setting("root", "demo/lakehouse") == "/Volumes/main/tieout"


def test_databricks_shows_html_with_the_data_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    pretend_shell(monkeypatch, displayHTML=shown.append)
    notebook.show(pd.DataFrame({"name": [HOSTILE]}), "A <b> title")
    notebook.show(go.Figure(go.Bar(x=[1])), "A chart")
    assert "<script>alert" not in shown[0]
    assert shown[0].startswith("<h4>A &lt;b> title</h4>")
    assert "Plotly.newPlot" in shown[1]


def test_plain_python_prints_tables_and_keeps_charts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIEOUT_CHARTS", str(tmp_path))
    notebook.show(pd.DataFrame({"name": ["Acme"]}), "Customers")
    notebook.show(go.Figure(go.Bar(x=[1])), "Sales, by quarter")
    assert "Acme" in capsys.readouterr().out
    assert (tmp_path / "sales__by_quarter.html").exists()
