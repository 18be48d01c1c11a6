"""Which blocking keys have too many records, such as the number of a shared switchboard? Named for people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tieout.config.matching import BlockingRule
from tieout.matching.batch import Batch
from tieout.matching.keys import all_keys, finer_words
from tieout.matching.sketch import places
from tieout.matching.spark import Blocking

SHOWN = 20


def name_large_keys(batch: Batch, sample: pa.Table, blocking: Blocking) -> list[dict[str, Any]]:
    """Return the largest blocking keys above `limits.largest_block` among the values of a sample of records.

    Each has rule, value (of the rule's columns, as an example record has them), records (how many have the key)
    and added (the keys that part its block). A key that a thousandth of the records have is not missed.
    """
    if blocking.counts is None:
        return []
    found = []
    for number, steps in all_keys(batch):
        rule = batch.config.blocking_rules[number]
        keys, rows = np.unique(steps[0].ravel(), return_index=True)
        counts = blocking.counts[places(keys, blocking.large.bits)]
        for place in np.flatnonzero((keys != 0) & (counts > batch.config.limits.largest_block)):
            found.append((int(counts[place]), rule, int(rows[place]) // steps[0].shape[1]))
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


def _value(sample: pa.Table, rule: BlockingRule, row: int) -> str:
    columns = dict.fromkeys(key.partition(".")[0] for key in rule.keys)
    return " + ".join(str(sample.column(name)[row].as_py()) for name in columns)
