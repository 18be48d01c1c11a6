"""`tieout config check | schema`: every problem of a config directory, and JSON Schemas for editors."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from tieout.config.definitions import DefinitionFile
from tieout.config.entity import EntityConfig
from tieout.config.matching import MatchingConfig
from tieout.config.products import ProductsConfig
from tieout.config.project import ProjectSettings
from tieout.config.quality import QualityConfig
from tieout.config.source import SourceConfig
from tieout.config.survivorship import SurvivorshipConfig
from tieout.errors import ConfigError, Problem

SCHEMAS: dict[str, type[BaseModel]] = {
    "tieout": ProjectSettings,
    "sources": SourceConfig,
    "entities": EntityConfig,
    "quality": QualityConfig,
    "matching": MatchingConfig,
    "survivorship": SurvivorshipConfig,
    "definitions": DefinitionFile,
    "products": ProductsConfig,
}


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Check the config, or write one JSON Schema a kind of file."""
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


def write_schemas(folder: Path) -> dict[str, Any]:
    """Write `<folder>/<kind>.schema.json` for every kind of config file; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for kind, model in SCHEMAS.items():
        path = folder / f"{kind}.schema.json"
        path.write_text(json.dumps(model.model_json_schema(), indent=2) + "\n", encoding="utf-8")
        written[kind] = str(path)
    return {"schemas": written}
