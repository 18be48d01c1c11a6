"""Mappings of the config compiled into Spark."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "check": "check_mappings",
        "fields": "FieldCompiler",
        "mapper": "Mapper",
        "namespace": "Namespace",
    },
)
