"""Pipedrive exports as JSON lines: arrays with a primary flag, custom fields by hash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tieout_samples.rows import Array, chance, choose, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.crm import CrmView, crm_view
from tieout_samples.systems.words import STAFF, born, country_words, material_code, owner, tax_number
from tieout_samples.tables import Columns, FileFormat, Table, days, times
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.vocabulary import INDUSTRIES
from tieout_samples.world import World

SYSTEM = "pipedrive"
FORMAT = FileFormat(suffix="jsonl")
#: Custom fields, as the interface names them; `organization_fields` and `deal_fields` tell their labels.
ORGANIZATION_FIELDS = {
    "phone": "3f0c1a5d9e7b42861c4a0b6d8f2e91537a9c04de",
    "tax_id": "a81b9f4c2d6e0735891cfa4b7d20e6c5138f92b4",
    "email": "0b7d4e92c6a1f358e0d94c7b2a6f81359ce04d7b",
    "duns": "7c2e90a4f6d81b35c0e7a2948df6b1305e9c8a72",
    "marketing": "d95e3b70a8c1f2469b0e5d7c83a1f6420c7b9e58",
    "type": "5a0f8e63c9d2b7140e6a9c5f38b7d1240f6e9a3c",
}
DEAL_FIELDS = {
    "deal_number": "e4b19a07c5d83f6210ba9e4c7f5d82036a1c9be7",
    "deal_type": "19c8f5a2e7b04d63915a0c8e2f7b6d40a3e9c158",
    "contract_start": "6d3e0b9f71ac48250e9d7c4b8a1f63520bc7e94a",
    "contract_end": "b20a7e5c94f1d8630c5b9e7a41d8f2603e7a9c5d",
}
_STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation")


def export(world: World) -> Export:
    """Return the Pipedrive objects of one piece."""
    view = crm_view(world, SYSTEM)
    org, person, product = view.accounts["number"] + 1, view.contacts["number"] + 1, world.products["number"]
    truth = {
        "account": (text(str(n) for n in org), view.accounts["true_id"]),
        "contact": (text(str(n) for n in person), view.contacts["true_id"]),
    }
    if world.piece.number == 0:
        truth["product"] = (text(str(n) for n in product), world.products["true_id"])
    return Export(_tables(view, org, person, product), truth)


def _tables(view: CrmView, org: Array, person: Array, product: Array) -> Iterator[Table]:
    yield _organizations(view, org)
    yield _relations(view, org)
    yield _persons(view, org, person)
    yield _deals(view, org, person)
    if view.world.piece.number == 0:
        yield _products(view, product)
        for name, fields in (("organization_fields", ORGANIZATION_FIELDS), ("deal_fields", DEAL_FIELDS)):
            yield Table(
                name,
                {
                    "id": list(range(4000, 4000 + len(fields))),
                    "key": list(fields.values()),
                    "name": list(fields),
                    "field_type": ["varchar"] * len(fields),
                },
                FORMAT,
            )
        yield Table(
            "stages",
            {
                "id": list(range(1, 5)),
                "order_nr": list(range(1, 5)),
                "name": list(_STAGES),
                "pipeline_id": [1] * 4,
                "deal_probability": [10, 25, 60, 80],
                "is_deleted": [False] * 4,
            },
            FORMAT,
        )
        yield Table(
            "users",
            {
                "id": list(range(1, len(STAFF) + 1)),
                "name": [f"{a} {b}" for a, b, _ in STAFF],
                "email": [mail for *_, mail in STAFF],
                "active_flag": [True] * len(STAFF),
            },
            FORMAT,
        )


def _iso(values: Array) -> Array:
    return times(values, "Z")


def numbers(values: Array) -> list[int]:
    """Return plain integers for JSON."""
    return [int(v) for v in values]


def or_none(values: Array) -> list[str | None]:
    """Return strings for JSON, null for empty ones."""
    return [str(v) if v else None for v in values]


def _organizations(view: CrmView, ids: Array) -> Table:
    rng, rows, seen = view.rng, view.accounts, view.seen
    size = len(rows)
    country = country_words(rng, rows)
    whole_text = chance(rng, size, 0.1)
    kind = np.where(view.buys, "Customer", choose(rng, ("Prospect", "Partner"), size, [95, 5]))
    optin = chance(rng, size, 0.55)
    address = [_address(rows, country, i, bool(whole_text[i])) for i in range(size)]
    custom = [
        {
            ORGANIZATION_FIELDS["phone"]: p or None,
            ORGANIZATION_FIELDS["tax_id"]: t or None,
            ORGANIZATION_FIELDS["email"]: e or None,
            ORGANIZATION_FIELDS["duns"]: d or None,
            ORGANIZATION_FIELDS["marketing"]: "yes" if m else "no",
            ORGANIZATION_FIELDS["type"]: str(k),
        }
        for p, t, e, d, m, k in zip(
            rows["phone"], tax_number(rows), rows["email"], rows["duns"], optin, kind, strict=True
        )
    ]
    columns: Columns = {
        "id": numbers(ids),
        "name": list(rows["name"]),
        "owner_id": numbers(owner(rng, size) + 1),
        "add_time": list(_iso(rows["created"].astype("datetime64[s]") + 30_000)),
        "update_time": list(_iso(rows["modified"])),
        "is_deleted": [bool(f == "deleted") for f in rows["fate"]],
        "visible_to": [3] * size,
        "label_ids": [[] for _ in range(size)],
        "address": address,
        "website": or_none(rows["web"]),
        "industry": [INDUSTRIES[i][0] for i in seen["industry"]],
        "annual_revenue": numbers(seen["revenue"]),
        "employee_count": numbers(seen["employees"]),
        "custom_fields": custom,
    }
    old = earlier(view.world, "pipedrive org", size, 0.03, {"update_time": _iso(rows["modified"] - 9_000_000)})
    bad = dict.fromkeys(columns) | {
        "name": "No key given",
        "is_deleted": False,
        "update_time": "2026-01-01T00:00:00Z",
    }
    return Table("organizations", columns, FORMAT, old, [bad])


def _address(rows: Any, country: Array, i: int, unparsed: bool) -> dict[str, Any] | None:
    """Return an address as the interface nests it; one in ten was never taken apart and has only `value`."""
    line = ", ".join(
        p for p in (rows["street"][i], f"{rows['postcode'][i]} {rows['town'][i]}".strip(), country[i]) if p
    )
    parts = {
        "route": rows["road"][i] or None,
        "street_number": rows["house"][i] or None,
        "locality": rows["town"][i] or None,
        "admin_area_level_1": rows["region"][i] or None,
        "postal_code": rows["postcode"][i] or None,
        "country": country[i],
    }
    return {"value": line, **(dict.fromkeys(parts) if unparsed else parts)}


def _relations(view: CrmView, ids: Array) -> Table:
    child = np.flatnonzero(view.accounts["parent"] >= 0)
    parent = view.accounts["parent"][child]
    return Table(
        "organization_relationships",
        {
            "id": numbers(ids[child]),
            "type": ["parent"] * len(child),
            "rel_owner_org_id": [
                {"value": int(v), "name": n} for v, n in zip(ids[parent], view.accounts["name"][parent], strict=True)
            ],
            "rel_linked_org_id": [
                {"value": int(v), "name": n} for v, n in zip(ids[child], view.accounts["name"][child], strict=True)
            ],
            "add_time": list(_iso(view.accounts["created"][child].astype("datetime64[s]"))),
            "active_flag": [True] * len(child),
        },
        FORMAT,
    )


def _persons(view: CrmView, orgs: Array, ids: Array) -> Table:
    rng, rows = view.rng, view.contacts
    size = len(rows)
    private = chance(rng, size, 0.05)
    columns: Columns = {
        "id": numbers(ids),
        "owner_id": numbers(owner(rng, size) + 1),
        "org_id": numbers(orgs[rows["account"]]),
        "name": [f"{a} {b}" for a, b in zip(rows["first"], rows["last"], strict=True)],
        "first_name": list(rows["first"]),
        "last_name": list(rows["last"]),
        "emails": [
            _entries(("private@gmail.com", "home", False) if p else None, (e, "work", True))
            for e, p in zip(rows["email"], private, strict=True)
        ],
        "phones": [
            _entries((w, "work", True), (m, "mobile", not w))
            for w, m in zip(rows["phone"], rows["mobile"], strict=True)
        ],
        "job_title": or_none(rows["title"]),
        "marketing_status": ["unsubscribed" if o else "subscribed" for o in rows["optout"]],
        "add_time": list(_iso(rows["created"].astype("datetime64[s]") + 30_000)),
        "update_time": list(_iso(rows["modified"])),
        "is_deleted": [False] * size,
    }
    bad = dict.fromkeys(columns) | {
        "id": 900_000_000 + view.world.piece.number,
        "org_id": 999_999_999,
        "last_name": "Orphan",
        "name": "Orphan",
        "emails": [],
        "phones": [],
        "is_deleted": False,
        "update_time": "2026-01-01T00:00:00Z",
    }
    return Table("persons", columns, FORMAT, extra=[bad])


def _entries(*entries: tuple[str, str, bool] | None) -> list[dict[str, Any]]:
    return [
        {"value": value, "primary": primary, "label": label}
        for value, label, primary in (entry for entry in entries if entry and entry[0])
    ]


def _deals(view: CrmView, orgs: Array, persons: Array) -> Table:
    deal = view.deals
    size = len(deal)
    closed, modified = view.deal_closed, view.deal_modified
    won = np.where(view.won, closed, np.datetime64("NaT"))
    lost = np.where(deal["status"] == "lost", closed, np.datetime64("NaT"))
    custom = [
        {
            DEAL_FIELDS["deal_number"]: c,
            DEAL_FIELDS["deal_type"]: str(k),
            DEAL_FIELDS["contract_start"]: s if w else None,
            DEAL_FIELDS["contract_end"]: e if w else None,
        }
        for c, k, s, e, w in zip(
            deal["code"], deal["kind"], days(deal["starts"]), days(deal["ends"]), view.won, strict=True
        )
    ]
    person = np.where(view.deal_contact >= 0, persons[view.deal_contact], -1) if len(persons) else np.full(size, -1)
    columns: Columns = {
        "id": numbers(deal["number"] + 1),
        "title": list(view.deal_names),
        "owner_id": numbers(owner(view.rng, size) + 1),
        "org_id": numbers(orgs[view.deal_account]),
        "person_id": [int(p) if p >= 0 else None for p in person],
        "value": [float(a) for a in deal["amount"]],
        "currency": list(deal["currency"]),
        "arr": [float(a) for a in deal["arr"]],
        "mrr": [round(float(a) / 12, 2) for a in deal["arr"]],
        "status": list(deal["status"]),
        "pipeline_id": [1] * size,
        "stage_id": [_STAGES.index(s) + 1 if s in _STAGES else 4 for s in deal["stage"]],
        "probability": numbers(deal["probability"]),
        "expected_close_date": list(days(deal["closes"])),
        "add_time": list(_iso(deal["created"].astype("datetime64[s]") + 30_000)),
        "update_time": list(_iso(modified)),
        "close_time": or_none(_iso(closed)),
        "won_time": or_none(_iso(won)),
        "lost_time": or_none(_iso(lost)),
        "lost_reason": ["Price" if s == "lost" else None for s in deal["status"]],
        "is_archived": [False] * size,
        "is_deleted": [False] * size,
        "custom_fields": custom,
    }
    hit = earlier(view.world, "pipedrive deal", size, 0.02, {"update_time": _iso(modified - 2_000_000)})
    old = {i: values | {"status": "open", "stage_id": 2} for i, values in hit.items()}
    bad = dict.fromkeys(columns) | {
        "id": 900_000_000 + view.world.piece.number,
        "org_id": 999_999_999,
        "title": "Orphan",
        "value": 10.0,
        "currency": "USD",
        "status": "won",
        "close_time": "2026-02-31T00:00:00Z",
        "is_deleted": False,
        "won_time": "2026-02-31T00:00:00Z",
        "update_time": "2026-01-01T00:00:00Z",
    }
    return Table("deals", columns, FORMAT, old, [bad])


def _products(view: CrmView, ids: Array) -> Table:
    rows = view.world.products
    listed = [price_in(rows["price"], c) for c in CURRENCIES]
    made = list(_iso(born(view.world)))
    return Table(
        "products",
        {
            "id": numbers(ids),
            "name": list(rows["name"]),
            "code": list(material_code(view.world)),
            "description": [None] * len(rows),
            "unit": list(rows["unit"]),
            "category": list(rows["family"]),
            "tax": [0] * len(rows),
            "is_linkable": [bool(a) for a in rows["active"]],
            "is_deleted": [False] * len(rows),
            "owner_id": [1] * len(rows),
            "add_time": made,
            "update_time": made,
            "prices": [
                [
                    {
                        "product_id": int(n),
                        "price": float(listed[k][i]),
                        "currency": c,
                        "cost": round(float(listed[k][i] * rows["cost_share"][i]), 2),
                    }
                    for k, c in enumerate(CURRENCIES)
                ]
                for i, n in enumerate(ids)
            ],
        },
        FORMAT,
    )
