"""What does a training leave in MLflow for people to look at? Charts and the blocking report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from tieout.matching.charts import level_table, pattern_histogram
from tieout.matching.engine import Training
from tieout.report.sections.model import level_chart, with_weights
from tieout.report.sections.pairs import rule_chart, weight_chart


def training_files(trained: Training, comparison: dict[str, Any] | None) -> Callable[[Path], None]:
    """Return a function that writes charts, the blocking report and the comparison into a folder."""
    rules = pd.DataFrame(list(trained.pairs_by_rule().items()), columns=["rule", "pairs"])
    weights = pattern_histogram(trained.model, trained.candidates)

    def write(folder: Path) -> None:
        charts = {
            "m_and_u": level_chart(with_weights(level_table(trained.model))),
            "match_weights": weight_chart(weights, trained.model.config.thresholds.model_dump()),
            "blocking_rules": rule_chart(rules.assign(accepted=0)),
        }
        for name, figure in charts.items():
            _write_chart(folder / f"{name}.html", figure)
        rules.to_csv(folder / "blocking.csv", index=False)
        weights.to_csv(folder / "match_weights.csv", index=False)
        if comparison is not None:
            (folder / "comparison.json").write_text(json.dumps(comparison, indent=1), encoding="utf-8")

    return write


def _write_chart(path: Path, figure: go.Figure) -> None:
    figure.write_html(path, include_plotlyjs="directory", full_html=True)
