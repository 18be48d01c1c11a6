"""The text of a delimited file below its header, as a stream of UTF-8 bytes."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tieout.onboarding.sample_text import open_plain, text_lines

UTF8 = ["utf-8"]
BYTES_AT_ONCE = 2**23


def is_utf8(file: Path) -> bool:
    """Tell whether all of a file is valid UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_plain(file) as opened:
        try:
            while some := opened.read(BYTES_AT_ONCE):
                decoder.decode(some)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


class Recoded(io.RawIOBase):
    """A file's bytes below its header, uncompressed and in UTF-8; `encodings` are those to try for each line.

    The header may have line breaks within quotes, so it is read as a record, not as a line.
    """

    def __init__(self, file: Path, encodings: Sequence[str], delimiter: str) -> None:
        self._left = b""
        self._plain = open_plain(file) if list(encodings) == UTF8 else None
        texts = text_lines(file, encodings) if self._plain is None else (line.decode("utf-8") for line in self._plain)
        next(csv.reader(texts, delimiter=delimiter), None)
        self._lines: Iterator[str] = texts

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; return how many bytes there were."""
        if self._plain is not None:
            return int(self._plain.readinto(buffer))  # type: ignore[attr-defined]
        parts, held = [self._left], len(self._left)
        while held < len(buffer) and (line := next(self._lines, None)) is not None:
            parts.append(line.encode("utf-8", errors="replace"))
            held += len(parts[-1])
        waiting = b"".join(parts)
        count = min(held, len(buffer))
        buffer[:count], self._left = waiting[:count], waiting[count:]
        return count

    def close(self) -> None:
        """Close the file."""
        if self._plain is not None:
            self._plain.close()
        super().close()
