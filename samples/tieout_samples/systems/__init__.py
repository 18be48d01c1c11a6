"""The systems that the generator can write, one module each, named as in config and on the command line."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tieout_samples.presence import CRMS, ERPS
from tieout_samples.systems.base import Export
from tieout_samples.world import World

SYSTEMS = CRMS + ERPS


def exporter(system: str) -> Callable[[World], Export]:
    """Return the function that writes a system's view of a world."""
    function: Callable[[World], Export] = import_module(f"tieout_samples.systems.{system}").export
    return function
