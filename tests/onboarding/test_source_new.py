"""How much of a system is found without its config, and does what is written load, tell and stay?"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tieout import cli
from tieout.config import load_config
from tieout_samples.job import write_piece
from tieout_samples.plan import Plan

from .measure import measure

# A system's mapping counts where it takes a column of the export; the harder half of the twelve is here.
MEASURED = ("hubspot", "netsuite", "pipedrive", "dynamics_fo", "epicor", "zoho", "sap", "infor")
LEAST = 0.8


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unknown")
    list(write_piece(Plan(80, MEASURED, str(folder), seed=3), 0))
    return folder / "exports"


@pytest.fixture
def conf(conf_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(conf_dir, tmp_path / "conf"))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = cli.main([*words, "--json"])
    out = capsys.readouterr().out.splitlines()
    return code, json.loads(out[-1]) if out else {}


@pytest.mark.parametrize("system", MEASURED)
def test_most_account_and_contact_mappings_are_found(system: str, exports: Path, conf: Path) -> None:
    one = measure(system, exports, conf)

    assert len(one.wanted) > 10
    assert one.share >= LEAST, sorted(one.wanted - one.guessed)
    assert len(one.found) / len(one.guessed) >= LEAST, sorted(one.guessed - one.wanted)


ANLAGEN = """kundennr;firma;strasse;plz;ort;land;telefon;umsatz;angelegt;aktiv
K-1001;Bäckerei Groß GmbH;Hauptstraße 5;80331;München;DE;+49 89 123456;1.234,50;01.02.2024;ja
K-1002;Müller & Söhne KG;Am Ring 17;04109;Leipzig;DE;+49 341 998877;99,00;15.03.2024;ja
K-1003;Wiener Würstel GmbH;Gürtel 1;1010;Wien;AT;+43 1 5551234;12.000,00;31.12.2023;nein
"""
PERSONEN = """id;kundennr;vorname;nachname;email
1;K-1001;Anna;Groß;anna@gross.example
2;K-1002;Peter;Müller;peter@mueller.example
3;K-1003;Eva;Huber;eva@wuerstel.example
"""


@pytest.fixture
def craft(tmp_path: Path) -> list[str]:
    """Two files of a system that no list of words was made for, in Windows-1252."""
    files = []
    for name, text in {"kunden.csv": ANLAGEN, "ansprechpartner.csv": PERSONEN}.items():
        (tmp_path / name).write_bytes(text.encode("cp1252"))
        files.append(str(tmp_path / name))
    return files


def test_delimiter_encoding_keys_links_and_forms_are_guessed(
    craft: list[str], conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, figures = run(
        capsys, "source", "new", "--sample", *craft, "--name", "handwerk", "--kind", "erp", "--config", str(conf)
    )

    assert code == 0
    source = load_config(conf, ["handwerk"]).sources["handwerk"]
    reading, customers, persons = source.reading("kunden"), source.objects["kunden"], source.objects["ansprechpartner"]
    assert (source.kind, reading.delimiter, reading.encoding) == ("erp", ";", ["cp1252"])
    account, contact = customers.to["account"].fields, persons.to["contact"].fields
    assert [part.column for part in customers.key] == ["kundennr"]
    assert {name: account[name].column for name in ("name", "street", "postcode", "city", "country", "phone")} == {
        "name": "firma", "street": "strasse", "postcode": "plz", "city": "ort", "country": "land", "phone": "telefon",
    }  # fmt: skip
    assert account["annual_revenue"].decimal_mark == ","
    assert contact["account_source_id"].column == "kundennr"
    assert contact["full_name"].expr == "nullif(concat_ws(' ', vorname, nachname), '')"
    assert contact["city"].column == "of_account.ort"
    text = (conf / "sources" / "handwerk.yml").read_text(encoding="utf-8")
    assert "# not used: " in text
    assert 0.5 < figures["tables"]["kunden"]["fields"]["name"]["sure"] <= 1


def test_a_file_that_is_there_is_not_replaced(craft: list[str], conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (conf / "sources" / "sap.yml").read_bytes()

    code, _ = run(capsys, "source", "new", "--sample", *craft, "--name", "sap", "--config", str(conf))

    assert code == 2
    assert (conf / "sources" / "sap.yml").read_bytes() == before


def test_what_does_not_fit_is_told_with_its_place(
    craft: list[str], conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (conf / "sources" / "handwerk.yml").write_text(
        """system: handwerk
kind: erp
defaults: {delimiter: ";", encoding: cp1252}
objects:
  kunden:
    files: ["kunden*.csv"]
    key: [land]
    to:
      account:
        fields:
          city: orte
          annual_revenue: umsatz
          created_at: angelegt
  ansprechpartner:
    files: ["ansprechpartner*.csv"]
    key: [id]
    to: {contact: {fields: {account_source_id: kundennr, full_name: nachname}}}
""",
        encoding="utf-8",
    )

    code, figures = run(capsys, "source", "check", "handwerk", "--sample", *craft, "--config", str(conf))

    said = [f"{one['place'].rpartition('/')[2]}: {one['what']}" for one in figures["findings"]]
    assert code == 1

    def one_says(*parts: str) -> bool:
        return any(all(part in line for part in parts) for line in said)

    assert one_says("handwerk.yml:11: ", "no column 'orte'", "Did you mean 'ort'?")
    assert one_says("handwerk.yml:10: ", "required field name")
    assert one_says("handwerk.yml:7: ", "2 rows share a key land", "kunden.csv:2 and", "kunden.csv:3")
    assert one_says("handwerk.yml:13: ", "3 of 3 values of angelegt cannot be read as timestamp", "kunden.csv:2")
    assert one_says("handwerk.yml:12: ", "1.234,50")
    assert one_says("columns are not used", "firma, strasse, plz")


def test_a_right_config_has_no_errors(craft: list[str], conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "source", "new", "--sample", *craft, "--name", "handwerk", "--config", str(conf))

    code, figures = run(capsys, "source", "check", "handwerk", "--sample", *craft, "--config", str(conf))

    assert (code, figures["errors"]) == (0, 0), figures
