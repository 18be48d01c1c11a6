"""Where systems contradict each other about one customer, and what each of them should be told."""

from tieout.gold.outbox.conflicts import Compared, compared_fields, contested, discrepancies
from tieout.gold.outbox.equivalence import Words, with_forms
from tieout.gold.outbox.proposals import held_back, judged, outbox, rule_candidates, survivorship_candidates
from tieout.gold.outbox.targets import Targets, read_targets

__all__ = [
    "Compared", "Targets", "Words", "compared_fields", "contested", "discrepancies", "held_back", "judged", "outbox",
    "read_targets", "rule_candidates", "survivorship_candidates", "with_forms",
]  # fmt: skip
