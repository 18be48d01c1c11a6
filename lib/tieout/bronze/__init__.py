"""Exports listed, checked and read into bronze, each file once, with drift recorded."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "exported": "Export bronze_table",
        "files": "SourceFile list_files",
        "landing": "land known_hashes",
        "plan": "plan_exports",
        "rejects": "with_reject_reasons",
        "unchanged": "changed_files is_settled",
    },
)
