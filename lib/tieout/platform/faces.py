"""Public names of a package, imported when the first of them is used.

A package's `__init__.py` names what others may use. Its modules load Spark, pandas or MLflow, which take seconds, and
the command line and Python workers import packages of which they need one small module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], Any], list[str]]:
    """Return a package's `__getattr__` and `__all__`; `names` is module -> its public names, with spaces between."""
    owner = {name: module for module, listed in names.items() for name in listed.split()}

    def load(name: str) -> Any:
        if name not in owner:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{owner[name]}"), name)

    return load, sorted(owner)
