"""Outcomes of comparisons of raw pairs of records, given as pandas rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ModelError
from tieout.matching.comparing.levels import compare, schemes
from tieout.matching.comparing.patterns import Digits, to_digits
from tieout.matching.prepare.batch import Batch, prepare_table
from tieout.matching.prepare.frequency_sketch import Frequencies

# Two ways to write one thing, by kind. Made up: a model's example must not hold anybody's data.
_EXAMPLES = {
    "company_name": ("Acme Manufacturing GmbH", "ACME MFG"), "person_name": ("Robert Miller", "Bob Miller"),
    "given_name": ("Robert", "Bob"), "family_name": ("Miller", "Millar"), "street": ("12 Main Street", "Main St 12"),
    "city": ("Springfield", "Springfeild"), "region": ("Bavaria", "Bavaria"), "postcode": ("80331", "80333"),
    "country": ("DE", "Germany"), "phone": ("+49 30 1234567", "030 1234567"),
    "email": ("info@acme.example", "sales@acme.example"), "domain": ("acme.example", "www.acme.example"),
    "identifier": ("DE123456789", "123456789"), "date": ("1980-02-01", "1980-01-02"), "number": ("100", "98.5"),
    "text": ("Acme drill 500 W", "drill by Acme, 500 watts"), "category": ("a", "a"),
}  # fmt: skip


def source_columns(config: MatchingConfig) -> list[str]:
    """Return the raw columns that the model reads of each record."""
    return sorted({source for name, column in config.columns.items() for source in column.source or [name]})


def example_pairs(config: MatchingConfig) -> pd.DataFrame:
    """Return two made-up pairs in the columns that `score_pairs` reads: one alike, one with nothing to compare."""
    kinds = {source: column.kind for name, column in config.columns.items() for source in column.source or [name]}
    sides = {"_l": 0, "_r": 1}
    return pd.DataFrame(
        {
            f"{name}{side}": pd.Series([_EXAMPLES[kinds[name]][place], None], dtype=object)
            for name in source_columns(config)
            for side, place in sides.items()
        }
    )


def pair_digits(config: MatchingConfig, frequencies: Frequencies, pairs: pd.DataFrame) -> Digits:
    """Return the outcome of each comparison, one row per pair of raw records (columns as in `score_pairs`).

    Raises ModelError when no column of the config is there.
    """
    columns = source_columns(config)
    if not any(f"{name}{side}" in pairs.columns for name in columns for side in ("_l", "_r")):
        expected = ", ".join(f"{name}_l, {name}_r" for name in columns)
        raise ModelError(f"No column to compare among {', '.join(map(str, pairs.columns))}; expected {expected}")
    table = pa.concat_tables([_side(pairs, columns, "_l"), _side(pairs, columns, "_r")])
    batch = Batch(config, pa.table(prepare_table(config, table)), frequencies)
    rows = np.arange(len(pairs))
    return to_digits(compare(batch, schemes(config), rows, rows + len(pairs)))


def _side(pairs: pd.DataFrame, columns: list[str], side: str) -> pa.Table:
    texts = {}
    for name in columns:
        values = pairs.get(f"{name}{side}")
        missing = [None] * len(pairs)
        listed = missing if values is None else [None if pd.isna(value) else str(value) for value in values]
        texts[name] = pa.array(listed, pa.string())
    return pa.table(texts)
