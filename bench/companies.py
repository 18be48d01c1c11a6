"""Two sources of company records with truth, at any size: what the matching benchmarks run on.

    python bench/companies.py --records 1000000 --out DIR [--seed 1] [--switchboard 200000]

writes DIR/crm.parquet and DIR/erp.parquet (id, name, street, city, postcode, country, phone, email,
tax_id; all text) and DIR/truth.parquet (id, cluster). Records have what people and systems do to
them: typing errors, abbreviations, legal forms left out, upper case and cut names in the ERP, gaps,
old addresses, shared switchboards, look-alike subsidiaries, different companies of the same name, and
duplicates inside each source. `--switchboard N` gives N records one phone number.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("name", "street", "city", "postcode", "country", "phone", "email", "tax_id")
PIECE = 100_000  # companies made by one task
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


COUNTRIES = {
    "US": {
        "share": 0.34,
        "forms": ["Inc", "LLC", "Corp", "Co", "Inc.", "Company", "Ltd"],
        "streets": ["Street", "Avenue", "Road", "Drive", "Lane", "Boulevard"],
        "code": "+1",
    },
    "GB": {
        "share": 0.18,
        "forms": ["Ltd", "Limited", "PLC", "LLP"],
        "streets": ["Street", "Road", "Lane", "Close", "Way", "ConfigLocation"],
        "code": "+44",
    },
    "DE": {
        "share": 0.22,
        "forms": ["GmbH", "AG", "GmbH & Co. KG", "KG", "UG", "e.K."],
        "streets": ["straße", "weg", "platz", "allee", "gasse"],
        "code": "+49",
    },
    "FR": {
        "share": 0.14,
        "forms": ["SA", "SARL", "SAS", "S.A.R.L."],
        "streets": ["rue", "avenue", "boulevard", "place", "chemin"],
        "code": "+33",
    },
    "ES": {
        "share": 0.12,
        "forms": ["S.L.", "SL", "S.A.", "SA"],
        "streets": ["Calle", "Avenida", "Plaza", "Paseo"],
        "code": "+34",
    },
}
TRADES = words("""Plumbing Logistics Software Consulting Foods Electric Motors Textiles Pharmaceuticals Construction
Engineering Trading Packaging Printing Furniture Metals Chemicals Bakery Transport Insurance Media Energy Solar
Dental Medical Optics Paper Plastics Tools Machinery Marine Aviation Security Cleaning Catering Hotels Travel
Design Architecture Roofing Flooring Gardens Nursery Farms Dairy Wines Coffee Seafood Jewelry Fashion Shoes
Toys Sports Fitness Education Publishing Telecom Networks Analytics Robotics Biotech Diagnostics Instruments
Automation Hydraulics Bearings Coatings Ceramics Glass Timber Steel Recycling Water Environmental Mining Drilling
Properties Investments Capital Holdings Leasing Staffing Legal Accounting Marketing Events""")
ADJECTIVES = words("""First National United General American European Northern Southern Eastern Western Global Pacific
Atlantic Central Royal Premier Advanced Modern Superior Allied Universal Precision Quality Golden Silver Blue Green Red
Summit Alpine River Lake Valley Mountain Coastal Metro City Star Sun Eagle Lion Falcon Phoenix Titan Apex""")
SHORT = {
    "International": "Intl", "Services": "Svcs", "Company": "Co", "Engineering": "Eng", "Solutions": "Sol",
    "Systems": "Sys", "Technologies": "Tech", "Brothers": "Bros", "Associates": "Assoc", "Group": "Grp",
    "Manufacturing": "Mfg", "Construction": "Constr", "National": "Natl", "Holdings": "Hldgs",
    "Street": "St", "Avenue": "Ave", "Road": "Rd", "Drive": "Dr", "Lane": "Ln", "Boulevard": "Blvd",
    "straße": "str.", "avenue": "av.", "boulevard": "bd", "Calle": "C/", "Avenida": "Avda", "ConfigLocation": "Pl",
}  # fmt: skip
STARTS = "b br c ch cl d dr f fl g gr h j k kl l m n p pr r s sch st t tr v w z"
ENDS = "n r l s t ck nd rt mann berg son ton er ez ini ard eau ley ford stein"
ENDINGS = ["International", "Services", "Group", "Solutions", "Systems", "Technologies", "Partners", "Associates"]


@dataclass(frozen=True)
class Pools:
    """Words that all pieces draw from, so that values repeat over the whole file as in life."""

    surnames: np.ndarray
    streets: np.ndarray
    cities: np.ndarray
    city_country: np.ndarray
    city_post: np.ndarray


def syllables(rng: np.random.Generator, count: int, most: int) -> np.ndarray:
    """Return made-up words of one to `most` syllables and an ending."""
    starts = np.array([c + v for c in words(STARTS) for v in "aeiou"])
    ends = np.array(words(ENDS))
    parts = rng.integers(1, most + 1, count)
    made = np.array(["".join(rng.choice(starts, n)) for n in parts], dtype=object)
    made = made + rng.choice(ends, count).astype(object)
    return np.array([word.capitalize() for word in made], dtype=object)


def make_pools(seed: int, records: int) -> Pools:
    """Return the words for a file of about `records` records; more records, more words."""
    rng = np.random.default_rng(seed)
    towns = int(np.clip(records / 60, 400, 20_000))
    names = list(COUNTRIES)
    city_country = rng.choice(len(names), towns, p=[COUNTRIES[c]["share"] for c in names])
    return Pools(
        surnames=syllables(rng, int(np.clip(records / 8, 3_000, 60_000)), 3),
        streets=syllables(rng, 4_000, 3),
        cities=syllables(rng, towns, 3),
        city_country=city_country,
        city_post=rng.integers(10, 990, towns),
    )


def zipf(rng: np.random.Generator, size: int, count: int, power: float = 0.75) -> np.ndarray:
    """Return positions below `size`, the first far commoner than the last."""
    return (size * rng.random(count) ** (1 / (1 - power))).astype(np.int64).clip(0, size - 1)


def companies(rng: np.random.Generator, pools: Pools, count: int) -> dict[str, np.ndarray]:
    """Return true companies, one row each, with the parts of their values."""
    town = zipf(rng, len(pools.cities), count, 0.5)
    country = pools.city_country[town]
    surname = pools.surnames[zipf(rng, len(pools.surnames), count, 0.55)]
    second = pools.surnames[zipf(rng, len(pools.surnames), count, 0.55)]
    trade, adjective = rng.choice(TRADES, count).astype(object), rng.choice(ADJECTIVES, count).astype(object)
    ending = rng.choice(ENDINGS, count).astype(object)
    style = rng.choice(7, count, p=[0.26, 0.22, 0.12, 0.12, 0.1, 0.1, 0.08])
    brand = np.select(
        [style == 0, style == 1, style == 2, style == 3, style == 4, style == 5],
        [surname + " " + trade, surname + " " + trade + " " + ending, adjective + " " + trade,
         surname + " & " + second, surname + " " + ending, adjective + " " + surname + " " + trade],
        surname + " " + second + " " + trade,
    ).astype(object)  # fmt: skip
    forms = [COUNTRIES[c]["forms"] for c in COUNTRIES]
    form = np.array(
        [forms[c][k % len(forms[c])] for c, k in zip(country, zipf(rng, 8, count), strict=True)], dtype=object
    )
    rows = {
        "brand": brand, "form": form, "town": town, "country": country,
        "street": pools.streets[rng.integers(0, len(pools.streets), count)],
        "street_kind": rng.integers(0, 4, count), "house": np.minimum(rng.geometric(0.02, count), 999),
        "post": rng.integers(0, 100, count), "phone": rng.integers(2 * 10**8, 10**10, count),
        "tax": rng.integers(10**8, 10**10, count), "mailbox": rng.integers(0, 4, count),
        "free_mail": rng.random(count) < 0.07,
        "domain": np.array([slug(name) for name in brand], dtype=object),
        "domain_end": rng.integers(0, 3, count),
    }  # fmt: skip
    return families(rng, rows, count)


def families(rng: np.random.Generator, rows: dict[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    """Make some companies look-alike subsidiaries of the one before: brand, domain, often seat and phone."""
    child = np.flatnonzero(rng.random(count) < 0.03)
    child = child[child > 0]
    head = child - 1
    brand = np.array([name.split(" ")[0] for name in rows["brand"][head]], dtype=object)
    rows["brand"][child] = brand + " " + rng.choice(TRADES, len(child)).astype(object)
    rows["domain"][child] = rows["domain"][head]
    rows["domain_end"][child] = rows["domain_end"][head]
    same_seat = rng.random(len(child)) < 0.4
    for name in ("town", "country", "street", "street_kind", "house", "post"):
        rows[name][child[same_seat]] = rows[name][head[same_seat]]
    same_phone = child[rng.random(len(child)) < 0.4]
    rows["phone"][same_phone] = rows["phone"][same_phone - 1]
    return rows


def slug(name: str) -> str:
    """Return a name as a domain label."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def british(town: int, street: int) -> str:
    """Return a made-up British postcode of a town and a street in it."""
    area = "ABCDEFGHKLMNPRSTW"[town % 17] + "ABDEGHLNORSTY"[town % 13]
    return f"{area}{town % 30 + 1} {street % 9 + 1}{'ABDEFGHJLN'[street % 10]}{'PQRSTUWXYZ'[street // 10]}"


