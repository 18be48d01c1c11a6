"""Customer master: KNA1, KNB1, KNVV, KNVP, KNVH, ADRC, ADR6, KNVK, KNKK and T014."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.rows import Array, blank, chance, choose, text
from tieout_samples.systems.base import earlier
from tieout_samples.systems.sap.view import (
    CLERKS,
    CLIENT,
    CP1252,
    NO_DATE,
    UTF8,
    View,
    amounts,
    clocks,
    dates,
    language,
    padded,
)
from tieout_samples.tables import Columns, Table, flags
from tieout_samples.vocabulary import INDUSTRIES

#: Partner functions, as stored: sold-to, bill-to, payer, ship-to.
FUNCTIONS = ("AG", "RE", "RG", "WE")


def tables(view: View) -> Iterator[Table]:
    """Yield the customer master's tables."""
    blocked = chance(view.rng, len(view.accounts), 0.02)
    payer = payers(view)
    yield _kna1(view, blocked)
    yield _knb1(view, blocked, payer)
    yield _knvv(view, blocked)
    yield _knvp(view, payer)
    yield _knvh(view)
    yield _adrc(view)
    yield _adr6(view)
    yield _knvk(view)
    yield _knkk(view, blocked)
    if view.world.piece.number == 0:
        yield Table(
            "T014",
            {"MANDT": CLIENT, "KKBER": text(["1000", "2000", "3000"]), "WAERS": text(["EUR", "GBP", "USD"])},
            UTF8,
        )


def payers(view: View) -> Array:
    """Return who pays for each account: itself, or for some subsidiaries the head of the family."""
    parent = view.accounts["parent"]
    by_parent = (parent >= 0) & chance(view.world.piece.rng("payer"), len(parent), 0.4)
    return np.where(by_parent, view.kunnr[parent], view.kunnr).astype(object)


def _clerk(view: View, size: int) -> Array:
    return choose(view.rng, CLERKS, size)


def _kna1(view: View, blocked: Array) -> Table:
    rng, rows = view.rng, view.accounts
    size = len(rows)
    seen = view.world.customers.take(rows["customer"])
    changed = chance(rng, size, 0.8)
    country = np.where(
        rows["country"] == "DE",
        choose(rng, ("DE", "D"), size, [99, 1]),
        np.where(rows["country"] == "GB", choose(rng, ("GB", "UK"), size, [97, 3]), rows["country"]),
    )
    year = str(view.world.piece.plan.as_of.year - 1)
    figures = chance(rng, size, 0.35)
    name = rows["name"]
    columns: Columns = {
        "MANDT": CLIENT,
        "KUNNR": view.kunnr,
        "LAND1": country,
        "NAME1": name,
        "NAME2": rows["name2"],
        "NAME3": "",
        "NAME4": "",
        "ORT01": rows["town"],
        "ORT02": "",
        "PSTLZ": rows["postcode"],
        "REGIO": rows["region_code"],
        "SORTL": text(n.upper().replace(" ", "")[:10] for n in name),
        "STRAS": rows["street"],
        "TELF1": rows["phone"],
        "TELF2": "",
        "TELFX": rows["fax"],
        "XCPDK": "",
        "ADRNR": view.address,
        "MCOD1": text(n.upper()[:25] for n in name),
        "MCOD2": text(n.upper()[:25] for n in rows["name2"]),
        "MCOD3": text(n.upper()[:25] for n in rows["town"]),
        "ANRED": np.where(rows["locale"] == 1, "Firma", "Company").astype(object),
        "AUFSD": "",
        "BRSCH": blank(text(INDUSTRIES[i][1] for i in seen["industry"]), chance(rng, size, 0.12)),
        "BBBNR": "0000000",
        "BBSNR": "00000",
        "ERDAT": dates(rows["created"]),
        "ERNAM": _clerk(view, size),
        "FAKSD": "",
        "KONZS": _group_keys(view),
        "KTOKD": "0001",
        "KUKLA": "",
        "LIFNR": "",
        "LIFSD": "",
        "LOEVM": flags(rows["fate"] == "deleted", "X", ""),
        "SPERR": "",
        "SPRAS": language(view),
        "STCD1": np.where(rows["vat"] == "", rows["tax"], blank(rows["tax"], chance(rng, size, 0.6))),
        "STCD2": "",
        "STCEG": rows["vat"],
        "STKZN": "",
        "UMSAT": np.where(figures, amounts(seen["revenue"]), "0.00"),
        "UMJAH": flags(figures, year, "0000"),
        "UWAER": blank(seen["currency"], ~figures),
        "JMZAH": np.where(figures, padded(seen["employees"], 6), "000000"),
        "JMJAH": flags(figures, year, "0000"),
        "VBUND": "",
        "UPDAT": np.where(changed, dates(rows["modified"]), NO_DATE),
        "UPTIM": np.where(changed, clocks(rows["modified"]), "000000"),
        "NODEL": "",
        "KNURL": rows["web"],
        "CASSD": flags(blocked & chance(rng, size, 0.3), "01", ""),
        "DUNS": rows["duns"],
    }
    old = earlier(view.world, "sap KNA1", size, 0.025, {"TELF1": "", "BRSCH": "", "UPDAT": NO_DATE, "UPTIM": "000000"})
    old = {i: values for i, values in old.items() if changed[i]}
    extra, ragged = _bad_customers(view, columns)
    return Table("KNA1", columns, CP1252, old, extra, ragged)


