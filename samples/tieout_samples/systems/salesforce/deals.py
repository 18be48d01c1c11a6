"""Salesforce's deals and support cases."""

from __future__ import annotations

import numpy as np

from tieout_samples.ids import salesforce_ids
from tieout_samples.parties.contacts import account_of
from tieout_samples.rows import blank, chance, choose, text
from tieout_samples.systems.base import at_home, earlier, main_contact, quarter_text
from tieout_samples.systems.salesforce.view import FORMAT, NOWHERE, SYSTEM, View, audit, owner
from tieout_samples.systems.words import refer
from tieout_samples.tables import Columns, Table, days, flags, money, times, whole

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


def opportunity(view: View) -> Table:
    """Return the deals."""
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
        "OwnerId": owner(rng, size),
        **audit(rng, deal["created"], modified),
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
    return Table("Opportunity", columns, FORMAT, old, _odd_deals(view))


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
    some = view.account_ids[0] if len(view.account_ids) else NOWHERE
    first = 2 + 3 * view.world.piece.number
    ids = salesforce_ids("006", range(first, first + 3))
    return [
        odd | {"Id": ids[0], "AccountId": some, "CloseDate": "2026-02-31"},
        odd | {"Id": ids[1], "AccountId": NOWHERE},
        odd | {"Id": ids[2], "AccountId": some, "IsDeleted": "true"},
    ]


def case(view: View) -> Table:
    """Return the support cases."""
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
        "OwnerId": owner(rng, size),
        **audit(rng, case["opened"], changed),
    }
    columns["CreatedDate"] = times(case["opened"])
    extra = [
        dict.fromkeys(columns, "")
        | {
            "Id": salesforce_ids("500", [2 + world.piece.number])[0],
            "AccountId": NOWHERE,
            "Subject": "Orphan",
            "Status": "New",
            "IsClosed": "false",
            "IsDeleted": "false",
            "CreatedDate": "2026-02-01T00:00:00.000Z",
            "SystemModstamp": "2026-02-01T00:00:00.000Z",
        }
    ]
    return Table("Case", columns, FORMAT, extra=extra)
