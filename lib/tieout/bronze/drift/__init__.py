"""Changes of an object's columns since its last export."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "record": "find_drift record_drift",
    },
)
