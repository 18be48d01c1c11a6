"""One YAML file as a typed model, with errors that name file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from tieout.errors import ConfigError
from tieout.errors import nearest as nearest

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


class StrictModel(BaseModel):
    """A config model: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def load_yaml(path: Path) -> Any:
    """Parse one YAML file, keeping line positions.

    Raises ConfigError when the file is missing, is not UTF-8 or is not YAML.
    """
    try:
        return YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such config file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else "?"
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem or error.context}") from error


def line_of(document: Any, location: Location) -> int:
    """Return the 1-based line of the deepest part of `location` that the document has."""
    line = 1
    for step in location:
        if isinstance(document, CommentedMap) and step in document:
            line = document.lc.key(step)[0] + 1
        elif isinstance(document, CommentedSeq) and isinstance(step, int) and step < len(document):
            line = document.lc.item(step)[0] + 1
        else:
            # pydantic inserts names of union members into a location; they are not in the file
            continue
        document = document[step]
    return line


def config_error(path: Path, document: Any, location: Location, problem: str) -> ConfigError:
    """Build the error for one place of a config file: `file:line: key: problem`."""
    key = ".".join(str(step) for step in location)
    return ConfigError(f"{path}:{line_of(document, location)}: {key}: {problem}")


def _siblings(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that the model allows where `location` points, for a spelling suggestion."""
    current: Any = model
    for step in location[:-1]:
        if isinstance(current, type) and issubclass(current, BaseModel) and step in current.model_fields:
            current = current.model_fields[str(step)].annotation
        current = _inner_model(current) or current
    fields = getattr(current, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def _problem(model: type[BaseModel], detail: Any) -> str:
    location = detail["loc"]
    if detail["type"] == "extra_forbidden":
        allowed = _siblings(model, location)
        hint = nearest(str(location[-1]), allowed)
        return f"unknown key; allowed here: {', '.join(allowed) or 'none'}.{hint}"
    if detail["type"] == "missing":
        return "required key is missing"
    found = repr(detail["input"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    hint = ""
    if detail["type"] in {"literal_error", "enum"} and isinstance(detail["input"], str):
        allowed = [word.strip(" '") for word in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
        hint = nearest(detail["input"], allowed)
    return f"{message}; found {found[:80]}.{hint}"


def validate(path: Path, document: Any, model: type[Model]) -> Model:
    """Check a parsed document against `model`; raise ConfigError with every problem, one a line."""
    try:
        return model.model_validate(document if document is not None else {})
    except ValidationError as error:
        lines = [str(config_error(path, document, detail["loc"], _problem(model, detail))) for detail in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from error


def read_model(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into `model`. Raises ConfigError naming file, line, key and what is allowed."""
    return validate(path, load_yaml(path), model)
