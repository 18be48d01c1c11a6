"""Steps of the pipeline that run again only where something they depend on has changed."""

from tieout.steps.marks import Finished, Mark
from tieout.steps.running import Step, reasons, run_step

__all__ = ["Finished", "Mark", "Step", "reasons", "run_step"]
