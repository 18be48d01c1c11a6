"""Countries and postcodes in one form."""

from __future__ import annotations

import re
import unicodedata

from tieout.config.lookups import fold, folded
from tieout.platform.sql import literal
from tieout.silver.mapping.builder import ExpressionBuilder

RULE = {"pad_to": "int", "keep": "int", "split_after": "int", "separator": "string"}


def country(x: str, at: ExpressionBuilder, unknown: str | None = None) -> str:
    """ISO 3166 code of two letters, from codes of two or three letters and names in many languages.

    The list is `lookups/countries.csv`. What it does not know stays as it is, so that the gate
    can name it; `unknown` is put in its location instead, but never where there is no country at all.
    """
    found = at.let(at.look_up("countries", at.let(folded(x))))
    other = x if unknown is None else f"CASE WHEN {x} IS NOT NULL THEN {literal(unknown)} END"
    return f"coalesce({found}, {other})"


def region(x: str, at: ExpressionBuilder, country: str | None = None) -> str:
    """State, province or county as ISO 3166-2 code: `DE-BB` for `Brandenburg`, `BB` and `12` of Germany.

    `lookups/regions.csv` has for each region its name, the letters of its code, the official key that many
    ERP systems use, and other names. It is read by the row's country; `country` is another column to read
    it by. What the list does not know stays as it is.
    """
    key = f"concat(lower({country or at.country}), '\t', {at.let(folded(x))})"
    return f"coalesce({at.find(_regions(at), at.let(key))}, {x})"


def _regions(at: ExpressionBuilder) -> dict[str, str]:
    """Return region codes by country and folded way to write it; the first region wins where several share one."""
    found: dict[str, str] = {}
    rows = at.lookups.get("regions").rows
    for column in ("region", "name", "short", "key", "also"):
        for row in rows:
            for written in row[column].split("|"):
                for form in {written, _plain(written), _plain(_GERMAN.sub(_two_letters, written))} - {""}:
                    found.setdefault(f"{row['country'].lower()}\t{fold(form)}", row["region"])
    return found


_GERMAN = re.compile("[äöüßÄÖÜ]")
_TWO_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


def _two_letters(letter: re.Match[str]) -> str:
    return _TWO_LETTERS[letter[0]]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def postcode(x: str, at: ExpressionBuilder, country: str | None = None) -> str:
    """Postcode as its country writes it: `01067`, `SW1A 1AA`, `1012 AB`, `00-950`, US without its last four.

    Zeros that a spreadsheet cut off are put back where the country has a fixed number of digits
    (`lookups/postcodes.csv`); a prefix such as `D-` goes. `country` is another column to read it by.
    """
    where = at.let(country or at.country)
    rule = at.row_of("postcodes", f"lower({where})", RULE)
    unmarked = f"regexp_replace({x}, '^\\\\s*[A-Za-z]{{1,3}}\\\\s*-\\\\s*([0-9]{{4}})', '$1')"
    bare = at.let(
        # Most have nothing that goes.
        f"upper(CASE WHEN {x} RLIKE '[^A-Za-z0-9]' "
        f"THEN regexp_replace({unmarked}, '[^\\\\p{{L}}\\\\p{{N}}]', '') ELSE {x} END)"
    )
    short = f"length({bare}) < {rule}.pad_to AND {bare} RLIKE '^[0-9]{{3,}}$'"
    padded = f"CASE WHEN {short} THEN lpad({bare}, {rule}.pad_to, '0') ELSE {bare} END"
    kept = at.let(f"left({padded}, coalesce({rule}.keep, 20))")
    cut = at.let(f"{rule}.split_after + if({rule}.split_after < 0, length({kept}), 0)")
    between = f"if({rule}.separator = 'space', ' ', {rule}.separator)"
    split = f"concat(left({kept}, {cut}), {between}, substr({kept}, {cut} + 1))"
    whole = f"CASE WHEN {cut} > 0 AND {cut} < length({kept}) THEN {split} ELSE {kept} END"
    return f"nullif(CASE WHEN {rule} IS NULL THEN upper(trim({x})) ELSE {whole} END, '')"
