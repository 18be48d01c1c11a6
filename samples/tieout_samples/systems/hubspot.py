"""HubSpot exports as CSV with internal names: ISO times, milliseconds, `;` lists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

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

SYSTEM = "hubspot"
FORMAT = FileFormat(quote_all=True)
_STAGES = {
    "Prospecting": "appointmentscheduled",
    "Qualification": "qualifiedtobuy",
    "Proposal": "presentationscheduled",
    "Negotiation": "contractsent",
}


def export(world: World) -> Export:
    """Return the HubSpot objects of one piece."""
    view = crm_view(world, SYSTEM)
    company = text(str(7_310_000_000 + n) for n in view.accounts["number"])
    contact = text(str(51_000_001 + n) for n in view.contacts["number"])
    product = text(str(1_200_000_000 + n) for n in world.products["number"])
    truth = {"account": (company, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (product, world.products["true_id"])
    return Export(_tables(view, company, contact, product), truth)


def _tables(view: CrmView, company: Array, contact: Array, product: Array) -> Iterator[Table]:
    yield _companies(view, company)
    yield _contacts(view, company, contact)
    yield _deals(view, company, contact)
    yield _tickets(view, company, contact)
    if view.world.piece.number == 0:
        yield _products(view, product)
        yield Table(
            "owners",
            {
                "id": text(str(35_252_000 + i) for i in range(len(STAFF))),
                "email": text(mail for *_, mail in STAFF),
                "firstName": text(first for first, *_ in STAFF),
                "lastName": text(last for _, last, _ in STAFF),
                "userId": whole(np.arange(len(STAFF)) + 900),
                "archived": "false",
            },
            FORMAT,
        )


def _owner(view: CrmView, size: int) -> Array:
    return text(str(35_252_000 + i) for i in owner(view.rng, size))


def _iso(values: Array) -> Array:
    return times(values, ".123Z")


def millis(values: Array) -> Array:
    """Write dates as milliseconds since 1970; a missing one empty."""
    numbers = values.astype("datetime64[ms]")
    return text("" if np.isnat(n) else str(int(n.astype(np.int64))) for n in numbers)


def _companies(view: CrmView, ids: Array) -> Table:
    rng, rows, seen = view.rng, view.accounts, view.seen
    size = len(rows)
    second = chance(rng, size, 0.05) & (seen["domain"] != "")
    columns: Columns = {
        "hs_object_id": ids,
        "name": rows["name"],
        "domain": blank(seen["domain"], rows["web"] == ""),
        "website": rows["web"],
        "hs_additional_domains": np.where(second, seen["domain"] + ";shop." + seen["domain"], "").astype(object),
        "phone": rows["phone"],
        "address": rows["street"],
        "address2": "",
        "city": rows["town"],
        "state": blank(rows["region"], chance(rng, size, 0.4)),
        "zip": rows["postcode"],
        "country": country_words(rng, rows),
        "industry": blank(
            text(INDUSTRIES[i][0].upper().replace(" & ", "_AND_") for i in seen["industry"]),
            chance(rng, size, 0.2),
        ),
        "annualrevenue": blank(whole(seen["revenue"]), chance(rng, size, 0.4)),
        "numberofemployees": blank(whole(seen["employees"]), chance(rng, size, 0.3)),
        "lifecyclestage": np.where(
            view.buys, "customer", choose(rng, ("lead", "opportunity", "salesqualifiedlead"), size)
        ),
        "type": np.where(view.buys, "CUSTOMER", choose(rng, ("PROSPECT", "PARTNER", "OTHER"), size, [92, 5, 3])),
        "hubspot_owner_id": _owner(view, size),
        "hs_parent_company_id": refer(ids, rows["parent"]),
        "company_email": rows["email"],
        "tax_id": tax_number(rows),
        "duns_number": rows["duns"],
        "deal_currency_code": seen["currency"],
        "marketing_opt_in": flags(chance(rng, size, 0.55), "true", "false"),
        "createdate": _iso(rows["created"].astype("datetime64[s]") + 32_000),
        "hs_lastmodifieddate": _iso(rows["modified"]),
        "archived": flags(rows["fate"] == "deleted", "true", "false"),
    }
    old = earlier(
        view.world,
        "hubspot company",
        size,
        0.03,
        {"phone": "", "lifecyclestage": "lead", "hs_lastmodifieddate": _iso(rows["modified"] - 8_000_000)},
    )
    bad = spoilt(columns, name="No key given", archived="false", hs_lastmodifieddate="2026-01-01T00:00:00.000Z")
    return Table("companies", columns, FORMAT, old, [bad])


def _contacts(view: CrmView, companies: Array, ids: Array) -> Table:
    rng, rows = view.rng, view.contacts
    size = len(rows)
    home = view.accounts.take(rows["account"])
    private = np.where(chance(rng, size, 0.04) & (rows["email"] != ""), "private@gmail.com;old@outlook.com", "")
    columns: Columns = {
        "hs_object_id": ids,
        "firstname": rows["first"],
        "lastname": rows["last"],
        "email": rows["email"],
        "hs_additional_emails": private,
        "phone": rows["phone"],
        "mobilephone": rows["mobile"],
        "jobtitle": blank(rows["title"], chance(rng, size, 0.15)),
        "company": home["name"],
        "associatedcompanyid": companies[rows["account"]],
        "address": blank(home["street"], chance(rng, size, 0.6)),
        "city": blank(home["town"], chance(rng, size, 0.4)),
        "zip": blank(home["postcode"], chance(rng, size, 0.5)),
        "country": country_words(rng, home),
        "lifecyclestage": choose(rng, ("customer", "lead", "subscriber"), size),
        "hubspot_owner_id": _owner(view, size),
        "hs_email_optout": flags(rows["optout"], "true", "false"),
        "hs_marketable_status": flags(~rows["optout"] & (rows["email"] != ""), "true", "false"),
        "createdate": _iso(rows["created"].astype("datetime64[s]") + 31_000),
        "lastmodifieddate": _iso(rows["modified"]),
        "archived": "false",
    }
    bad = spoilt(
        columns,
        hs_object_id=str(11 + view.world.piece.number),
        lastname="Orphan",
        associatedcompanyid="1",
        archived="false",
        lastmodifieddate="2026-01-01T00:00:00.000Z",
    )
    return Table("contacts", columns, FORMAT, extra=[bad])


def _deals(view: CrmView, companies: Array, contacts: Array) -> Table:
    deal = view.deals
    size = len(deal)
    won, lost = deal["status"] == "won", deal["status"] == "lost"
    modified = view.deal_modified
    columns: Columns = {
        "hs_object_id": text(str(8_800_000_000 + n) for n in deal["number"]),
        "dealname": view.deal_names,
        "pipeline": "default",
        "dealstage": np.where(
            won, "closedwon", np.where(lost, "closedlost", text(_STAGES.get(s, "") for s in deal["stage"]))
        ),
        "hs_is_closed": flags(won | lost, "true", "false"),
        "hs_is_closed_won": flags(won, "true", "false"),
        "hs_deal_stage_probability": text(f"{p / 100:g}" for p in deal["probability"]),
        "amount": text(f"{a}" for a in deal["amount"]),
        "deal_currency_code": deal["currency"],
        "hs_arr": text(f"{a}" for a in deal["arr"]),
        "hs_tcv": text(f"{a}" for a in deal["amount"]),
        "dealtype": flags(deal["kind"] == "New Business", "newbusiness", "existingbusiness"),
        "closedate": millis(deal["closes"]),
        "createdate": _iso(deal["created"].astype("datetime64[s]") + 30_000),
        "hs_lastmodifieddate": _iso(modified),
        "hs_primary_associated_company": refer(companies, view.deal_account),
        "associated_contact_ids": refer(contacts, view.deal_contact),
        "hubspot_owner_id": _owner(view, size),
        "deal_number": deal["code"],
        "contract_start_date": blank(days(deal["starts"]), ~won),
        "contract_end_date": blank(days(deal["ends"]), ~won),
        "archived": "false",
    }
    old = earlier(
        view.world,
        "hubspot deal",
        size,
        0.02,
        {
            "dealstage": "qualifiedtobuy",
            "hs_is_closed": "false",
            "hs_is_closed_won": "false",
            "hs_lastmodifieddate": _iso(modified - 2_000_000),
        },
    )
    bad = spoilt(
        columns,
        hs_object_id=str(12 + view.world.piece.number),
        dealname="Orphan",
        dealstage="closedwon",
        hs_is_closed="true",
        hs_is_closed_won="true",
        amount="10",
        deal_currency_code="USD",
        closedate="not a date",
        hs_primary_associated_company="1",
        archived="false",
        hs_lastmodifieddate="2026-01-01T00:00:00.000Z",
    )
    return Table("deals", columns, FORMAT, old, [bad])


def _tickets(view: CrmView, companies: Array, contacts: Array) -> Table:
    case = view.cases
    size = len(case)
    columns: Columns = {
        "hs_object_id": text(str(307_000_000 + n) for n in case["number"]),
        "subject": case["subject"],
        "content": np.where(chance(view.rng, size, 0.1), 'They wrote: "please,\ncall back"', ""),
        "hs_pipeline": "0",
        "hs_pipeline_stage": np.where(~case["open"], "4", choose(view.rng, ("1", "2", "3"), size)),
        "hs_ticket_priority": text(("URGENT" if p == "Critical" else p.upper()) for p in case["priority"]),
        "hs_ticket_category": text("PRODUCT_ISSUE" if k == "Problem" else "GENERAL_INQUIRY" for k in case["kind"]),
        "source_type": text(o.upper() for o in case["origin"]),
        "createdate": _iso(case["opened"]),
        "closed_date": _iso(case["closed"]),
        "hs_lastmodifieddate": _iso(view.case_modified),
        "associated_company_ids": refer(companies, view.case_account),
        "associated_contact_ids": refer(contacts, view.case_contact),
        "hubspot_owner_id": _owner(view, size),
        "archived": "false",
    }
    return Table("tickets", columns, FORMAT)


def _products(view: CrmView, ids: Array) -> Table:
    rows = view.world.products
    made = born(view.world)
    prices = {f"hs_price_{c.lower()}": money(price_in(rows["price"], c)) for c in CURRENCIES}
    return Table(
        "products",
        {
            "hs_object_id": ids,
            "name": rows["name"],
            "hs_sku": material_code(view.world),
            "hs_gtin": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "description": "",
            "price": money(rows["price"]),
            **prices,
            "hs_cost_of_goods_sold": money(rows["price"] * rows["cost_share"]),
            "hs_product_type": text(
                {"Hardware": "inventory", "Software": "non_inventory"}.get(f, "service") for f in rows["family"]
            ),
            "product_family": rows["family"],
            "unit": rows["unit"],
            "hs_status": flags(rows["active"], "active", "inactive"),
            "createdate": _iso(made),
            "hs_lastmodifieddate": _iso(made + 5_000_000),
            "archived": "false",
        },
        FORMAT,
    )
