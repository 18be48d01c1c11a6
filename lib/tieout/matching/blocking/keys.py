"""Blocking keys of a record: one slot per key of a rule, oversized keys made finer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.config.models.matching import BlockingRule, MatchingConfig
from tieout.matching.hashing import Hashes, hash_texts, mix
from tieout.matching.kinds import KINDS
from tieout.matching.prepare.batch import Batch
from tieout.matching.prepare.frequency_sketch import slots

FINER = np.uint64(0x5851F42D4C957F2D)


@dataclass(frozen=True)
class LargeKeys:
    """Places of keys (in a table of 2**bits) that have too many records, and which places have more than one.

    `paired` has a bit per place; None where that is not known.
    """

    bits: int
    slots: NDArray[np.int64]
    paired: NDArray[np.uint8] | None = None

    def has(self, keys: Hashes) -> NDArray[np.bool_]:
        """Tell which keys are too common."""
        if not len(self.slots):
            return np.zeros(keys.shape, dtype=bool)
        return np.asarray(np.isin(slots(keys, self.bits), self.slots, kind="sort") & (keys != 0))

    def without_alone(self, keys: Hashes) -> Hashes:
        """Return keys with 0 for those that only one record has: they make no pair and need not travel."""
        if self.paired is None:
            return keys
        found = slots(keys, self.bits)
        shared = (self.paired[found >> 3] >> (7 - (found & 7)).astype(np.uint8)) & 1
        return np.where(shared == 1, keys, np.uint64(0))


@dataclass(frozen=True)
class RecordKeys:
    """Keys of a batch of records, one column per slot; which were made finer, which were dropped."""

    keys: Hashes
    refined: NDArray[np.bool_]
    dropped: NDArray[np.bool_]


def key_of(batch: Batch, word: str) -> Hashes:
    """Return the hashes of one key such as `name.rarest`: records in rows, one column or several."""
    column, _, part = word.partition(".")
    kind, values = KINDS[batch.config.columns[column].kind], batch.columns[column]
    # Several rules may use one key.
    found = values.get(f"keys:{part}", lambda: kind.keys(part or "exact", values))
    width = _width(batch.config, word)
    found = found.reshape(batch.rows, -1)[:, :width]
    return np.pad(found, ((0, 0), (0, width - found.shape[1])))


def _width(config: MatchingConfig, word: str) -> int:
    name, _, part = word.partition(".")
    column = config.columns[name]
    return KINDS[column.kind].key_width(part or "exact", max(len(column.source), 1))


def slot_rules(config: MatchingConfig) -> NDArray[np.int64]:
    """Return which rule each slot of a record's keys belongs to."""
    slots = [
        np.full(int(np.prod([_width(config, word) for word in rule.keys])), number)
        for number, rule in enumerate(config.blocking_rules)
    ]
    return np.concatenate(slots).astype(np.int64)


def combine(batch: Batch, words: list[str]) -> Hashes:
    """Return the hashes of several keys together: every combination where one has several values.

    Keys of different rules never agree, whatever their place in the config.
    """
    salt = hash_texts(pa.array([" + ".join(words)], pa.string()))[0]
    joined = np.full((batch.rows, 1), salt, dtype=np.uint64)
    for word in words:
        keys = key_of(batch, word)
        joined = mix(joined[:, :, None], keys[:, None, :]).reshape(batch.rows, -1)
    return _without_repeats(joined)


def _without_repeats(keys: Hashes) -> Hashes:
    for slot in range(1, keys.shape[1]):
        repeated = (keys[:, :slot] == keys[:, slot : slot + 1]).any(axis=1)
        keys[repeated, slot] = 0
    return keys


def finer_words(config: MatchingConfig, rule: BlockingRule) -> list[str]:
    """Return the keys to add, one after the other, where a rule's block is too large."""
    if rule.refine:
        return rule.refine
    used = {word.partition(".")[0] for word in rule.keys}
    wanted = {
        "company_name": "rarest", "person_name": "rarest", "text": "rarest", "family_name": "sounds",
        "given_name": "sounds", "street": "rarest", "postcode": "exact", "city": "exact", "date": "year",
    }  # fmt: skip
    found = [
        f"{name}.{wanted[column.kind]}"
        for kind in wanted
        for name, column in config.columns.items()
        if column.kind == kind and name not in used
    ]
    return found[:2]


def coarse_keys(batch: Batch) -> Iterator[tuple[BlockingRule, Hashes]]:
    """Yield each rule and its keys, records in rows."""
    for rule in batch.config.blocking_rules:
        yield rule, combine(batch, rule.keys)


def finer_keys(batch: Batch, rule: BlockingRule, keys: Hashes) -> Iterator[Hashes]:
    """Yield finer keys made from a rule's keys, one step after the other."""
    for word in finer_words(batch.config, rule):
        keys = mix(mix(keys, FINER), key_of(batch, word)[:, :1])
        yield keys


def record_keys(batch: Batch, large: LargeKeys) -> RecordKeys:
    """Return the keys that each record is blocked by: of each key the coarsest that is not too common."""
    slots, refined, dropped = [], [], []
    for rule, keys in coarse_keys(batch):
        chosen, was_large = keys, large.has(keys)
        still = was_large
        # Few keys are too common, so finer ones are seldom made.
        for finer in finer_keys(batch, rule, keys) if was_large.any() else ():
            chosen = np.where(still, finer, chosen)
            still = still & large.has(finer)
        slots.append(large.without_alone(np.where(still, np.uint64(0), chosen)))
        refined.append(was_large & ~still)
        dropped.append(still)
    return RecordKeys(np.concatenate(slots, axis=1), np.concatenate(refined, axis=1), np.concatenate(dropped, axis=1))
