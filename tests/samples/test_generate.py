"""The generator gives the same files for the same seed, wherever it runs, and the truth for every record."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout.errors import UsageError
from tieout_samples import SYSTEMS, generate
from tieout_samples.job import write_piece
from tieout_samples.plan import Plan

KEYS = {
    "salesforce": ("Account", "Id"),
    "hubspot": ("companies", "hs_object_id"),
    "dynamics_sales": ("account", "accountid"),
    "zoho": ("Accounts", "Id"),
    "pipedrive": ("organizations", "id"),
    "sap": ("KNA1", "KUNNR"),
    "netsuite": ("customer", "id"),
    "dynamics_fo": ("CustomersV3", "CUSTOMERACCOUNT"),
    "intacct": ("CUSTOMER", "CUSTOMERID"),
    "infor": ("OCUSMA", "OKCUNO"),
    "epicor": ("Customer", "CustNum"),
    "acumatica": ("Customer", "CustomerID"),
}


def fingerprints(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest() for path in files}


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """Read one object's rows as texts; lines of the wrong length are left out."""
    rows = []
    for path in sorted((folder / name).iterdir()):
        if path.suffix == ".jsonl":
            rows += [json.loads(line) for line in path.read_text().splitlines()]
            continue
        raw = path.read_bytes()
        try:
            content = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            content = raw.decode("cp1252")
        delimiter = next(d for d in (";", "|", ",") if d in content.splitlines()[0])
        header, *body = csv.reader(content.splitlines(keepends=True), delimiter=delimiter)
        rows += [dict(zip(header, row, strict=True)) for row in body if len(row) == len(header)]
    return rows


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three pieces without Spark, in no particular order."""
    out = tmp_path_factory.mktemp("sample")
    plan = Plan(1_100, ("salesforce", "sap"), str(out), seed=7)
    assert plan.pieces == 3
    for number in (2, 0, 1):
        list(write_piece(plan, number))
    return out


def test_spark_writes_what_one_process_writes(spark: SparkSession, sample: Path, tmp_path: Path) -> None:
    figures = generate(spark, 1_100, ["sap", "salesforce"], str(tmp_path), seed=7)
    assert figures["systems"] == ["salesforce", "sap"]
    assert figures["records"]["sap"]["KNA1"] > 900
    assert fingerprints(tmp_path / "exports") == fingerprints(sample / "exports")
    assert fingerprints(tmp_path / "truth") == fingerprints(sample / "truth")


def test_another_seed_gives_other_customers(sample: Path, tmp_path: Path) -> None:
    list(write_piece(Plan(500, ("salesforce",), str(tmp_path), seed=8), 0))
    names = {row["Name"] for row in read(tmp_path / "exports/salesforce", "Account")}
    others = {row["Name"] for row in read(sample / "exports/salesforce", "Account")}
    assert len(names & others) < 10


def test_headers_are_those_of_the_vendors(sample: Path) -> None:
    account = (sample / "exports/salesforce/Account/part-00000.csv").read_text().splitlines()[0]
    assert account.startswith('"Id","IsDeleted","MasterRecordId","Name","Type","ParentId","BillingStreet"')
    customer = (sample / "exports/sap/KNA1/part-00000.csv").read_bytes().split(b"\r\n")[0].decode()
    assert customer.startswith("MANDT;KUNNR;LAND1;NAME1;NAME2;")
    bill = (sample / "exports/sap/VBRK/part-00000.csv").read_bytes().split(b"\r\n")[0].decode()
    assert {"VBELN", "FKART", "NETWR", "KUNRG", "KUNAG", "FKSTO"} <= set(bill.split(";"))


def test_the_objects_that_people_expect_are_there(sample: Path) -> None:
    crm = {folder.name for folder in (sample / "exports/salesforce").iterdir()}
    assert {"Account", "Contact", "Opportunity", "Product2", "PricebookEntry", "Case"} <= crm
    erp = {folder.name for folder in (sample / "exports/sap").iterdir()}
    expected = "KNA1 KNB1 KNVV KNVP ADRC KNKK VBAK VBAP VBRK VBRP BSAD BSID MARA MAKT"
    assert set(expected.split()) <= erp


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("everything")
    list(write_piece(Plan(400, SYSTEMS, str(out), seed=3), 0))
    return out


@pytest.mark.parametrize("system", SYSTEMS)
def test_truth_covers_every_account(everything: Path, system: str) -> None:
    truth = {row["source_id"] for row in read(everything / "truth", "account") if row["source_system"] == system}
    name, key = KEYS[system]
    exported = set()
    for row in read(everything / "exports" / system, name):
        value = row[key].get("value", "") if isinstance(row[key], dict) else row[key]
        if value not in ("", None):
            exported.add(str(value))
    assert exported == truth


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_brings_accounts_products_and_money(everything: Path, system: str) -> None:
    folders = list((everything / "exports" / system).iterdir())
    assert len(folders) >= 5
    assert all(any(folder.iterdir()) for folder in folders)


def test_a_customer_has_one_true_id_over_all_systems(everything: Path) -> None:
    systems_of: dict[str, set[str]] = {}
    for row in read(everything / "truth", "account"):
        systems_of.setdefault(row["true_id"], set()).add(row["source_system"])
    assert max(len(systems) for systems in systems_of.values()) >= 5
    assert len(systems_of) <= 400


def test_people_make_mistakes_and_rows_are_spoilt(sample: Path) -> None:
    accounts = read(sample / "exports/sap", "KNA1")
    assert any(row["LOEVM"] == "X" for row in accounts)
    assert any(row["NAME1"].isupper() for row in accounts)
    assert any(not row["KUNNR"] for row in accounts)
    assert all(len(row["NAME1"]) <= 35 for row in accounts)
    orders = read(sample / "exports/sap", "VBAK")
    assert any(row["ERDAT"] == "20260231" for row in orders)
    bills = read(sample / "exports/sap", "VBRK")
    assert any(row["NETWR"].endswith("-") for row in bills)
    assert list((sample / "exports/salesforce/Account").glob("*_changes.csv"))


def test_money_tells_every_story(sample: Path) -> None:
    told = read(sample / "truth", "tie_out")
    stories = {row["story"] for row in told}
    expected = "ties won_not_ordered ordered_not_invoiced timing credit_note fx_difference not_in_crm"
    assert set(expected.split()) <= stories
    reasons = {row["story"]: row["reasons"] for row in told}
    assert reasons["credit_note"] == "credit_note"
    assert reasons["won_not_ordered"] == "won_not_ordered not_in_erp"


def test_an_unknown_system_names_the_nearest(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean netsuite"):
        generate(spark, 10, ["netsiute"], str(tmp_path))


def test_a_folder_that_is_not_ours_is_left_alone(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    with pytest.raises(UsageError, match="was not written by generate"):
        generate(spark, 10, ["sap"], str(tmp_path))
