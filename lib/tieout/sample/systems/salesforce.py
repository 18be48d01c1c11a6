"""How does Salesforce export, by Bulk API 2.0? Comma, every field quoted, UTF-8, 18-character ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tieout.sample.catalog import CURRENCIES, price_in
from tieout.sample.contacts import account_of, contacts
from tieout.sample.ids import salesforce_ids
from tieout.sample.records import CRM, accounts
from tieout.sample.rows import Array, Rows, blank, chance, choose, text
from tieout.sample.systems.base import Export, at_home, earlier, main_contact, quarter_text
from tieout.sample.systems.words import country_words, refer
from tieout.sample.tables import Columns, Form, Table, days, flags, money, times, whole
from tieout.sample.vocabulary import INDUSTRIES
from tieout.sample.world import World

SYSTEM = "salesforce"
FORM = Form(quote_all=True)
HABITS = replace(CRM, system=SYSTEM)
USERS = 24
_NOWHERE = "0015g00000zzzzzzzz"
_STAGES = {
    "Prospecting": "Prospecting",
    "Qualification": "Qualification",
    "Proposal": "Proposal/Price Quote",
    "Negotiation": "Negotiation/Review",
}
_FORECAST = {
    "Prospecting": "Pipeline",
    "Qualification": "Pipeline",
    "Proposal": "BestCase",
    "Negotiation": "Commit",
}


@dataclass(frozen=True)
class View:
    """The piece as this system knows it."""

    world: World
    rng: np.random.Generator
    accounts: Rows
    account_ids: Array
    contacts: Rows
    contact_ids: Array


def export(world: World) -> Export:
    """Return the Salesforce objects of one piece."""
    account = accounts(world, HABITS)
    contact = contacts(world, account, HABITS, 0.82)
    view = View(
        world,
        world.piece.rng(f"shape {SYSTEM}"),
        account,
        salesforce_ids("001", account["number"] + 70_000),
        contact,
        salesforce_ids("003", contact["number"] + 90_000),
    )
    products = salesforce_ids("01t", world.products["number"])
    truth = {
        "account": (view.account_ids, account["true_id"]),
        "contact": (view.contact_ids, contact["true_id"]),
    }
    if world.piece.number == 0:
        truth["product"] = (products, world.products["true_id"])
    return Export(_tables(view, products), truth)


def _tables(view: View, products: Array) -> Iterator[Table]:
    yield _account(view)
    yield _contact(view)
    yield _opportunity(view)
    yield _case(view)
    if view.world.piece.number == 0:
        yield _product(view, products)
        yield _price(view, products)
        yield _user(view)


def _owner(rng: np.random.Generator, size: int) -> Array:
    users = salesforce_ids("005", range(1, USERS + 1))
    return users[rng.integers(0, USERS, size)]


def _audit(rng: np.random.Generator, created: Array, modified: Array) -> dict[str, Array]:
    """Return the columns that every object ends with."""
    born = created.astype("datetime64[s]") + rng.integers(25_000, 65_000, len(created)).astype("timedelta64[s]")
    return {
        "CreatedDate": times(np.minimum(born, modified)),
        "CreatedById": _owner(rng, len(created)),
        "LastModifiedDate": times(modified),
        "LastModifiedById": _owner(rng, len(created)),
        "SystemModstamp": times(modified + 1),
    }


def _account(view: View) -> Table:
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
        "OwnerId": _owner(rng, size),
        **_audit(rng, rows["created"], rows["modified"]),
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
    return Table("Account", columns, FORM, old, extra)


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


def _contact(view: View) -> Table:
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
        "OwnerId": _owner(rng, size),
        "HasOptedOutOfEmail": flags(rows["optout"], "true", "false"),
        "DoNotCall": flags(chance(rng, size, 0.05), "true", "false"),
        **_audit(rng, rows["created"], rows["modified"]),
        "LastActivityDate": days(rows["modified"]),
    }
    extra = [
        dict.fromkeys(columns, "")
        | {
            "Id": salesforce_ids("003", [2 + view.world.piece.number])[0],
            "AccountId": _NOWHERE,
            "LastName": "Orphan",
            "IsDeleted": "false",
            "SystemModstamp": "2026-02-01T00:00:00.000Z",
        }
    ]
    return Table("Contact", columns, FORM, extra=extra)


def _opportunity(view: View) -> Table:
    rng, world = view.rng, view.world
    deal = world.deals.take(at_home(world, "crm", SYSTEM)[world.deals["customer"]])
    size = len(deal)
    account = account_of(rng, world, view.accounts, deal["customer"])
    won, lost = deal["status"] == "won", deal["status"] == "lost"
    open_stage = text(_STAGES.get(stage, "") for stage in deal["stage"])
    open_forecast = text(_FORECAST.get(stage, "") for stage in deal["stage"])
    stage = np.select([won, lost], ["Closed Won", "Closed Lost"], open_stage).astype(object)
    forecast = np.select([won, lost], ["Closed", "Omitted"], open_forecast).astype(object)
    person = main_contact(world, view.contacts)[deal["customer"]]
    year, quarter = quarter_text(deal["closes"])
    born = np.minimum(deal["closes"], world.piece.as_of)
    modified = np.where(deal["status"] == "open", deal["created"] + 5, born).astype("datetime64[s]") + 60_000
    columns: Columns = {
        "Id": salesforce_ids("006", deal["number"] + 50_000),
        "IsDeleted": "false",
        "AccountId": view.account_ids[account],
        "Name": view.accounts["name"][account] + " - " + deal["kind"],
        "Description": "",
        "StageName": stage,
        "Amount": text(f"{a}" for a in deal["amount"]),
        "Probability": whole(deal["probability"]),
        "ExpectedRevenue": money(deal["amount"] * deal["probability"] / 100),
        "CloseDate": days(deal["closes"]),
        "Type": deal["kind"],
        "NextStep": "",
        "LeadSource": choose(rng, ("Web", "Referral", ""), size),
        "IsClosed": flags(won | lost, "true", "false"),
        "IsWon": flags(won, "true", "false"),
        "ForecastCategory": forecast,
        "ForecastCategoryName": forecast,
        "CurrencyIsoCode": deal["currency"],
        "HasOpportunityLineItem": "true",
        "Pricebook2Id": salesforce_ids("01s", [1])[0],
        "OwnerId": _owner(rng, size),
        **_audit(rng, deal["created"], modified),
        "LastActivityDate": days(born),
        "FiscalYear": whole(year),
        "FiscalQuarter": whole(quarter),
        "Fiscal": whole(year) + " " + whole(quarter),
        "ContactId": refer(view.contact_ids, person),
        "Opportunity_Number__c": deal["code"],
        "ARR__c": text(f"{a}" for a in deal["arr"]),
        "Contract_Start__c": blank(days(deal["starts"]), ~won),
        "Contract_End__c": blank(days(deal["ends"]), ~won),
    }
    old = earlier(
        world,
        f"{SYSTEM} deal",
        size,
        0.02,
        {
            "StageName": "Qualification",
            "Probability": "25",
            "IsClosed": "false",
            "IsWon": "false",
            "SystemModstamp": times(modified - 2_000_000),
        },
    )
    return Table("Opportunity", columns, FORM, old, _odd_deals(view))


def _odd_deals(view: View) -> list[dict[str, str]]:
    """Return a deal on a day that is not, one of nobody, and one that was deleted."""
    odd = {
        "IsDeleted": "false",
        "StageName": "Closed Won",
        "IsWon": "true",
        "IsClosed": "true",
        "Amount": "100.0",
        "CurrencyIsoCode": "USD",
        "Name": "Odd",
        "CloseDate": "2026-03-01",
        "SystemModstamp": "2026-02-01T00:00:00.000Z",
    }
    some = view.account_ids[0] if len(view.account_ids) else _NOWHERE
    first = 2 + 3 * view.world.piece.number
    ids = salesforce_ids("006", range(first, first + 3))
    return [
        odd | {"Id": ids[0], "AccountId": some, "CloseDate": "2026-02-31"},
        odd | {"Id": ids[1], "AccountId": _NOWHERE},
        odd | {"Id": ids[2], "AccountId": some, "IsDeleted": "true"},
    ]


def _case(view: View) -> Table:
    rng, world = view.rng, view.world
    case = world.cases.take(at_home(world, "crm", SYSTEM)[world.cases["customer"]])
    size = len(case)
    account = account_of(rng, world, view.accounts, case["customer"])
    person = main_contact(world, view.contacts)[case["customer"]]
    changed = np.where(case["open"], case["opened"] + 4_000, case["closed"])
    status = np.where(
        ~case["open"],
        "Closed",
        np.where(case["escalated"], "Escalated", choose(rng, ("New", "Working"), size)),
    )
    columns: Columns = {
        "Id": salesforce_ids("500", case["number"] + 1_000),
        "IsDeleted": "false",
        "CaseNumber": text(f"{n:08d}" for n in case["number"] + 1_000),
        "ContactId": refer(view.contact_ids, person),
        "AccountId": view.account_ids[account],
        "Type": case["kind"],
        "Status": status,
        "Reason": "",
        "Origin": case["origin"],
        "Subject": case["subject"],
        "Priority": case["priority"],
        "Description": np.where(chance(rng, size, 0.1), 'Customer says: "urgent",\nplease call back', ""),
        "IsClosed": flags(case["open"], "false", "true"),
        "ClosedDate": times(case["closed"]),
        "IsEscalated": flags(case["escalated"], "true", "false"),
        "CurrencyIsoCode": world.customers["currency"][case["customer"]],
        "OwnerId": _owner(rng, size),
        **_audit(rng, case["opened"], changed),
    }
    columns["CreatedDate"] = times(case["opened"])
    extra = [
        dict.fromkeys(columns, "")
        | {
            "Id": salesforce_ids("500", [2 + world.piece.number])[0],
            "AccountId": _NOWHERE,
            "Subject": "Orphan",
            "Status": "New",
            "IsClosed": "false",
            "IsDeleted": "false",
            "CreatedDate": "2026-02-01T00:00:00.000Z",
            "SystemModstamp": "2026-02-01T00:00:00.000Z",
        }
    ]
    return Table("Case", columns, FORM, extra=extra)


def _born(view: View) -> tuple[Array, Array]:
    created = view.world.piece.as_of - view.world.products["created"].astype("timedelta64[D]")
    return created, (created + 30).astype("datetime64[s]")


def _product(view: View, ids: Array) -> Table:
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
        **_audit(view.rng, *_born(view)),
    }
    return Table("Product2", columns, FORM)


def _price(view: View, ids: Array) -> Table:
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
        **_audit(view.rng, created, modified),
    }
    return Table("PricebookEntry", columns, FORM)


def _user(view: View) -> Table:
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
    return Table("User", columns, FORM)
