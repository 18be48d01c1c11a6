"""The settings that clustering reads: what a cluster may hold, and when evidence is enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tieout.config.models.matching import MatchingConfig


@dataclass(frozen=True)
class Constraint:
    """Two records of one `within` value whose `different` values differ are never one thing.

    `typing_errors` is the number of edits (optimal string alignment) that still counts as the
    same value, so that one mistyped digit does not split a customer in two.
    """

    different: str
    within: str | None = None
    typing_errors: int = 1

    @property
    def name(self) -> str:
        """Return the name that reports and `match.pair.cut_reason` use."""
        place = f" within {self.within}" if self.within else ""
        return f"{self.different} differs{place}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the record columns that the constraint reads."""
        return (self.different,) if self.within is None else (self.different, self.within)


@dataclass(frozen=True)
class ClusterSettings:
    """Thresholds are probabilities; weights are log2 odds (bits)."""

    accept: float = 0.5
    review: float = 0.2
    max_size: int = 50
    one_to_one: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    # A pair inside a component that no blocking rule proposed is mild evidence against it.
    absent_weight: float = -1.5
    # Evidence of one pair counts no more than this many bits, so that none outvotes all others.
    strongest: float = 10.0
    # Pairs less probable than this say nothing about a record's confidence.
    plausible: float = 0.01
    # Every pair of a doubtful component of up to so many records is looked at.
    reconsidered_size: int = 200

    @property
    def accept_weight(self) -> float:
        """Return the accepting threshold as log2 odds."""
        return math.log2(self.accept / (1 - self.accept))

    @property
    def attribute_columns(self) -> tuple[str, ...]:
        """Return the record columns that constraints read, each once, in order."""
        columns = [column for constraint in self.constraints for column in constraint.columns]
        return tuple(dict.fromkeys(columns))

    @property
    def constrained(self) -> bool:
        """Tell whether a pair of records may be forbidden whatever its probability."""
        return bool(self.constraints or self.one_to_one)

    @classmethod
    def of(cls, config: MatchingConfig, **changes: float) -> ClusterSettings:
        """Read the thresholds and the `clusters` part of a matching config; `changes` replace fields."""
        different = tuple(
            Constraint(_source(config, rule.column) or rule.column, _source(config, rule.within), rule.edits)
            for rule in config.clusters.different
        )
        return cls(
            accept=config.thresholds.accept,
            review=config.thresholds.review,
            max_size=config.clusters.max_size,
            one_to_one=tuple(config.clusters.one_to_one),
            constraints=different,
            **changes,  # type: ignore[arg-type]
        )


def _source(config: MatchingConfig, column: str | None) -> str | None:
    """Return the records' column behind a config's column: the first that it is read from."""
    known = config.columns.get(column or "")
    return known.source[0] if known and known.source else column
