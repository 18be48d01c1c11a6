"""The persons that one system knows, and how they are written there."""

from __future__ import annotations

import numpy as np

from tieout_samples.letters import ascii_only
from tieout_samples.locales import LOCALES
from tieout_samples.parties.mistakes import mistyped, phone_text
from tieout_samples.parties.records import Habits, stamps
from tieout_samples.rows import Array, Rows, chance, text
from tieout_samples.world import World


def contacts(world: World, accounts: Rows, habits: Habits, share: float) -> Rows:
    """Return the system's contacts of its live accounts, about `share` of all persons.

    Columns: person, account (position), copy, number (unique in the system), true_id, first, last, female,
    title, department, phone, mobile, email, optout, created, modified.
    """
    rng = world.piece.rng(f"contacts {habits.system}")
    person, account, copy = _who(rng, world, accounts, share)
    seen = world.people.take(person)
    size = len(person)
    locale = accounts["locale"][account]
    swapped = chance(rng, size, 0.015)
    first = mistyped(rng, seen["first"], 0.015)
    last = mistyped(rng, seen["last"], 0.02)
    first, last = np.where(swapped, last, first), np.where(swapped, first, last)
    plain = chance(rng, size, habits.plain_letters)
    style = rng.random((size, 2))
    has_phone, has_mobile = chance(rng, size, 0.75), chance(rng, size, 0.8)
    has_mail = ~has_phone | chance(rng, size, 0.5 + habits.mail)
    created = np.minimum(seen["created"], world.piece.as_of - 20)
    return Rows(
        person=person,
        account=account,
        copy=copy,
        number=seen["number"] * 2 + copy,
        true_id=seen["true_id"],
        first=text(ascii_only(n) if p else n for n, p in zip(first, plain, strict=True)),
        last=text(ascii_only(n) if p else n for n, p in zip(last, plain, strict=True)),
        female=seen["female"],
        title=seen["title"],
        department=seen["department"],
        phone=text(
            phone_text(LOCALES[i], p if h else "", float(u))
            for i, p, h, u in zip(locale, seen["phone"], has_phone, style[:, 0], strict=True)
        ),
        mobile=text(
            phone_text(LOCALES[i], p if h else "", float(u))
            for i, p, h, u in zip(locale, seen["mobile"], has_mobile, style[:, 1], strict=True)
        ),
        email=np.where(has_mail, seen["email"], "").astype(object),
        optout=seen["optout"],
        created=created,
        modified=stamps(rng, world, created),
    )


def _who(rng: np.random.Generator, world: World, accounts: Rows, share: float) -> tuple[Array, Array, Array]:
    """Draw the persons that the system knows; a few twice, on either of a customer's records."""
    first = np.full(len(world.customers), -1)
    live = np.flatnonzero((accounts["copy"] == 0) & (accounts["fate"] == "live"))
    first[accounts["customer"][live]] = live
    records = np.bincount(accounts["customer"], minlength=len(world.customers))
    home = first[world.people["customer"]]
    once = np.flatnonzero((home >= 0) & chance(rng, len(home), share))
    twice = once[chance(rng, len(once), 0.02)]
    person = np.concatenate([once, twice])
    copy = np.r_[np.zeros(len(once), dtype=np.int64), np.ones(len(twice), dtype=np.int64)]
    owner = world.people["customer"][person]
    second = (records[owner] > 1) & chance(rng, len(person), 0.4)
    account = first[owner] + second
    order = np.argsort(account, kind="stable")
    return person[order], account[order], copy[order]


def account_of(rng: np.random.Generator, world: World, accounts: Rows, customer: Array) -> Array:
    """Return which of the system's records carries each customer's business; -1 where it has none."""
    first = np.full(len(world.customers), -1)
    head = np.flatnonzero(accounts["copy"] == 0)
    first[accounts["customer"][head]] = head
    records = np.bincount(accounts["customer"], minlength=len(world.customers))
    second = (records[customer] > 1) & chance(rng, len(customer), 0.35)
    return np.where(first[customer] >= 0, first[customer] + second, -1)
