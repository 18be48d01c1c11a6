"""Encoding and delimiter of a sample, guessed from a file's first bytes and lines."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

DELIMITERS = (",", ";", "\t", "|")


def open_plain(file: Path) -> BinaryIO:
    """Open a file's bytes, uncompressed."""
    return gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb")  # type: ignore[return-value]


def guess_encodings(head: bytes) -> list[str]:
    """Return the encodings to try for each line: UTF-16 by its mark, UTF-8, Windows-1252, or these two mixed."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    # The head may end within a character.
    accented = [line for line in head[: head.rfind(b"\n") + 1 or None].splitlines() if not line.isascii()]
    valid = sum(_is_utf8(line) for line in accented)
    if valid == len(accented):
        return ["utf-8"]
    return ["utf-8", "cp1252"] if valid else ["cp1252"]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def text_lines(file: Path, encodings: Sequence[str]) -> Iterator[str]:
    """Yield a file's lines with their ends, each in the first encoding that fits."""
    with open_plain(file) as opened:
        if encodings == ["utf-16"]:
            yield from io.TextIOWrapper(opened, encoding="utf-16", newline="", errors="replace")
            return
        for number, line in enumerate(opened):
            encoding = encodings[0] if encodings[0] != "utf-8" or _is_utf8(line) else encodings[-1]
            text = line.decode(encoding, errors="replace")
            yield text.lstrip("\ufeff") if number == 0 else text


def guess_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts the most lines into as many values, more than one, as the header has."""

    def score(delimiter: str) -> tuple[float, int]:
        counts = [len(record) for record in csv.reader(lines, delimiter=delimiter)]
        if not counts or counts[0] < 2:
            return 0.0, 0
        return sum(count == counts[0] for count in counts) / len(counts), counts[0]

    return max(DELIMITERS, key=score)
