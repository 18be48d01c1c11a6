"""A wrong config names file, line and key, and offers the nearest spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.config.base import StrictModel, read_model
from tieout.config.models.project import ProjectSettings
from tieout.errors import ConfigError


class Inner(StrictModel):
    column: str
    size: int = 1


class Outer(StrictModel):
    fields: dict[str, Inner]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_misspelt_key_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "fields:\n  name:\n    column: A\n    sise: 3\n")
    with pytest.raises(ConfigError, match=r"x\.yml:4: fields\.name\.sise: unknown key.*Did you mean 'size'"):
        read_model(path, Outer)


def test_a_wrong_value_is_shown(tmp_path: Path) -> None:
    path = write(tmp_path, "fields:\n  name:\n    column: A\n    size: big\n")
    with pytest.raises(ConfigError, match=r":4: fields\.name\.size: .*found 'big'"):
        read_model(path, Outer)


def test_a_missing_key_points_at_its_parent(tmp_path: Path) -> None:
    path = write(tmp_path, "fields:\n  name:\n    size: 3\n")
    with pytest.raises(ConfigError, match=r":2: fields\.name\.column: required key is missing"):
        read_model(path, Outer)


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "fields:\n  name: [1, 2\n  other: 3\n")
    with pytest.raises(ConfigError, match=r"x\.yml:3: not valid YAML"):
        read_model(path, Outer)


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(b"fields: caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_model(path, Outer)


def test_the_project_file_is_checked_too(tmp_path: Path) -> None:
    path = write(tmp_path, "reporting_currency: dollars\n")
    with pytest.raises(ConfigError, match=r":1: reporting_currency: .*found 'dollars'"):
        read_model(path, ProjectSettings)
