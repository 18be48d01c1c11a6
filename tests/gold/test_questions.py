from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession

from gold.books import AS_OF
from tieout.config import Config
from tieout.config.models.definitions import Argument, DefinitionFile, Question, merge
from tieout.errors import ConfigError, UsageError
from tieout.gold.build import SIDE_TABLES, TABLES
from tieout.gold.documents.facts import FACTS
from tieout.gold.questions import answer, find_question, parse_arguments
from tieout.gold.views import Views, mentions


@pytest.fixture(scope="module")
def definitions(config: Config) -> DefinitionFile:
    return merge(config.definitions.values())


def question(definitions: DefinitionFile, name: str) -> Question:
    return find_question(name, definitions.questions)


def test_big_customers_with_old_tickets(
    spark: SparkSession, definitions: DefinitionFile, published: dict[str, DataFrame]
) -> None:
    """Published from hand-made silver: see `customers_with_tickets` for who is who."""
    asked = question(definitions, "big_customers_with_old_tickets")
    arguments = parse_arguments(asked, ["min_contract_value=500000", "days=30"])

    rows = answer(asked, arguments, Views(spark, published), AS_OF).collect()

    shown = ("tieout_id", "contract_value", "old_cases", "oldest_days", "oldest_subject")
    assert [tuple(row[name] for name in shown) for row in rows] == [
        ("euro", Decimal("605000.00"), 1, 31, "broken"),
        ("big", Decimal("500000.01"), 2, 100, "oldest"),
    ]  # fmt: skip


def test_every_question_runs_on_its_defaults(
    spark: SparkSession, definitions: DefinitionFile, published: dict[str, DataFrame]
) -> None:
    for asked in definitions.questions:
        answer(asked, parse_arguments(asked, []), Views(spark, published), AS_OF)


def test_arguments_are_values_never_sql(spark: SparkSession) -> None:
    asked = Question.model_validate(
        {
            "name": "who", "wording": "Who?", "owner": "me", "team": "us", "columns": {"name": "name"},
            "arguments": {"name": {"type": "text", "default": "x", "meaning": "a name"}},
            "sql": "SELECT name FROM customer WHERE name = :name -- metric",
        }
    )  # fmt: skip
    customers = spark.createDataFrame([("a",), ("b",)], "name string")

    named = Views(spark, {"customer": customers})
    hostile = parse_arguments(asked, ["name=a' OR '1'='1"])
    assert answer(asked, hostile, named, AS_OF).count() == 0
    assert answer(asked, parse_arguments(asked, ["name=a"]), named, AS_OF).count() == 1


def test_sql_leaves_no_view_behind_and_what_is_kept_in_memory(spark: SparkSession) -> None:
    customers = spark.createDataFrame([("a",), ("b",)], "name string").persist()
    before = len(spark.catalog.listTables())

    rows = Views(spark, {"customer": customers}).query("SELECT name FROM customer", {}, "here")

    assert rows.count() == 2
    assert len(spark.catalog.listTables()) == before
    assert customers.storageLevel.useMemory
    customers.unpersist()


def test_braces_and_a_comment_at_the_end_are_part_of_sql(spark: SparkSession) -> None:
    named = Views(spark, {"customer": spark.createDataFrame([("{a}",), ("b",)], "name string")})
    (row,) = named.query("SELECT name, '{b}' AS said FROM customer WHERE name = '{a}' -- {c}", {}, "here").collect()
    assert tuple(row) == ("{a}", "{b}")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["day=3"], "has no argument 'day'. Did you mean 'days'"),
        (["days"], "want key=value"),
        (["days=3", "days=4"], "given twice"),
        (["days=three"], "days: want int up to 2147483647, such as 30; found 'three'"),
        (["days="], "days: want int"),
        (["days=99999999999999999999"], "days: want int up to 2147483647"),
        (["days=" + "9" * 5000], "days: want int"),
        (["days=99999999"], "must be at most 36500"),
        (["days=-1"], "must be at least 0"),
        (["min_contract_value=nan"], "want decimal"),
        (["min_contract_value=inf"], "want decimal"),
        (["min_contract_value=1e400"], "want decimal of up to 18 digits and 6 after the point"),
        (["min_contract_value=1e-400"], "want decimal"),
        (["min_contract_value=0.0000001"], "want decimal"),
        (["min_contract_value="], "want decimal"),
    ],
)
def test_a_wrong_argument_says_what_is_wanted(definitions: DefinitionFile, given: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_arguments(question(definitions, "big_customers_with_old_tickets"), given)


def test_other_types_of_arguments() -> None:
    asked = Question.model_validate(
        {
            "name": "q", "wording": "?", "owner": "me", "team": "us", "columns": {"a": "a"},
            "sql": "SELECT 1 AS a",
            "arguments": {
                "since": {"type": "date", "default": "2026-01-01", "meaning": "day"},
                "all": {"type": "boolean", "default": False, "meaning": "everything"},
                "kind": {"type": "text", "default": "new", "allowed": ["new", "old"], "meaning": "which"},
            },
        }
    )  # fmt: skip

    assert parse_arguments(asked, ["since=2026-03-01", "all=yes"]) == {
        "since": datetime(2026, 3, 1).date(), "all": True, "kind": "new"
    }  # fmt: skip
    with pytest.raises(UsageError, match="allowed are new, old; found 'odl'. Did you mean 'old'"):
        parse_arguments(asked, ["kind=odl"])
    with pytest.raises(UsageError, match="want date, such as 2026-03-31"):
        parse_arguments(asked, ["since=March"])


def test_an_unknown_question_suggests_the_nearest(definitions: DefinitionFile) -> None:
    with pytest.raises(UsageError, match="Did you mean 'unlinked_orders'"):
        find_question("unlinked_order", definitions.questions)


def test_wrong_sql_names_the_question_and_the_tables(spark: SparkSession) -> None:
    base = {"name": "q", "wording": "?", "owner": "me", "team": "us", "columns": {"a": "a"}}
    named = Views(spark, {"customer": spark.range(1)})
    with pytest.raises(ConfigError, match=r"question q: sql: .*SQL may read: customer"):
        answer(Question(**base, sql="SELECT a FROM custmer"), {}, named, AS_OF)
    with pytest.raises(ConfigError, match="no column a; found b"):
        answer(Question(**base, sql="WITH x AS (SELECT 1 AS b) SELECT b FROM x;"), {}, named, AS_OF)


def test_a_view_is_mentioned_in_code_only() -> None:
    assert mentions("SELECT 1 FROM Invoice AS i", "invoice")
    assert not mentions("SELECT 'invoice' AS kind, invoice_date FROM x -- invoice", "invoice")


def test_questions_read_what_there_is(definitions: DefinitionFile) -> None:
    known = (*TABLES, *FACTS, *SIDE_TABLES)
    assert all(any(mentions(one.sql, name) for name in known) for one in definitions.questions)


def test_defaults_are_of_their_type(definitions: DefinitionFile) -> None:
    for one in definitions.questions:
        assert set(parse_arguments(one, [])) == set(one.arguments)
    assert isinstance(Argument(type="int", default=3, meaning="x").default, int)
