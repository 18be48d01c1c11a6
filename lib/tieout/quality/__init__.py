"""Great Expectations gates, and the quarantine for the rows that fail them."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "expectations": "row_sql",
        "gate": "Gate Outcome stop_if_failed",
        "orphans": "count_orphans",
        "quarantine": "rejected_rows corrections",
        "rules": "Rule row_rules broken",
    },
)
