"""`tieout config`: check a config directory, or write its JSON Schemas."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.errors import ConfigError, Problem

if TYPE_CHECKING:
    from rich.console import Console


HELP = "check every file of the config, or write JSON Schemas for editors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `check | schema` and where schemas go."""
    parser.add_argument("action", choices=["check", "schema"])
    parser.add_argument("--out", default="schemas", metavar="DIR", help="where `schema` writes")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Check the config, or write one JSON Schema a kind of file."""
    from tieout.config.schemas import write_schemas

    if args.action == "schema":
        return write_schemas(Path(args.out))
    # The check needs Spark; schemas do not.
    from tieout.checking import check_config

    found = check_config(Path(args.config))
    return {
        "config": args.config,
        "sources": sorted(found.config.sources),
        "entities": sorted(found.config.entities),
        "definitions": sum(len(file.definitions) for file in found.config.definitions.values()),
        "products": len(found.products.products),
        "problems": [_told(one) for one in found.problems],
        "warnings": [_told(one) for one in found.warnings],
        **({"exit_code": ConfigError.exit_code} if found.problems else {}),
    }


def _told(problem: Problem) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "key": problem.key, "message": problem.message}


def render(figures: dict[str, Any], console: Console) -> None:
    """Print each problem and warning on a line of its own, then how many there are."""
    if "schemas" in figures:
        for path in figures["schemas"].values():
            console.print(path, markup=False, soft_wrap=True)
        return
    for kind in ("warnings", "problems"):
        for one in figures[kind]:
            word = "warning: " if kind == "warnings" else ""
            console.print(f"{word}{Problem(**one)}", markup=False, soft_wrap=True)
    counts = ", ".join(f"{len(figures[name])} {name}" for name in ("sources", "entities"))
    checked = f"{counts}, {figures['definitions']} definitions, {figures['products']} data products"
    console.print(f"{figures['config']}: {checked}", markup=False, soft_wrap=True)
    console.print(f"problems {len(figures['problems'])}, warnings {len(figures['warnings'])}")
