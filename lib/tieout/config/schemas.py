"""JSON Schemas of the config files, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tieout.config.models.definitions import DefinitionFile
from tieout.config.models.entity import EntityConfig
from tieout.config.models.matching import MatchingConfig
from tieout.config.models.products import ProductsConfig
from tieout.config.models.project import ProjectSettings
from tieout.config.models.quality import QualityConfig
from tieout.config.models.source import SourceConfig
from tieout.config.models.survivorship import SurvivorshipConfig

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


def write_schemas(folder: Path) -> dict[str, Any]:
    """Write `<folder>/<kind>.schema.json` for every kind of config file; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for kind, model in SCHEMAS.items():
        path = folder / f"{kind}.schema.json"
        path.write_text(json.dumps(model.model_json_schema(), indent=2) + "\n", encoding="utf-8")
        written[kind] = str(path)
    return {"schemas": written}
