"""The columns of a bronze table that a mapping reads, trimmed, with NULL for what is empty."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.sql import DataFrame

from tieout.config.models.values import ValueOptions
from tieout.platform.sql import literal, quoted

LINEAGE = ("_file", "_row", "_file_hash", "_ingested_at", "_corrupt")
REASON = "_corrupt_reason"
BRONZE_OWN = (*LINEAGE, REASON, "_run_id")
WORD = re.compile(r"`((?:[^`]|``)+)`|([^\W\d]\w*)")
STRING = re.compile(r"'(?:[^'\\]|\\.)*'")


def words_of(texts: Iterable[str]) -> set[str]:
    """Return every word in SQL texts that may be a column's name, outside of quoted strings."""
    found = set()
    for text in texts:
        for back_quoted, plain in WORD.findall(STRING.sub("''", text)):
            found.add(back_quoted.replace("``", "`") or plain)
    return found


def exported_columns(frame: DataFrame) -> list[str]:
    """Return the columns of a bronze table that the system exported."""
    return [name for name in frame.columns if name not in BRONZE_OWN]


def cleaned(bronze: DataFrame, wanted: set[str], options: ValueOptions, with_raw: bool = True) -> DataFrame:
    """Select the wanted columns, trimmed, with NULL for what is empty or an empty word.

    Adds `_raw` (struct of all exported columns, untouched) and keeps the lineage columns.
    A wanted column that the table does not have is left out.
    """
    exported = exported_columns(bronze)
    folded = {name.lower() for name in wanted}
    chosen = [name for name in exported if name.lower() in folded]
    columns = [f"{clean_value(quoted(name), options)} AS {quoted(name)}" for name in chosen]
    if with_raw:
        columns.append("struct(" + ", ".join(map(quoted, exported)) + ") AS _raw")
    reason = REASON if REASON in bronze.columns else f"CAST(NULL AS STRING) AS {REASON}"
    return bronze.selectExpr(*columns, *LINEAGE, reason)


def clean_value(sql: str, options: ValueOptions) -> str:
    """Return SQL for a trimmed text, NULL where it is empty or one of the `empty_words`."""
    empty = ", ".join(literal(word) for word in {"", *(options.empty_words or [])})
    trimmed = f"trim({sql})"
    return (
        f"CASE WHEN {trimmed} NOT IN ({empty}) THEN {trimmed} END" if options.empty_words else f"nullif({trimmed}, '')"
    )
