"""The HTML report: one self-contained file that a CFO and a data engineer both can read."""

from tieout.report.book import write_report
from tieout.report.match_report import match_report

__all__ = ["match_report", "write_report"]
