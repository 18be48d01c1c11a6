"""The model of `conf/tieout.yml`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from tieout.config.base import StrictModel

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class MlflowSettings(StrictModel):
    """Where models are tracked; `{root}` in the URI stands for the lakehouse's local root."""

    tracking_uri: str = "sqlite:///{root}/mlflow.db"
    experiment: str = "tieout"


class ProjectSettings(StrictModel):
    """The settings that every job shares."""

    sources: list[str] | Literal["auto"] = Field(
        default="auto", description="systems to read, or auto: each that the input has a folder for"
    )
    root: str = Field(default="lakehouse", description="folder or URI that holds every table")
    catalog: str | None = Field(default=None, description="Spark catalog instead of a root")
    mlflow: MlflowSettings = MlflowSettings()
    reporting_currency: CurrencyCode = "USD"
    exchange_rates: str = "lookups/exchange_rates.csv"
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    time_zone: str = "UTC"
    as_of: date | None = Field(default=None, description="date of the metrics; default newest change in silver")
    tie_out_tolerance: float = Field(default=1.0, ge=0, description="differences up to this much still tie")
