"""What do stewards decide? The queue goes out as CSV or Excel, decisions come back into match.decision."""

from __future__ import annotations

import argparse
import getpass
import hashlib
import json
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import functions as F

from tieout.context import Context, open_context
from tieout.errors import ModelError, UsageError
from tieout.governance.audit import record_audit
from tieout.identity.decisions import SCHEMA
from tieout.identity.review import KEYS, Answer, new_answers, read_answers, unknown_ends, worklist
from tieout.matching import registry
from tieout.matching.raw_pairs import source_columns
from tieout.rows import frame_of
from tieout.verbs._review_page import Desk, server

HELP = "export the questions for stewards, import their decisions, or decide in a browser"
ACTIONS = ("export", "import", "ui")
MOST = 1_000
EXCEL = ".xlsx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action and its file."""
    parser.add_argument("action", choices=ACTIONS, help="export | import | ui")
    parser.add_argument("file", nargs="?", metavar="FILE", help="a .csv or .xlsx file; not for ui")
    parser.add_argument("--entity", metavar="NAME", default="account", help="account, contact, product")
    parser.add_argument("--limit", type=int, default=MOST, metavar="N", help="questions to export")
    parser.add_argument("--who", default=getpass.getuser(), metavar="NAME", help="who decided; default you")
    parser.add_argument("--port", type=int, default=8765, help="port of the page that ui opens")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Export, import or open the page; return the figures."""
    if args.action != "ui" and not args.file:
        raise UsageError(f"tieout review {args.action} needs a FILE ending in .csv or {EXCEL}")
    with open_context(args, "review") as context:
        if args.action == "export":
            return export_queue(context, args.file, args.entity, args.limit, dry_run=args.dry_run)
        if args.action == "import":
            return import_decisions(context, args.file, args.who, dry_run=args.dry_run)
        return open_page(context, args.entity, args.who, args.port, args.limit)


def export_queue(
    context: Context, file: str, entity: str = "account", limit: int = MOST, *, dry_run: bool = False
) -> dict[str, Any]:
    """Write the questions with most money at stake to a CSV or Excel file, both records side by side.

    Returns file, questions (written) and open (in the queue). Raises UsageError for an unknown entity or
    ending, or when nothing was resolved yet.
    """
    sheet, waiting = questions(context, entity, limit)
    if not dry_run:
        _write(sheet, Path(file))
        record_audit(context, "review export", entity, {"file": file, "questions": len(sheet)})
    return {"file": file, "entity": entity, "questions": len(sheet), "open": waiting}


def questions(context: Context, entity: str, limit: int) -> tuple[pd.DataFrame, int]:
    """Return up to `limit` questions as `review.worklist` makes them, and how many are open in all."""
    if entity not in context.config.matching:
        known = ", ".join(context.config.matching)
        raise UsageError(f"--entity {entity}: no conf/matching/{entity}.yml; there are {known}")
    if not context.lake.exists("match", "review_queue"):
        raise UsageError("There is no match.review_queue yet: run `tieout resolve` (or `tieout run`) first.")
    queue = context.lake.read("match", "review_queue").where(F.col("entity") == entity)
    silver = context.lake.read("silver", entity)
    columns = [name for name in source_columns(context.config.matching[entity]) if name in silver.columns]
    # Bounded by `limit`.
    return worklist(queue, silver, columns, limit).toPandas(), queue.count()


def import_decisions(context: Context, file: str, who: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Read answered questions back into match.decision; the next resolve honours them.

    Importing the same file again adds nothing. Returns file, decisions (new), unchanged, and counts by
    verdict. Raises UsageError for a file that cannot be read, naming the row.
    """
    answers = read_answers(_read(Path(file)), who, file)
    return decide(context, answers, {"file": file}, dry_run=dry_run)


def decide(
    context: Context, answers: Sequence[Answer], origin: dict[str, Any], *, dry_run: bool = False
) -> dict[str, Any]:
    """Append answers to match.decision, leaving out those that change nothing, and record it in ops.audit."""
    lake = context.lake
    if not lake.exists("match", "crosswalk"):
        raise UsageError("There is no match.crosswalk yet: run `tieout resolve` (or `tieout run`) first.")
    unknown = unknown_ends(answers, lake.read("match", "crosswalk"))
    if unknown:
        some = ", ".join(unknown[:5])
        raise UsageError(f"{len(unknown)} records are not in match.crosswalk, such as {some}; export the queue again")
    log = lake.read("match", "decision") if lake.exists("match", "decision") else None
    new = new_answers(answers, log)
    verdicts = {verdict: sum(answer.verdict == verdict for answer in new) for verdict in ("match", "no_match", "open")}
    if new and not dry_run:
        at = datetime.now(UTC)
        rows = [_row(answer, at) for answer in new]
        token = hashlib.sha256(json.dumps([asdict(answer) for answer in new]).encode() + at.isoformat().encode())
        lake.append("match", "decision", frame_of(context.spark, rows, SCHEMA), token.hexdigest())
        for entity in sorted({answer.entity for answer in new}):
            mine = [asdict(answer) for answer in new if answer.entity == entity]
            record_audit(context, "review decision", entity, origin | {"decisions": mine})
    return origin | {"decisions": len(new), "unchanged": len(answers) - len(new), **verdicts}


def open_page(context: Context, entity: str, who: str, port: int, limit: int = MOST) -> dict[str, Any]:
    """Serve the questions as a page on this machine until Ctrl-C; return how many were decided.

    Raises UsageError as `export_queue` does, ModelError where there is no model.
    """
    sheet, waiting = questions(context, entity, limit)
    trained = registry.champion(entity, context.tracking_uri)
    if trained is None:
        raise ModelError(f"{entity}: no model in {context.tracking_uri}; train one with `tieout train`")
    thresholds = context.config.matching[entity].thresholds
    desk = Desk(sheet, trained[0], thresholds, who, lambda answer: decide(context, [answer], {"page": "ui"}))
    site = server(desk, port)
    address = f"http://127.0.0.1:{site.server_port}/?token={desk.token}"
    sys.stderr.write(f"{len(sheet)} questions at {address} (Ctrl-C ends)\n")
    webbrowser.open(address)
    try:
        site.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        site.server_close()
    return {"entity": entity, "questions": len(sheet), "open": waiting, "decisions": desk.answered}


def _row(answer: Answer, at: datetime) -> tuple[Any, ...]:
    keys = tuple(getattr(answer, name) for name in KEYS)
    return (*keys, answer.verdict, answer.who, at, answer.note)


def _write(sheet: pd.DataFrame, path: Path) -> None:
    _check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == EXCEL:
        sheet.to_excel(path, index=False, sheet_name="review", freeze_panes=(1, 0))
    else:
        # The mark at the start lets Excel read the file as UTF-8.
        sheet.to_csv(path, index=False, encoding="utf-8-sig")


def _read(path: Path) -> pd.DataFrame:
    _check_ending(path)
    try:
        if path.suffix.lower() == EXCEL:
            return pd.read_excel(path, dtype=str, keep_default_na=False)
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=None, engine="python")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise UsageError(f"{path}: cannot be read as a table: {error}") from error


def _check_ending(path: Path) -> None:
    if path.suffix.lower() not in (".csv", EXCEL):
        raise UsageError(f"{path}: want a file ending in .csv or {EXCEL}")
