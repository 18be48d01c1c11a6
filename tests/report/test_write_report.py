from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tieout.errors import UsageError
from tieout.lakehouse.context import Context
from tieout.report import run_report as book
from tieout.report import write_match_report, write_report
from tieout.report.layout.files import write_text

from .examples import ACCOUNTS, HOSTILE, WHOLE, frame

PAIRS = pd.DataFrame(
    {
        "cluster": [1, 2], "match_probability": [0.51, 0.99999], "decision": ["match", "match"],
        "left_file": ["crm", "crm"], "left_id": ["1", HOSTILE], "right_file": ["erp", "erp"], "right_id": ["x", "y"],
        "left_name": ["Acme Werke", HOSTILE], "right_name": ["Acme", None],
        "name_level": ["one contains the other", "only left has one"], "name_agrees": [0.5, float("nan")],
    }
)  # fmt: skip


def test_the_report_lies_beside_the_tables_unless_told(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "gather", lambda *_: WHOLE)
    assert write_report(context, None, {}).place == f"{context.lake.root}/report.html"
    written = write_report(context, str(tmp_path / "page.html"), {})
    assert "8,885 records are 5,003 real customers." in Path(written.place).read_text(encoding="utf-8")
    assert (written.figures["cases"], round(written.figures["unexplained"])) == (763, 100_000)


def test_a_run_records_the_figures_that_the_next_one_compares_with(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "gather", lambda *_: WHOLE)
    write_report(context, str(tmp_path / "page.html"), {"seconds": {"ingest": 2}})
    *_, step, because = context.run.steps
    assert (because[1], json.loads(str(because[6]))) == ("report", {"because": ["no finished run"]})
    told = json.loads(str(step[6]))
    assert (step[1], told["customers"], told["told"]["seconds"]) == ("report", 5003, {"ingest": 2})
    recorded = len(context.run.steps)
    write_report(context, str(tmp_path / "again.html"), {}, of_run="r1")
    assert len(context.run.steps) == recorded


def test_a_folder_is_made_for_the_report(tmp_path: Path) -> None:
    assert Path(write_text(f"file://{tmp_path}/deep/page.html", "page")).read_text() == "page"


def test_a_place_that_cannot_be_written_is_bad_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written there"):
        write_text(str(tmp_path / "file" / "report.html"), "page")


def test_matching_of_any_files_has_a_page(tmp_path: Path) -> None:
    figures = {
        "records": 100, "clusters": 60, "largest_cluster": 14, "cluster_sizes": {1: 30, 2: 29, 14: 1},
        "blocking": {"name": 500, "phone": 40}, "cut_reasons": {"weak bridge": 2}, "threshold": 0.5,
        "pairs_scored": 540, "pairs_per_second": 1000, "peak_rss_gb": 0.4,
        "seconds": {"score": 0.5, "total": 1.0},
        "precision": 0.99, "recall": 0.95, "f1": 0.97, "ece": 0.01,
    }  # fmt: skip
    page = write_match_report(
        str(tmp_path / "report.html"),
        figures,
        files=["left.csv", HOSTILE],
        levels=ACCOUNTS.levels,
        weights=ACCOUNTS.weights,
        calibration=frame("bin rows probability share", (19, 50, 0.97, 0.98)),
        curve=ACCOUNTS.curve,
        examples={"worst": PAIRS, "doubtful": PAIRS.head(0)},
        fields=["name"],
    )
    html = Path(page).read_text(encoding="utf-8")
    assert "100 records are 60 clusters." in html
    assert html.count("data-chart") >= 7
    assert "<script>alert" not in html
    assert "The least sure matches" in html
    assert "<mark>Werke</mark>" in html
    assert "The doubtful pairs" not in html


def test_a_page_of_few_figures_has_no_empty_chapters(tmp_path: Path) -> None:
    html = Path(write_match_report(str(tmp_path / "r.html"), {"records": 2, "clusters": 2})).read_text(encoding="utf-8")
    assert 'id="clusters"' not in html
    assert "No truth was given" in html
