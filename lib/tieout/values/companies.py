"""Legal forms and tax numbers of companies in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from tieout.config.lookups import Lookups
from tieout.values.base import Read, Text, letters_and_digits

BETWEEN_WORDS = re.compile(r"[\s,()\"]+", re.ASCII)
LONGEST_FORM = 4
PLACE_HOLDER = re.compile("([A-Z]{2})?(0*|9{6,}|1{6,})")
PREFIXED = re.compile("[A-Z]{2}[A-Z0-9]*[0-9]")
DIGIT = re.compile("[0-9]")
SHORTEST_TAX_ID = 5


def legal_form(lists: Lookups) -> Read:
    """Legal form at the end of a company's name, in its usual spelling: `GmbH`, `Inc`, `Sp. z o.o.`.

    `lookups/legal_forms.csv` has the spellings. The longest one that fits wins (`GmbH & Co. KG`
    before `KG`); a name that is nothing but a form has none. Some forms stand in front: `OOO`, `PT`.
    """
    forms = lists.get("legal_forms").pairs()
    longer = frozenset(written.rpartition(" ")[2] for written in forms if " " in written)
    front = lists.get("legal_forms").pairs(value="front")
    return Read(partial(_legal_form, forms=forms, longer=longer, front=front))


def _legal_form(text: str, forms: Mapping[str, str], longer: frozenset[str], front: Mapping[str, str]) -> Text:
    words = BETWEEN_WORDS.sub(" ", text.replace(".", "").lower()).strip(" ").split(" ")
    if len(words) == 1:
        return None
    # Most names end in no form, or in one of a single word: the last word tells whether to look any further.
    if words[-1] in longer:
        for count in range(LONGEST_FORM, 1, -1):
            found = forms.get(" ".join(words[-count:]))
            if found is not None:
                return found
    return forms.get(words[-1]) or front.get(words[0])


@dataclass(frozen=True)
class TaxRule:
    """A country's VAT numbers: their prefix, and how long they are without it."""

    prefix: str
    min_length: int
    max_length: int


def tax_id(lists: Lookups, country: str | None = None) -> Read:
    """Tax number: letters and digits only, letters capital; VAT numbers with their country prefix.

    A number without prefix gets the one of its country where its length is that of a VAT number
    there (`lookups/tax_ids.csv`). Place-holders such as zeros or `N/A` become nothing. `country` is another
    column to read it by.
    """
    found = lists.get("tax_ids")
    rules = {
        key: TaxRule(row["prefix"], int(row["min_length"] or 1), int(row["max_length"] or 0))
        for key, row in found.records(found.columns[:1]).items()
    }
    return Read(partial(_tax_id, rules=rules), by_country=True)


def _tax_id(text: str, country: Text, rules: Mapping[str, TaxRule]) -> Text:
    bare = letters_and_digits(text).upper()
    if len(bare) < SHORTEST_TAX_ID or PLACE_HOLDER.fullmatch(bare) or not DIGIT.search(bare):
        return None
    rule = rules.get(country.lower()) if country else None
    if rule is None or not rule.prefix or bare.startswith(rule.prefix) or PREFIXED.match(bare):
        return bare
    return rule.prefix + bare if rule.min_length <= len(bare) <= rule.max_length else bare
