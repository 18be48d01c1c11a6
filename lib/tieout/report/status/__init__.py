"""How is the lakehouse: runs, data products against their promises, gates, what waits for people?"""

from tieout.report.status.gather import observe
from tieout.report.status.judge import Health, judge
from tieout.report.status.observed import Observed

__all__ = ["Health", "Observed", "judge", "observe"]
