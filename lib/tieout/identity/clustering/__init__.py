"""Clusters of records from scored pairs."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "clusters": "Clustering cluster",
        "settings": "ClusterSettings",
    },
)
