"""Named steps keep long SQL short; these tests need no Spark."""

from __future__ import annotations

import pytest

from tieout.config.models.values import ValueOptions
from tieout.silver.mapping.bindings import Bindings
from tieout.silver.mapping.bronze_columns import words_of
from tieout.silver.mapping.namespace import Namespace, json_value
from tieout.values import parse_use


def test_the_same_expression_gets_the_same_name() -> None:
    bindings = Bindings()
    assert bindings.let("upper(a)") == bindings.let("upper(a)")
    assert bindings.let("lower(a)") != bindings.let("upper(a)")


def test_words_in_quoted_texts_are_no_columns() -> None:
    assert words_of(["STATUS = 'open' AND `Deal Name` IS NULL"]) >= {"STATUS", "Deal Name"}
    assert "open" not in words_of(["STATUS = 'open'"])


def test_the_columns_read_of_a_join_are_found() -> None:
    scope = Namespace("KNA1", [], {})
    texts = ["concat(adr.NAME1, adr.`NAME 2`)", "other.X", "'adr.NOT'"]
    assert scope.used_columns("adr", texts) == {"NAME1", "NAME 2"}


def test_the_primary_element_of_a_list_falls_back_to_the_first() -> None:
    sql = json_value("phones", "$[?primary].value")
    assert "$.primary" in sql and "coalesce" in sql
    assert "coalesce" not in json_value("phones", "$[?type=work].value")


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("phon", "Did you mean 'phone'"),
        ({"pad": {"widht": 10}}, "Did you mean 'width'"),
        ({"pad": {"width": 10}, "upper": {}}, "one normaliser a list item"),
    ],
)
def test_a_wrong_normaliser_is_told_with_the_nearest_spelling(use: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_use(use)  # type: ignore[arg-type]


def test_a_fields_option_beats_its_objects() -> None:
    below = ValueOptions(date_format="yyyyMMdd", decimal_mark=",")
    assert ValueOptions(date_format="dd.MM.yyyy").over(below) == ValueOptions(
        date_format="dd.MM.yyyy", decimal_mark=","
    )
