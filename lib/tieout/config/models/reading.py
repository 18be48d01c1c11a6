"""Options for how files are read, shared by a system (`defaults`) and one of its objects."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from tieout.config.base import StrictModel

Format = Literal["csv", "json", "jsonl", "parquet", "xlsx", "fixed", "jdbc"]
DriftPolicy = Literal["add", "warn", "stop"]
Encoding = Literal["utf-8", "cp1252", "latin-1", "iso-8859-15", "cp1250", "cp850", "utf-16", "utf-16-le", "utf-16-be"]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
Encodings = Annotated[list[Encoding], BeforeValidator(_as_list, json_schema_input_type=Encoding | list[Encoding])]


EnvironmentVariable = Annotated[str, Field(pattern=r"^\$\{\w+\}$")]
SECRET_IN_URL = re.compile(r"[?&;](user|username|password|pwd)=|//[^/@]*:[^/@]*@", re.I)


class FixedColumn(StrictModel):
    """One column of a fixed-width file."""

    name: str
    start: int = Field(ge=1, description="position of the first character, counted from 1")
    width: int = Field(ge=1, description="number of characters")


class SettleOptions(StrictModel):
    """When is a file complete? A half-uploaded one is left for the next run."""

    marker: str | None = Field(
        default=None, description="file that appears last: `{file}.done` beside each, or one name for all"
    )
    seconds: float = Field(
        default=0, ge=0, description="a file is read only when size and time are unchanged for so long"
    )


class JdbcOptions(StrictModel):
    """Where a table or query of a database is, and how it is read in parallel and by change.

    User and password are never written here: the config names the environment variables that hold them.
    """

    url: str = Field(
        pattern=r"^jdbc:\w+:", description="jdbc:postgresql://host:port/database; `${NAME}` comes from the environment"
    )
    table: str | None = Field(default=None, description="schema.table")
    query: str | None = Field(default=None, description="a SELECT, instead of a table")
    user: EnvironmentVariable | None = Field(default=None, description="`${NAME}`: environment variable that holds it")
    password: EnvironmentVariable | None = Field(
        default=None, description="`${NAME}`: environment variable that holds it"
    )
    driver: str | None = Field(default=None, description="driver class; default by the URL")
    package: str | None = Field(
        default=None,
        pattern=r"^[\w.-]+:[\w.-]+:[\w.-]+$",
        description="group:artifact:version of the driver, which Spark's resolver fetches; none: Spark has it",
    )
    changed_since: str | None = Field(
        default=None, description="column that grows with each change: older rows are not read again"
    )
    partition_column: str | None = Field(default=None, description="number, date or time: read in parallel by it")
    lower: str | None = Field(default=None, description="where the partitions start; default its least value")
    upper: str | None = Field(default=None, description="where the partitions end; default its greatest value")
    partitions: int = Field(default=4, ge=1, description="parallel reads when there is a partition_column")
    fetch_size: int = Field(default=10_000, ge=1, description="rows per round trip")

    @model_validator(mode="after")
    def _one_origin_without_secrets(self) -> JdbcOptions:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        if SECRET_IN_URL.search(self.url):
            raise ValueError("no user or password in the url: name environment variables in user and password")
        return self


class ReadingOptions(StrictModel):
    """File-level options of one object; a system's `defaults` take the same."""

    format: Format = "csv"
    encoding: Encodings = Field(
        default=["utf-8"], min_length=1, description="tried in turn for each line; utf-16 only alone"
    )
    delimiter: str = Field(default=",", min_length=1, max_length=2, description="between columns")
    quote: str = Field(default='"', max_length=1, description="around values; empty: values are never quoted")
    escape: str | None = Field(default=None, max_length=1, description="before a quote; default: doubled quote")
    header: bool = Field(default=True, description="the first line has the names of the columns")
    columns: list[str] = Field(default=[], description="names of the columns when there is no header")
    skip_lines: int = Field(default=0, ge=0, description="lines before the header, such as a report's title")
    not_rows_when: str | None = Field(
        default=None, description="Spark SQL over the columns: rows that are no records, such as totals"
    )
    sheet: Texts = Field(default=[], description="xlsx: names or globs of sheets; default the first")
    fixed_columns: list[FixedColumn] = Field(default=[], description="fixed: where each column stands")
    records: str | None = Field(
        default=None, description="json: dotted path to the array of records, e.g. value or data.items"
    )
    settle: SettleOptions = Field(default=SettleOptions(), description="when a file counts as complete")
    drift: DriftPolicy = Field(
        default="add",
        description="columns differ from the last export: add and record, also warn, or stop before writing",
    )
    jdbc: JdbcOptions | None = Field(default=None, description="jdbc: the database, instead of files")
