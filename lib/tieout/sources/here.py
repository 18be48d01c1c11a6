"""Which files can Python read by itself, where it runs now and where Spark's Python workers run?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

from pyspark.sql import SparkSession

from tieout.session import local_path, workers_here
from tieout.sources import lines
from tieout.sources.files import SourceFile
from tieout.sources.lines import is_compressed

Item = TypeVar("Item")
# Less than this is read as fast as what is planned for it.
LEAST_BYTES = 32 * 2**20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What one task holds at a time.
BLOCK_BYTES = 2**20
LEAST_BLOCK = 2**16


def files_here(spark: SparkSession, files: Sequence[SourceFile]) -> list[SourceFile]:
    """Return those of the files that are on the only machine that works for the session, as they were listed."""
    return [file for file in files if is_here(file)] if workers_here(spark) else []


def is_here(file: SourceFile) -> bool:
    """Tell whether a file is of this machine, not compressed, and of the size that it had."""
    place = path_of(file)
    if "://" in place or is_compressed(file.name):
        return False
    path = Path(place)
    return path.is_file() and path.stat().st_size == file.size


def path_of(file: SourceFile) -> str:
    """Return a local file's path."""
    return local_path(file.path)


def first_lines(file: SourceFile, most: int, start: int = 0, size: int = 2**62) -> list[bytes] | None:
    """Return up to `most` first lines of the split that starts here; None where they are of more bytes than `size`."""
    found: list[bytes] = []
    with open(path_of(file), "rb") as opened:
        go_to_split(opened, start)
        while len(found) < most and (line := opened.readline(min(size + 1, 2**31))):
            found.append(line.removesuffix(b"\n"))
            size -= len(line)
            if size < 0:
                return None
    return found


def shares(items: Iterable[Item], size: Callable[[Item], int], most: int) -> list[list[Item]]:
    """Return the items in groups of consecutive ones, each ended as soon as it has `most` bytes."""
    found: list[list[Item]] = []
    left = 0
    for item in items:
        if left <= 0:
            found.append([])
            left = most
        found[-1].append(item)
        left -= size(item)
    return found


def go_to_split(file: BufferedReader, start: int) -> None:
    """Go to the first line of the split that starts here: the one at its first byte is of the split before."""
    if start:
        file.seek(start)
        file.readline()
    elif file.read(len(BYTE_ORDER_MARK)) != BYTE_ORDER_MARK:
        file.seek(0)


def read_on(file: BufferedReader, held: bytes, end: int, size: int) -> tuple[bytes, bool]:
    """Return what is held and about `size` bytes more, of those up to `end`; whether the file ends with them.

    A last line without a break gets one.
    """
    wanted = max(min(LEAST_BLOCK, size), len(held), min(size, end + 1 - file.tell()))
    data = held + file.read(wanted)
    final = len(data) < len(held) + wanted
    return data + b"\n" if final and data and not data.endswith(b"\n") else data, final


def cuts(file: SourceFile) -> Iterator[tuple[int, int]]:
    """Yield where Spark's splits of a file start and end, as `lines` has them cut."""
    for start in range(0, file.size, lines.SPLIT_BYTES):
        yield start, min(start + lines.SPLIT_BYTES, file.size)
