"""Mapping of bronze into typed silver entities, and silver's upkeep."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "bronze_tables": "Bronze",
        "entity_plan": "EntityPlan planned",
        "row_status": "with_broken_rules with_status",
        "release": "discard listed quarantined",
    },
)
