"""What one system knows about its customers, with all that people got wrong when they keyed it.

The shape of a vendor's tables is not known here: `systems/` writes these records in that shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tieout_samples.ids import scramble
from tieout_samples.letters import ascii_only
from tieout_samples.locales import LOCALES
from tieout_samples.parties.mistakes import (
    mistyped,
    other_and,
    phone_text,
    short_names,
    short_streets,
    vat_text,
    with_form,
    written_form,
)
from tieout_samples.plan import RECORDS_PER_CUSTOMER
from tieout_samples.rows import Array, Rows, chance, choose, text
from tieout_samples.world import World


@dataclass(frozen=True)
class Habits:
    """How carefully a system's users key, as shares of records."""

    system: str
    upper: float = 0.0
    plain_letters: float = 0.02
    form_missing: float = 0.17
    typing: float = 0.04
    short: float = 0.1
    no_address: float = 0.05
    phone: float = 0.9
    web: float = 0.8
    mail: float = 0.35
    tax: float = 0.34
    duns: float = 0.3
    #: The name is cut here, what is left may be kept in a second field.
    name_length: int = 255
    #: Whether exports still hold customers that were deleted.
    keeps_deleted: bool = True


CRM = Habits("")
ERP = Habits(
    "",
    upper=0.65,
    plain_letters=0.35,
    form_missing=0.06,
    typing=0.025,
    short=0.16,
    no_address=0.02,
    phone=0.86,
    web=0.3,
    mail=0.55,
    tax=0.87,
    duns=0.12,
    name_length=35,
)


def accounts(world: World, habits: Habits) -> Rows:
    """Return the system's customer records.

    Columns: customer, copy (1 is a duplicate), number (scrambled, unique in the system), true_id, fate,
    parent (position or -1), name, name2, street (with house number), road, house, town, postcode, region,
    region_code, country, locale, phone, fax, web, email, vat, tax, duns, created, modified (seconds), former
    (true where the address is the one before the move).
    """
    rng = world.piece.rng(f"accounts {habits.system}")
    customers = world.customers
    gone = (world.known["fate"] == "deleted") & (not habits.keeps_deleted)
    copies = np.where(gone, 0, world.known[habits.system])
    customer = np.repeat(np.arange(len(customers)), copies)
    copy = np.arange(len(customer)) - np.repeat(np.cumsum(copies) - copies, copies)
    seen = customers.take(customer)
    total = world.piece.plan.customers * RECORDS_PER_CUSTOMER
    first = np.full(len(customers) + 1, -1)
    first[customer[copy == 0]] = np.flatnonzero(copy == 0)
    fate = world.known["fate"][customer]
    created = np.minimum(
        seen["created"] + rng.integers(0, 600, len(customer)).astype("timedelta64[D]"), world.piece.as_of - 60
    )
    rows = Rows(
        customer=customer,
        copy=copy,
        number=scramble(seen["number"] * RECORDS_PER_CUSTOMER + copy, total, len(habits.system)),
        true_id=seen["true_id"],
        fate=fate,
        parent=first[np.where(seen["parent"] >= 0, seen["parent"], len(customers))],
        country=np.where(fate == "bad_country", "XX", seen["country"]).astype(object),
        locale=seen["locale"],
        created=created,
        modified=stamps(rng, world, created),
    )
    rows = rows.having(**_names(rng, seen, copy, fate, habits))
    return _reach(rng, seen, rows.having(**_address(rng, seen, copy, habits)), habits)


def stamps(rng: np.random.Generator, world: World, since: Array) -> Array:
    """Return times of last change, to the second, in office hours between `since` and the export."""
    days = (world.piece.as_of - since).astype(np.int64)
    recent = np.minimum(rng.exponential(120, len(since)).astype(np.int64) + 1, np.maximum(days - 1, 1))
    day = (world.piece.as_of - recent.astype("timedelta64[D]")).astype("datetime64[s]")
    return np.asarray(day + rng.integers(7 * 3600, 18 * 3600, len(since)).astype("timedelta64[s]"))


def _names(rng: np.random.Generator, seen: Rows, copy: Array, fate: Array, habits: Habits) -> dict[str, Array]:
    languages = [LOCALES[i].language for i in seen["locale"]]
    names = other_and(rng, seen["name"], languages, 0.12)
    names = short_names(rng, names, habits.short)
    names = mistyped(rng, names, np.where(copy > 0, 0.12, habits.typing))
    drawn = rng.random(len(names))
    names = text(
        with_form(name, written_form(LOCALES[i], form, float(u), habits.form_missing))
        for name, form, i, u in zip(names, seen["form"], seen["locale"], drawn, strict=True)
    )
    upper, plain = chance(rng, len(names), habits.upper), chance(rng, len(names), habits.plain_letters)
    names = text(ascii_only(n) if p else n for n, p in zip(names, plain, strict=True))
    names = text(n.upper() if u else n for n, u in zip(names, upper, strict=True))
    kept = chance(rng, len(names), 0.6)
    split = chance(rng, len(names), 0.02) & (habits.name_length < 255)
    cuts = [_cut(n, habits.name_length, bool(s), bool(k)) for n, s, k in zip(names, split, kept, strict=True)]
    ends = text(n[cut:].strip() if k or s else "" for n, cut, k, s in zip(names, cuts, kept, split, strict=True))
    starts = text(n[:cut].strip() for n, cut in zip(names, cuts, strict=True))
    return {
        "name": np.where(fate == "no_name", "", starts).astype(object),
        "name2": np.where(fate == "no_name", "", ends).astype(object),
    }


