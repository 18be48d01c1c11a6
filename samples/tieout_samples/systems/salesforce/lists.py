"""Salesforce's products, price books and users."""

from __future__ import annotations

import numpy as np

from tieout_samples.ids import salesforce_ids
from tieout_samples.rows import Array, blank, chance, choose, text
from tieout_samples.systems.salesforce.view import FORMAT, USERS, View, audit
from tieout_samples.tables import Columns, Table, flags, money
from tieout_samples.trade.catalog import CURRENCIES, price_in


def _born(view: View) -> tuple[Array, Array]:
    created = view.world.piece.as_of - view.world.products["created"].astype("timedelta64[D]")
    return created, (created + 30).astype("datetime64[s]")


def product(view: View, ids: Array) -> Table:
    """Return the products."""
    rows = view.world.products
    columns: Columns = {
        "Id": ids,
        "IsDeleted": "false",
        "Name": rows["name"],
        "ProductCode": text(f"P-{n}" for n in rows["number"]),
        "Description": "",
        "IsActive": flags(rows["active"], "true", "false"),
        "Family": rows["family"],
        "StockKeepingUnit": blank(rows["gtin"], chance(view.rng, len(rows), 0.15)),
        "QuantityUnitOfMeasure": rows["unit"],
        "CurrencyIsoCode": "USD",
        "IsArchived": "false",
        **audit(view.rng, *_born(view)),
    }
    return Table("Product2", columns, FORMAT)


def price(view: View, ids: Array) -> Table:
    """Return the list prices by price book and currency."""
    rows = view.world.products
    books = [("01s", 1, 1.0, currency) for currency in CURRENCIES] + [("01s", 2, 0.8, "USD")]
    size = len(rows) * len(books)
    created, modified = (np.tile(values, len(books)) for values in _born(view))
    columns: Columns = {
        "Id": salesforce_ids("01u", range(1_000, 1_000 + size)),
        "IsDeleted": "false",
        "Name": np.tile(rows["name"], len(books)),
        "Pricebook2Id": np.repeat(text(salesforce_ids(p, [n])[0] for p, n, _, _ in books), len(rows)),
        "Product2Id": np.tile(ids, len(books)),
        "ProductCode": np.tile(text(f"P-{n}" for n in rows["number"]), len(books)),
        "CurrencyIsoCode": np.repeat(text(currency for *_, currency in books), len(rows)),
        "UnitPrice": np.concatenate([money(price_in(rows["price"] * f, c)) for _, _, f, c in books]),
        "IsActive": np.tile(flags(rows["active"], "true", "false"), len(books)),
        "UseStandardPrice": "false",
        "IsArchived": "false",
        **audit(view.rng, created, modified),
    }
    return Table("PricebookEntry", columns, FORMAT)


def user(view: View) -> Table:
    """Return the users who own records."""
    first = choose(view.rng, ("Anna", "Ben", "Carla", "David", "Elena", "Felix", "Grace", "Hugo"), USERS)
    last = choose(view.rng, ("Keller", "Morris", "Dubois", "Rossi", "Garcia", "Visser", "Lind", "Novak"), USERS)
    mail = text(f"{f}.{n}{i}@example.com".lower() for i, (f, n) in enumerate(zip(first, last, strict=True)))
    columns: Columns = {
        "Id": salesforce_ids("005", range(1, USERS + 1)),
        "Username": mail,
        "LastName": last,
        "FirstName": first,
        "Name": first + " " + last,
        "Email": mail,
        "Title": "Account Executive",
        "IsActive": "true",
        "UserType": "Standard",
        "CreatedDate": "2022-01-10T09:00:00.000Z",
        "LastModifiedDate": "2024-01-10T09:00:00.000Z",
        "SystemModstamp": "2024-01-10T09:00:00.000Z",
    }
    return Table("User", columns, FORMAT)
