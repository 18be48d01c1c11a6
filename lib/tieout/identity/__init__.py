"""Which records are one customer, one person, one product: clusters, stable ids, decisions, explanation."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "decisions": "between",
        "fingerprint": "input_fingerprint",
        "resolution": "Resolution resolve_entity",
        "tables": "MatchTables",
    },
)
