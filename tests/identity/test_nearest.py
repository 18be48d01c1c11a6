"""Which record comes nearest to one that stands alone, and what money says of it."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import SparkSession

from tieout.config.models.matching import MatchingConfig
from tieout.identity.explanation.lookup import Found
from tieout.identity.explanation.nearest import MoneyLink, money_links, nearest
from tieout.identity.explanation.verdict import money_words, nearest_words
from tieout.matching.comparing.patterns import digit_count
from tieout.matching.model import Model
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.training.em import Parameters

RECORDS = [
    (1, "crm", "Acme Pumps", "Leeds"),
    (2, "erp", "ACME PUMPS LTD", "York"),
    (3, "erp", "Acme Pumps", "leeds"),
    (4, "erp", "Other", "Leeds"),
]


@pytest.fixture(scope="module")
def model() -> Model:
    config = MatchingConfig.model_validate(
        {
            "columns": {"name": "company_name", "city": "city"},
            "blocking_rules": ["name.rarest"],
            "comparisons": [
                {"name": name, "columns": [name], "levels": ["exact"], "rarity": False} for name in ("name", "city")
            ],
        }
    )

    def table(different: float) -> np.ndarray:
        size = digit_count(1)
        return np.array([0.0, different, *[(1 - different) / (size - 2)] * (size - 2)])

    u = [table(0.999), table(0.8)]
    return Model(config, Parameters([table(0.05)] * 2, u, [u], 100.0, [0.0], 1e5, 5), Frequencies(0, {}))


@pytest.mark.parametrize(("own", "expected"), [(1, 3), (2, 1), (4, None)])
def test_the_nearest_shares_a_key_and_has_most_for_it(
    spark: SparkSession, model: Model, own: int, expected: int | None
) -> None:
    records = spark.createDataFrame(RECORDS, "record_id bigint, source string, name string, city string")
    [mine] = [{"name": name, "city": city} for number, _, name, city in RECORDS if number == own]

    found = nearest(records, model, mine, own)

    assert (found[0] if found else None) == expected


def test_money_names_the_other_customer(spark: SparkSession) -> None:
    keys = "source_system_l string, source_id_l string, source_system_r string, source_id_r string"
    queue = spark.createDataFrame(
        [
            ("account", "crm", "1", "erp", "7", 0.0095, 900.0, "deal crm:d1 → order erp:o1"),
            ("account", "crm", "1", "erp", "8", 0.4, None, None),
            ("account", "crm", "2", "erp", "9", 0.1, 100.0, "deal crm:d2 → order erp:o2"),
        ],
        f"entity string, {keys}, match_probability double, amount double, evidence string",
    )

    links = money_links(queue, [Found("account", "erp", "7", "C-1", 0.9, "review")])

    assert links == [MoneyLink("crm:1", "erp:7", 0.0095, 900.0, "deal crm:d1 → order erp:o1")]
    assert money_words(links, "erp:7").endswith("ask in review: crm:1, 900.00 (deal crm:d1 → order erp:o1)")


def test_the_nearest_is_said_with_what_speaks_against_it() -> None:
    found = {"record": "erp:7", "name": "ACME", "probability": 0.0095, "for": ["name"], "against": ["city (different)"]}
    assert nearest_words(found) == (
        "the nearest is erp:7 (ACME), 0.95 % the same: agrees on name; against it: city (different)"
    )
    assert nearest_words(None) == "no other record shares a blocking key"
