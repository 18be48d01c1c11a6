"""Checks the outbox of a demo against its exports and the truth: does a proposal do harm, does it set the true value?

    python bench/outbox.py DEMO        # the folder that `tieout demo` wrote: exports/, truth/, lakehouse/

Independent of the code that makes the outbox: it reads the CSV exports as they are, makes the true customers again
with the generator, and has its own lists of lengths, codes and ways to write a value. Ends with 1 where a proposal
changes only form, is longer than its field, is no code of the target, or undoes a newer change. Knows the two
systems of the demo.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tieout.lakehouse.tables import Lakehouse
from tieout.platform.session import get_spark
from tieout_samples.locales import LOCALES
from tieout_samples.parties.records import street_line
from tieout_samples.plan import Plan
from tieout_samples.pools import GERMAN_STATES, US_STATES
from tieout_samples.trade.billing import terms
from tieout_samples.vocabulary import AND, INDUSTRIES, NAME_SHORT, STREET_SHORT
from tieout_samples.world import World, world

Row = dict[str, str]
# Characters that a field takes, by the vendors' own descriptions of their objects.
LENGTHS = {
    "Name": 255, "BillingStreet": 255, "BillingCity": 40, "BillingState": 80, "BillingPostalCode": 20,
    "BillingCountry": 80, "Phone": 40, "MobilePhone": 40, "Website": 255, "DunsNumber": 9, "FirstName": 40,
    "LastName": 80, "Email": 80, "Email__c": 80, "Title": 128, "ProductCode": 255, "Family": 255, "Industry": 255,
    "StockKeepingUnit": 180, "Tax_ID__c": 40, "Payment_Terms__c": 255, "Customer_Status__c": 255,
    "QuantityUnitOfMeasure": 255,
    "NAME1": 35, "NAME2": 35, "STRAS": 35, "ORT01": 35, "REGIO": 3, "PSTLZ": 10, "LAND1": 3, "TELF1": 16,
    "SMTP_ADDR": 241, "KNURL": 132, "STCEG": 20, "DUNS": 9, "BRSCH": 4, "ZTERM": 4, "NAMEV": 35, "TELMB": 16,
    "PAFKT": 2, "BISMT": 18, "EAN11": 18, "MAKTX": 40, "MATKL": 9,
}  # fmt: skip
# A free field in which people write states; a small export does not have all of them.
STATES = {*GERMAN_STATES, *US_STATES.values()}
STATUSES = {"Active", "Inactive", "On Hold"}
# Fields that hold a code or a label of a list: what stands in the export is the list.
CODED = {
    "Industry", "BillingState", "BillingCountry", "Payment_Terms__c", "Customer_Status__c", "Family",
    "QuantityUnitOfMeasure", "REGIO", "LAND1", "BRSCH", "ZTERM", "PAFKT", "MATKL",
}  # fmt: skip
KEYS = {"Account": "Id", "Contact": "Id", "Product2": "Id", "KNA1": "KUNNR", "KNVK": "PARNR", "MARA": "MATNR"}
HOME = {
    ("salesforce", "account"): "Account", ("salesforce", "contact"): "Contact", ("salesforce", "product"): "Product2",
    ("sap", "account"): "KNA1", ("sap", "contact"): "KNVK", ("sap", "product"): "MARA",
}  # fmt: skip
FORM, LENGTH = "changes only form", "longer than its field"
CODE, NEWER = "no code of the target", "undoes a newer change"


class Exports:
    """The newest row of each record, by system and object, and the values that each column has at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[tuple[str, str], list[Row]] = {}
        self._by_key: dict[tuple[str, str, str], dict[str, Row]] = {}

    def rows(self, system: str, name: str) -> list[Row]:
        """Return an object's rows as they are."""
        if (system, name) not in self._rows:
            files = sorted((self.folder / system / name).glob("*.csv"))
            self._rows[system, name] = [row for file in files for row in _read(file, system)]
        return self._rows[system, name]

    def by(self, system: str, name: str, key: str) -> dict[str, Row]:
        """Return the newest row of each record by its key."""
        if (system, name, key) not in self._by_key:
            found: dict[str, Row] = {}
            for row in sorted(self.rows(system, name), key=lambda row: changed(row) or datetime.min):
                found[row[key]] = row
            self._by_key[system, name, key] = found
        return self._by_key[system, name, key]

    def record(self, system: str, entity: str, key: str) -> Row:
        """Return the record of an account, contact or product."""
        name = HOME[system, entity]
        return self.by(system, name, KEYS[name]).get(key, {})

    def value(self, system: str, entity: str, name: str, field: str, key: str) -> str:
        """Return what stands in a field of an object that belongs to the record."""
        record = self.record(system, entity, key)
        if name == "ADR6":
            place = "PERSNUMBER" if entity == "contact" else "ADDRNUMBER"
            rows = [row for row in self.rows(system, name) if bool(row["PERSNUMBER"]) == (entity == "contact")]
            of = {row[place]: row for row in rows}
            return of.get(record.get("PRSNR" if entity == "contact" else "ADRNR", ""), {}).get(field, "")
        if name == "KNB1":
            return self.by(system, name, "KUNNR").get(key, {}).get(field, "")
        if name == "MAKT":
            texts = {row["MATNR"]: row[field] for row in self.rows(system, name) if row["SPRAS"] == "E"}
            return texts.get(key, "")
        return record.get(field, "")

    def list_of(self, system: str, name: str, field: str) -> set[str]:
        """Return the values that a column has anywhere in the export."""
        known = {"BillingState": STATES, "Customer_Status__c": STATUSES}.get(field, set())
        return known | {row[field] for row in self.rows(system, name) if row.get(field)}


