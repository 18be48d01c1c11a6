"""Dynamics 365 Sales exports as CSV of Dataverse tables: GUIDs, state codes, a stringmap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.ids import guids
from tieout_samples.locales import USD_PER_UNIT
from tieout_samples.rows import Array, blank, chance, choose, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.crm import CrmView, crm_view
from tieout_samples.systems.words import (
    STAFF,
    born,
    country_words,
    material_code,
    owner,
    refer,
    spoilt,
    tax_number,
)
from tieout_samples.tables import Columns, FileFormat, Table, days, flags, money, times, whole
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.vocabulary import INDUSTRIES
from tieout_samples.world import World

SYSTEM = "dynamics_sales"
FORMAT = FileFormat()
_CURRENCY = dict(zip(CURRENCIES, guids("dynamics currency", range(len(CURRENCIES))), strict=True))
_CODES = {
    ("account", "customertypecode"): {"3": "Customer", "8": "Prospect", "5": "Partner", "12": "Other"},
    ("account", "paymenttermscode"): {"1": "Net 30", "2": "2% 10, Net 30", "3": "Net 45", "4": "Net 60"},
    ("account", "statecode"): {"0": "Active", "1": "Inactive"},
    ("account", "industrycode"): {str(i + 1): name for i, (name, _, _) in enumerate(INDUSTRIES)},
    ("opportunity", "statecode"): {"0": "Open", "1": "Won", "2": "Lost"},
    ("opportunity", "salesstage"): {"0": "Qualify", "1": "Develop", "2": "Propose", "3": "Close"},
    ("incident", "statecode"): {"0": "Active", "1": "Resolved", "2": "Cancelled"},
    ("incident", "prioritycode"): {"1": "High", "2": "Normal", "3": "Low"},
    ("product", "statecode"): {"0": "Active", "1": "Retired"},
}
_STAGE = {"Prospecting": "0", "Qualification": "1", "Proposal": "2", "Negotiation": "3"}


def export(world: World) -> Export:
    """Return the Dataverse tables of one piece."""
    view = crm_view(world, SYSTEM)
    account = guids("dynamics account", view.accounts["number"])
    contact = guids("dynamics contact", view.contacts["number"])
    product = guids("dynamics product", world.products["number"])
    truth = {"account": (account, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (product, world.products["true_id"])
    return Export(_tables(view, account, contact, product), truth)


def _tables(view: CrmView, account: Array, contact: Array, product: Array) -> Iterator[Table]:
    yield _account(view, account, contact)
    yield _contact(view, account, contact)
    yield _opportunity(view, account, contact)
    yield _incident(view, account, contact)
    if view.world.piece.number == 0:
        yield from _catalogue(view, product)
        yield _stringmap()
        yield Table(
            "transactioncurrency",
            {
                "transactioncurrencyid": text(_CURRENCY[c] for c in CURRENCIES),
                "isocurrencycode": text(CURRENCIES),
                "currencyprecision": "2",
                "exchangerate": text(f"{1 / USD_PER_UNIT[c]:.10f}" for c in CURRENCIES),
                "statecode": "0",
            },
            FORMAT,
        )
        yield Table(
            "systemuser",
            {
                "systemuserid": guids("dynamics user", range(len(STAFF))),
                "fullname": text(f"{a} {b}" for a, b, _ in STAFF),
                "internalemailaddress": text(mail for *_, mail in STAFF),
                "isdisabled": "False",
            },
            FORMAT,
        )


def _owner(view: CrmView, size: int) -> Array:
    return guids("dynamics user", owner(view.rng, size))


def _iso(values: Array) -> Array:
    return times(values, "Z")


def _money_id(values: Array) -> Array:
    return text(_CURRENCY[c] for c in values)


def braced(values: Array) -> Array:
    """Write GUIDs in braces and capitals, as older parts of the system do."""
    return text(f"{{{v.upper()}}}" if v else "" for v in values)


def _account(view: CrmView, ids: Array, contacts: Array) -> Table:
    rng, rows, seen = view.rng, view.accounts, view.seen
    size = len(rows)
    deleted = rows["fate"] == "deleted"
    first = np.full(size, -1)
    first[view.contacts["account"][::-1]] = np.arange(len(view.contacts))[::-1]
    columns: Columns = {
        "accountid": ids,
        "accountnumber": text(f"ACC-{n:07d}" for n in rows["number"]),
        "name": rows["name"],
        "address1_line1": rows["street"],
        "address1_line2": "",
        "address1_city": rows["town"],
        "address1_stateorprovince": blank(rows["region"], chance(rng, size, 0.4)),
        "address1_postalcode": rows["postcode"],
        "address1_country": country_words(rng, rows),
        "telephone1": rows["phone"],
        "fax": rows["fax"],
        "emailaddress1": rows["email"],
        "websiteurl": rows["web"],
        "industrycode": blank(whole(seen["industry"] + 1), chance(rng, size, 0.15)),
        "revenue": blank(text(f"{v:.4f}" for v in seen["revenue"]), chance(rng, size, 0.4)),
        "numberofemployees": blank(whole(seen["employees"]), chance(rng, size, 0.3)),
        "parentaccountid": refer(ids, rows["parent"]),
        "primarycontactid": refer(contacts, first),
        "customertypecode": np.where(view.buys, "3", choose(rng, ("8", "5", "12"), size, [92, 5, 3])),
        "paymenttermscode": choose(rng, ("1", "3", "4", ""), size),
        "creditonhold": flags(chance(rng, size, 0.01), "True", "False"),
        "creditlimit": "",
        "donotbulkemail": flags(chance(rng, size, 0.45), "True", "False"),
        "statecode": flags(deleted | chance(rng, size, 0.02), "1", "0"),
        "statuscode": "1",
        "transactioncurrencyid": _money_id(seen["currency"]),
        "new_taxid": tax_number(rows),
        "new_dunsnumber": rows["duns"],
        "ownerid": _owner(view, size),
        "createdon": _iso(rows["created"].astype("datetime64[s]") + 30_000),
        "modifiedon": _iso(rows["modified"]),
        "versionnumber": whole(rows["number"] + 4_000_000),
        "IsDelete": flags(deleted, "True", ""),
    }
    old = earlier(
        view.world,
        "dynamics account",
        size,
        0.03,
        {"telephone1": "", "numberofemployees": "", "modifiedon": _iso(rows["modified"] - 9_000_000)},
    )
    bad = spoilt(columns, name="No key given", statecode="0", modifiedon="2026-01-01T00:00:00Z")
    return Table("account", columns, FORMAT, old, [bad])


def _contact(view: CrmView, accounts: Array, ids: Array) -> Table:
    rng, rows = view.rng, view.contacts
    size = len(rows)
    home = view.accounts.take(rows["account"])
    columns: Columns = {
        "contactid": ids,
        "parentcustomerid": accounts[rows["account"]],
        "parentcustomeridtype": "account",
        "firstname": rows["first"],
        "lastname": rows["last"],
        "fullname": rows["first"] + " " + rows["last"],
        "salutation": flags(rows["female"], "Ms.", "Mr."),
        "jobtitle": blank(rows["title"], chance(rng, size, 0.15)),
        "department": rows["department"],
        "emailaddress1": rows["email"],
        "telephone1": rows["phone"],
        "mobilephone": rows["mobile"],
        "address1_line1": blank(home["street"], chance(rng, size, 0.6)),
        "address1_city": blank(home["town"], chance(rng, size, 0.5)),
        "address1_postalcode": blank(home["postcode"], chance(rng, size, 0.5)),
        "address1_country": country_words(rng, home),
        "donotbulkemail": flags(rows["optout"], "True", "False"),
        "statecode": "0",
        "ownerid": _owner(view, size),
        "createdon": _iso(rows["created"].astype("datetime64[s]") + 30_000),
        "modifiedon": _iso(rows["modified"]),
        "IsDelete": "",
    }
    bad = spoilt(
        columns,
        contactid=guids("dynamics orphan", [view.world.piece.number])[0],
        lastname="Orphan",
        parentcustomerid="00000000-0000-0000-0000-000000000001",
        parentcustomeridtype="account",
        statecode="0",
        modifiedon="2026-01-01T00:00:00Z",
    )
    return Table("contact", columns, FORMAT, extra=[bad])


def _opportunity(view: CrmView, accounts: Array, contacts: Array) -> Table:
    deal = view.deals
    size = len(deal)
    won, lost = deal["status"] == "won", deal["status"] == "lost"
    modified = view.deal_modified
    amount = text(f"{a:.4f}" for a in deal["amount"])
    columns: Columns = {
        "opportunityid": guids("dynamics deal", deal["number"]),
        "name": view.deal_names,
        "parentaccountid": refer(accounts, view.deal_account),
        "parentcontactid": refer(contacts, view.deal_contact),
        "estimatedvalue": amount,
        "actualvalue": blank(amount, ~won),
        "estimatedclosedate": days(deal["closes"]),
        "actualclosedate": days(view.deal_closed),
        "closeprobability": whole(deal["probability"]),
        "salesstage": text(_STAGE.get(s, "3") for s in deal["stage"]),
        "statecode": np.where(won, "1", np.where(lost, "2", "0")),
        "statuscode": np.where(won, "3", np.where(lost, "4", "1")),
        "transactioncurrencyid": _money_id(deal["currency"]),
        "new_opportunitynumber": deal["code"],
        "new_opportunitytype": deal["kind"],
        "new_arr": text(f"{a:.4f}" for a in deal["arr"]),
        "new_contractstart": blank(days(deal["starts"]), ~won),
        "new_contractend": blank(days(deal["ends"]), ~won),
        "ownerid": _owner(view, size),
        "createdon": _iso(deal["created"].astype("datetime64[s]") + 30_000),
        "modifiedon": _iso(modified),
        "IsDelete": "",
    }
    old = earlier(
        view.world,
        "dynamics deal",
        size,
        0.02,
        {
            "statecode": "0",
            "statuscode": "1",
            "salesstage": "1",
            "actualvalue": "",
            "actualclosedate": "",
            "modifiedon": _iso(modified - 2_000_000),
        },
    )
    bad = spoilt(
        columns,
        opportunityid=guids("dynamics odd deal", [view.world.piece.number])[0],
        name="Orphan",
        parentaccountid="00000000-0000-0000-0000-000000000001",
        estimatedvalue="10.0000",
        statecode="1",
        estimatedclosedate="2026-02-31",
        modifiedon="2026-01-01T00:00:00Z",
        transactioncurrencyid=_CURRENCY["USD"],
    )
    return Table("opportunity", columns, FORMAT, old, [bad])


def _incident(view: CrmView, accounts: Array, contacts: Array) -> Table:
    case = view.cases
    size = len(case)
    return Table(
        "incident",
        {
            "incidentid": guids("dynamics case", case["number"]),
            "ticketnumber": text(f"CAS-{n:08d}" for n in case["number"]),
            "title": case["subject"],
            "description": "",
            "customerid": braced(refer(accounts, view.case_account)),
            "customeridtype": "account",
            "primarycontactid": refer(contacts, view.case_contact),
            "prioritycode": text({"Low": "3", "Medium": "2"}.get(p, "1") for p in case["priority"]),
            "caseorigincode": text({"Phone": "1", "Email": "2", "Web": "3"}[o] for o in case["origin"]),
            "statecode": flags(case["open"], "0", "1"),
            "statuscode": flags(case["open"], "1", "5"),
            "ownerid": _owner(view, size),
            "createdon": _iso(case["opened"]),
            "modifiedon": _iso(view.case_modified),
            "IsDelete": "",
        },
        FORMAT,
    )


def _catalogue(view: CrmView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    made = _iso(born(view.world))
    yield Table(
        "product",
        {
            "productid": ids,
            "productnumber": material_code(view.world),
            "name": rows["name"],
            "description": "",
            "price": text(f"{p:.4f}" for p in rows["price"]),
            "standardcost": text(f"{p:.4f}" for p in rows["price"] * rows["cost_share"]),
            "defaultuomid": guids("dynamics unit", (len(u) for u in rows["unit"])),
            "new_unit": rows["unit"],
            "new_family": rows["family"],
            "new_gtin": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "statecode": flags(rows["active"], "0", "1"),
            "transactioncurrencyid": _CURRENCY["USD"],
            "createdon": made,
            "modifiedon": made,
            "IsDelete": "",
        },
        FORMAT,
    )
    size = len(rows)
    yield Table(
        "productpricelevel",
        {
            "productpricelevelid": guids("dynamics price", range(size * len(CURRENCIES))),
            "pricelevelid": np.repeat(guids("dynamics list", range(len(CURRENCIES))), size),
            "productid": np.tile(ids, len(CURRENCIES)),
            "amount": np.concatenate([money(price_in(rows["price"], c)) for c in CURRENCIES]),
            "transactioncurrencyid": np.repeat(_money_id(text(CURRENCIES)), size),
            "createdon": np.tile(made, len(CURRENCIES)),
            "modifiedon": np.tile(made, len(CURRENCIES)),
            "IsDelete": "",
        },
        FORMAT,
    )
    yield Table(
        "pricelevel",
        {
            "pricelevelid": guids("dynamics list", range(len(CURRENCIES))),
            "name": text(f"Standard {c}" for c in CURRENCIES),
            "transactioncurrencyid": _money_id(text(CURRENCIES)),
            "statecode": "0",
        },
        FORMAT,
    )


def _stringmap() -> Table:
    rows = [(table, name, value, label) for (table, name), codes in _CODES.items() for value, label in codes.items()]
    return Table(
        "stringmap",
        {
            "objecttypecode": text(r[0] for r in rows),
            "attributename": text(r[1] for r in rows),
            "attributevalue": text(r[2] for r in rows),
            "value": text(r[3] for r in rows),
            "langid": "1033",
        },
        FORMAT,
    )
