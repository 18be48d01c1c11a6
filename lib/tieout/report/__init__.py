"""The HTML report: one self-contained file that a CFO and a data engineer both can read."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "gather": "personal_fields system_titles",
        "match_report": "write_match_report",
        "notebook": "setting show",
        "run_report": "Written reported_run write_page write_report",
        "tables": "Tables",
    },
)
