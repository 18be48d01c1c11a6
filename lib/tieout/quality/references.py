"""References whose orphans, rows that point to nothing, are only reported."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.config.models.quality import ReferenceConfig
from tieout.quality.rules import Rule


@dataclass(frozen=True)
class Reference:
    """A reference field of an entity, and the entity that it points to."""

    entity: str
    field: str
    target: str
    config: ReferenceConfig

    @property
    def rule(self) -> Rule:
        """Return the reference as a rule, for results."""
        return Rule(f"{self.field}: exists", self.config.reason, "warning", "warn", "FALSE", None, self.field)
