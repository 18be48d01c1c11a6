"""Items, prices, currencies, terms and subsidiaries; the same for every piece, written with the first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.locales import USD_PER_UNIT
from tieout_samples.rows import Array, blank, chance, text
from tieout_samples.systems.erp import ErpView
from tieout_samples.systems.netsuite.formats import FORMAT, stamp
from tieout_samples.systems.words import born, material_code
from tieout_samples.tables import Table, flags, money
from tieout_samples.trade.catalog import CURRENCIES, price_in


def tables(view: ErpView, ids: Array) -> Iterator[Table]:
    """Yield item, pricing, currency, term and subsidiary."""
    rows = view.world.products
    made = stamp(born(view.world))
    kinds = {"Hardware": "InvtPart", "Software": "NonInvtPart", "Services": "Service"}
    yield Table(
        "item",
        {
            "id": ids,
            "itemid": material_code(view.world),
            "fullname": material_code(view.world),
            "displayname": rows["name"],
            "description": rows["name"],
            "itemtype": text(kinds[f] for f in rows["family"]),
            "class": rows["family"],
            "upccode": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "saleunit": rows["unit"],
            "cost": money(rows["price"] * rows["cost_share"]),
            "isinactive": flags(rows["active"], "F", "T"),
            "createddate": made,
            "lastmodifieddate": made,
        },
        FORMAT,
    )
    yield Table(
        "pricing",
        {
            "item": np.tile(ids, len(CURRENCIES)),
            "pricelevel": "1",
            "quantity": "0",
            "currency": np.repeat(text(str(i + 1) for i in range(len(CURRENCIES))), len(rows)),
            "unitprice": np.concatenate([money(price_in(rows["price"], c)) for c in CURRENCIES]),
        },
        FORMAT,
    )
    yield Table(
        "currency",
        {
            "id": text(str(i + 1) for i in range(len(CURRENCIES))),
            "symbol": text(CURRENCIES),
            "name": text(CURRENCIES),
            "currencyprecision": "2",
            "exchangerate": text(f"{USD_PER_UNIT[c]:.8f}" for c in CURRENCIES),
            "isbasecurrency": flags(np.asarray([c == "USD" for c in CURRENCIES]), "T", "F"),
            "isinactive": "F",
        },
        FORMAT,
    )
    yield Table(
        "term",
        {
            "id": text(["14", "30", "45", "60"]),
            "name": text(["Net 14", "Net 30", "Net 45", "Net 60"]),
            "daysuntilnetdue": text(["14", "30", "45", "60"]),
            "isinactive": "F",
        },
        FORMAT,
    )
    yield Table(
        "subsidiary",
        {
            "id": text(["1"]),
            "name": text(["Parent Company"]),
            "currency": "1",
            "country": "US",
            "isinactive": "F",
        },
        FORMAT,
    )
