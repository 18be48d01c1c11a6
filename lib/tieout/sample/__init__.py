"""The generator: realistic exports of any of the known systems, with the truth behind them."""

from tieout.sample.job import generate, named_systems
from tieout.sample.systems import SYSTEMS

# What a newcomer's sample has: the most common CRM and the most common ERP.
USUAL = "salesforce,sap"

__all__ = ["SYSTEMS", "USUAL", "generate", "named_systems"]
