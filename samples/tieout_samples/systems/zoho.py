"""Zoho CRM exports as CSV of bulk read: field names, 19-digit ids, times with an offset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

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
from tieout_samples.vocabulary import INDUSTRIES
from tieout_samples.world import World

SYSTEM = "zoho"
FORMAT = FileFormat()
_ORGANISATION = 4_150_868_000_000_000_000
_STAGES = {
    "Prospecting": "Qualification",
    "Qualification": "Needs Analysis",
    "Proposal": "Proposal/Price Quote",
    "Negotiation": "Negotiation/Review",
}


def export(world: World) -> Export:
    """Return the Zoho modules of one piece."""
    view = crm_view(world, SYSTEM)
    account = zoho_ids(1, view.accounts["number"])
    contact = zoho_ids(2, view.contacts["number"])
    product = zoho_ids(3, world.products["number"])
    truth = {"account": (account, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (product, world.products["true_id"])
    return Export(_tables(view, account, contact, product), truth)


def zoho_ids(module: int, numbers: Array) -> Array:
    """Return 19-digit ids: organisation, module and number, too long for a spreadsheet's numbers."""
    return text(str(_ORGANISATION + module * 100_000_000_000 + int(n) * 1_001) for n in numbers)


def _tables(view: CrmView, account: Array, contact: Array, product: Array) -> Iterator[Table]:
    yield _accounts(view, account)
    yield _contacts(view, account, contact)
    yield _deals(view, account, contact)
    yield _cases(view, account, contact)
    if view.world.piece.number == 0:
        yield _products(view, product)
        yield Table(
            "Users",
            {
                "Id": zoho_ids(9, np.arange(len(STAFF))),
                "Full_Name": text(f"{a} {b}" for a, b, _ in STAFF),
                "Email": text(mail for *_, mail in STAFF),
                "Status": "active",
            },
            FORMAT,
        )


def _stamp(values: Array) -> Array:
    return times(values, "+02:00")


def _tail(view: CrmView, created: Array, modified: Array) -> dict[str, Array | str]:
    """Return the columns that every module ends with."""
    size = len(created)
    return {
        "Owner": zoho_ids(9, owner(view.rng, size)),
        "Created_By": zoho_ids(9, owner(view.rng, size)),
        "Modified_By": zoho_ids(9, owner(view.rng, size)),
        "Created_Time": _stamp(created),
        "Modified_Time": _stamp(modified),
        "Record_Status__s": "Available",
    }


def _accounts(view: CrmView, ids: Array) -> Table:
    rng, rows, seen = view.rng, view.accounts, view.seen
    size = len(rows)
    deleted = rows["fate"] == "deleted"
    ships = chance(rng, size, 0.3)
    country = country_words(rng, rows)
    columns: Columns = {
        "Id": ids,
        "Account_Name": rows["name"],
        "Account_Number": whole(rows["number"]),
        "Account_Site": "",
        "Account_Type": np.where(
            view.buys, "Customer", choose(rng, ("Prospect", "Partner", "Other"), size, [92, 5, 3])
        ),
        "Parent_Account": refer(ids, rows["parent"]),
        "Phone": rows["phone"],
        "Fax": rows["fax"],
        "Website": rows["web"],
        "Email": rows["email"],
        "Industry": blank(text(INDUSTRIES[i][0] for i in seen["industry"]), chance(rng, size, 0.15)),
        "Annual_Revenue": blank(whole(seen["revenue"]), chance(rng, size, 0.4)),
        "Employees": blank(whole(seen["employees"]), chance(rng, size, 0.3)),
        "Ownership": "",
        "Rating": "",
        "Billing_Street": rows["street"],
        "Billing_City": rows["town"],
        "Billing_State": blank(rows["region"], chance(rng, size, 0.4)),
        "Billing_Code": rows["postcode"],
        "Billing_Country": country,
        "Shipping_Street": blank(rows["street"], ~ships),
        "Shipping_City": blank(rows["town"], ~ships),
        "Shipping_Code": blank(rows["postcode"], ~ships),
        "Shipping_Country": blank(country, ~ships),
        "Currency": seen["currency"],
        "Exchange_Rate": text(f"{1 / USD_PER_UNIT[c]:.6f}" for c in seen["currency"]),
        "Tax_ID": tax_number(rows),
        "DUNS": rows["duns"],
        "Email_Opt_In": flags(chance(rng, size, 0.55), "true", "false"),
        "Tag": "",
        **_tail(view, rows["created"].astype("datetime64[s]") + 30_000, rows["modified"]),
    }
    columns["Record_Status__s"] = flags(deleted, "Trash", "Available")
    old = earlier(
        view.world,
        "zoho account",
        size,
        0.03,
        {"Phone": "", "Employees": "", "Modified_Time": _stamp(rows["modified"] - 9_000_000)},
    )
    bad = spoilt(
        columns,
        Account_Name="No key given",
        Record_Status__s="Available",
        Modified_Time="2026-01-01T00:00:00+02:00",
    )
    return Table("Accounts", columns, FORMAT, old, [bad])


