"""The kind of a column, guessed by its name and by its values."""

from __future__ import annotations

from tieout.matching.propose.facts import Facts

Guess = str | None


def is_identifier_of_record(facts: Facts) -> bool:
    """Tell whether a column names its record: filled, never twice the same, and called an id."""
    return (
        facts.filled == 1.0
        and facts.unique == 1.0
        and facts.hint(r"(^|_)(id|key|uuid|guid|rid|pk|recid|number|no|nr)$|^rec_|^unique_")
    )


def kind_of(facts: Facts) -> Guess:
    """Return the kind of a column, None when it is of no use: empty, constant, or unknown."""
    if facts.filled < 0.005 or facts.distinct < 2:
        return None
    for rule in (_by_shape, _by_name, _by_content):
        found = rule(facts)
        if found:
            return found
    return None


def _by_shape(facts: Facts) -> Guess:
    """Return kinds that no other kind looks like."""
    shapes = facts.shapes
    if shapes["email"] > 0.7:
        return "email"
    if shapes["year"] > 0.9:
        return "category"
    if shapes["date"] > 0.7 and not facts.hint(r"phone|tel|mobile|fax|post|zip"):
        return "date"
    if shapes["web"] > 0.7 and shapes["letters"] < 0.98:
        return "domain"
    return None


# In order: the first pattern that fits the name, and whose test fits the values, decides.
_NAMES: tuple[tuple[str, str], ...] = (
    (r"e?_?mail", "email"),
    (r"phone|(^|_)tel(_|$)|telefon|mobile|(^|_)cell|fax", "phone"),
    (r"web|domain|url|homepage|site$", "domain"),
    (r"post_?code|postal|(^|_)zip|(^|_)plz|(^|_)cap$", "postcode"),
    (r"country|nation(?!al)|(^|_)land$", "country"),
    (r"birth_?place|place_of_birth|city|town|suburb|locality|municip|(^|_)ort$|ville$|ciudad", "city"),
    (r"(street|house|building|unit|flat)_?(no|nr|num|number)$", "category"),
    (r"street|address|addr|strasse|(^|_)road", "street"),
    (r"(^|_)(state|region|province|county|bundesland)", "region"),
    (r"date|(^|_)dob|birth|(^|_)born", "date"),
    (r"first.*(sur|last|family)|(sur|last|family).*first|full_?name", "person_name"),
    (r"(first|given|fore|christian|middle)_?name|vorname|prenom|(^|_)name_?first", "given_name"),
    (r"(last|sur|family|second)_?name|nachname|(^|_)name_?last", "family_name"),
    (r"tax|(^|_)vat|(^|_)ssn|soc_?sec|social|duns|(^|_)iban", "identifier"),
    (r"passport|licen[cs]e|register|registration|(^|_)ust", "identifier"),
    (r"(^|_)(sku|ean|isbn|gtin|upc|mpn|part_?no|part_?number|model(_?(no|number))?|code)$", "identifier"),
    (r"price|amount|revenue|turnover|salary|cost|weight|(^|_)size|quantity|employees|length|width|height", "number"),
    (r"title|descr|abstract|text|comment|notes?$|summary|subject|authors?", "text"),
    (r"company|firm|business|organi[sz]ation|(^|_)org(_|$)|employer|supplier|vendor", "company_name"),
    (r"account_?name|customer_?name|legal_name", "company_name"),
    (r"full_?name|person|contact|patient|(^|_)name$|surname", "name"),
)  # fmt: skip


def _by_name(facts: Facts) -> Guess:
    for pattern, kind in _NAMES:
        if facts.hint(pattern) and _plausible(kind, facts):
            return _which_name(facts) if kind == "name" else kind
    return None


def _plausible(kind: str, facts: Facts) -> bool:
    """Tell whether values contradict what the name says."""
    shapes = facts.shapes
    if kind == "email":
        return shapes["email"] > 0.3
    if kind == "phone":
        return shapes["letters"] < 0.3
    if kind == "date":
        return shapes["date"] > 0.3
    if kind == "number":
        return shapes["number"] > 0.6
    if kind in {"given_name", "family_name", "city", "country"}:
        return shapes["letters"] > 0.5
    if kind == "street":
        return facts.words > 1.2
    if kind == "text":
        return facts.words >= 2.5
    if kind == "domain":
        return shapes["web"] > 0.3
    return True


def _which_name(facts: Facts) -> Guess:
    """Return what a column called name holds: companies, persons, or the words of a product."""
    if facts.legal > 0.04:
        return "company_name"
    if facts.words >= 5 or facts.shapes["letters"] < 0.5:
        return "text"
    if facts.given > 0.1 and facts.words < 4 and facts.shapes["letters"] > 0.9:
        return "person_name"
    return "company_name"


def _by_content(facts: Facts) -> Guess:
    shapes = facts.shapes
    if facts.countries > 0.8:
        return "country"
    if shapes["phone"] > 0.8 and shapes["digits"] < 0.5:
        return "phone"
    if facts.streets > 0.6 and 1.5 < facts.words < 7:
        return "street"
    if facts.legal > 0.15:
        return "company_name"
    if shapes["postcode"] > 0.9 and shapes["digits"] < 0.5:
        return "postcode"
    if facts.words >= 4 or facts.length >= 40:
        return "text"
    if shapes["number"] > 0.9 and shapes["digits"] < 0.9:
        return "number"
    if facts.distinct <= 100 or facts.unique < 0.05:
        return "category"
    if shapes["code"] > 0.6:
        return "identifier"
    if facts.given > 0.3:
        return "person_name" if facts.words > 1.5 else "given_name"
    return "company_name" if facts.words > 1.5 else "city"
