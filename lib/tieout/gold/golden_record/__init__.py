"""The value that a golden record keeps of each field."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "choices": "field_rules",
        "survivorship": "check_survivorship golden",
    },
)
