"""Delta tables, the record of runs, the audit, and the context that a job works in."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "audit": "record_audit",
        "context": "Context open_context open_lakehouse",
        "runs": "Run user_name",
        "tables": "Lakehouse",
    },
)
