"""Readers of the formats that exports have, and the registry of them."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "registry": "Content hash_files inspect_files read_files",
        "jdbc": "Extract extract",
    },
)
