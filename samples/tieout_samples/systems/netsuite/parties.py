"""Customers, their addresses and contacts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.rows import Array, blank, chance, text
from tieout_samples.systems.base import earlier
from tieout_samples.systems.erp import ErpView
from tieout_samples.systems.netsuite.formats import FORMAT, currency_id, stamp
from tieout_samples.systems.words import refer, spoilt
from tieout_samples.tables import Columns, Table, flags, money, whole


def tables(view: ErpView, customers: Array, contacts: Array) -> Iterator[Table]:
    """Yield customer, entityaddress and contact."""
    yield _customer(view, customers)
    yield _address(view)
    yield _contact(view, customers, contacts)


def _customer(view: ErpView, ids: Array) -> Table:
    rng, rows = view.rng, view.accounts
    size = len(rows)
    deleted = rows["fate"] == "deleted"
    columns: Columns = {
        "id": ids,
        "entityid": text(f"CUST{n + 1_400:07d}" for n in rows["number"]),
        "companyname": rows["name"],
        "altname": rows["name"],
        "fullname": rows["name"],
        "isperson": "F",
        "isinactive": flags(deleted, "T", "F"),
        "parent": refer(ids, rows["parent"]),
        "email": rows["email"],
        "phone": rows["phone"],
        "altphone": "",
        "fax": rows["fax"],
        "url": rows["web"],
        "vatregnumber": rows["vat"],
        "taxidnum": np.where(rows["vat"] == "", rows["tax"], "").astype(object),
        "defaultbillingaddress": whole(rows["number"] + 700_000),
        "defaultshippingaddress": whole(rows["number"] + 700_000),
        "currency": currency_id(view.currency),
        "creditlimit": blank(money(view.limit), chance(rng, size, 0.08)),
        "creditholdoverride": flags(view.blocked, "ON", "AUTO"),
        "oncredithold": flags(view.blocked, "T", "F"),
        "terms": whole(view.days),
        "category": "",
        "entitystatus": "13",
        "searchstage": "Customer",
        "salesrep": whole(rng.integers(1_000, 1_020, size)),
        "subsidiary": "1",
        "duplicate": "F",
        "emailpreference": "DEFAULT",
        "globalsubscriptionstatus": flags(chance(rng, size, 0.6), "1", "2"),
        "custentity_duns": rows["duns"],
        "balancesearch": "0",
        "datecreated": stamp(rows["created"].astype("datetime64[s]") + 30_000),
        "lastmodifieddate": stamp(rows["modified"]),
        "date_deleted": blank(stamp(rows["modified"]), ~deleted),
    }
    old = earlier(
        view.world,
        "netsuite customer",
        size,
        0.03,
        {"phone": "", "url": "", "lastmodifieddate": stamp(rows["modified"] - 9_000_000)},
    )
    bad = spoilt(columns, companyname="No key given", isinactive="F", lastmodifieddate="2026-01-01 0:00:00")
    return Table("customer", columns, FORMAT, old, [bad])


def _address(view: ErpView) -> Table:
    rows = view.accounts
    return Table(
        "entityaddress",
        {
            "nkey": whole(rows["number"] + 700_000),
            "recordowner": whole(rows["number"] + 700_000),
            "addressee": rows["name"],
            "attention": "",
            "addr1": rows["street"],
            "addr2": "",
            "addr3": "",
            "city": rows["town"],
            "state": rows["region_code"],
            "dropdownstate": rows["region_code"],
            "zip": rows["postcode"],
            "country": rows["country"],
            "addrphone": "",
            "addrtext": text(
                f"{s}\n{z} {t}".strip() for s, z, t in zip(rows["street"], rows["postcode"], rows["town"], strict=True)
            ),
            "override": "F",
            "lastmodifieddate": stamp(rows["modified"]),
            "date_deleted": "",
        },
        FORMAT,
    )


def _contact(view: ErpView, customers: Array, ids: Array) -> Table:
    rows = view.contacts
    columns: Columns = {
        "id": ids,
        "entityid": rows["first"] + " " + rows["last"],
        "firstname": rows["first"],
        "lastname": rows["last"],
        "company": customers[rows["account"]],
        "title": rows["title"],
        "email": rows["email"],
        "phone": rows["phone"],
        "mobilephone": rows["mobile"],
        "isinactive": "F",
        "globalsubscriptionstatus": flags(rows["optout"], "2", "1"),
        "datecreated": stamp(rows["created"].astype("datetime64[s]") + 30_000),
        "lastmodifieddate": stamp(rows["modified"]),
        "date_deleted": "",
    }
    bad = spoilt(
        columns,
        id=str(1 + view.world.piece.number),
        lastname="Orphan",
        company="1",
        isinactive="F",
        lastmodifieddate="2026-01-01 0:00:00",
    )
    return Table("contact", columns, FORMAT, extra=[bad])
