"""Status of the lakehouse: runs, data products against their promises, gates, and what waits for people."""

from tieout.report.status.gather import observe
from tieout.report.status.observed import Observed
from tieout.report.status.promises import Health, check_promises

__all__ = ["Health", "Observed", "check_promises", "observe"]
