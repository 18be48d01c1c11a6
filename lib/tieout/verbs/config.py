"""Is the config right, and what may an editor offer? `tieout config check | schema`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tieout.config import load_config, source_names
from tieout.config.definitions import DefinitionFile
from tieout.config.entity import EntityConfig
from tieout.config.matching import MatchingConfig
from tieout.config.products import ProductsConfig, read_products
from tieout.config.project import ProjectSettings
from tieout.config.quality import QualityConfig
from tieout.config.source import SourceConfig
from tieout.config.survivorship import SurvivorshipConfig

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
    directory = Path(args.config)
    # Every source file is checked, also of systems that the project does not read.
    config = load_config(directory, source_names(directory) or None)
    products = read_products(directory).products
    return {
        "config": str(directory),
        "sources": sorted(config.sources),
        "entities": sorted(config.entities),
        "definitions": sum(len(file.definitions) for file in config.definitions.values()),
        "products": len(products),
        "problems": 0,
    }


def write_schemas(folder: Path) -> dict[str, Any]:
    """Write `<folder>/<kind>.schema.json` for every kind of config file; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for kind, model in SCHEMAS.items():
        path = folder / f"{kind}.schema.json"
        path.write_text(json.dumps(model.model_json_schema(), indent=2) + "\n", encoding="utf-8")
        written[kind] = str(path)
    return {"schemas": written}
