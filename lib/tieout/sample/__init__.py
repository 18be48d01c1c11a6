"""The generator: realistic exports of any of the known systems, with the truth behind them."""

from tieout.sample.job import generate
from tieout.sample.systems import SYSTEMS

__all__ = ["SYSTEMS", "generate"]
