"""`tieout match`: link two files of records, or find the duplicates of one."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import whole_number
from tieout.platform.console import styled

if TYPE_CHECKING:
    from rich.console import Console


HELP = "link two files of records, or find the duplicates of one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the files, what is known about them and where results go."""
    parser.add_argument("left", metavar="LEFT", help="file or folder: CSV, JSON, JSON lines, XLSX, Parquet, .gz")
    parser.add_argument("right", metavar="RIGHT", nargs="?", help="second file; without it, duplicates of LEFT")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for results")
    parser.add_argument("--truth", metavar="F", help="known answers: columns id_l,id_r or id,cluster")
    parser.add_argument("--labels", metavar="F", help="people's answers to learn from: columns id_l,id_r,match")
    parser.add_argument("--entity", default="record", help="what a record is, for names and reports")
    parser.add_argument(
        "--show", type=whole_number(0), default=20_000, metavar="N", help="most rows of a sheet; 0: no matches.xlsx"
    )


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Match the files, write results to `--out`, and return the figures."""
    from tieout.match_files.request import Request
    from tieout.match_files.start import match
    from tieout.platform.progress import Progress

    names = [field.name for field in fields(Request)]
    return match(Request(**{name: getattr(args, name) for name in names}), Progress("match", as_json=args.json))


def render(figures: dict[str, Any], console: Console) -> None:
    """Print what was found, how columns were paired, what to beware of, and where results are."""
    from rich.table import Table

    for pair in figures.get("paired", []):
        console.print(
            f"{pair['left']} = {pair['right']}: {pair['kind'] or 'not compared'} ({pair['why']})",
            soft_wrap=True,
        )
    table = Table("records", "clusters", "matches", "to check", "pairs compared", "largest cluster", "cut")
    names = ("records", "clusters", "matches", "to_check", "pairs_scored", "largest_cluster", "cut_edges")
    table.add_row(*(f"{figures[name]:,}" for name in names))
    console.print(table)
    for key in figures.get("large_keys", [])[:3]:
        console.print(f"{key['records']:,} records share {key['rule']} = {key['value']}")
    if "f1" in figures:
        console.print(
            f"precision {figures['precision']:.4f}  recall {figures['recall']:.4f}  F1 {figures['f1']:.4f}  "
            f"B3 F1 {figures['b3_f1']:.4f}  calibration error {figures['ece']:.4f}"
        )
    for name in ("workbook", "csv", "report", "config"):
        if name in figures:
            console.print(f"{name}: {figures[name]}", soft_wrap=True)
    for sentence in figures.get("warnings", []):
        console.print(styled(("warning:", "yellow"), f" {sentence}"), soft_wrap=True)
