"""Code lists: how they are searched, and what is said when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.config.lookups import Lookups, constant, fold
from tieout.errors import ConfigError


def lists(folder: Path, name: str, text: str) -> Lookups:
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Lookups(folder)


def test_a_list_is_searched_without_regard_to_case_dots_and_spaces() -> None:
    assert fold("  U.S.A. ") == "usa"
    assert fold("Great   Britain") == "great britain"


def test_the_first_row_of_a_key_wins_and_empty_values_are_left_out(tmp_path: Path) -> None:
    lookup = lists(tmp_path, "units", "written,unit\nST,piece\nst,set\nKG,\n").get("units")
    assert lookup.pairs() == {"st": "piece"}


def test_rows_can_be_limited_to_one_of_several_lists_in_a_file(tmp_path: Path) -> None:
    text = "list,code,meaning\nTERM,1,now\nTYPE,1,customer\n"
    lookup = lists(tmp_path, "codes", text).get("codes")
    assert lookup.pairs("code", "meaning", {"list": "TYPE"}) == {"1": "customer"}


def test_a_list_is_read_backwards_as_it_is_written(tmp_path: Path) -> None:
    text = "list,code,meaning\nTERM,Z0,Due at once\nTERM,Z1,Due at once\nTERM,,Never\nTYPE,1,Net 30\n"
    lookup = lists(tmp_path, "codes", text).get("codes")
    assert lookup.codes("meaning", "code", {"list": "TERM"}) == {"Due at once": "Z0"}


def test_an_unknown_list_is_named_with_the_nearest_spelling(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'countries'"):
        lists(tmp_path, "countries", "name,code\nGermany,DE\n").get("countrys")


def test_an_unknown_column_is_named_with_the_nearest_spelling(tmp_path: Path) -> None:
    lookup = lists(tmp_path, "countries", "name,code\nGermany,DE\n").get("countries")
    with pytest.raises(ConfigError, match="Did you mean 'code'"):
        lookup.pairs(value="cod")


def test_a_ragged_list_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="countries.csv:3"):
        lists(tmp_path, "countries", "name,code\nGermany,DE\nFrance\n").get("countries")


def test_a_constant_holds_every_entry_in_small_maps() -> None:
    sql, buckets = constant({f"k{n}": "v" for n in range(40)})
    assert buckets == 10
    assert all(f'"k{n}"' in sql for n in range(40))


def test_the_lists_of_the_project_can_all_be_read(conf_dir: Path) -> None:
    lookups = Lookups(conf_dir / "lookups")
    assert {"countries", "currencies", "phone_plans", "postcodes"} <= set(lookups.names)
    assert all(lookups.get(name).rows for name in lookups.names)
