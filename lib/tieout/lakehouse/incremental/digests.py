"""Digests of what a step depends on besides tables: configuration, code lists, code, arguments."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel

from tieout.config import Config

# The parts of a config that are models in memory; each is a folder of `conf/`.
PARTS = ("sources", "entities", "quality", "matching", "survivorship", "definitions")
# SQL whose value is another one on another day, or each time.
CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|curdate)\b|\b(now|unix_timestamp|rand|randn|uuid)\s*\(", re.I
)


class UncountedError(RuntimeError):
    """A step read a part of the configuration that it had declared not to depend on."""


class Uncounted(dict[str, Any]):
    """Stands for a part of the config that a step does not count as its input: any use of it raises."""

    def __init__(self, step: str, part: str) -> None:
        self._said = f"{step} reads conf/{part}, which is not among the inputs that decide whether it runs again"

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UncountedError(self._said)

    __getitem__ = __iter__ = __len__ = __contains__ = __bool__ = get = items = keys = values = _refuse


def counted(config: Config, step: str, ignores: Collection[str]) -> Config:
    """Return the config without the parts that the step ignores, so that it cannot read what is not counted."""
    without: dict[str, Any] = {part: Uncounted(step, part) for part in ignores}
    return replace(config, **without)


def config_inputs(config: Config, ignores: Collection[str]) -> dict[str, str]:
    """Return a digest of each part of the config, those in `ignores` left out, and of all other files of `conf/`."""
    found = {f"conf/{part}": _models(getattr(config, part)) for part in PARTS if part not in ignores}
    found["conf/tieout.yml"] = digest(config.project.model_dump_json())
    found["systems asked for"] = ",".join(sorted(config.required_sources))
    for name, paths in _other_files(config).items():
        found[f"conf/{name}"] = _files(config.directory, paths)
    return found


def depends_on_day(config: Config, ignores: Collection[str]) -> bool:
    """Tell whether SQL in the counted parts of the config reads the clock, or chance."""
    parts = [getattr(config, part) for part in PARTS if part not in ignores]
    return any(CLOCK.search(model.model_dump_json()) for part in parts for model in part.values())


def _models(models: Mapping[str, BaseModel]) -> str:
    return digest({name: model.model_dump_json() for name, model in models.items()})


def _other_files(config: Config) -> dict[str, list[Path]]:
    """Return the files that are no models, by the first folder below `conf/` or their own name; rates always."""
    found: dict[str, list[Path]] = {}
    for path in sorted(config.directory.rglob("*")):
        top = path.relative_to(config.directory).parts[0]
        if path.is_file() and top not in (*PARTS, "tieout.yml") and not path.name.startswith("."):
            found.setdefault(top, []).append(path)
    rates = config.lookup_path(config.project.exchange_rates)
    if rates.is_file():
        found.setdefault("exchange rates", []).append(rates)
    return found


def _files(directory: Path, paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        name = path.relative_to(directory) if path.is_relative_to(directory) else path
        total.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:32]


def digest(value: Any) -> str:
    """Return a digest of a value that JSON can write."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]


@cache
def code_version() -> str:
    """Return a digest of Tieout's own files, of the versions of the libraries that it names, and of Python's."""
    total = hashlib.sha256(f"{sys.version_info[:3]} {_libraries()}".encode())
    for name, file in sorted(_modules(resources.files("tieout"), "")):
        total.update(name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:32]


def _modules(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in ("__pycache__", "conf"):
            yield from _modules(entry, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield prefix + entry.name, entry


def _libraries() -> list[str]:
    try:
        wanted = metadata.requires("tieout") or []
    except metadata.PackageNotFoundError:
        return []
    names = {re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in wanted if "extra ==" not in one}
    return sorted(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
