"""Steps of the pipeline that run again only where something they depend on has changed."""

from tieout.lakehouse.incremental.finished import Finished, Mark
from tieout.lakehouse.incremental.running import Step, reasons, run_step

__all__ = ["Finished", "Mark", "Step", "reasons", "run_step"]
