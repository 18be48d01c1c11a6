"""Comparison of records, the model that weighs it, and its training."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "engine": "Prepared Scored Training",
        "model": "Model",
        "inputs": "Inputs",
    },
)
