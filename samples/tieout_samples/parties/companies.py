"""Customers: legal entities with names, seats, numbers, and their families.

A family is a holding with look-alike subsidiaries (one brand, often one domain and switchboard,
different legal entities), or a franchise (one brand, different owners in different towns).
"""

from __future__ import annotations

import numpy as np

from tieout_samples.locales import LOCALES
from tieout_samples.parties.names import company_names, slug
from tieout_samples.parties.taxids import duns_numbers, tax_numbers
from tieout_samples.plan import Piece
from tieout_samples.pools import pools
from tieout_samples.rows import Array, Rows, chance, choose, ranks, text

#: What a group of customers is; customers on their own are `single`.
KINDS = ("single", "holding", "franchise")


def companies(piece: Piece) -> Rows:
    """Return the piece's true customers.

    Columns: number, true_id, locale (position in `LOCALES`), country, family, place (0 is the head), kind,
    parent (position here or -1), name, form, brand, industry, street, house, town, postcode, region,
    region_code, phone and fax (national digits), domain, mailbox, vat, tax, duns, employees, revenue,
    currency, size (1 is usual), created, and the former seat: old_street, old_house, old_town,
    old_postcode (empty where the company never moved).
    """
    rng = piece.rng("companies")
    rows = _families(piece, rng)
    rows = _places(piece, rng, rows)
    rows = company_names(piece, rng, rows)
    rows = _web(rng, rows)
    rows = _numbers(rng, rows)
    return _figures(piece, rng, rows)


def _families(piece: Piece, rng: np.random.Generator) -> Rows:
    """Cut the piece into families and give each a home country."""
    kinds = choose(rng, KINDS, piece.size, [0.955, 0.028, 0.017])
    sizes = np.where(kinds == "single", 1, rng.integers(2, 7, piece.size))
    family = np.repeat(np.arange(piece.size), sizes)[: piece.size]
    place = ranks(family)
    shares = [locale.share for locale in LOCALES]
    home = choose(rng, range(len(LOCALES)), piece.size, shares)[family]
    abroad = (kinds[family] == "holding") & (place > 0) & chance(rng, piece.size, 0.35)
    locale = np.where(abroad, choose(rng, range(len(LOCALES)), piece.size, shares), home)
    number = piece.start + np.arange(piece.size)
    return Rows(
        number=number,
        true_id=text(f"C{n:09d}" for n in number),
        locale=locale,
        country=text(LOCALES[i].country for i in locale),
        family=family,
        place=place,
        kind=kinds[family],
        parent=np.where((kinds[family] == "holding") & (place > 0), np.arange(piece.size) - place, -1),
    )


def _places(piece: Piece, rng: np.random.Generator, rows: Rows) -> Rows:
    """Give each company a seat and a switchboard; some subsidiaries sit with the head, some moved."""
    seat = _addresses(piece, rng, rows)
    head = np.arange(len(rows)) - rows["place"]
    same_country = rows["locale"] == rows["locale"][head]
    inside = (rows["kind"] == "holding") & (rows["place"] > 0) & same_country
    housed = inside & chance(rng, len(rows), 0.15)
    switchboard = housed | (inside & chance(rng, len(rows), 0.2))
    # Serviced offices: a house with several tenants and one reception.
    tenant = (rows["kind"] == "single") & same_country & chance(rng, len(rows), 0.008)
    landlord = np.maximum(np.arange(len(rows)) - 1, 0)
    tenant &= rows["locale"] == rows["locale"][landlord]
    with_head = np.where(housed, head, np.where(tenant, landlord, np.arange(len(rows))))
    seat = seat.take(with_head)
    phone = _phones(rng, rows, seat["area"])
    phone = phone[np.where(switchboard, head, np.where(tenant, landlord, np.arange(len(rows))))]
    old = _addresses(piece, rng, rows)
    moved = chance(rng, len(rows), 0.035)
    former = {
        f"old_{key}": np.where(moved, old[key], "").astype(object) for key in ("street", "house", "town", "postcode")
    }
    return rows.having(**seat.columns, phone=phone, **former)


