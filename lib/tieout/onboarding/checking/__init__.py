"""Check of a source config against a sample of its exports."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "finding": "Finding",
        "source": "check_source",
    },
)
