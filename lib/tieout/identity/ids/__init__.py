"""Stable ids of clusters, their events and the crosswalk."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "crosswalk": "crosswalk_rows",
        "events": "identity_events",
        "stable_ids": "assign_ids derived_id",
    },
)
