"""True persons who work for the customers, with their numbers and mail addresses."""

from __future__ import annotations

import numpy as np

from tieout_samples.letters import ascii_only
from tieout_samples.locales import LOCALES
from tieout_samples.parties.companies import subscriber
from tieout_samples.plan import Piece
from tieout_samples.pools import pools
from tieout_samples.rows import Array, Rows, chance, choose, ranks, text

TITLES = (
    "Chief Executive Officer",
    "Chief Financial Officer",
    "Head of Purchasing",
    "Purchasing Manager",
    "Buyer",
    "IT Manager",
    "Operations Manager",
    "Accounts Payable",
    "Sales Director",
    "Marketing Manager",
    "Plant Manager",
    "Project Manager",
    "Owner",
    "Office Manager",
)
DEPARTMENTS = ("Management", "Finance", "Purchasing", "IT", "Operations", "Sales")
_FREE_MAIL = ("gmail.com", "outlook.com", "gmx.net", "yahoo.com")


def people(piece: Piece, customers: Rows) -> Rows:
    """Return persons grouped by customer.

    Columns: customer (position), place (0 is the main contact), number, true_id, first, last, female, title,
    department, email, phone and mobile (national digits; mobile may be empty), optout, created.
    """
    rng = piece.rng("people")
    count = np.minimum(1 + rng.poisson(0.5 + 0.5 * np.minimum(customers["size"], 3)), 6)
    customer = np.repeat(np.arange(len(customers)), count)
    size = len(customer)
    pool = [pools(piece.plan.seed)[i] for i in customers["locale"][customer]]
    female = chance(rng, size, 0.45)
    drawn = rng.random((size, 4))
    first = text(
        names[int(u * len(names))]
        for names, u in zip(
            (p.female if f else p.male for p, f in zip(pool, female, strict=True)), drawn[:, 0], strict=True
        )
    )
    last = text(p.last[int(u * len(p.last))] for p, u in zip(pool, drawn[:, 1], strict=True))
    place = ranks(customer)
    number = (piece.start + customer) * 8 + place
    phone = customers["phone"][customer]
    own_line = chance(rng, size, 0.3)
    return Rows(
        customer=customer,
        place=place,
        number=number,
        true_id=text(f"P{n:010d}" for n in number),
        first=first,
        last=last,
        female=female,
        title=choose(rng, TITLES, size),
        department=choose(rng, DEPARTMENTS, size),
        email=_emails(rng, first, last, customers["domain"][customer]),
        phone=text(
            p[:-2] + f"{int(u * 90) + 10}" if o else p for p, u, o in zip(phone, drawn[:, 2], own_line, strict=True)
        ),
        mobile=_mobiles(rng, customers["locale"][customer], drawn[:, 3]),
        optout=chance(rng, size, 0.25),
        created=customers["created"][customer] + rng.integers(0, 700, size).astype("timedelta64[D]"),
    )


def _emails(rng: np.random.Generator, first: Array, last: Array, domain: Array) -> Array:
    """Return `first.last@domain` or `flast@domain`; a few persons use free mail."""
    free = (domain == "") | chance(rng, len(first), 0.04)
    short = chance(rng, len(first), 0.3)
    host = np.where(free, choose(rng, _FREE_MAIL, len(first)), domain)
    return text(
        f"{_letters(f)[:1]}{_letters(n)}@{h}" if s else f"{_letters(f)}.{_letters(n)}@{h}"
        for f, n, h, s in zip(first, last, host, short, strict=True)
    )


def _letters(name: str) -> str:
    return "".join(letter for letter in ascii_only(name).lower() if letter.isalpha() or letter == "-")


def _mobiles(rng: np.random.Generator, locale: Array, drawn: Array) -> Array:
    none = chance(rng, len(locale), 0.45)
    numbers = []
    for i, u, empty in zip(locale, drawn, none, strict=True):
        home = LOCALES[i]
        prefix = home.mobiles[int(u * 997) % len(home.mobiles)]
        if home.country == "US":
            numbers.append("" if empty else prefix + subscriber("US", prefix, float(u)))
        else:
            numbers.append("" if empty else prefix + f"{int((1 + u * 8.9) * 10 ** (home.mobile_digits - 1))}")
    return text(numbers)