def _bad_customers(view: View, columns: Columns) -> tuple[list[dict[str, str]], list[str]]:
    """Return a row without a key, and, in the first piece, a line that was cut and one that is too long."""
    empty = dict.fromkeys(columns, "") | {"MANDT": CLIENT, "UPDAT": NO_DATE, "ERDAT": "20250101"}
    extra = [empty | {"NAME1": "OHNE NUMMER GMBH", "LAND1": "DE", "ORT01": "Berlin"}]
    if view.world.piece.number:
        return extra, []
    cut = f"{CLIENT};9999990001;DE;ABGESCHNITTENE ZEILE GM"
    long = ";".join([CLIENT, "9999990002", "DE", "ZU VIELE FELDER GMBH", *[""] * len(columns)])
    return extra, [cut, long]


def _group_keys(view: View) -> Array:
    """Return the group key: companies of one holding share it."""
    seen = view.world.customers.take(view.accounts["customer"])
    keys = text(f"G{view.world.piece.number:03d}{int(f):05d}" for f in seen["family"])
    return blank(keys, (seen["kind"] != "holding") | chance(view.rng, len(keys), 0.3))


def _knb1(view: View, blocked: Array, payer: Array) -> Table:
    rows = view.accounts
    size = len(rows)
    return Table(
        "KNB1",
        {
            "MANDT": CLIENT,
            "KUNNR": view.kunnr,
            "BUKRS": view.company,
            "ERDAT": dates(rows["created"]),
            "ERNAM": _clerk(view, size),
            "SPERR": flags(blocked & chance(view.rng, size, 0.4), "X", ""),
            "LOEVM": flags(rows["fate"] == "deleted", "X", ""),
            "ZUAWA": "009",
            "BUSAB": "01",
            "AKONT": "0000140000",
            "ZTERM": view.term,
            "ZWELS": "U",
            "ZAHLS": flags(blocked, "A", ""),
            "TOGRU": "",
            "FDGRV": "E1",
            "MAHNA": "0001",
            "XVERR": "",
            "KNRZB": np.where(payer != view.kunnr, payer, "").astype(object),
            "UPDAT": dates(rows["modified"]),
        },
        UTF8,
    )


def _knvv(view: View, blocked: Array) -> Table:
    rows = view.accounts
    size = len(rows)
    return Table(
        "KNVV",
        {
            "MANDT": CLIENT,
            "KUNNR": view.kunnr,
            "VKORG": view.company,
            "VTWEG": "10",
            "SPART": "00",
            "ERNAM": _clerk(view, size),
            "ERDAT": dates(rows["created"]),
            "LOEVM": flags(rows["fate"] == "deleted", "X", ""),
            "VERSG": "1",
            "AUFSD": flags(blocked & chance(view.rng, size, 0.5), "01", ""),
            "KALKS": "1",
            "KDGRP": choose(view.rng, ("01", "02", "03"), size),
            "BZIRK": choose(view.rng, ("NORD00", "SUED00", "WEST00"), size),
            "KONDA": "",
            "PLTYP": choose(view.rng, ("01", "02"), size),
            "INCO1": choose(view.rng, ("EXW", "DAP", "FCA"), size),
            "INCO2": rows["town"],
            "LIFSD": "",
            "VSBED": "01",
            "WAERS": view.currency,
            "ZTERM": view.term,
            "VWERK": "1000",
            "VKGRP": choose(view.rng, ("101", "102", "103"), size),
            "VKBUR": "1000",
            "KTGRD": "01",
            "KVGR1": "",
            "FAKSD": "",
        },
        UTF8,
    )


def _knvp(view: View, payer: Array) -> Table:
    count, size = len(FUNCTIONS), len(view.accounts)
    function = np.tile(np.asarray(FUNCTIONS, dtype=object), size)
    own, other = np.repeat(view.kunnr, count), np.repeat(payer, count)
    return Table(
        "KNVP",
        {
            "MANDT": CLIENT,
            "KUNNR": own,
            "VKORG": np.repeat(view.company, count),
            "VTWEG": "10",
            "SPART": "00",
            "PARVW": function,
            "PARZA": "000",
            "KUNN2": np.where(np.isin(function.astype(str), ["RE", "RG"]), other, own).astype(object),
            "LIFNR": "",
            "PERNR": "00000000",
            "PARNR": "0000000000",
            "KNREF": "",
            "DEFPA": "",
        },
        UTF8,
    )