def _cut(name: str, limit: int, split: bool, wrapped: bool) -> int:
    """Return where the first name field ends: after a word where somebody took care, else at the limit."""
    if split and " " in name[8:]:
        return name.find(" ", 8)
    if len(name) > limit and wrapped and " " in name[10:limit]:
        return name.rfind(" ", 10, limit)
    return limit


def _address(rng: np.random.Generator, seen: Rows, copy: Array, habits: Habits) -> dict[str, Array]:
    size = len(copy)
    former = (seen["old_street"] != "") & chance(rng, size, 0.5)
    part = {key: np.where(former, seen[f"old_{key}"], seen[key]) for key in ("street", "house", "town", "postcode")}
    road = mistyped(rng, short_streets(rng, part["street"], 0.35), np.where(copy > 0, 0.08, 0.025))
    plain = chance(rng, size, habits.plain_letters)
    upper = chance(rng, size, habits.upper * 0.5)
    road = text(ascii_only(r) if p else r for r, p in zip(road, plain, strict=True))
    town = text(ascii_only(t) if p else t for t, p in zip(part["town"], plain, strict=True))
    road = text(r.upper() if u else r for r, u in zip(road, upper, strict=True))
    town = mistyped(rng, text(t.upper() if u else t for t, u in zip(town, upper, strict=True)), 0.01)
    none = chance(rng, size, habits.no_address)
    no_house, no_code = none | chance(rng, size, 0.02), chance(rng, size, 0.03)
    road = np.where(none, "", road).astype(object)
    house = np.where(no_house, "", part["house"]).astype(object)
    return {
        "former": former,
        "road": road,
        "house": house,
        "street": text(street_line(i, r, h) for i, r, h in zip(seen["locale"], road, house, strict=True)),
        "town": town,
        "postcode": np.where(no_code, "", part["postcode"]).astype(object),
        "region": np.where(former, "", seen["region"]).astype(object),
        "region_code": np.where(former, "", seen["region_code"]).astype(object),
    }


def street_line(locale: int, road: str, house: str) -> str:
    """Write street and house number in the country's order."""
    return f"{house} {road}".strip() if LOCALES[locale].house_first else f"{road} {house}".strip()


def _reach(rng: np.random.Generator, seen: Rows, rows: Rows, habits: Habits) -> Rows:
    """Add telephone, mail, web and tax numbers; a record without a good address keeps its telephone."""
    size = len(rows)
    lost = (rows["street"] == "") | rows["former"]
    has_phone = lost | chance(rng, size, habits.phone)
    direct = ~lost & chance(rng, size, 0.05)
    style = rng.random((size, 6))
    digits = [
        p[:-2] + f"{int(u * 90) + 10}" if d else p for p, d, u in zip(seen["phone"], direct, style[:, 0], strict=True)
    ]
    phone = text(
        phone_text(LOCALES[i], p if h else "", float(u))
        for i, p, h, u in zip(seen["locale"], digits, has_phone, style[:, 1], strict=True)
    )
    fax = text(
        phone_text(LOCALES[i], p if u < 0.25 else "", float(v))
        for i, p, u, v in zip(seen["locale"], seen["fax"], style[:, 2], style[:, 3], strict=True)
    )
    known = seen["domain"] != ""
    web = known & chance(rng, size, habits.web)
    mail = known & chance(rng, size, habits.mail)
    lead = choose(rng, ("www.", "https://www.", "http://www.", "", "https://"), size, [5, 2, 1.5, 1, 1.5])
    tail = np.where(chance(rng, size, 0.15) & (lead != ""), "/", "")
    tax = chance(rng, size, habits.tax)
    return rows.having(
        phone=phone,
        fax=fax,
        web=text(f"{a}{d}{z}" if w else "" for a, d, z, w in zip(lead, seen["domain"], tail, web, strict=True)),
        email=text(f"{b}@{d}" if m else "" for b, d, m in zip(seen["mailbox"], seen["domain"], mail, strict=True)),
        vat=text(
            vat_text(v, float(u)) if t else ""
            for v, u, t in zip(mistyped_digits(rng, seen["vat"]), style[:, 4], tax, strict=True)
        ),
        tax=text(n if t else "" for n, t in zip(mistyped_digits(rng, seen["tax"]), tax, strict=True)),
        duns=np.where(chance(rng, size, habits.duns), seen["duns"], "").astype(object),
    )


def mistyped_digits(rng: np.random.Generator, numbers: Array) -> Array:
    """Swap two neighbouring digits in one number of 150."""
    hit = chance(rng, len(numbers), 0.0067)
    return text(n[:-3] + n[-2] + n[-3] + n[-1] if h and len(n) > 6 else n for n, h in zip(numbers, hit, strict=True))
