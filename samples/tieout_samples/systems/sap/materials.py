"""Materials and prices: MARA, MAKT, A004, KONP; the same for every piece, written with the first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.rows import blank, chance, text
from tieout_samples.systems.sap.sales import UNITS
from tieout_samples.systems.sap.view import CLIENT, CP1252, NO_DATE, UTF8, View, amounts, dates, padded
from tieout_samples.tables import Table, flags
from tieout_samples.trade.catalog import price_in

_PRICED = (("1000", "EUR"), ("2000", "GBP"), ("3000", "USD"))


def tables(view: View) -> Iterator[Table]:
    """Yield materials, their texts in two languages, and prices by sales organisation."""
    rows = view.world.products
    size = len(rows)
    matnr = text(f"{n:018d}" for n in rows["number"])
    born = view.world.piece.as_of - rows["created"].astype("timedelta64[D]")
    unit = text(UNITS[u] for u in rows["unit"])
    yield Table(
        "MARA",
        {
            "MANDT": CLIENT,
            "MATNR": matnr,
            "ERSDA": dates(born),
            "ERNAM": "BATCH",
            "LAEDA": np.where(chance(view.rng, size, 0.7), dates(born + 40), NO_DATE),
            "AENAM": "BATCH",
            "LVORM": flags(~rows["active"] & chance(view.rng, size, 0.5), "X", ""),
            "MTART": text("DIEN" if f == "Services" else "FERT" for f in rows["family"]),
            "MBRSH": "M",
            "MATKL": text(f[:2].upper() + "001" for f in rows["family"]),
            "BISMT": blank(text(f"P-{n}" for n in rows["number"]), chance(view.rng, size, 0.5)),
            "MEINS": unit,
            "EAN11": blank(rows["gtin"], chance(view.rng, size, 0.1)),
            "PRDHA": "",
            "SPART": "00",
            "NTGEW": "1.000",
            "BRGEW": "1.100",
            "GEWEI": "KG",
            "MSTAE": flags(rows["active"], "", "01"),
        },
        UTF8,
    )
    english = text(
        n.upper()[:40] if u else n[:40] for n, u in zip(rows["name"], chance(view.rng, size, 0.3), strict=True)
    )
    german = text(n[:40] for n in rows["german"])
    words = np.concatenate([english, german])
    yield Table(
        "MAKT",
        {
            "MANDT": CLIENT,
            "MATNR": np.tile(matnr, 2),
            "SPRAS": np.repeat(text(["E", "D"]), size),
            "MAKTX": words,
            "MAKTG": text(w.upper() for w in words),
        },
        CP1252,
    )
    knumh = padded(np.arange(size * len(_PRICED)) + 1_000, 10)
    yield Table(
        "A004",
        {
            "MANDT": CLIENT,
            "KAPPL": "V",
            "KSCHL": "PR00",
            "VKORG": np.repeat(text(o for o, _ in _PRICED), size),
            "VTWEG": "10",
            "MATNR": np.tile(matnr, len(_PRICED)),
            "DATBI": "99991231",
            "DATAB": "20240101",
            "KNUMH": knumh,
        },
        UTF8,
    )
    yield Table(
        "KONP",
        {
            "MANDT": CLIENT,
            "KNUMH": knumh,
            "KOPOS": "01",
            "KAPPL": "V",
            "KSCHL": "PR00",
            "KBETR": np.concatenate([amounts(price_in(rows["price"], c)) for _, c in _PRICED]),
            "KONWA": np.repeat(text(c for _, c in _PRICED), size),
            "KPEIN": "1",
            "KMEIN": np.tile(unit, len(_PRICED)),
            "LOEVM_KO": "",
        },
        UTF8,
    )
