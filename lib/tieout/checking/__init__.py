"""All of a config directory checked at once, against its schemas and by Spark's own analyser, without data."""

from tieout.checking.check import Findings, check_config

__all__ = ["Findings", "check_config"]
