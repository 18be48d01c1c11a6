"""The HTML report: one self-contained file that a CFO and a data engineer both can read."""

from tieout.report.match_report import match_report
from tieout.report.run_report import Written, reported_run, write_report

__all__ = ["Written", "match_report", "reported_run", "write_report"]
