"""`tieout match` as people use it: two files of other column names in, a workbook, CSV and a report out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook
from pyspark.sql import SparkSession

from tieout.commands.setup import match as command
from tieout.errors import UsageError

from .companies import two_files, write_files

CONF = Path(__file__).parents[2] / "conf"


def matched(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args(list(words), argparse.Namespace(config=str(CONF), dry_run=False, json=False))
    return command.execute(args)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("match")


@pytest.fixture(scope="module")
def figures(spark: SparkSession, folder: Path) -> Iterator[dict[str, Any]]:
    """Match the CRM's companies with the ERP's, one of which has a name that Excel would run."""
    left, right = two_files()
    right.loc[3, "Firma"] = "=2+5 " + right.loc[3, "Firma"]
    left.to_csv(folder / "crm.csv", index=False)
    right.to_csv(folder / "erp.csv", index=False, sep=";", encoding="cp1252")
    both = left.assign(key=left["Phone"].str[1:]).merge(right, left_on="key", right_on="Telefon")
    both = both.rename(columns={"Account ID": "id_l", "Kundennummer": "id_r"})
    both[["id_l", "id_r"]].to_csv(folder / "truth.csv", index=False)
    names = (str(folder / name) for name in ("crm.csv", "erp.csv"))
    yield matched(*names, "--truth", str(folder / "truth.csv"), "--out", str(folder / "out"))


def rows_of(folder: Path, sheet: str) -> pd.DataFrame:
    return pd.read_excel(folder / "out" / "matches.xlsx", sheet_name=sheet, dtype=object)


def test_two_files_of_other_column_names_are_matched(figures: dict[str, Any]) -> None:
    assert figures["matches"] == 100
    assert figures["f1"] > 0.98
    assert [(one["left"], one["right"]) for one in figures["paired"]][:2] == [
        ("crm: Account Name", "erp: Firma"), ("crm: Street", "erp: Strasse")
    ]  # fmt: skip


def test_the_workbook_shows_pairs_side_by_side(figures: dict[str, Any], folder: Path) -> None:
    pairs = rows_of(folder, "Matches")
    assert list(pairs.columns[:10]) == [
        "Cluster", "Probability", "Decision", "Left name", "Right name", "Name: how alike",
        "Left file", "Left id", "Right file", "Right id",
    ]  # fmt: skip
    assert len(pairs) == 100
    assert pairs["Cluster"].is_monotonic_increasing
    assert pairs["Cluster"].min() > 0
    assert set(pairs["Left file"]) == {"crm"}
    assert set(pairs["Left id"].str[:2]) == {"A-"}
    assert pairs["Name: how alike"].iloc[0] == "same, written differently"
    assert "different" not in set(pairs["Name: how alike"])
    assert set(pairs["Street: how alike"]) == {"same"}


def test_a_name_that_excel_would_run_is_a_text(figures: dict[str, Any], folder: Path) -> None:
    book = load_workbook(folder / "out" / "matches.xlsx")
    live = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert live == []
    texts = [cell.value for row in book["Matches"].iter_rows() for cell in row]
    assert any(str(text).startswith("=2+5 ") for text in texts)
    csv = pd.read_csv(folder / "out" / "matches.csv", dtype=str, encoding="utf-8-sig")
    assert csv["right_name"].str.startswith("'=2+5").sum() == 1
    assert list(csv["left_id"]) == list(rows_of(folder, "Matches")["Left id"])


def test_cells_that_differ_are_marked(figures: dict[str, Any], folder: Path) -> None:
    sheet = load_workbook(folder / "out" / "matches.xlsx")["Matches"]
    titles = [cell.value for cell in sheet[1]]
    name, level = (titles.index(title) for title in ("Left name", "Name: how alike"))
    for row in sheet.iter_rows(min_row=2):
        same = str(row[level].value).startswith("same")
        assert (row[name].fill.fill_type is None) == same


def test_clusters_and_what_had_no_match_have_sheets(figures: dict[str, Any], folder: Path) -> None:
    clusters, alone = rows_of(folder, "Clusters"), rows_of(folder, "Unmatched")
    assert len(clusters) + len(alone) == figures["records"] == 240
    assert (clusters.groupby("Cluster").size() == clusters.groupby("Cluster")["Records"].first()).all()
    parquet = pd.read_parquet(folder / "out" / "clusters.parquet").set_index("id")["cluster_id"]
    assert (parquet > 0).all()
    assert parquet.loc[clusters["Id"].astype(str)].tolist() == clusters["Cluster"].tolist()


def test_a_sheet_says_what_was_done(figures: dict[str, Any], folder: Path) -> None:
    done = rows_of(folder, "What was done").set_index("What")["Value"]
    assert done["Columns: name"].startswith("crm: Account Name = erp: Firma (guessed from names and values, ")
    assert done["Columns: name"].endswith("; compared as company_name")
    assert done["Id of a record"] == "Account ID and Kundennummer"
    assert "120 records" in done["File 2: erp"]
    assert done["Match from"] == "probability 0.5 (thresholds.accept)"


def test_the_report_shows_the_best_and_the_worst_pairs(figures: dict[str, Any], folder: Path) -> None:
    html = Path(figures["report"]).read_text(encoding="utf-8")
    assert "The surest matches" in html
    assert "The least sure matches" in html
    assert "Columns that were paired" in html


def test_the_written_config_matches_the_same_way_and_rows_can_be_bounded(
    spark: SparkSession, figures: dict[str, Any], folder: Path
) -> None:
    names = (str(folder / name) for name in ("crm.csv", "erp.csv"))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    again = parser.parse_args([*names, "--out", str(folder / "again"), "--show", "10"])
    again.config, again.dry_run, again.json = str(folder / "out" / "config.yml"), False, False
    second = command.execute(again)
    assert second["matches"] == figures["matches"]
    assert "show 10 of 100 matches" in second["warnings"][-1]
    assert len(pd.read_csv(folder / "again" / "matches.csv")) == 10


def test_an_id_that_repeats_is_named(spark: SparkSession, tmp_path: Path) -> None:
    names = write_files(tmp_path)
    left, _ = two_files()
    pd.concat([left, left.head(2)]).to_csv(tmp_path / "crm.csv", index=False)
    with pytest.raises(UsageError, match=r"crm: several records have 'A-0000', 'A-0001' in 'Account ID'"):
        matched(*names, "--out", str(tmp_path / "out"))
