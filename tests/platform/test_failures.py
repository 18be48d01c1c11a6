"""An error that nobody foresaw ends in one sentence, and its trace in a file that the sentence names."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from tieout.platform.console import explained


class AnalysisException(Exception):
    """Named as Spark's, which is told by what it says."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "it may not read or write .*/data"),
        (AnalysisException("[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03"), "a table that it reads"),
        (AnalysisException("[DELTA_CONCURRENT_APPEND] Files were added"), "another job wrote to the same table"),
        (RuntimeError("An error occurred while calling o12.load.\n: java.lang.OutOfMemoryError: Java heap"), "memory"),
        (ConnectionRefusedError(111, "Connection refused"), "Spark's Java process has ended"),
        (KeyError("tieout_id"), "not foreseen: KeyError: 'tieout_id'"),
        (ValueError(), "not foreseen: ValueError"),
        (ValueError("x" * 5000), "not foreseen: ValueError: x+"),
    ],
)
def test_a_sentence_by_family(error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sentence = explained(error, ["ask", "--root", "x"])
    assert re.search(said, sentence)
    assert "\n" not in sentence
    assert len(sentence) < 700
    trace = Path(sentence.rpartition(" ")[2]).read_text()
    assert type(error).__name__ in trace
    assert "'--root', 'x'" in trace


def test_what_caused_an_error_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("a task failed") from error
    except RuntimeError as error:
        sentence = explained(error, [])
    assert sentence.startswith("the disk is full")
    assert sentence.endswith("could not be written to the temporary folder")
