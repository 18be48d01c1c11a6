"""Where a config problem is: a key of a file, the line of it, and the line of SQL inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel

from tieout.config.base import Location, config_error, load_yaml
from tieout.errors import ConfigError, Problem


@dataclass(frozen=True)
class ConfigLocation:
    """A key in a config file."""

    path: Path
    keys: Location = ()

    def at(self, *keys: int | str) -> ConfigLocation:
        """Return the location below this one."""
        return ConfigLocation(self.path, (*self.keys, *keys))

    def error(self, problem: str, sql_line: int = 0) -> ConfigError:
        """Return the error that names file, line and key; `sql_line` is the line of the key's SQL, from 0."""
        return config_error(self.path, load_yaml(self.path), self.keys, problem, sql_line)


def located(error: ConfigError, models: Mapping[Path, BaseModel]) -> ConfigError:
    """Return the error with the file and line of each problem that names only its config model.

    `models` are the config's files, as they were read.
    """
    return ConfigError(*(_located(problem, models) for problem in error.problems))


def _located(problem: Problem, models: Mapping[Path, BaseModel]) -> Problem:
    if problem.item is None:
        return problem
    for path, model in models.items():
        for keys, item in _items(model, ()):
            if item is problem.item:
                location = ConfigLocation(path, (*keys, *problem.keys))
                return location.error(problem.message, problem.sql_line).problems[0]
    return replace(problem, item=None)


def _items(value: object, keys: Location) -> Iterator[tuple[Location, object]]:
    """Yield every config model inside a value, with the keys that lead to it."""
    if isinstance(value, BaseModel):
        yield keys, value
        for name, field in type(value).model_fields.items():
            yield from _items(getattr(value, name), (*keys, field.alias or name))
    elif isinstance(value, list | tuple):
        for position, one in enumerate(value):
            yield from _items(one, (*keys, position))
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _items(one, (*keys, name))
