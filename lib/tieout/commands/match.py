"""The arguments of `tieout match`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number

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
