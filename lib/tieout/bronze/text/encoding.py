"""Which characters a line's bytes stand for, and whether a file is in the encoding that its config says."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.bronze.text.check import CheckedText
from tieout.bronze.text.lines import LINE, WIDE_ENCODINGS
from tieout.errors import SourceError

UTF8 = "utf-8"
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def is_wide(encodings: Sequence[str]) -> bool:
    """Tell whether a file is declared to be UTF-16, in which a character has two bytes."""
    return any(name.startswith("utf-16") for name in encodings)


def wide_encoding(encodings: Sequence[str], head: bytes = b"") -> str | None:
    """Return which UTF-16 a file is in: by its config, or by its byte order mark; None when it is not."""
    if not is_wide(encodings):
        return None
    declared = next((name for name in encodings if name in WIDE_ENCODINGS), "utf-16-le")
    return BYTE_ORDER_MARKS.get(head[:2], declared)


def decoded(encodings: Sequence[str], checked_valid: bool) -> Column:
    """Return `_line` (raw bytes) as text; null when no encoding fits.

    The first of `encodings` that fits a line is taken, so a file may mix them. `checked_valid` says
    that the check pass found nothing but UTF-8, so that looking again is not needed.
    """
    line = F.col(LINE)
    if is_wide(encodings) or (UTF8 in encodings and checked_valid):
        return line
    single = next((name for name in encodings if name != UTF8), None)
    other = F.lit(None).cast("string") if single is None else from_single_byte(line.cast("binary"), single)
    return F.when(F.expr(f"is_valid_utf8({LINE})"), line).otherwise(other) if UTF8 in encodings else other


def from_single_byte(data: Column, encoding: str) -> Column:
    """Decode bytes of a one-byte encoding, whichever Python knows.

    Spark itself decodes only a few; ISO-8859-1 is one, and its 128 upper characters are then
    replaced by the encoding's.
    """
    upper = bytes(range(0x80, 0x100))
    pairs = [
        (latin, theirs)
        for latin, theirs in zip(upper.decode("latin-1"), upper.decode(encoding, "replace"), strict=True)
        if latin != theirs and theirs != "\ufffd"
    ]
    text = F.decode(data, "ISO-8859-1")
    if not pairs:
        return text
    return F.translate(text, "".join(a for a, _ in pairs), "".join(b for _, b in pairs))


def as_text(line: bytes, encodings: Sequence[str]) -> str:
    """Decode one line on the driver as `decoded` does in Spark."""
    for encoding in encodings:
        try:
            return line.decode(UTF8 if encoding.startswith("utf-16") else encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def needs_accents(checked: CheckedText, encodings: Sequence[str]) -> bool:
    """Tell whether the encoding is in doubt, so that lines with accents should be counted."""
    if is_wide(encodings):
        return False
    return UTF8 not in encodings or (list(encodings) == [UTF8] and checked.total("invalid") > 1)


def require_encoding(checked: CheckedText, encodings: Sequence[str], head: bytes, accented: int) -> None:
    """Raise SourceError when a file is not in the encoding that the config says.

    `head` is the start of the file, `accented` the number of lines that are UTF-8 beyond ASCII. A
    few bad lines among good ones are left to quarantine; a file in which the lines with accents are
    mostly bad is in another encoding as a whole.
    """
    if is_wide(encodings):
        return
    start = head[:200]
    mark = BYTE_ORDER_MARKS.get(start[:2])
    if mark or start.count(0) > len(start) // 4:
        raise _wrong(checked, encodings, "the file is UTF-16", mark or "utf-16-le")
    invalid = checked.total("invalid")
    if UTF8 not in encodings and accented > 1 and invalid == 0:
        raise _wrong(checked, encodings, f"all {accented} lines with accents are UTF-8", UTF8)
    if list(encodings) == [UTF8] and invalid > 1 and invalid >= accented:
        raise _wrong(checked, encodings, f"{invalid} lines have bytes that are not UTF-8", "[utf-8, cp1252]")


def _wrong(checked: CheckedText, encodings: Sequence[str], found: str, use: str) -> SourceError:
    return SourceError(
        f"{checked.file.path}: wrong encoding: the config says {', '.join(encodings)}, but {found}. Set "
        f"`encoding: {use}` for the object, or export the file again in the configured encoding."
    )
