"""Countries, regions and postcodes in one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from tieout.config.lookups import Lookups, fold
from tieout.values.base import Read, Text, letters_and_digits

MARKED = re.compile(r"^\s*[A-Za-z]{1,3}\s*-\s*([0-9]{4})", re.ASCII)
THREE_DIGITS = re.compile("[0-9]{3,}")
# Characters of the longest postcode that is kept where no rule says how many.
LONGEST = 20
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def country(lists: Lookups, unknown: str | None = None) -> Read:
    """ISO 3166 code of two letters, from codes of two or three letters and names in many languages.

    The list is `lookups/countries.csv`. What it does not know stays as it is, so that the gate
    can name it; `unknown` is put in its place instead, but never where there is no country at all.
    """
    return Read(partial(_country, codes=lists.get("countries").pairs(), unknown=unknown))


def _country(text: str, codes: Mapping[str, str], unknown: str | None) -> Text:
    return codes.get(fold(text)) or (text if unknown is None else unknown)


def region(lists: Lookups, country: str | None = None) -> Read:
    """State, province or county as ISO 3166-2 code: `DE-BB` for `Brandenburg`, `BB` and `12` of Germany.

    `lookups/regions.csv` has for each region its name, the letters of its code, the official key that many
    ERP systems use, and other names. It is read by the row's country; `country` is another column to read
    it by. What the list does not know stays as it is.
    """
    return Read(partial(_region, codes=_regions(lists)), by_country=True)


def _region(text: str, country: Text, codes: Mapping[tuple[str, str], str]) -> Text:
    return codes.get((country.lower(), fold(text)), text) if country else text


def _regions(lists: Lookups) -> dict[tuple[str, str], str]:
    """Return region codes by country and folded way to write it; the first region wins where several share one."""
    found: dict[tuple[str, str], str] = {}
    rows = lists.get("regions").rows
    for column in ("region", "name", "short", "key", "also"):
        for row in rows:
            for written in row[column].split("|"):
                for form in {written, _plain(written), _plain(written.translate(GERMAN))} - {""}:
                    found.setdefault((row["country"].lower(), fold(form)), row["region"])
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


@dataclass(frozen=True)
class PostcodeRule:
    """How a country writes postcodes: digits to fill up, characters to keep, where the separator goes (0: nowhere)."""

    pad_to: int
    keep: int
    split_after: int
    separator: str


def postcode(lists: Lookups, country: str | None = None) -> Read:
    """Postcode as its country writes it: `01067`, `SW1A 1AA`, `1012 AB`, `00-950`, US without its last four.

    Zeros that a spreadsheet cut off are put back where the country has a fixed number of digits
    (`lookups/postcodes.csv`); a prefix such as `D-` goes. `country` is another column to read it by.
    """
    found = lists.get("postcodes")
    rules = {
        key: PostcodeRule(
            int(row["pad_to"] or 0), int(row["keep"] or LONGEST), int(row["split_after"] or 0),
            " " if row["separator"] == "space" else row["separator"],
        )
        for key, row in found.records(found.columns[:1]).items()
    }  # fmt: skip
    return Read(partial(_postcode, rules=rules), by_country=True)


def _postcode(text: str, country: Text, rules: Mapping[str, PostcodeRule]) -> Text:
    rule = rules.get(country.lower()) if country else None
    if rule is None:
        return text.strip(" ").upper() or None
    bare = letters_and_digits(MARKED.sub(r"\1", text)).upper()
    if len(bare) < rule.pad_to and THREE_DIGITS.fullmatch(bare):
        bare = bare.zfill(rule.pad_to)
    kept = bare[: rule.keep]
    cut = rule.split_after + (len(kept) if rule.split_after < 0 else 0)
    return (kept[:cut] + rule.separator + kept[cut:] if 0 < cut < len(kept) else kept) or None
