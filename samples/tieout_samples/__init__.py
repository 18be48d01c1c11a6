"""The generator: realistic exports of any of the known systems, with the truth behind them."""

from tieout.errors import UsageError

try:
    from tieout_samples.job import generate, named_systems
    from tieout_samples.systems import SYSTEMS
except ModuleNotFoundError as error:
    if error.name != "faker":
        raise
    raise UsageError("Sample exports need the package Faker: pip install 'tieout[samples]'") from error

# What a newcomer's sample has: the most common CRM and the most common ERP.
USUAL = "salesforce,sap"

__all__ = ["SYSTEMS", "USUAL", "generate", "named_systems"]
