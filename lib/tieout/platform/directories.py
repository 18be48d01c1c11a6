"""The config directory where none is named: here, or the one that the package ships."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# In a wheel it is in the package; of an editable install, beside lib/ in the repository.
SHIPPED = (PACKAGE / "conf", PACKAGE.parents[1] / "conf")


def default_config(environment: Mapping[str, str] = os.environ) -> str:
    """Return the config directory where none is given: `TIEOUT_CONFIG`, `conf` here, or what the package ships."""
    named = environment.get("TIEOUT_CONFIG")
    if named:
        return named
    if any(Path("conf", name).exists() for name in ("tieout.yml", "sources", "entities")):
        return "conf"
    return str(shipped_config() or "conf")


def shipped_config() -> Path | None:
    """Return the config directory that the package ships, None where there is none."""
    return next((folder for folder in SHIPPED if (folder / "tieout.yml").is_file()), None)
