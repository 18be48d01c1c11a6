"""The model of `conf/products.yml`: what each data product promises, to whom, and who answers for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from tieout.config.base import StrictModel, read_model

TableName = Annotated[str, Field(pattern=r"^(bronze|silver|match|gold|ops)\.[a-z0-9_]+$")]


# Tables whose names do not follow from the config; silver has one for each entity beside these, bronze one an object.
OWN_TABLES = {
    "silver": ("quarantine", "quality_result", "drift"),
    "match": ("pair", "crosswalk", "identity_event", "review_queue", "decision"),
    "ops": ("run", "step", "lineage", "audit", "usage"),
}


class Bars(StrictModel):
    """How good the product must be; what is not given is not checked."""

    source_age_days: float | None = Field(
        default=None, gt=0, description="the newest change in its sources may be this old"
    )
    quarantined_percent: float | None = Field(
        default=None, ge=0, le=100, description="open quarantine, in percent of the rows of its sources"
    )
    open_reviews: int | None = Field(default=None, ge=0, description="pairs that wait for a person's answer")
    unresolved_percent: float | None = Field(
        default=None, ge=0, le=100, description="rows of the tie-out that differ, in percent"
    )


class Product(StrictModel):
    """One data product: tables that people rely on, with a promise."""

    meaning: str = Field(description="what it is, in a sentence for people")
    owner: str = Field(description="who answers for it")
    tables: list[TableName] = Field(min_length=1, description="layer.table")
    sources: list[str] = Field(default=[], description="silver entities that it is made from")
    consumers: list[str] = Field(default=[], description="reports, teams and systems that rely on it")
    refreshed_within_hours: float = Field(gt=0, description="age of the last good run that wrote it")
    bars: Bars = Bars()


class ProductsConfig(StrictModel):
    """All data products."""

    products: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Product] = {}


def read_products(directory: Path) -> ProductsConfig:
    """Read `products.yml` of a config directory; a directory without one has no products.

    Raises ConfigError naming file, line and key.
    """
    path = directory / "products.yml"
    return read_model(path, ProductsConfig) if path.exists() else ProductsConfig()
