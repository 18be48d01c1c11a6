"""A system that nobody has heard of: two files under conf/, and not a line of Python."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from vendors.land import Land, take_in

HARBOUR = """
system: harbour
kind: erp
title: Harbour, the shop's own ledger
defaults:
  format: csv
  delimiter: "\\t"
  encoding: cp1252
  decimal_mark: ","
  thousands_mark: "."
  date_format: dd.MM.yyyy
  true_words: [ja]
  false_words: [nein]
objects:
  kunden:
    files: ["kunden*.txt"]
    required: true
    key: [nr]
    modified: {column: stand, timestamp_format: dd.MM.yyyy}
    deleted_when: "geloescht = 'ja'"
    joins:
      ort: {object: orte, on: {ort: kuerzel}}
    to:
      account:
        fields:
          name: firma
          city: ort.name
          region: ort
          country: {column: land, lookup: {table: harbour_laender, key: kennzeichen, value: code}}
          credit_limit: limit
          credit_block: gesperrt
          account_type: {const: customer}
  orte:
    files: ["orte*.txt"]
    key: [kuerzel]
  belege:
    files: ["belege*.txt"]
    key: [art, beleg]
    to:
      invoice:
        where: "art IN ('R', 'G')"
        fields:
          account_source_id: kunde
          invoice_number: beleg
          invoice_date: datum
          currency: {const: EUR}
          net_amount: {expr: "CASE WHEN art = 'G' THEN concat('-', betrag) ELSE betrag END"}
          document_type: {expr: "CASE WHEN art = 'G' THEN 'credit_note' ELSE 'invoice' END"}
          cancelled: {const: false}
"""
COUNTRIES = "kennzeichen,code\nD,DE\nA,AT\nCH,CH\n"
KUNDEN = """nr\tfirma\tort\tland\tlimit\tgesperrt\tstand\tgeloescht
1\tBäckerei Groß KG\tM\tD\t1.500,50\tnein\t01.02.2026\tnein
2\tWiener Würstel GmbH\tW\tA\t0\tja\t01.02.2026\tnein
3\tAlt & Weg\tM\tD\t\tnein\t05.03.2026\tja
1\tBäckerei Gross KG\tM\tD\t900\tnein\t01.01.2026\tnein
"""
ORTE = "kuerzel\tname\nM\tMünchen\nW\tWien\n"
BELEGE = """art\tbeleg\tkunde\tdatum\tbetrag
R\t100\t1\t15.02.2026\t1.234,50
G\t100\t1\t16.02.2026\t34,50
R\t101\t2\t31.02.2026\t10,00
L\t7\t2\t01.03.2026\t10,00
"""


@pytest.fixture(scope="module")
def harbour(spark: SparkSession, conf_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Land:
    folder = tmp_path_factory.mktemp("thirteenth")
    conf = Path(shutil.copytree(conf_dir, folder / "conf"))
    (conf / "sources" / "harbour.yml").write_text(HARBOUR, encoding="utf-8")
    (conf / "lookups" / "harbour_laender.csv").write_text(COUNTRIES, encoding="utf-8")
    exports = folder / "exports" / "harbour"
    exports.mkdir(parents=True)
    for name, text in {"kunden_2026.txt": KUNDEN, "orte.txt": ORTE, "belege.txt": BELEGE}.items():
        (exports / name).write_bytes(text.encode("cp1252"))
    return take_in(spark, conf, folder, folder / "exports", ["harbour"])


def test_its_customers_are_read_by_its_own_rules(harbour: Land) -> None:
    accounts = harbour.silver("account").set_index("source_id")
    assert list(accounts.index.sort_values()) == ["1", "2"]
    baker, butcher = accounts.loc["1"], accounts.loc["2"]
    assert (baker["name"], baker["city"], baker["country"]) == ("Bäckerei Groß KG", "München", "DE")
    assert baker["region"] == "M", "the column of the name that the join has"
    assert (baker["credit_limit"], baker["credit_block"]) == (Decimal("1500.50"), False)
    assert (butcher["city"], butcher["country"], butcher["credit_block"]) == ("Wien", "AT", True)


def test_its_documents_become_invoices_and_credit_notes(harbour: Land) -> None:
    invoices = harbour.silver("invoice").set_index("source_id")
    assert dict(invoices["net_amount"]) == {"R/100": Decimal("1234.50"), "G/100": Decimal("-34.50")}
    assert dict(invoices["document_type"]) == {"R/100": "invoice", "G/100": "credit_note"}
    assert invoices.loc["G/100", "invoice_date"] == date(2026, 2, 16)


def test_its_rows_are_all_accounted_for(harbour: Land) -> None:
    steps = harbour.lake.read("ops", "step").where("step = 'conform'").collect()
    ends = {step["entity"]: {end: rows for end, rows in step["counts"].items() if rows} for step in steps}
    assert ends == {
        None: {"bronze": 2, "silver_current": 2},  # towns, which are only joined
        "account": {"bronze": 4, "silver_current": 2, "superseded": 1, "soft_deleted": 1},
        "invoice": {"bronze": 4, "silver_current": 2, "quarantined": 1, "not_applicable": 1},
    }
    rejected = harbour.quarantine()
    assert list(rejected["source_id"]) == ["R/101"]
    assert "31.02.2026" in rejected["raw_json"].iloc[0]