def _contacts(view: CrmView, accounts: Array, ids: Array) -> Table:
    rng, rows = view.rng, view.contacts
    size = len(rows)
    home = view.accounts.take(rows["account"])
    columns: Columns = {
        "Id": ids,
        "First_Name": rows["first"],
        "Last_Name": rows["last"],
        "Full_Name": rows["first"] + " " + rows["last"],
        "Account_Name": accounts[rows["account"]],
        "Email": rows["email"],
        "Secondary_Email": "",
        "Phone": rows["phone"],
        "Mobile": rows["mobile"],
        "Title": blank(rows["title"], chance(rng, size, 0.15)),
        "Department": rows["department"],
        "Mailing_Street": blank(home["street"], chance(rng, size, 0.5)),
        "Mailing_City": blank(home["town"], chance(rng, size, 0.5)),
        "Mailing_Zip": blank(home["postcode"], chance(rng, size, 0.5)),
        "Mailing_Country": country_words(rng, home),
        "Email_Opt_Out": flags(rows["optout"], "true", "false"),
        "Lead_Source": choose(rng, ("Trade Show", "Web Download", ""), size),
        **_tail(view, rows["created"].astype("datetime64[s]") + 30_000, rows["modified"]),
    }
    bad = spoilt(
        columns,
        Id=zoho_ids(8, np.asarray([view.world.piece.number]))[0],
        Last_Name="Orphan",
        Account_Name="1",
        Record_Status__s="Available",
        Modified_Time="2026-01-01T00:00:00+02:00",
    )
    return Table("Contacts", columns, FORMAT, extra=[bad])


def _deals(view: CrmView, accounts: Array, contacts: Array) -> Table:
    deal = view.deals
    size = len(deal)
    won, lost = deal["status"] == "won", deal["status"] == "lost"
    modified = view.deal_modified
    columns: Columns = {
        "Id": zoho_ids(4, deal["number"]),
        "Deal_Name": view.deal_names,
        "Account_Name": refer(accounts, view.deal_account),
        "Contact_Name": refer(contacts, view.deal_contact),
        "Stage": np.where(
            won, "Closed Won", np.where(lost, "Closed Lost", text(_STAGES.get(s, "") for s in deal["stage"]))
        ),
        "Amount": text(f"{a}" for a in deal["amount"]),
        "Probability": whole(deal["probability"]),
        "Expected_Revenue": money(deal["amount"] * deal["probability"] / 100),
        "Closing_Date": days(deal["closes"]),
        "Type": np.where(deal["kind"] == "New Business", "New Business", "Existing Business"),
        "Pipeline": "Standard",
        "Currency": deal["currency"],
        "Exchange_Rate": text(f"{1 / USD_PER_UNIT[c]:.6f}" for c in deal["currency"]),
        "Lead_Source": "",
        "Deal_Number": deal["code"],
        "ARR": text(f"{a}" for a in deal["arr"]),
        "Contract_Start": blank(days(deal["starts"]), ~won),
        "Contract_End": blank(days(deal["ends"]), ~won),
        **_tail(view, deal["created"].astype("datetime64[s]") + 30_000, modified),
    }
    old = earlier(
        view.world,
        "zoho deal",
        size,
        0.02,
        {"Stage": "Needs Analysis", "Probability": "25", "Modified_Time": _stamp(modified - 2_000_000)},
    )
    bad = spoilt(
        columns,
        Id=zoho_ids(7, np.asarray([view.world.piece.number]))[0],
        Deal_Name="Orphan",
        Account_Name="1",
        Stage="Closed Won",
        Amount="10",
        Currency="USD",
        Closing_Date="2026-02-31",
        Record_Status__s="Available",
        Modified_Time="2026-01-01T00:00:00+02:00",
    )
    return Table("Deals", columns, FORMAT, old, [bad])


def _cases(view: CrmView, accounts: Array, contacts: Array) -> Table:
    case = view.cases
    size = len(case)
    status = np.where(
        ~case["open"],
        "Closed",
        np.where(case["escalated"], "Escalated", choose(view.rng, ("New", "On Hold"), size)),
    )
    return Table(
        "Cases",
        {
            "Id": zoho_ids(5, case["number"]),
            "Case_Number": whole(case["number"]),
            "Subject": case["subject"],
            "Account_Name": refer(accounts, view.case_account),
            "Related_To": refer(contacts, view.case_contact),
            "Status": status,
            "Priority": text("High" if p == "Critical" else p for p in case["priority"]),
            "Type": case["kind"],
            "Case_Origin": case["origin"],
            "Description": "",
            "Closed_Time": times(case["closed"], "+02:00"),
            **_tail(view, case["opened"], view.case_modified),
        },
        FORMAT,
    )


def _products(view: CrmView, ids: Array) -> Table:
    rows = view.world.products
    made = born(view.world)
    return Table(
        "Products",
        {
            "Id": ids,
            "Product_Name": rows["name"],
            "Product_Code": material_code(view.world),
            "Product_Category": rows["family"],
            "Unit_Price": money(rows["price"]),
            "Currency": "USD",
            "Usage_Unit": rows["unit"],
            "Product_Active": flags(rows["active"], "true", "false"),
            "GTIN": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "Description": "",
            **_tail(view, made, made + 5_000_000),
        },
        FORMAT,
    )
