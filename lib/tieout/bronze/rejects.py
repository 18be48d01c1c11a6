"""Which rows are no records, and why: kept in `_corrupt` with a reason, for the next step's quarantine."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.bronze.exported import CORRUPT, FILE, FILE_HASH, REASON, ROW, SYSTEM_COLUMNS, Export, column

# What a reader adds for the reject rules: the row as written, what its format says is wrong, the file's last row.
RAW, WRONG, LAST = "_raw", "_wrong", "_last"
LAST_ROWS = 5
TOTALS = r"(?i)^(grand[ -]?|sub[ -]?)?(totals?|totale|totaal|sum|summe|gesamt|gesamtsumme|somme|suma)\b"
# A look at more columns than this for the word would cost more than it finds.
TOTALS_COLUMNS = 20
SCIENTIFIC = r"^[0-9]([.,][0-9]+)?[eE][+][0-9]+$"


def with_reject_reasons(frame: DataFrame, export: Export) -> DataFrame:
    """Replace `_raw`, `_wrong` and `_last` by `_corrupt` and `_corrupt_reason`.

    Needs `_row` bigint, `_raw` string, `_wrong` string (a reason or null) and `_last` bigint (the file's
    last row, or null where that is not known). Rows with a reason keep what values they have.
    """
    exported = [name for name in frame.columns if name not in {*SYSTEM_COLUMNS, RAW, WRONG, LAST}]
    reasons = [F.col(WRONG), *_key_reasons(export, exported), _totals_reason(export, exported)]
    if export.options.not_rows_when:
        condition = F.expr(export.options.not_rows_when)
        reasons.append(F.when(condition, F.lit("not a record, by the config's not_rows_when")))
    found = frame.withColumn(REASON, F.coalesce(*reasons))
    corrupt = F.when(F.col(REASON).isNotNull(), F.col(RAW)).alias(CORRUPT)
    return found.select(*map(column, exported), FILE, ROW, FILE_HASH, corrupt, REASON)


def _key_reasons(export: Export, exported: list[str]) -> list[Column]:
    return [
        # The letter is looked for first: a pattern for each row would cost as much as the parsing.
        F.when(
            column(key).contains("+") & column(key).rlike(SCIENTIFIC),
            F.lit(f"{key} was turned into a rounded number such as 1.2E+10, so the record has no key"),
        )
        for key in export.keys
        if key in exported
    ]


def _totals_reason(export: Export, exported: list[str]) -> Column:
    if not exported:
        return F.lit(None).cast("string")
    first = F.coalesce(*(F.nullif(F.trim(column(name)), F.lit("")) for name in exported[:TOTALS_COLUMNS]))
    keys = [F.coalesce(F.trim(column(key)), F.lit("")) for key in export.keys if key in exported]
    keyless = reduce(lambda a, b: a & b, [(key == "") | (key == first) for key in keys], F.lit(True))
    near_end = F.col(ROW) > F.col(LAST) - LAST_ROWS
    return F.when(near_end & first.rlike(TOTALS) & keyless, F.lit("a row of totals"))
