"""One YAML file as a typed model, with errors that name file, line and key."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

from tieout.errors import ConfigError, Problem
from tieout.errors import nearest as nearest

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


class StrictModel(BaseModel):
    """A config model: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# A config file is written by people. One of more bytes, or whose aliases stand for more values, is a mistake or an
# attack, and would fill the driver's memory.
MAX_BYTES = 2_000_000
MAX_VALUES = 200_000


class LocatedValueError(ValueError):
    """What a validator of a whole model found, each with the keys below the model that it is about."""

    def __init__(self, *found: tuple[Location, str]) -> None:
        self.found = found
        super().__init__("; ".join(message for _, message in found))


def load_yaml(path: Path) -> Any:
    """Parse one YAML file, keeping line positions. The document is shared: nobody may change it.

    Raises ConfigError when the file is missing, is no file, is not UTF-8, is not YAML or is beyond measure.
    """
    try:
        state = path.stat()
    except FileNotFoundError as error:
        raise ConfigError(Problem("no such config file", str(path))) from error
    if not path.is_file():
        raise ConfigError(Problem("a directory where a YAML file should be; move or rename it", str(path)))
    if state.st_size > MAX_BYTES:
        raise ConfigError(Problem(f"{state.st_size:,} bytes; a config file has at most {MAX_BYTES:,}", str(path)))
    return _parsed(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _parsed(path: Path, _changed: int, _size: int) -> Any:
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8-sig"))
        values = _count(document, {})
    except UnicodeDecodeError as error:
        before = path.read_bytes()[: error.start].count(b"\n")
        message = f"not UTF-8 (byte {error.start}); save the file as UTF-8"
        raise ConfigError(Problem(message, str(path), before + 1)) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = str(error.problem or error.context).split("\n", 1)[0]
        raise ConfigError(Problem(f"not valid YAML: {found}", str(path), mark.line + 1 if mark else None)) from error
    except (YAMLError, ValueError) as error:
        found = " ".join(str(error).split())[:200]
        raise ConfigError(Problem(f"not valid YAML: {found}", str(path))) from error
    except RecursionError as error:
        raise ConfigError(Problem("nested deeper than a config file can be", str(path))) from error
    except OSError as error:
        raise ConfigError(Problem(f"cannot be read: {error.strerror}", str(path))) from error
    if values > MAX_VALUES:
        message = f"its aliases stand for {values:,} values; a config file has at most {MAX_VALUES:,}"
        raise ConfigError(Problem(message, str(path)))
    return document


def _count(value: Any, known: dict[int, int]) -> int:
    """Return how many values a document has when every alias is written out."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        inside = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(one, known) for one in inside)
    return known[id(value)]


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


def config_error(path: Path, document: Any, location: Location, problem: str, sql_line: int = 0) -> ConfigError:
    """Build the error for one place of a config file: `file:line: key: problem`.

    `sql_line` is a line of the text at that place, counted from 0.
    """
    key = ".".join(str(step) for step in location)
    line = line_of(document, location) + _text_offset(document, location, sql_line)
    return ConfigError(Problem(problem, str(path), line, key))


def _text_offset(document: Any, location: Location, text_line: int) -> int:
    """Return how many lines below its key a line of a text is; a folded text's lines are not known."""
    for step in location:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            continue
    if isinstance(document, LiteralScalarString):
        return 1 + text_line
    return 1 if isinstance(document, FoldedScalarString) else 0


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


def _problems(model: type[BaseModel], detail: Any) -> list[tuple[Location, str]]:
    """Return what one of pydantic's errors says, with the place of each part."""
    location = detail["loc"]
    raised = detail.get("ctx", {}).get("error")
    if isinstance(raised, LocatedValueError):
        return [((*location, *inside), message) for inside, message in raised.found]
    return [(location, _problem(model, detail))]


def _problem(model: type[BaseModel], detail: Any) -> str:
    location = detail["loc"]
    if detail["type"] == "extra_forbidden":
        allowed = _siblings(model, location)
        hint = nearest(str(location[-1]), allowed)
        return f"unknown key; allowed here: {', '.join(allowed) or 'none'}.{hint}"
    if detail["type"] == "missing":
        return "required key is missing"
    if detail["type"] == "value_error" and isinstance(detail["input"], dict):
        return str(detail["msg"]).removeprefix("Value error, ")
    found = "nothing" if detail["input"] is None else repr(detail["input"])
    message = str(detail["msg"]).removeprefix("Value error, ").removesuffix(".")
    hint = ""
    if detail["type"] in {"literal_error", "enum"} and isinstance(detail["input"], str):
        allowed = [word.strip(" '") for word in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
        hint = nearest(detail["input"], allowed)
    return f"{message}; found {found[:80]}.{hint}"


def validate(path: Path, document: Any, model: type[Model]) -> Model:
    """Check a parsed document against `model`; raise ConfigError with every problem, one a line."""
    if document is None and any(field.is_required() for field in model.model_fields.values()):
        needed = ", ".join(name for name, field in model.model_fields.items() if field.is_required())
        raise ConfigError(Problem(f"the file is empty; it needs {needed}", str(path), 1))
    try:
        return model.model_validate(document if document is not None else {})
    except ValidationError as error:
        found = [one for detail in error.errors() for one in _problems(model, detail)]
        raise ConfigError.of(config_error(path, document, where, message) for where, message in found) from error


def read_model(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into `model`. Raises ConfigError naming file, line, key and what is allowed."""
    return validate(path, load_yaml(path), model)
