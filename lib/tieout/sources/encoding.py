"""Which characters a line's bytes stand for, and whether a file is in the encoding that its config says."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.errors import SourceError
from tieout.sources.check import CheckedText
from tieout.sources.lines import LINE, WIDE_ENCODINGS

UTF8 = "utf-8"


def wide_encoding(encodings: Sequence[str]) -> str | None:
    """Return the UTF-16 encoding among `encodings`, which is then the only one, or None."""
    return next((name for name in encodings if name in WIDE_ENCODINGS or name == "utf-16"), None)


def decoded(encodings: Sequence[str], checked_valid: bool) -> Column:
    """Return `_line` (raw bytes) as text; null when no encoding fits.

    The first of `encodings` that fits a line is taken, so a file may mix them. `checked_valid` says
    that the check pass found nothing but UTF-8, so that looking again is not needed.
    """
    line = F.col(LINE)
    single = next((name for name in encodings if name != UTF8 and name not in WIDE_ENCODINGS), None)
    if wide_encoding(encodings) or (UTF8 in encodings and checked_valid):
        return line
    other = F.lit(None).cast("string") if single is None else from_single_byte(line.cast("binary"), single)
    return F.when(F.expr(f"is_valid_utf8({LINE})"), line).otherwise(other) if UTF8 in encodings else other


def from_single_byte(data: Column, encoding: str) -> Column:
    """Decode bytes of a one-byte encoding, whichever Python knows.

    Spark itself decodes only a few; ISO-8859-1 is one, and its 128 upper characters are then
    replaced by the encoding's.
    """
    upper = bytes(range(0x80, 0x100))
    theirs = upper.decode(encoding, errors="replace").replace("\ufffd", "\u0000")
    pairs = [(a, b) for a, b in zip(upper.decode("latin-1"), theirs, strict=True) if a != b and b != "\u0000"]
    text = F.decode(data, "ISO-8859-1")
    if not pairs:
        return text
    return F.translate(text, "".join(a for a, _ in pairs), "".join(b for _, b in pairs))


def require_encoding(checked: CheckedText, encodings: Sequence[str], head: bytes) -> None:
    """Raise SourceError when a file is not in the encoding that the config says.

    A few bad lines among good ones are left to quarantine; a file in which the lines with accents
    are mostly bad is in another encoding as a whole.
    """
    if wide_encoding(encodings):
        return
    bom = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(head[:2])
    nulls = head[:200].count(0)
    if bom or nulls > len(head[:200]) // 4:
        raise _wrong(
            checked,
            encodings,
            f"the file is UTF-16 ({bom or 'every other byte is zero'})",
            bom or "utf-16-le",
        )
    invalid, accented = checked.total("invalid"), checked.total("accented")
    if UTF8 not in encodings:
        if accented > 1 and invalid == 0:
            raise _wrong(checked, encodings, f"all {accented} lines with accents are UTF-8", UTF8)
    elif list(encodings) == [UTF8] and invalid > 1 and invalid >= accented:
        raise _wrong(checked, encodings, f"{invalid} lines have bytes that are not UTF-8", "[utf-8, cp1252]")


def _wrong(checked: CheckedText, encodings: Sequence[str], found: str, use: str) -> SourceError:
    return SourceError(
        f"{checked.file.path}: wrong encoding: the config says {', '.join(encodings)}, but {found}. Set "
        f"`encoding: {use}` for the object, or export the file again in the configured encoding."
    )
