"""Options for how numbers, dates and yes/no are written, shared by system, object and field."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tieout.config.base import StrictModel

DEFAULT_TRUE = ("true", "t", "yes", "y", "1", "x", "on")
DEFAULT_FALSE = ("false", "f", "no", "n", "0", "off")
DEFAULT_DATES = ("yyyy-MM-dd",)
DEFAULT_TIMESTAMPS = (
    "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS][.SSS][XXX][XX][X]",
    "yyyy-MM-dd HH:mm:ss[.SSSSSS][.SSS][ XXX][XXX][XX][X]",
    "yyyy-MM-dd",
)


class ValueOptions(StrictModel):
    """How text becomes dates, numbers and booleans. A field's option beats its object's, that the system's."""

    empty_words: list[str] | None = Field(default=None, description="values that mean 'nothing', e.g. 00000000")
    date_format: str | list[str] | None = Field(default=None, description="Spark date pattern(s), tried in order")
    timestamp_format: str | list[str] | None = Field(
        default=None, description="Spark pattern(s), or epoch_seconds, epoch_millis"
    )
    time_zone: str | None = Field(default=None, description="zone of times that do not say theirs; default UTC")
    excel_serial_dates: bool | None = Field(default=None, description="bare day numbers are Excel dates")
    decimal_mark: Literal[".", ","] | None = Field(default=None, description="default .")
    thousands_mark: Literal[",", ".", " ", "'", ""] | None = Field(default=None, description="removed; default ,")
    true_words: list[str] | None = Field(default=None, description="default true t yes y 1 x on")
    false_words: list[str] | None = Field(default=None, description="default false f no n 0 off")
    blank_is_false: bool | None = Field(default=None, description="an empty flag means no (a checkbox column)")
    amounts: Literal["as_written", "two_decimals", "minor_units"] | None = Field(
        default=None,
        description="two_decimals: every currency is stored with two (JPY 1000 as 10.00); minor_units: as cents",
    )
    country: str | None = Field(default=None, description="ISO-2 country of values that do not say theirs")

    def over(self, below: ValueOptions) -> ValueOptions:
        """Return these options, with those of `below` where these say nothing."""
        names = ValueOptions.model_fields
        chosen = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        rest = {name: getattr(below, name) for name in names if getattr(below, name) is not None}
        return ValueOptions(**(rest | chosen))