def _knvh(view: View) -> Table:
    child = np.flatnonzero((view.accounts["parent"] >= 0) & chance(view.rng, len(view.accounts), 0.85))
    parent = view.accounts["parent"][child]
    return Table(
        "KNVH",
        {
            "MANDT": CLIENT,
            "HITYP": "A",
            "KUNNR": view.kunnr[child],
            "VKORG": view.company[child],
            "VTWEG": "10",
            "SPART": "00",
            "DATAB": "20200101",
            "DATBI": "99991231",
            "HKUNNR": view.kunnr[parent],
            "HVKORG": view.company[parent],
            "HVTWEG": "10",
            "HSPART": "00",
        },
        UTF8,
    )


def _adrc(view: View) -> Table:
    rows = view.accounts
    split = rows["house"] != ""
    return Table(
        "ADRC",
        {
            "CLIENT": CLIENT,
            "ADDRNUMBER": view.address,
            "DATE_FROM": "00010101",
            "NATION": "",
            "DATE_TO": "99991231",
            "TITLE": "0003",
            "NAME1": rows["name"],
            "NAME2": rows["name2"],
            "NAME3": "",
            "NAME4": "",
            "CITY1": rows["town"],
            "CITY2": "",
            "POST_CODE1": rows["postcode"],
            "POST_CODE2": "",
            "PO_BOX": "",
            "STREET": rows["road"],
            "HOUSE_NUM1": blank(rows["house"], ~split),
            "STR_SUPPL1": "",
            "COUNTRY": rows["country"],
            "LANGU": language(view),
            "REGION": rows["region_code"],
            "SORT1": text(n.upper()[:20] for n in rows["name"]),
            "SORT2": "",
            "TEL_NUMBER": rows["phone"],
            "TEL_EXTENS": "",
            "FAX_NUMBER": rows["fax"],
            "TIME_ZONE": "CET",
        },
        UTF8,
        ragged=() if view.world.piece.number else (f"{CLIENT};9999990001;00010101;;99991231",),
    )


def _adr6(view: View) -> Table:
    firm = np.flatnonzero(view.accounts["email"] != "")
    person = np.flatnonzero(view.contacts["email"] != "")
    return Table(
        "ADR6",
        {
            "CLIENT": CLIENT,
            "ADDRNUMBER": np.concatenate([view.address[firm], view.address[view.contacts["account"][person]]]),
            "PERSNUMBER": np.concatenate([text([""] * len(firm)), _person_number(view)[person]]),
            "DATE_FROM": "00010101",
            "CONSNUMBER": "001",
            "FLGDEFAULT": "X",
            "SMTP_ADDR": np.concatenate([view.accounts["email"][firm], view.contacts["email"][person]]),
        },
        UTF8,
    )


def _person_number(view: View) -> Array:
    return padded(view.contacts["number"] + 800_000, 10)


def _knvk(view: View) -> Table:
    rows = view.contacts
    columns: Columns = {
        "MANDT": CLIENT,
        "PARNR": view.parnr,
        "KUNNR": view.kunnr[rows["account"]],
        "NAMEV": rows["first"],
        "NAME1": rows["last"],
        "ABTNR": choose(view.rng, ("0001", "0002", "0003", "0004"), len(rows)),
        "PAFKT": choose(view.rng, ("01", "02", "03", "10", ""), len(rows)),
        "ANRED": flags(rows["female"], "Frau", "Herr"),
        "TELF1": rows["phone"],
        "PARLA": "E",
        "ERDAT": dates(rows["created"]),
        "ERNAM": _clerk(view, len(rows)),
        "ADRND": "",
        "PRSNR": _person_number(view),
        "LOEVM": "",
        "TELMB": rows["mobile"],
    }
    orphan = dict.fromkeys(columns, "") | {
        "MANDT": CLIENT,
        "PARNR": f"{1 + view.world.piece.number:010d}",
        "KUNNR": "0000000001",
        "NAME1": "Waise",
        "ERDAT": "20250101",
    }
    return Table("KNVK", columns, CP1252, extra=[orphan])


def _knkk(view: View, blocked: Array) -> Table:
    rows, seen = view.accounts, view.world.customers
    size = len(rows)
    limit = np.maximum(np.round(seen["size"][rows["customer"]] * 120_000, -3), 5_000)
    used = np.round(limit * np.minimum(view.rng.exponential(0.4, size), 1.6), 2)
    used = np.where(chance(view.rng, size, 0.02), -used / 10, used)
    has = np.flatnonzero(chance(view.rng, size, 0.93))
    return Table(
        "KNKK",
        {
            "MANDT": CLIENT,
            "KUNNR": view.kunnr[has],
            "KKBER": view.company[has],
            "KLIMK": amounts(limit[has]),
            "KNKLI": view.kunnr[has],
            "SAUFT": amounts(np.round(used[has] * 0.3, 2)),
            "SKFOR": amounts(used[has]),
            "SSOBL": "0.00",
            "UEDAT": NO_DATE,
            "ERNAM": "BATCH",
            "ERDAT": dates(rows["created"][has]),
            "CTLPC": choose(view.rng, ("001", "002", "003"), len(has)),
            "DTREV": NO_DATE,
            "CRBLK": flags(blocked[has], "X", ""),
            "SBGRP": "001",
            "NXTRV": NO_DATE,
        },
        UTF8,
    )
