"""Records made comparable: texts normalised, words counted, as Arrow columns."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "batch": "Batch",
        "frequency_sketch": "Frequencies",
    },
)
