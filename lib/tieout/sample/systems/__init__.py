"""The systems that the generator can write, one module each, named as in config and on the command line."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tieout.sample.presence import CRMS, ERPS
from tieout.sample.systems.base import Export
from tieout.sample.world import World

SYSTEMS = CRMS + ERPS


def exporter(system: str) -> Callable[[World], Export]:
    """Return the function that writes a system's view of a world."""
    function: Callable[[World], Export] = import_module(f"tieout.sample.systems.{system}").export
    return function
