"""Before Spark runs: whose columns are paired with which, what the id is, and the config that is proposed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from tieout.config.base import read_model
from tieout.config.models.matching import MatchingConfig
from tieout.errors import ConfigError, SourceError, UsageError
from tieout.match_files.inputs.look import Look, look
from tieout.match_files.inputs.pairing import own_id, pair_columns, read_words
from tieout.match_files.outputs.written_config import write_config

from .companies import two_files, write_files

CONF = Path(__file__).parents[2] / "conf"
ROWS = pd.DataFrame(
    {
        "id": range(40),
        "name": [f"Firm{number % 20} Trading GmbH" for number in range(40)],
        "city": [("Bonn", "Mainz", "Trier")[number % 3] for number in range(40)],
    }
).astype(str)


def looked(folder: Path, *frames: pd.DataFrame, config: MatchingConfig | None = None) -> Look:
    paths = [str(folder / f"{name}.csv") for name, _ in zip(("crm", "erp"), frames, strict=False)]
    for path, frame in zip(paths, frames, strict=True):
        frame.to_csv(path, index=False)
    return look(paths, "company", folder, no_session, config, CONF)


def no_session() -> SparkSession:
    raise AssertionError("local files are looked at without Spark")


PAIRED = [
    ("Account Name", "Firma", "name", "company_name"),
    ("Street", "Strasse", "street", "street"),
    ("City", "Ort", "city", "city"),
    ("Zip", "PLZ", "postcode", "postcode"),
    ("Phone", "Telefon", "phone", "phone"),
]


def test_columns_of_other_names_are_paired_as_source_new_guesses_them(tmp_path: Path) -> None:
    found = looked(tmp_path, *two_files())
    pairs = [(one.left, one.right, one.name, one.kind) for one in found.naming.pairs]
    assert pairs == PAIRED
    assert found.naming.ids == ("Account ID", "Kundennummer")
    assert {name: column.kind for name, column in found.config.columns.items()} == {
        name: kind for _, _, name, kind in PAIRED
    }


def test_the_written_config_says_what_was_paired_and_why_and_is_read_again(tmp_path: Path) -> None:
    found = looked(tmp_path, *two_files())
    write_config(tmp_path / "config.yml", found.config, found.naming)
    text = (tmp_path / "config.yml").read_text()
    assert "name: [Account Name, Firma] # guessed from names and values, 0." in text
    again = read_model(tmp_path / "config.yml", MatchingConfig)
    assert again == found.config
    second = looked(tmp_path, *two_files(), config=again)
    assert second.naming.columns == found.naming.columns
    assert [file.names for file in second.files.values()] == [file.names for file in found.files.values()]


SAME_NAMES = [("name", "name", "name"), ("E-Mail", "e_mail", "e_mail"), ("Town", "TOWN", "town")]


def test_the_same_name_is_the_same_column_whatever_its_capitals_and_signs() -> None:
    left, right = (pd.DataFrame({names[side]: ["x"] for names in SAME_NAMES}) for side in (0, 1))
    assert [(one.left, one.right, one.name) for one in pair_columns(left, right, None)] == SAME_NAMES


def test_columns_whose_names_say_nothing_are_paired_by_their_values() -> None:
    sites = [f"Site of district {number}" for number in range(30)]
    left = pd.DataFrame({"A1": sites, "A2": [str(number) for number in range(30)]})
    right = pd.DataFrame({"X": [str(number) for number in range(30)], "Y": sites[::-1]})
    (one,) = pair_columns(left, right, None)
    assert (one.left, one.right, one.why) == ("A1", "Y", "100% of the values are in both")


def test_files_with_nothing_in_common_are_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="have no column in common, by name or by values: .*`files:` in a config"):
        looked(tmp_path, pd.DataFrame({"aa": ["p", "q"]}), pd.DataFrame({"bb": ["r", "s"]}))


IDS: dict[str, tuple[dict[str, list[str]], str | None]] = {
    "called an id": ({"name": ["a", "b"], "Customer No": ["1", "2"]}, "Customer No"),
    "a tax number is evidence": ({"Tax No": ["1", "2"], "name": ["a", "b"]}, None),
    "an id with a repeat is one": ({"id": ["1", "1", "2"]}, "id"),
    "values that are unique by chance": ({"name": ["a", "b"], "city": ["c", "d"]}, None),
}


@pytest.mark.parametrize("case", list(IDS))
def test_the_id_of_a_file(case: str) -> None:
    columns, expected = IDS[case]
    assert own_id(pd.DataFrame(columns), read_words(CONF)) == expected


def test_rows_are_numbered_where_nothing_names_them(tmp_path: Path) -> None:
    found = looked(tmp_path, ROWS.drop(columns="id"))
    assert found.naming.id_column == "_row"
    assert "no column names each record, so the row's number in the file, from 1, is the id" in found.warnings[0]
    ROWS.drop(columns="id").to_parquet(tmp_path / "plain.parquet")
    plain = look([str(tmp_path / "plain.parquet")], "record", tmp_path, no_session, None, CONF)
    assert plain.files["plain"].head(2).column("_row").to_pylist() == ["1", "2"]


def test_a_column_named_as_the_engine_names_its_own_is_kept_under_another(tmp_path: Path) -> None:
    found = looked(tmp_path, ROWS.assign(source=ROWS["city"]), ROWS.assign(source=ROWS["city"]))
    assert found.naming.columns["source_in_file"] == ("source", "source")


WRONG_CONFIGS: dict[str, tuple[dict[str, object], str]] = {
    "no such column": ({"files": {"name": ["name", "nmae"]}}, r"files: name: .*erp.csv has no column 'nmae'. Did you"),
    "one name for two files": ({"files": {"name": ["name"]}}, "files: name: has 1 names for 2 files"),
    "no such id": ({"id": "number"}, "no column 'number' for the id; there are id, name, city"),
}


@pytest.mark.parametrize("case", list(WRONG_CONFIGS))
def test_a_config_that_does_not_fit_the_files_is_an_error(tmp_path: Path, case: str) -> None:
    wrong, sentence = WRONG_CONFIGS[case]
    plain = {"columns": {"name": "company_name"}, "blocking_rules": ["name"]}
    config = MatchingConfig.model_validate(
        plain | {"comparisons": [{"name": "name", "columns": ["name"]}], "id": "id"} | wrong
    )
    with pytest.raises(ConfigError, match=sentence):
        looked(tmp_path, ROWS, ROWS, config=config)


def test_a_file_of_one_record_has_no_duplicates(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has one record; to find duplicates takes two"):
        looked(tmp_path, ROWS.head(1))


def test_parquet_files_and_folders_propose_a_config(tmp_path: Path) -> None:
    ROWS.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b").mkdir()
    ROWS.to_parquet(tmp_path / "b" / "part-0.parquet")
    (tmp_path / "b" / "_SUCCESS").touch()
    found = look([str(tmp_path / "a.parquet"), str(tmp_path / "b")], "company", tmp_path, no_session)
    assert (found.config.id, found.config.entity, set(found.config.columns)) == ("id", "company", {"name", "city"})
    assert found.config.files == {}


def test_files_without_a_column_to_compare_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No column"):
        looked(tmp_path, ROWS[["id"]])


def test_a_semicolon_file_of_another_encoding_is_paired_too(tmp_path: Path) -> None:
    found = look(list(write_files(tmp_path)), "record", tmp_path, no_session, None, CONF)
    assert len(found.naming.pairs) == len(PAIRED)
