"""The archive of classes belongs to one Java and one Spark; without it, nothing is different."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tieout.platform import class_archive


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an environment of its own, with a Java that does nothing."""
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return tmp_path


def test_an_archive_is_used_once_it_is_there(environment: Path) -> None:
    assert class_archive.option() == ""
    place = class_archive.archive_path()
    assert place is not None
    place.parent.mkdir(parents=True)
    place.touch()
    assert f"-XX:SharedArchiveFile={place}" in class_archive.option()


def test_another_java_has_another_archive(environment: Path) -> None:
    before = class_archive.archive_path()
    (environment / "jdk" / "bin" / "java").write_text("#!/bin/sh\nexit 2\n")
    assert class_archive.archive_path() != before


def test_nothing_is_left_of_an_archive_that_could_not_be_made(environment: Path) -> None:
    assert class_archive.make() is None
    assert list((environment / "share" / "tieout").iterdir()) == []


def test_without_java_there_is_no_archive(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(environment / "nowhere"))
    assert class_archive.archive_path() is None
    assert class_archive.make() is None
