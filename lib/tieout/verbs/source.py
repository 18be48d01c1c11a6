"""What does an unknown system's export mean? `tieout source new` guesses a config, `source check` tests one."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from rich.console import Console

from tieout.config import Config, load_config
from tieout.config.base import read_model
from tieout.config.source import SourceConfig
from tieout.console import styled
from tieout.errors import ConfigError, UsageError
from tieout.onboarding.check import check_source
from tieout.onboarding.content import Lists
from tieout.onboarding.draft import ObjectDraft, draft
from tieout.onboarding.sample import FIRST_ROWS, read_sample
from tieout.onboarding.vocabulary import read_vocabulary
from tieout.onboarding.write import Draft, source_yaml

NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Write or check one source file; return the figures."""
    name = args.system or args.name
    if not name or not NAME.match(name):
        raise UsageError(f"`source {args.action}` needs a name of small letters, digits and _; found {name!r}")
    sample = [Path(path) for path in args.sample]
    if args.action == "check":
        return check(load_config(Path(args.config), [name]), name, sample, args.rows)
    return new(Path(args.config), name, sample, args)


def new(directory: Path, name: str, sample: list[Path], args: argparse.Namespace) -> dict[str, Any]:
    """Guess a config and write it to `<out>/sources/<name>.yml`.

    Returns `file`, `tables` (object → entity, key, and sureness by field) and `rows`. Raises UsageError when
    there is such a file, SourceError for a sample that cannot be read.
    """
    path = Path(args.out or directory) / "sources" / f"{name}.yml"
    if path.exists():
        raise UsageError(f"{path}: is there already; edit it, or give another --name or --out")
    config = load_config(directory)
    vocabulary = read_vocabulary(directory)
    objects = draft(read_sample(sample, args.rows), config.entities, vocabulary, Lists(directory))
    text = source_yaml(Draft(name, args.kind, objects, config.entities, vocabulary))
    if not args.dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        _require_valid(path)
    return {
        "file": str(path),
        "rows": sum(len(one.profile.table.frame) for one in objects),
        "tables": {one.name: _figures(one) for one in objects},
    } | ({"text": text} if args.dry_run else {})


def _require_valid(path: Path) -> None:
    try:
        read_model(path, SourceConfig)
    except ConfigError as error:
        raise ConfigError(f"the guessed config cannot be loaded; correct it by hand: {error}") from error


def _figures(one: ObjectDraft) -> dict[str, Any]:
    fields = {field: {"column": guess.column.path, "sure": guess.sure} for field, guess in one.guesses.items()}
    return {"entity": one.entity, "key": list(one.key), "fields": fields, "unused": one.unmapped()}


def check(config: Config, name: str, sample: list[Path], rows: int = FIRST_ROWS) -> dict[str, Any]:
    """Return `findings`, what does not fit the sample, with `errors` and `warnings`, their numbers."""
    findings = check_source(config, config.sources[name], read_sample(sample, rows))
    errors = sum(finding.severity == "error" for finding in findings)
    return {
        "system": name,
        "errors": errors,
        "warnings": len(findings) - errors,
        "findings": [finding.to_dict() for finding in findings],
        "exit_code": 1 if errors else 0,
    }


def render(figures: dict[str, Any], console: Console) -> None:
    """Print what was guessed, or what does not fit."""
    if "findings" in figures:
        for one in figures["findings"]:
            style = "red" if one["severity"] == "error" else "yellow"
            console.print(styled((one["severity"], style), f" {one['place']}: {one['what']}"))
            console.print(f"  {one['todo']}")
        console.print(f"{figures['system']}: {figures['errors']} errors, {figures['warnings']} warnings")
        return
    for table, one in figures["tables"].items():
        became = one["entity"] or "only joined"
        key = ", ".join(one["key"])
        console.print(f"{table} → {became}: {len(one['fields'])} fields, key {key}")
    console.print(f"{figures['rows']:,} rows looked at; wrote {figures['file']}")
    console.print("Look at the sureness of each line in it, then run tieout source check.")
