"""Which two texts are one value in two forms, and which of two says less."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from tieout.config.lookups import Lookups
from tieout.gold.outbox.equivalence import Words, with_differences

# (how it is compared, one text, the other): the same value in two forms
SAME = [
    ("exact", "+49301234", "+49301234"),
    ("text", "Köln", "KOELN"),
    ("text", "SW1A 1AA", "sw1a1aa"),
    ("name", "Müller & Söhne GmbH", "MUELLER UND SOEHNE GMBH"),
    ("name", "Acme, Inc.", "ACME INCORPORATED"),
    ("name", "Beta GmbH & Co. KG", "Beta GmbH u. Co. KG"),
    ("name", "Beta GmbH & Co. KG", "BETA GMBH&CO.KG"),
    ("name", "Delta Constr. Ltd", "Delta Construction Limited"),
    ("name", "Gamma Mfg Intl LLC", "Gamma Manufacturing International L.L.C."),
    ("name", "Heller Masch.bau AG", "Heller Maschinenbau AG"),
    ("street", "Hauptstr. 12", "HAUPTSTRASSE 12"),
    ("street", "12 High St", "High Street 12"),
    ("street", "P.za Dante 3", "Piazza Dante 3"),
    ("name", "Brilasys GmbH", "BRILASYS GESELLSCHAFT MIT BESCHRAENKTER HAFTUNG"),
    ("name", "Piteå Förpackning HB", "Pitea Foerpackning Handelsbolag"),
    ("street", "C/ Mayor 5", "Calle Mayor 5"),
    ("street", "C/jón Osuna 5", "Callejón Osuna 5"),
    ("street", "Kyanbd 6", "Kyanboulevard 6"),
    ("street", "4 av. Foch", "4 Avenue Foch"),
    ("street", "12 Main Street N", "12 Main St North"),
    ("town", "St. Gallen", "Sankt Gallen"),
    ("person", "José", "JOSE"),
]  # fmt: skip
# (how it is compared, one text, the other): two values
OTHER = [
    ("exact", "+49301234", "+49301235"),
    ("exact", "a@b.de", "A@b.de"),
    ("text", "Köln", "Kiel"),
    ("name", "Acme GmbH", "Acme AG"),
    ("name", "Acme GmbH", "Acme"),
    ("name", "Acme Nord GmbH", "Acme Süd GmbH"),
    ("name", "Beta Constr. Ltd", "Beta Consulting Ltd"),
    ("street", "Hauptstr. 12", "Hauptstr. 13"),
    ("street", "Hauptstr. 12", "Hauptplatz 12"),
    ("street", "Hauptstr. 12/3", "Hauptstr. 1253"),
    ("person", "Anna", "Hanna"),
]  # fmt: skip
# (how it is compared, what says less, what says more)
PART = [
    ("name", "Acme", "Acme GmbH"),
    ("name", "VAN DER DUSSEN HAMBURG HOCHBAU GUNZ", "van der Dussen Hamburg Hochbau Gunzenhausen"),
    ("street", "Steckelstr.", "STECKELSTRASSE 12"),
    ("street", "9 Elm Road", "9 Elm Rd Building D"),
]  # fmt: skip


@pytest.fixture(scope="module")
def compared(spark: SparkSession, conf_dir: Path) -> DataFrame:
    rows = (
        [(*case, "same") for case in SAME] + [(*case, "other") for case in OTHER] + [(*case, "part") for case in PART]
    )
    frame = spark.createDataFrame(rows, "compare string, value string, reference string, said string")
    return with_differences(frame, Words.read(Lookups(conf_dir / "lookups"))).cache()


def test_a_difference_of_form_is_none(compared: DataFrame) -> None:
    missed = compared.where("said = 'same' AND NOT same_form").collect()
    assert [(row["value"], row["reference"]) for row in missed] == []


def test_other_values_are_told_apart(compared: DataFrame) -> None:
    taken = compared.where("said != 'same' AND same_form").collect()
    assert [(row["value"], row["reference"]) for row in taken] == []


def test_a_text_may_be_part_of_the_other(compared: DataFrame) -> None:
    found = {(row["value"], row["value_is_part"]) for row in compared.where("said = 'part'").collect()}
    assert found == {(value, True) for _, value, _ in PART}
    assert compared.where("reference_is_part AND said = 'part'").count() == 0


def test_what_is_missing_is_neither(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("text", None, "x")], "compare string, value string, reference string")
    [row] = with_differences(frame, Words({}, {"gmbh": "GmbH"})).collect()
    assert (row["same_form"], row["value_is_part"], row["reference_is_part"]) == (None, False, False)