def written(pools: Pools, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values as they would be written without error."""
    names = list(COUNTRIES)
    iso = np.array(names, dtype=object)[rows["country"]]
    kinds = [COUNTRIES[c]["streets"] for c in names]
    kind = np.array(
        [kinds[c][k % len(kinds[c])] for c, k in zip(rows["country"], rows["street_kind"], strict=True)], dtype=object
    )
    house = rows["house"].astype(str).astype(object)
    street = np.select(
        [iso == "US", iso == "GB", iso == "DE", iso == "FR"],
        [house + " " + rows["street"] + " " + kind, house + " " + rows["street"] + " " + kind,
         rows["street"] + kind + " " + house, house + " " + kind + " " + rows["street"]],
        kind + " " + rows["street"] + " " + house,
    ).astype(object)  # fmt: skip
    digits = rows["phone"].astype(str).astype(object)
    code = np.array([COUNTRIES[c]["code"] for c in names], dtype=object)[rows["country"]]
    domain = rows["domain"] + np.array([".com", ".net", ".co"], dtype=object)[rows["domain_end"]]
    mailbox = np.array(["info", "office", "contact", "sales"], dtype=object)[rows["mailbox"]]
    email = np.where(rows["free_mail"], rows["domain"] + "@gmail.com", mailbox + "@" + domain).astype(object)
    post = pools.city_post[rows["town"]]
    postcode = [
        british(p, d)
        if c == "GB" else f"{p:03d}{d:02d}"
        for p, d, c in zip(post, rows["post"], iso, strict=True)
    ]  # fmt: skip
    return {
        "name": rows["brand"] + " " + rows["form"],
        "street": street,
        "city": pools.cities[rows["town"]],
        "postcode": np.array(postcode, dtype=object),
        "country": iso,
        "phone": code + " " + digits,
        "email": email,
        "tax_id": np.where(iso == "US", "", iso).astype(object) + rows["tax"].astype(str).astype(object),
    }


def typo(rng: np.random.Generator, text: str) -> str:
    """Return the text with one slip: a letter left out, doubled, replaced or two swapped."""
    if len(text) < 3:
        return text
    place, slip = int(rng.integers(1, len(text) - 1)), int(rng.integers(4))
    if slip == 0:
        return text[:place] + text[place + 1 :]
    if slip == 1:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    other = str(rng.integers(10)) if text[place].isdigit() else str(rng.choice(LETTERS))
    return text[:place] + other + text[place + (1 if slip == 2 else 0) :]


def shorten(text: str) -> str:
    """Return the text with usual words abbreviated."""
    for long, short in SHORT.items():
        text = text.replace(long, short)
    return text


Change = Callable[[str], str | None]


def change(rng: np.random.Generator, values: np.ndarray, share: float, function: Change) -> None:
    """Apply `function` to a random share of the values, in place."""
    chosen = np.flatnonzero(rng.random(len(values)) < share)
    values[chosen] = [None if values[n] is None else function(values[n]) for n in chosen]


def damage(
    rng: np.random.Generator, values: dict[str, np.ndarray], other: dict[str, np.ndarray], forms: np.ndarray, erp: bool
) -> None:
    """Do to records what happens to them in a CRM or in an ERP, in place."""
    count = len(values["name"])
    moved = np.flatnonzero(rng.random(count) < 0.03)
    for name in ("street", "postcode", "city"):
        values[name][moved] = other[name][moved]
    no_form = np.flatnonzero(rng.random(count) < 0.22)
    values["name"][no_form] = [n[: -len(f) - 1] for n, f in zip(values["name"][no_form], forms[no_form], strict=True)]
    slip = lambda text: typo(rng, text)  # noqa: E731
    change(rng, values["name"], 0.16, shorten)
    change(rng, values["name"], 0.13, slip)
    change(rng, values["name"], 0.02, slip)
    change(rng, values["name"], 0.03, lambda text: " ".join(reversed(text.split(" ", 1))))
    change(rng, values["street"], 0.35, shorten)
    change(rng, values["street"], 0.09, slip)
    change(rng, values["city"], 0.05, slip)
    change(rng, values["postcode"], 0.03, slip)
    change(rng, values["phone"], 0.02, slip)
    change(rng, values["phone"], 0.4, lambda text: "0" + text.split(" ")[-1])
    change(rng, values["phone"], 0.3, lambda text: text[:-7] + "-" + text[-7:-4] + " " + text[-4:])
    for name, share in (("phone", 0.07), ("email", 0.12)):
        fresh = np.flatnonzero(rng.random(count) < share)
        values[name][fresh] = other[name][fresh]
    change(rng, values["email"], 0.04, slip)
    change(rng, values["tax_id"], 0.015, slip)
    gaps = {
        "street": 0.06,
        "city": 0.02,
        "postcode": 0.06,
        "country": 0.03,
        "phone": 0.25,
        "email": 0.35,
        "tax_id": 0.45,
    }
    gaps |= {"email": 0.6, "tax_id": 0.12} if erp else {}
    for name, share in gaps.items():
        values[name][rng.random(count) < share] = None
    if erp:
        change(rng, values["name"], 0.6, lambda text: text.upper()[:35])
        change(rng, values["city"], 0.6, str.upper)
        change(rng, values["street"], 0.5, lambda text: text.upper()[:30])


def piece(job: tuple[int, int, int, Pools]) -> dict[str, pa.Table]:
    """Return one piece of both sources and of the truth."""
    seed, number, count, pools = job
    rng = np.random.default_rng([seed, number])
    rows = companies(rng, pools, count)
    clean = written(pools, rows)
    others = {name: values[rng.permutation(count)] for name, values in clean.items()}
    tables, truth = {}, []
    for source, share in (("crm", 0.78), ("erp", 0.7)):
        copies = (rng.random(count) < share).astype(int) * (1 + (rng.random(count) < 0.08) + (rng.random(count) < 0.01))
        who = rng.permutation(np.repeat(np.arange(count), copies))
        values = {name: column[who].astype(object).copy() for name, column in clean.items()}
        damage(rng, values, {name: column[who] for name, column in others.items()}, rows["form"][who], source == "erp")
        ids = np.array([f"{source}-{number}-{n}" for n in range(len(who))], dtype=object)
        tables[source] = pa.table({"id": ids} | {name: pa.array(values[name], pa.string()) for name in COLUMNS})
        truth.append(pa.table({"id": ids, "cluster": pa.array(number * PIECE + who, pa.int64())}))
    return tables | {"truth": pa.concat_tables(truth)}


def jobs(records: int, seed: int) -> Iterator[tuple[int, int, int, Pools]]:
    """Yield the pieces to make: about 1.61 records a company."""
    total, pools = round(records / 1.613), make_pools(seed, records)
    for number, start in enumerate(range(0, total, PIECE)):
        yield seed, number, min(PIECE, total - start), pools


def share_switchboard(table: pa.Table, count: int) -> pa.Table:
    """Give the first `count` records one phone number."""
    phone = table.column("phone").to_pylist()
    phone[:count] = ["+49 800 1234567"] * min(count, len(phone))
    return table.set_column(table.schema.get_field_index("phone"), "phone", pa.array(phone, pa.string()))


def generate(records: int, out: Path, seed: int = 1, switchboard: int = 0) -> None:
    """Write crm.parquet, erp.parquet and truth.parquet."""
    out.mkdir(parents=True, exist_ok=True)
    writers: dict[str, pq.ParquetWriter] = {}
    left = {"crm": switchboard // 2, "erp": switchboard - switchboard // 2}
    with ProcessPoolExecutor() as pool:
        for tables in pool.map(piece, jobs(records, seed)):
            for name, table in tables.items():
                if left.get(name):
                    given = min(left[name], table.num_rows)
                    table, left[name] = share_switchboard(table, given), left[name] - given
                if name not in writers:
                    writers[name] = pq.ParquetWriter(out / f"{name}.parquet", table.schema)
                writers[name].write_table(table)
    for writer in writers.values():
        writer.close()


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--switchboard", type=int, default=0)
    args = parser.parse_args()
    generate(args.records, args.out, args.seed, args.switchboard)


if __name__ == "__main__":
    main()
