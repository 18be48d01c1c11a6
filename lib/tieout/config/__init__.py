"""Typed models of every file in `conf/`, loaded and checked before Spark starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from tieout.config.base import config_error, load_yaml, nearest, read_model, validate
from tieout.config.consistency import inconsistencies
from tieout.config.location import located
from tieout.config.models.definitions import DefinitionFile
from tieout.config.models.entity import EntityConfig
from tieout.config.models.matching import MatchingConfig
from tieout.config.models.project import ProjectSettings
from tieout.config.models.quality import QualityConfig
from tieout.config.models.source import SourceConfig
from tieout.config.models.survivorship import SurvivorshipConfig
from tieout.errors import ConfigError, Problem

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

    def files(self) -> dict[Path, BaseModel]:
        """Return the config's files, as they were read, by path."""
        folders: dict[str, Mapping[str, BaseModel]] = {
            "sources": self.sources, "entities": self.entities, "quality": self.quality, "matching": self.matching,
            "survivorship": self.survivorship, "definitions": self.definitions,
        }  # fmt: skip
        named = {
            self.directory / folder / f"{name}.yml": one
            for folder, all_ in folders.items()
            for name, one in all_.items()
        }
        return {self.directory / "tieout.yml": self.project, **named}

    def located(self, error: ConfigError) -> ConfigError:
        """Return the error with file and line of each problem that names only its config model."""
        return located(error, self.files())

    def lookup_path(self, name: str) -> Path:
        """Return the path of a lookup file named in the config, such as `lookups/x.csv`."""
        return self.directory / name


def load_config(directory: Path, sources: list[str] | None = None) -> Config:
    """Read and check a config directory.

    `sources` replaces the project's list of systems; with `sources: auto` and none given, every
    system that has a file is loaded and those without an export are passed over. Raises ConfigError
    naming file, line and key of all problems of all files, sorted.
    """
    config, errors = read_config(directory, sources)
    errors += inconsistencies(config)
    if errors:
        raise sorted_error(errors)
    return config


def read_config(directory: Path, sources: list[str] | None = None) -> tuple[Config, list[ConfigError]]:
    """Read a config directory; return what can be read, and what is wrong in the rest.

    Raises ConfigError when there is no such directory.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such config directory; give one with --config DIR")
    errors: list[ConfigError] = []
    project = _attempt(lambda: read_project(directory), errors) or ProjectSettings()
    names = sources or ([] if project.sources == "auto" else project.sources)
    config = Config(
        directory=directory,
        project=project,
        sources=_read_sources(directory, names or source_names(directory), errors),
        required_sources=frozenset(names),
        entities=_read_folder(directory / "entities", EntityConfig, errors),
        quality=_read_folder(directory / "quality", QualityConfig, errors),
        matching=_read_folder(directory / "matching", MatchingConfig, errors),
        survivorship=_read_folder(directory / "survivorship", SurvivorshipConfig, errors),
        definitions=_read_folder(directory / "definitions", DefinitionFile, errors),
    )
    return config, errors


def sorted_error(errors: Iterable[ConfigError]) -> ConfigError:
    """Return one error with the problems of all, by file and line, each once."""
    problems = dict.fromkeys(ConfigError.of(errors).problems)
    return ConfigError(*sorted(problems, key=lambda one: (one.file, one.line or 0, one.key, one.message)))


def _attempt(read: Callable[[], Model], errors: list[ConfigError]) -> Model | None:
    try:
        return read()
    except ConfigError as error:
        errors.append(error)
        return None


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


def _read_sources(directory: Path, names: list[str], errors: list[ConfigError]) -> dict[str, SourceConfig]:
    known = source_names(directory)
    for name in names:
        if name not in known:
            problem = f"no {name}.yml; there are {', '.join(known)}.{nearest(name, known)}"
            errors.append(ConfigError(Problem(problem, str(directory / "sources"))))
    paths = [directory / "sources" / f"{name}.yml" for name in names if name in known]
    return _read_files(paths, SourceConfig, errors)


def _read_folder(folder: Path, model: type[Model], errors: list[ConfigError]) -> dict[str, Model]:
    return _read_files(sorted(folder.glob("*.yml")), model, errors)


def _read_files(paths: list[Path], model: type[Model], errors: list[ConfigError]) -> dict[str, Model]:
    read = {path.stem: _attempt(partial(read_model, path, model), errors) for path in paths}
    return {name: one for name, one in read.items() if one is not None}
