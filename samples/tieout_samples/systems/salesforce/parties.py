"""Salesforce's companies and persons."""

from __future__ import annotations

import numpy as np

from tieout_samples.ids import salesforce_ids
from tieout_samples.rows import Array, blank, chance, choose, text
from tieout_samples.systems.base import earlier
from tieout_samples.systems.salesforce.view import FORMAT, NOWHERE, SYSTEM, View, audit, owner
from tieout_samples.systems.words import country_words
from tieout_samples.tables import Columns, Table, days, flags, times, whole
from tieout_samples.vocabulary import INDUSTRIES


def account(view: View) -> Table:
    """Return the companies."""
    rng, rows, world = view.rng, view.accounts, view.world
    size = len(rows)
    seen = world.customers.take(rows["customer"])
    buys = world.known["erp_side"][rows["customer"]]
    parent = np.where(rows["parent"] >= 0, view.account_ids[rows["parent"]], "").astype(object)
    touched = rows["modified"].astype("datetime64[D]")
    status = np.where(
        rows["fate"] == "deleted",
        "Inactive",
        choose(rng, ("Active", "Inactive", "On Hold"), size, [94, 4, 2]),
    )
    tax = np.where(rows["vat"] != "", rows["vat"], rows["tax"])
    deleted = rows["fate"] == "deleted"
    columns: Columns = {
        "Id": view.account_ids,
        "IsDeleted": flags(deleted, "true", "false"),
        "MasterRecordId": "",
        "Name": rows["name"],
        "Type": np.where(
            buys,
            choose(rng, ("Customer - Direct", "Customer - Channel"), size, [9, 1]),
            choose(rng, ("Prospect", "Partner", "Other"), size, [92, 5, 3]),
        ),
        "ParentId": blank(parent, chance(rng, size, 0.1)),
        **_addresses(view),
        "Phone": rows["phone"],
        "Fax": rows["fax"],
        "AccountNumber": text(f"CRM-{n:08d}" for n in rows["number"]),
        "Website": rows["web"],
        "Industry": blank(text(INDUSTRIES[i][0] for i in seen["industry"]), chance(rng, size, 0.15)),
        "AnnualRevenue": blank(text(f"{v:.1f}" for v in seen["revenue"]), chance(rng, size, 0.35)),
        "NumberOfEmployees": blank(whole(seen["employees"]), chance(rng, size, 0.3)),
        "Ownership": choose(rng, ("Private", "Public", "Subsidiary", ""), size, [5, 1, 1, 3]),
        "Rating": choose(rng, ("Hot", "Warm", "Cold", ""), size),
        "Site": "",
        "CurrencyIsoCode": seen["currency"],
        "OwnerId": owner(rng, size),
        **audit(rng, rows["created"], rows["modified"]),
        "LastActivityDate": days(touched),
        "AccountSource": choose(rng, ("Web", "Trade Show", "Partner Referral", "Purchased List", ""), size),
        "DunsNumber": rows["duns"],
        "Tax_ID__c": tax,
        "Email__c": rows["email"],
        "MarketingOptIn__c": flags(chance(rng, size, 0.55), "true", "false"),
        "Payment_Terms__c": choose(rng, ("Net 14", "Net 30", "Net 45", "Net 60", ""), size, [1, 5, 1, 1, 2]),
        "Customer_Status__c": status,
    }
    old = earlier(
        world,
        f"{SYSTEM} account",
        size,
        0.03,
        {"Phone": "", "Rating": "Cold", "SystemModstamp": times(rows["modified"] - 9_000_000)},
    )
    extra = [
        dict.fromkeys(columns, "")
        | {"Name": "No key given", "IsDeleted": "false", "SystemModstamp": "2026-01-01T00:00:00.000Z"}
    ]
    return Table("Account", columns, FORMAT, old, extra)


def _addresses(view: View) -> dict[str, Array]:
    """Return billing and shipping address; in a few streets there is a second line."""
    rng, rows = view.rng, view.accounts
    size = len(rows)
    code = chance(rng, size, 0.6) & (rows["region_code"] != "") & (rows["country"] == "US")
    second = np.where(chance(rng, size, 0.02), "\nBuilding " + choose(rng, "ABCD", size), "").astype(object)
    parts = {
        "Street": rows["street"],
        "City": rows["town"],
        "State": np.where(code, rows["region_code"], blank(rows["region"], chance(rng, size, 0.5))),
        "PostalCode": rows["postcode"],
        "Country": country_words(rng, rows),
    }
    nowhere = ~chance(rng, size, 0.4)
    billing = {f"Billing{name}": values for name, values in parts.items()}
    billing["BillingStreet"] = rows["street"] + np.where(rows["street"] != "", second, "")
    return billing | {f"Shipping{name}": blank(values, nowhere) for name, values in parts.items()}


def contact(view: View) -> Table:
    """Return the persons."""
    rng, rows = view.rng, view.contacts
    size = len(rows)
    home = view.accounts.take(rows["account"])
    mailing = chance(rng, size, 0.5)
    country = country_words(rng, home)
    columns: Columns = {
        "Id": view.contact_ids,
        "IsDeleted": flags(chance(rng, size, 0.004) & (rows["copy"] > 0), "true", "false"),
        "MasterRecordId": "",
        "AccountId": view.account_ids[rows["account"]],
        "LastName": rows["last"],
        "FirstName": rows["first"],
        "Salutation": blank(flags(rows["female"], "Ms.", "Mr."), chance(rng, size, 0.3)),
        "Name": rows["first"] + " " + rows["last"],
        "MailingStreet": blank(home["street"], ~mailing),
        "MailingCity": blank(home["town"], ~mailing),
        "MailingState": blank(home["region"], ~mailing),
        "MailingPostalCode": blank(home["postcode"], ~mailing),
        "MailingCountry": blank(country, ~mailing),
        "Phone": rows["phone"],
        "Fax": "",
        "MobilePhone": rows["mobile"],
        "Email": rows["email"],
        "Title": blank(rows["title"], chance(rng, size, 0.15)),
        "Department": rows["department"],
        "LeadSource": choose(rng, ("Web", "Trade Show", "Referral", ""), size),
        "CurrencyIsoCode": view.world.customers["currency"][home["customer"]],
        "OwnerId": owner(rng, size),
        "HasOptedOutOfEmail": flags(rows["optout"], "true", "false"),
        "DoNotCall": flags(chance(rng, size, 0.05), "true", "false"),
        **audit(rng, rows["created"], rows["modified"]),
        "LastActivityDate": days(rows["modified"]),
    }
    extra = [
        dict.fromkeys(columns, "")
        | {
            "Id": salesforce_ids("003", [2 + view.world.piece.number])[0],
            "AccountId": NOWHERE,
            "LastName": "Orphan",
            "IsDeleted": "false",
            "SystemModstamp": "2026-02-01T00:00:00.000Z",
        }
    ]
    return Table("Contact", columns, FORMAT, extra=extra)