def _read(file: Path, system: str) -> Iterator[Row]:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    reader = csv.reader(text.splitlines(keepends=True), delimiter=";" if system == "sap" else ",")
    header = next(reader)
    for cells in reader:
        if len(cells) == len(header):
            yield {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def changed(row: Row) -> datetime | None:
    """Return when a row says that its record was last changed."""
    if row.get("SystemModstamp"):
        return datetime.fromisoformat(row["SystemModstamp"].replace("Z", "+00:00")).replace(tzinfo=None)
    for day, clock in (("UPDAT", "UPTIM"), ("LAEDA", ""), ("ERDAT", ""), ("ERSDA", "")):
        if row.get(day, "00000000") not in ("", "00000000"):
            return datetime.strptime(row[day] + row.get(clock, "000000"), "%Y%m%d%H%M%S")
    return None


def ascii_of(text: str, two: bool) -> str:
    """Write a text in small letters without accents; umlauts as two letters or as one."""
    text = text.lower()
    for letter, letters in {"ä": "ae", "ö": "oe", "ü": "ue"}.items() if two else ():
        text = text.replace(letter, letters)
    for letter, letters in {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae"}.items():
        text = text.replace(letter, letters)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _replaced(text: str, pairs: tuple[tuple[str, str], ...], two: bool) -> str:
    for long, short in sorted(pairs, key=lambda pair: -len(pair[1])):
        written = re.escape(ascii_of(short, two))
        end = "" if short.endswith((".", "/")) else r"\b"
        start = r"\b" if short[0].isupper() and short not in ("Str.",) else ""
        text = re.sub(rf"{start}{written}{end}", ascii_of(long, two) + " ", text)
    return text


LEGAL = sorted(
    {(written, form) for one in LOCALES for form, others in one.forms.items() for written in (form, *others)},
    key=lambda pair: -len(pair[0]),
)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text)


def company(text: str, two: bool) -> tuple[str, str]:
    """Return a company's name without its legal form, and the form, both as letters only."""
    plain = ascii_of(text, two)
    form = ""
    for written, usual in LEGAL:
        ending = _letters(ascii_of(written, two))
        words = re.split(r"[\s,]+", plain)
        for count in range(1, 6):
            if len(words) > count and _letters("".join(words[-count:])) == ending:
                plain, form = " ".join(words[:-count]), _letters(ascii_of(usual, two))
                break
        if form:
            break
    plain = re.sub(rf"\b({'|'.join(set(AND.values()))}|&|\+)(?=\s)", " ", plain)
    return _letters(_replaced(plain.replace("&", " "), NAME_SHORT, two)), form


def street(text: str, two: bool) -> str:
    """Return a street as letters and digits, short words written out."""
    plain = re.sub(r"^(\d+ ?[a-z]?) (.*)$", r"\2 \1", ascii_of(text, two))
    return _letters(_replaced(plain, STREET_SHORT, two))


def letters(text: str, two: bool) -> str:
    """Return the letters and digits of a text."""
    return _letters(ascii_of(text, two))


def phone(text: str, two: bool) -> str:
    """Return the digits that every way to write a number has in common."""
    return re.sub(r"\D", "", text.replace("(0)", ""))[-8:]


def site(text: str, two: bool) -> str:
    """Return the domain of a website."""
    return re.sub(r"^(https?://)?(www\.)?|/.*$", "", text.lower())


INDUSTRY = {code: name for name, code, _ in INDUSTRIES}
COUNTRY = {name.lower(): one.country for one in LOCALES for name in (*one.country_names, one.country)}
COUNTRY |= {"d": "DE", "uk": "GB"}
REGION = {code: name for name, code in GERMAN_STATES.items()} | US_STATES
UNIT = {"ST": "Each", "LE": "License", "H": "Hour", "STD": "Hour", "EA": "Each"}
FAMILY = {"HA001": "Hardware", "SO001": "Software", "SE001": "Services"}
FUNCTION = {"02": "Head of Purchasing", "01": "Chief Executive Officer", "08": "Chief Financial Officer",
            "03": "Sales Director", "05": "Plant Manager", "10": "Office Manager"}  # fmt: skip
READ: dict[str, Callable[[str, bool], Any]] = {
    "name": company,
    "street": street,
    "phone": phone,
    "mobile": phone,
    "domain": site,
    "industry": lambda text, two: INDUSTRY.get(text, text).lower(),
    "country": lambda text, two: COUNTRY.get(text.lower(), text.upper()),
    "region": lambda text, two: letters(REGION.get(text, text), two),
    "payment_terms": lambda text, two: re.sub(r"\D", "", text).lstrip("0"),
    "family": lambda text, two: FAMILY.get(text, text),
    "unit": lambda text, two: UNIT.get(text, text),
    "title": lambda text, two: FUNCTION.get(text, text).lower(),
}


def read(field: str, text: str, entity: str = "account") -> set[Any]:
    """Return the readings of a text, whatever its form; two texts of one reading are one value."""
    how = READ.get(field, letters) if (entity, field) != ("product", "name") else letters
    return {how(text, two) for two in (False, True)}


def truth_of(plan: Plan) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Return the true values by (entity, true id) and field."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for number in range(plan.pieces):
        made = world(plan.piece(number))
        found |= {("account", key): values for key, values in _companies(made)}
        found |= {("contact", key): values for key, values in _persons(made)}
        found |= {("product", key): values for key, values in _products(made)}
    return found


def _companies(made: World) -> Iterator[tuple[str, dict[str, list[str]]]]:
    rows, days = made.customers, terms(made.customers)
    for i, key in enumerate(rows["true_id"]):
        one = {name: rows[name][i] for name in rows.columns}
        yield (
            str(key),
            {
                "name": [f"{one['name']} {one['form']}"],
                "street": [street_line(one["locale"], one["street"], one["house"])],
                "city": [one["town"]],
                "region": [one["region"]],
                "postcode": [one["postcode"]],
                "country": [one["country"]],
                "phone": [one["phone"]],
                "email": [f"{one['mailbox']}@{one['domain']}"],
                "domain": [one["domain"]],
                "tax_id": [one["vat"], one["tax"]],
                "duns": [one["duns"]],
                "industry": [INDUSTRIES[one["industry"]][0]],
                "payment_terms": [str(days[i])],
            },
        )


def _persons(made: World) -> Iterator[tuple[str, dict[str, list[str]]]]:
    rows = made.people
    for i, key in enumerate(rows["true_id"]):
        yield str(key), {
            "first_name": [rows["first"][i]], "last_name": [rows["last"][i]], "email": [rows["email"][i]],
            "phone": [rows["phone"][i]], "mobile": [rows["mobile"][i]], "title": [rows["title"][i]],
        }  # fmt: skip


def _products(made: World) -> Iterator[tuple[str, dict[str, list[str]]]]:
    rows = made.products
    for i, key in enumerate(rows["true_id"]):
        yield str(key), {
            "code": [f"P-{rows['number'][i]}"], "gtin": [rows["gtin"][i]], "name": [rows["name"][i], rows["german"][i]],
            "family": [rows["family"][i]], "unit": [rows["unit"][i]],
        }  # fmt: skip


def identities(folder: Path) -> dict[tuple[str, str, str], str]:
    """Return (entity, system, key) → true id."""
    found = {}
    for entity in ("account", "contact", "product"):
        for file in sorted((folder / entity).glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    found[entity, row["source_system"], row["source_id"]] = row["true_id"]
    return found


def sent(change: dict[str, Any]) -> str:
    """Return the text that a proposal sets, its pieces in the order of the target's fields."""
    return " ".join(filter(None, (change["changes"][field] for field in change["target_field"].split("+"))))


def faults(change: dict[str, Any], exports: Exports, by_rule: set[str]) -> set[str]:
    """Return what is wrong with one proposal."""
    system, entity, key = change["target_system"], change["entity"], change["source_id"]
    name, found = change["target_object"], set()
    now = [exports.value(system, entity, name, field, key) for field in change["target_field"].split("+")]
    if any(text for text in now):
        current, proposed = " ".join(filter(None, now)), sent(change)
        if read(change["field"], current, entity) & read(change["field"], proposed, entity):
            found.add(FORM)
    for field, text in change["changes"].items():
        if field not in LENGTHS:
            found.add(f"field {field} is not known")
        elif len(text) > LENGTHS[field]:
            found.add(LENGTH)
        if field in CODED and text not in exports.list_of(system, name, field):
            found.add(CODE)
    if change["rule"] not in by_rule:
        origin, _, record = change["value_from"].partition(":")
        ours, theirs = changed(exports.record(system, entity, key)), changed(exports.record(origin, entity, record))
        if ours is not None and theirs is not None and ours > theirs:
            found.add(NEWER)
    return found


def main() -> int:
    """Read the arguments, check every proposal, print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", type=Path)
    parser.add_argument("--show", type=int, default=3, help="examples of each fault")
    parser.add_argument("--wrong", metavar="FIELD", help="also show the proposals of a field that are not true")
    args = parser.parse_args()
    note = json.loads((args.demo / "generated.json").read_text())
    plan = Plan(note["customers"], tuple(note["systems"]), "", note["seed"], date.fromisoformat(note["as_of"]))
    true, who = truth_of(plan), identities(args.demo / "truth")
    exports = Exports(args.demo / "exports")
    lake = Lakehouse(get_spark("bench outbox", small=True), root=str(args.demo / "lakehouse"))
    changes = [row.asDict(recursive=True) for row in lake.read("gold", "outbox").collect()]
    held = lake.read("gold", "outbox_held_back").groupBy("reason").sum("changes").collect()
    industries = [row[0] for row in lake.read("gold", "customer").select("industry").distinct().collect() if row[0]]
    # What a business rule says holds on its day, whatever a record's last change was.
    by_rule = {"Credit hold"}
    wrong: Counter[str] = Counter()
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        for fault in sorted(faults(change, exports, by_rule)):
            wrong[fault] += 1
            if wrong[fault] <= args.show:
                print(f"{fault}: {change['target_system']} {change['target_object']} {change['source_id']} "
                      f"{change['changes']} now {change['current_value']!r} by {change['rule']}")  # fmt: skip
        verdict, known = _verdict(change, true, who)
        verdicts[f"{change['target_system']}.{change['entity']}.{change['field']}"][verdict] += 1
        if args.wrong == change["field"] and verdict != "true":
            print(verdict, change["source_id"], change["current_value"], "=>", change["proposed_value"], "true", known)
    for name, counts in sorted(verdicts.items()):
        print(f"{name:45} {dict(counts)}")
    total = sum(verdicts.values(), Counter[str]())
    known = total["true"] + total["wrong"] + total["was true"]
    names = Counter(letters(name, True) for name in industries)
    figures = {
        "proposals": len(changes),
        "faults": {fault: wrong[fault] for fault in dict.fromkeys([FORM, LENGTH, CODE, NEWER, *wrong])},
        "sets_the_true_value": round(total["true"] / max(known, 1), 4),
        "replaces_a_true_value": round(total["was true"] / max(known, 1), 4),
        "not_in_truth": total["unknown"],
        "held_back": {row[0]: row[1] for row in sorted(held, key=lambda row: -row[1])},
        "industries": len(industries),
        "industries_twice": sum(count > 1 for count in names.values()),
    }
    print(json.dumps(figures))
    return 1 if wrong or figures["industries_twice"] else 0


def _verdict(change: dict[str, Any], true: dict[Any, Any], who: dict[Any, str]) -> tuple[str, list[str]]:
    entity, field = change["entity"], change["field"]
    known = true.get((entity, who.get((entity, change["target_system"], change["source_id"]), "")), {}).get(field)
    if not known:
        return "unknown", []
    wanted = {reading for text in known if text for reading in read(field, text, entity)}
    if read(field, sent(change), entity) & wanted:
        return "true", known
    return ("was true" if read(field, change["current_value"] or "", entity) & wanted else "wrong"), known


if __name__ == "__main__":
    sys.exit(main())
