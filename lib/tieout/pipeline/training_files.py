"""Files that a training leaves in MLflow for people: charts and the blocking report."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.io import to_html

from tieout.matching.engine import Training
from tieout.matching.training.charts import level_table, pattern_histogram
from tieout.report.chapters.model import level_chart, rule_chart, weight_chart, with_weights


def training_files(trained: Training, comparison: dict[str, Any] | None) -> Callable[[Path], None]:
    """Return a function that writes charts, the blocking report and the comparison into a folder."""
    rules = pd.DataFrame(list(trained.pairs_by_rule().items()), columns=["rule", "pairs"])
    weights = pattern_histogram(trained.model, trained.candidates)

    def write(folder: Path) -> None:
        charts = {
            "m and u probabilities": level_chart(with_weights(level_table(trained.model))),
            "Match weights of the candidate pairs": weight_chart(weights, trained.model.config.thresholds.model_dump()),
            "Candidate pairs by blocking rule": rule_chart(rules.assign(accepted=0)),
        }
        (folder / "charts.html").write_text(chart_page(charts), encoding="utf-8")
        rules.to_csv(folder / "blocking.csv", index=False)
        weights.to_csv(folder / "match_weights.csv", index=False)
        if comparison is not None:
            (folder / "comparison.json").write_text(json.dumps(comparison, indent=1), encoding="utf-8")

    return write


def chart_page(charts: dict[str, go.Figure]) -> str:
    """Return one HTML page of charts with everything in it: MLflow shows a file by itself, without its neighbours."""
    parts = [
        f"<h2>{html.escape(title)}</h2>{to_html(figure, include_plotlyjs=first == 0, full_html=False)}"
        for first, (title, figure) in enumerate(charts.items())
    ]
    body = "\n".join(parts)
    return f'<!DOCTYPE html><meta charset="utf-8"><body style="font-family: sans-serif">{body}</body>'
