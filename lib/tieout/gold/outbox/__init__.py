"""Where systems contradict each other about one customer, and what each of them should be told."""

from tieout.gold.outbox.conflicts import Compared, compared_fields, contested, discrepancies
from tieout.gold.outbox.equivalence import Words, with_differences
from tieout.gold.outbox.proposals import (
    checked_against_targets,
    held_back,
    outbox,
    rule_candidates,
    survivorship_candidates,
)
from tieout.gold.outbox.targets import Targets, read_targets

__all__ = [
    "Compared", "Targets", "Words", "compared_fields", "contested", "discrepancies", "held_back", "outbox",
    "checked_against_targets", "read_targets", "rule_candidates", "survivorship_candidates", "with_differences",
]  # fmt: skip
