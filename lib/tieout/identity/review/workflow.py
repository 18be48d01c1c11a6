"""The review queue: exported as a workbook or CSV, decided in a browser, decisions kept in match.decision."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import uvicorn
from pyspark.sql import functions as F

from tieout.errors import ModelError, UsageError
from tieout.identity.decisions import SCHEMA, with_reason
from tieout.identity.review.answers import check_ending, is_workbook, read_answered
from tieout.identity.review.page import ReviewSession, application
from tieout.identity.review.queue import KEYS, Answer, new_answers, unknown_ends, worklist
from tieout.identity.review.sheet import help_sheet, question_sheet
from tieout.lakehouse.audit import record_audit
from tieout.lakehouse.context import Context
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.tracking import registry
from tieout.platform.rows import frame_of
from tieout.platform.sheets import Sheet, write_csv, write_workbook

MOST = 1_000
ALL = "all"


def export_queue(
    context: Context, file: str, entity: str = ALL, limit: int = MOST, *, dry_run: bool = False
) -> dict[str, Any]:
    """Write the questions with most money at stake to a workbook or CSV file, both records side by side.

    A workbook has one sheet for each of the entities (`A,B`, or all); a CSV file has the rows of all of
    them, told apart by its column `entity`. At most `limit` questions an entity. Returns file, questions
    (written) and open (in the queue), in all and `by_entity`. Raises UsageError for an unknown entity or
    ending, or when nothing was resolved yet.
    """
    path = Path(file)
    check_ending(path)
    sheets, by_entity = [], {}
    for name in _entities(context, entity):
        rows, waiting = questions(context, name, limit)
        by_entity[name] = {"questions": len(rows), "open": waiting}
        sheets.append(_sheet(context, name, rows))
    if not dry_run:
        _write(sheets, path)
        for name, counts in by_entity.items():
            record_audit(context, "review export", name, {"file": file, "questions": counts["questions"]})
    total = {key: sum(counts[key] for counts in by_entity.values()) for key in ("questions", "open")}
    return {"file": file, "entity": entity, **total, "by_entity": by_entity}


def _entities(context: Context, wanted: str) -> list[str]:
    """Return the entities that are meant: all that have records, or those that are named."""
    if wanted != ALL:
        return wanted.split(",")
    return [name for name in context.config.matching if context.lake.exists("silver", name)]


def _sheet(context: Context, entity: str, rows: pd.DataFrame) -> Sheet:
    try:
        trained = registry.champion(entity, context.tracking_uri)
    except ModelError:
        # The questions can be answered without what the model thinks of them.
        trained = None
    currency = context.config.project.reporting_currency
    return question_sheet(rows, context.config.matching[entity], trained[0] if trained else None, currency)


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
    verdict. Raises UsageError for a file that cannot be read, naming sheet and row.
    """
    answers = read_answered(Path(file), who)
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
        queue = lake.read("match", "review_queue") if lake.exists("match", "review_queue") else None
        told = with_reason(frame_of(context.spark, rows, SCHEMA), queue)
        lake.append("match", "decision", told, token.hexdigest())
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
    session = ReviewSession(sheet, trained[0], thresholds, who, lambda one: decide(context, [one], {"page": "ui"}))
    with socket.create_server(("127.0.0.1", port)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/?token={session.token}"
        sys.stderr.write(f"{len(sheet)} questions at {address} (Ctrl-C ends)\n")
        webbrowser.open(address)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(uvicorn.Config(application(session), log_level="error")).run(sockets=[listening])
    return {"entity": entity, "questions": len(sheet), "open": waiting, "decisions": session.answered}


def _row(answer: Answer, at: datetime) -> tuple[Any, ...]:
    keys = tuple(getattr(answer, name) for name in KEYS)
    return (*keys, answer.verdict, answer.who, at, answer.note)


def _write(sheets: Sequence[Sheet], path: Path) -> None:
    if is_workbook(path):
        write_workbook(path, [*sheets, help_sheet()])
    else:
        write_csv(path, pd.concat([sheet.titled() for sheet in sheets], ignore_index=True))