def _addresses(piece: Piece, rng: np.random.Generator, rows: Rows) -> Rows:
    pool = [pools(piece.plan.seed)[i] for i in rows["locale"]]
    drawn = rng.random((len(rows), 2))
    towns = [p.towns[int(u * len(p.towns))] for p, u in zip(pool, drawn[:, 0], strict=True)]
    streets = [p.streets[int(u * len(p.streets))] for p, u in zip(pool, drawn[:, 1], strict=True)]
    houses = np.minimum(rng.geometric(0.025, len(rows)), 399) * np.where(rows["locale"] == 0, 10, 1)
    houses = houses + np.where(rows["locale"] == 0, rng.integers(0, 10, len(rows)), 0)
    letter = np.where(chance(rng, len(rows), 0.06), choose(rng, "abc", len(rows)), "")
    digits = rng.integers(0, 100, len(rows))
    return Rows(
        street=text(street[:1].upper() + street[1:] for street in streets),
        house=text(f"{house}{mark}" for house, mark in zip(houses, letter, strict=True)),
        town=text(town.name for town in towns),
        postcode=text(_postcode(town.postcode, int(n)) for town, n in zip(towns, digits, strict=True)),
        region=text(town.region for town in towns),
        region_code=text(town.region_code for town in towns),
        area=text(town.area for town in towns),
    )


def _postcode(base: str, n: int) -> str:
    """Vary a town's postcode in the place that its country leaves to streets."""
    if " " in base and not base[0].isdigit():  # GB: the inward code
        return f"{base.split(' ')[0]} {n % 9 + 1}{'ABDEFGHJLNPQRSTUWXYZ'[n // 9]}{'ABDEFGHJLN'[n % 10]}"
    if " " in base and len(base) == 7:  # NL: the letters
        return f"{base[:5]}{'ABCDEGHJKL'[n // 10]}{'ABDEGHJKLP'[n % 10]}"
    return f"{base[:-2]}{n:02d}"


def _phones(rng: np.random.Generator, rows: Rows, areas: Array) -> Array:
    """Return national digits with a plausible subscriber number; no two companies draw the same often."""
    drawn = rng.random(len(rows))
    return text(
        area + subscriber(LOCALES[i].country, area, u) for i, area, u in zip(rows["locale"], areas, drawn, strict=True)
    )


def subscriber(country: str, area: str, u: float) -> str:
    """Return the subscriber's digits for a dialling code, from a number in [0, 1)."""
    if country == "US":
        return f"{200 + int(u * 800)}{int(u * 8e6) % 10000:04d}"
    if country == "GB":
        return f"7{int(1e6 + u * 8.9e6)}" if area == "20" else f"{int(2e6 + u * 7.9e6)}"
    length = {"DE": 7, "FR": 8, "IT": 10 - len(area), "NL": 9 - len(area), "ES": 7, "AT": 7, "SE": 7, "PL": 7}
    digits = length[country]
    return str(int((2 + u * 7.9) * 10 ** (digits - 1)))


def _web(rng: np.random.Generator, rows: Rows) -> Rows:
    """Give each company a mail domain, families often a common one, and a general mailbox."""
    tlds = [LOCALES[i].tld for i in rows["locale"]]
    hyphen, com, own = (chance(rng, len(rows), share) for share in (0.3, 0.15, 0.94))
    names = [slug(name, "-" if h else "") for name, h in zip(rows["web_name"], hyphen, strict=True)]
    domain = text(f"{name}.{'com' if c else tld}" for name, c, tld in zip(names, com, tlds, strict=True))
    head = np.arange(len(rows)) - rows["place"]
    common = (rows["kind"] != "single") & (chance(rng, len(rows), 0.6))
    domain = np.where(common, domain[head], domain).astype(object)
    boxes = {"de": ("info", "kontakt", "office"), "sv": ("info", "kontakt"), "pl": ("biuro", "info")}
    drawn = rng.random(len(rows))
    mailbox = text(
        (options := boxes.get(LOCALES[i].language, ("info", "contact", "office", "sales")))[int(u * len(options))]
        for i, u in zip(rows["locale"], drawn, strict=True)
    )
    return rows.having(domain=np.where(own, domain, "").astype(object), mailbox=mailbox)


def _numbers(rng: np.random.Generator, rows: Rows) -> Rows:
    vat, tax = tax_numbers(rows["country"], rows["number"])
    fax = text(f"{phone[:-1]}{9 - int(phone[-1])}" for phone in rows["phone"])
    return rows.having(vat=vat, tax=tax, duns=duns_numbers(rows["number"]), fax=fax)


def _figures(piece: Piece, rng: np.random.Generator, rows: Rows) -> Rows:
    size = np.round(rng.lognormal(0.0, 0.9, len(rows)), 3)
    employees = np.maximum(np.round(60 * size * rng.lognormal(0, 0.4, len(rows))), 2).astype(np.int64)
    revenue = np.round(employees * rng.integers(90, 260, len(rows)) * 1000.0, -3)
    age = rng.integers(800, 4000, len(rows)).astype("timedelta64[D]")
    return rows.having(
        size=size,
        employees=employees,
        revenue=revenue,
        currency=text(LOCALES[i].currency for i in rows["locale"]),
        created=piece.as_of - age,
    )
