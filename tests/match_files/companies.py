"""Companies as a CRM and an ERP export them: other names of columns, other ways to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

TOWNS = (("Bonn", "53111"), ("Mainz", "55116"), ("Trier", "54290"), ("Kiel", "24103"), ("Gera", "07545"))


def two_files(rows: int = 120, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `rows` companies of the CRM and of the ERP, of which five in six are the same in both."""
    draw = np.random.default_rng(seed)
    crm, erp = [], []
    for number in range(rows + rows // 6):
        letters = "".join(draw.choice(list("bdfgklmnprstvz"), 3)) + "a" + "".join(draw.choice(list("dfgklmn"), 3))
        trade = ("Bau", "Logistik", "Metall", "Papier")[number % 4]
        town, postcode = TOWNS[int(draw.integers(0, len(TOWNS)))]
        street, house = f"{''.join(draw.choice(list('bdgklmr'), 3))}enweg", int(draw.integers(1, 90))
        phone = f"0{draw.integers(200, 999)} {draw.integers(100_000, 999_999)}"
        name = f"{letters.title()} {trade}"
        if number < rows:
            crm.append((f"A-{number:04}", f"{name} GmbH", f"{street} {house}", town, postcode, phone))
        if number >= rows // 6:
            erp.append((f"{1000 + number}", name.upper(), postcode, town.upper(), f"{street} {house}", phone[1:]))
    left = pd.DataFrame(crm, columns=["Account ID", "Account Name", "Street", "City", "Zip", "Phone"])
    right = pd.DataFrame(erp, columns=["Kundennummer", "Firma", "PLZ", "Ort", "Strasse", "Telefon"])
    return left, right


def write_files(folder: Path, rows: int = 120) -> tuple[str, str]:
    """Write both as CSV, the ERP's as a German Excel does; return their paths."""
    left, right = two_files(rows)
    left.to_csv(folder / "crm.csv", index=False)
    right.to_csv(folder / "erp.csv", index=False, sep=";", encoding="cp1252")
    return str(folder / "crm.csv"), str(folder / "erp.csv")
