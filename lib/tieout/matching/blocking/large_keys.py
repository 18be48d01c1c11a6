"""Blocking keys with too many records, such as the number of a shared switchboard, named for people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tieout.config.models.matching import BlockingRule
from tieout.matching.blocking.blocks import Blocking
from tieout.matching.blocking.keys import coarse_keys, combine, finer_words
from tieout.matching.prepare.batch import Batch
from tieout.matching.prepare.frequency_sketch import slots

SHOWN = 20
SEEN = 10  # records of the sample that must have a value before it is called common


# Kinds of which a value is normally one thing's own, so that one which many records have is worth a look.
OWN = ("phone", "email", "domain", "identifier")


def name_large_keys(batch: Batch, sample: pa.Table, blocking: Blocking) -> list[dict[str, Any]]:
    """Return the largest blocking keys above `limits.largest_block` among the values of a sample of records.

    Each has rule, value (of the rule's columns, as an example record has them), records (how many have the key)
    and added (the keys that part its block). Values of phones, addresses and identifiers that many records have
    are named even where no rule uses them alone. A key that a thousandth of the records have is not missed.
    """
    if blocking.counts is None:
        return []
    found = []
    for rule, found_keys in coarse_keys(batch):
        keys, rows = np.unique(found_keys.ravel(), return_index=True)
        counts = blocking.counts[slots(keys, blocking.large.bits)]
        for place in np.flatnonzero((keys != 0) & (counts > batch.config.limits.largest_block)):
            found.append((int(counts[place]), rule, int(rows[place]) // found_keys.shape[1]))
    found.extend(_common_values(batch, {rule.name for _, rule, _ in found}))
    found.sort(key=lambda one: -one[0])
    return [
        {
            "rule": rule.name,
            "value": _value(sample, rule, row),
            "records": records,
            "added": finer_words(batch.config, rule),
        }
        for records, rule, row in found[:SHOWN]
    ]


def _common_values(batch: Batch, known: set[str]) -> list[tuple[int, BlockingRule, int]]:
    """Return values that too many records have, whether or not a rule blocks by them alone.

    Their records are those of the sample, scaled up: a proposed config keeps away from such values.
    """
    found = []
    scale = batch.frequencies.records / max(batch.rows, 1)
    for name, column in batch.config.columns.items():
        rule = BlockingRule(keys=[f"{name}.exact"])
        if column.kind not in OWN or rule.name in known:
            continue
        keys = combine(batch, rule.keys)
        values, rows, counts = np.unique(keys.ravel(), return_index=True, return_counts=True)
        for place in np.flatnonzero((values != 0) & (counts * scale > batch.config.limits.largest_block)):
            if counts[place] >= SEEN:
                found.append((round(int(counts[place]) * scale), rule, int(rows[place]) // keys.shape[1]))
    return found


def _value(sample: pa.Table, rule: BlockingRule, row: int) -> str:
    columns = dict.fromkeys(key.partition(".")[0] for key in rule.keys)
    return " + ".join(str(sample.column(name)[row].as_py()) for name in columns)
