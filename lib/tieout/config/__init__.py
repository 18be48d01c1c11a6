"""Typed models of every file in `conf/`, loaded and checked before Spark starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from tieout.config.base import config_error, load_yaml, nearest, read_model, validate
from tieout.config.definitions import DefinitionFile
from tieout.config.entity import EntityConfig
from tieout.config.matching import MatchingConfig
from tieout.config.project import ProjectSettings
from tieout.config.quality import QualityConfig
from tieout.config.source import SourceConfig
from tieout.config.survivorship import SurvivorshipConfig
from tieout.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Config:
    """Everything under one config directory."""

    directory: Path
    project: ProjectSettings
    sources: dict[str, SourceConfig]
    entities: dict[str, EntityConfig]
    quality: dict[str, QualityConfig]
    matching: dict[str, MatchingConfig]
    survivorship: dict[str, SurvivorshipConfig]
    definitions: dict[str, DefinitionFile]
    required_sources: frozenset[str] = frozenset()
    """Systems that were named, so that their absence is an error; empty with `sources: auto`."""

    def driver_packages(self) -> list[str]:
        """Return the database drivers that the sources' objects name, as packages for Spark's own resolver."""
        sources = self.sources.values()
        options = [source.reading(name).jdbc for source in sources for name in source.objects]
        return sorted({one.package for one in options if one is not None and one.package is not None})

    def lookup_path(self, name: str) -> Path:
        """Return the path of a lookup file named in the config, such as `lookups/x.csv`."""
        return self.directory / name


def load_config(directory: Path, sources: list[str] | None = None) -> Config:
    """Read and check a config directory.

    `sources` replaces the project's list of systems; with `sources: auto` and none given, every
    system that has a file is loaded and those without an export are passed over. Raises ConfigError
    naming file, line and key; all problems of a file are reported together.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such config directory; give one with --config DIR")
    project = read_project(directory)
    names = sources or ([] if project.sources == "auto" else project.sources)
    return Config(
        directory=directory,
        project=project,
        sources=_read_sources(directory, names or source_names(directory)),
        required_sources=frozenset(names),
        entities=_read_folder(directory / "entities", EntityConfig),
        quality=_read_folder(directory / "quality", QualityConfig),
        matching=_read_folder(directory / "matching", MatchingConfig),
        survivorship=_read_folder(directory / "survivorship", SurvivorshipConfig),
        definitions=_read_folder(directory / "definitions", DefinitionFile),
    )


def read_project(directory: Path) -> ProjectSettings:
    """Read `tieout.yml`. Raises ConfigError, also for a system that has no file in `sources/`."""
    path = directory / "tieout.yml"
    document = load_yaml(path)
    project = validate(path, document, ProjectSettings)
    known = source_names(directory)
    for position, name in enumerate([] if project.sources == "auto" else project.sources):
        if name not in known:
            problem = f"no file sources/{name}.yml; there are {', '.join(known)}.{nearest(name, known)}"
            raise config_error(path, document, ("sources", position), problem)
    return project


def source_names(directory: Path) -> list[str]:
    """Return the systems that have a file in `sources/`, sorted."""
    return sorted(path.stem for path in (directory / "sources").glob("*.yml"))


def _read_sources(directory: Path, names: list[str]) -> dict[str, SourceConfig]:
    known = source_names(directory)
    for name in names:
        if name not in known:
            raise ConfigError(
                f"{directory / 'sources'}: no {name}.yml; there are {', '.join(known)}.{nearest(name, known)}"
            )
    return {name: read_model(directory / "sources" / f"{name}.yml", SourceConfig) for name in names}


def _read_folder(folder: Path, model: type[Model]) -> dict[str, Model]:
    return {path.stem: read_model(path, model) for path in sorted(folder.glob("*.yml"))}
