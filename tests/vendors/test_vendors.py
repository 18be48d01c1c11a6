"""Each of the twelve systems, by configuration alone: does its export become every entity that it has?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.config import load_config
from tieout_samples.presence import CRMS, ERPS
from vendors.land import Land

CRM = {"account", "contact", "product", "price", "opportunity", "case"}
LEDGER = {"sales_order", "sales_order_line", "invoice", "invoice_line", "payment"}
ERP = LEDGER | {"account", "contact", "product", "price"}
HAS = dict.fromkeys(CRMS, CRM) | dict.fromkeys(ERPS, ERP)
HAS |= {"pipedrive": CRM - {"case"}, "infor": ERP - {"contact"}}
#: Mapped, but the sample exports have none.
NOT_IN_SAMPLES = {"netsuite": {"case"}, "acumatica": {"case"}}
IDENTITIES = [
    (system, entity) for system in HAS for entity in ("account", "contact", "product") if entity in HAS[system]
]
systems = pytest.mark.parametrize("system", HAS)


@systems
def test_the_configuration_maps_what_the_system_has(system: str, conf_dir: Path) -> None:
    more = NOT_IN_SAMPLES.get(system, set())
    objects = load_config(conf_dir, [system]).sources[system].objects
    assert {entity for item in objects.values() for entity in item.to} == HAS[system] | more


@systems
def test_every_entity_of_the_system_arrives(system: str, land: Land) -> None:
    rows = {entity: len(land.silver(entity, system)) for entity in HAS[system]}
    assert all(rows.values()), rows


@systems
def test_no_row_is_lost_on_the_way(system: str, land: Land) -> None:
    # Objects that are only read by others have a step of their own, without an entity.
    of_system = f"step = 'conform' AND system = '{system}' AND entity IS NOT NULL"
    steps = land.lake.read("ops", "step").where(of_system).select("object", "entity", "counts").collect()
    assert {step["entity"] for step in steps} == HAS[system]
    for step in steps:
        ends = dict(step["counts"])
        # A row with a list becomes several rows; `elements` are those beyond the first.
        assert ends.pop("bronze") + ends.pop("elements", 0) == sum(ends.values()) > 0, step


@systems
def test_only_rows_spoilt_on_purpose_are_quarantined(system: str, land: Land) -> None:
    """The generator says where it spoils rows: one in two hundred of accounts, of order lines and so on."""
    rows = sum(land.ingested["rows"][system].values())
    rejected = land.quarantine()
    mine = rejected[rejected["source_system"] == system]
    assert len(mine) <= max(0.02 * rows, 4), mine.groupby(["object", "entity", "rule"]).size()


@pytest.mark.parametrize(("system", "entity"), IDENTITIES)
def test_ids_are_those_that_the_truth_knows(system: str, entity: str, land: Land) -> None:
    truth = land.truth(entity)
    known = set(truth[truth["source_system"] == system]["source_id"])
    found = set(land.silver(entity, system)["source_id"])
    assert len(found - known) <= 0.02 * len(found), sorted(found - known)
    assert len(found & known) >= 0.85 * len(known), sorted(known - found)


@systems
def test_what_matching_needs_is_there(system: str, land: Land) -> None:
    accounts = land.silver("account", system)
    filled = accounts.notna().mean()
    assert filled["name"] == 1.0
    assert filled["country"] > 0.9
    assert filled[["street", "city", "postcode", "phone"]].min() > 0.6, filled
    assert filled[["domain", "email", "tax_id"]].max() > 0.3, filled
    assert accounts["country"].dropna().str.fullmatch("[A-Z]{2}").all()
    parents = accounts["parent_source_id"].dropna()
    assert parents.isin(accounts["source_id"]).sum() >= 0.8 * len(parents)


@pytest.mark.parametrize("system", ERPS)
def test_the_ledger_adds_up(system: str, land: Land) -> None:
    """Lines make up their order and invoice; what is paid and what is open makes up the invoices."""
    for head, lines in (("sales_order", "sales_order_line"), ("invoice", "invoice_line")):
        heads = land.silver(head, system).set_index("source_id")["net_amount"].astype(float)
        sums = land.silver(lines, system)
        sums = sums["net_amount"].astype(float).groupby(sums[f"{head}_source_id"]).sum()
        both = heads.to_frame("head").join(sums.rename("lines"), how="inner")
        assert len(both) > 0.9 * len(heads)
        assert ((both["head"] - both["lines"]).abs() < 0.02).mean() > 0.95, (head, both)
    invoices = land.silver("invoice", system)
    assert set(invoices["document_type"]) <= {"invoice", "credit_note", "cancellation"}
    assert (invoices[invoices["document_type"] == "credit_note"]["net_amount"] <= 0).all()
    payments = land.silver("payment", system)
    assert payments["invoice_source_id"].isin(invoices["source_id"]).mean() > 0.9
    assert {"open", "cleared"} <= set(payments["status"]) <= {"open", "partial", "cleared"}
    assert (payments[payments["status"] == "open"]["open_amount"] != 0).all()
    assert (payments[payments["status"] == "cleared"]["open_amount"] == 0).all()


@pytest.mark.parametrize("system", ERPS)
def test_credit_is_known(system: str, land: Land) -> None:
    accounts = land.silver("account", system)
    assert (accounts["credit_limit"].dropna() > 0).mean() > 0.5
    assert False in set(accounts["credit_block"].dropna()) <= {True, False}


@pytest.mark.parametrize("system", CRMS)
def test_deals_are_open_won_and_lost(system: str, land: Land) -> None:
    deals = land.silver("opportunity", system)
    assert set(deals["status"]) == {"open", "won", "lost"}
    assert deals["number"].str.fullmatch(r"OPP-\d{8}").mean() > 0.97
    assert deals["close_date"].notna().mean() > 0.9
    assert (deals["amount"].dropna() > 0).mean() > 0.97
    assert deals["currency"].dropna().str.fullmatch("[A-Z]{3}").all()
