"""Published identities measured against known truth."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "published": "evaluate_entity",
        "scores": "ClusterScores Histogram",
    },
)
