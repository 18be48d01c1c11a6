"""Accounts that money links: a deal on one customer, its order, for the same amount, on another."""

from __future__ import annotations

from collections.abc import Callable

from gold.books import CRM, ERP, Book
from tieout.gold.build import named_facts
from tieout.gold.inputs import Inputs
from tieout.gold.tie_out import customers_apart


def booked_apart() -> Book:
    """Chains whose deal is on an account of the CRM and whose order is on one of the ERP."""
    book = Book()

    def chain(key: str, amount: float, deal: str, order: str, ordered: float | None = None, **more: float) -> None:
        net = amount if ordered is None else ordered
        book.deal(key, amount, customer=deal)
        book.order(key, net, customer=order, quotes=f"OPP-{key}")
        book.invoice(key, net, customer=order, order=key, **more)

    chain("first", 100, "acme", "acme-gmbh")
    chain("second", 250, "acme", "acme-gmbh")
    chain("unpaid", 70, "bolt", "bolt-ag", paid=0)
    chain("other-amount", 80, "crane", "crane-ag", ordered=60)
    chain("together", 90, "drill", "drill")
    chain("unknown", 95, "nobody", "acme-gmbh")
    book.order("billed-elsewhere", 40, customer="drill")
    book.invoice("half", 15, customer="drill-ag", order="billed-elsewhere")
    book.invoice("rest", 25, customer="drill-ag", order="billed-elsewhere")
    book.deal("yen", 300, customer="bolt", currency="JPY")
    book.order("yen", 300, customer="acme-gmbh", currency="JPY", quotes="OPP-yen")
    return book


def test_customers_whose_money_agrees_are_paired(inputs_of: Callable[..., Inputs]) -> None:
    known = [(CRM, "acme"), (ERP, "acme-gmbh"), (CRM, "bolt"), (ERP, "bolt-ag"), (CRM, "crane"), (ERP, "crane-ag")]
    known += [(ERP, "drill-ag")]
    ids = {(system, f"{system}-{name}"): f"C-{name}" for system, name in known}
    ids |= {(system, f"{system}-drill"): "C-drill" for system in (CRM, ERP)}
    inputs = inputs_of(booked_apart().rows, {"account": ids})
    facts, rules = named_facts(inputs), inputs.definitions.tie_out
    assert rules is not None

    found = customers_apart(facts, rules, tolerance=1.0)

    rows = sorted(map(tuple, found.collect()))
    assert rows == [
        (CRM, f"{CRM}-acme", "C-acme", ERP, f"{ERP}-acme-gmbh", "C-acme-gmbh", 350.0,
         "deal salesforce:second → order sap:second and 1 more"),
        (CRM, f"{CRM}-bolt", "C-bolt", ERP, f"{ERP}-bolt-ag", "C-bolt-ag", 70.0,
         "deal salesforce:unpaid → order sap:unpaid"),
        (ERP, f"{ERP}-drill", "C-drill", ERP, f"{ERP}-drill-ag", "C-drill-ag", 40.0,
         "order sap:billed-elsewhere → invoice sap:half"),
    ]  # fmt: skip
