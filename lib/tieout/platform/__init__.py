"""Session, SQL, rows, hashing, Arrow helpers, terminal and workbooks: nothing here knows a lakehouse."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "memory": "PeakMemory",
        "progress": "Progress",
        "rows": "frame_of stacked",
        "session": "get_spark is_small local_path settings",
        "sql": "literal quoted",
        "directories": "default_config shipped_config",
    },
)
