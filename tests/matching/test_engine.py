"""The engine on Spark: prepare, compare, fit, score; a key that all records share does not stop it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from tieout.config.models.matching import BlockingRule, MatchingConfig
from tieout.errors import SourceError
from tieout.matching import engine
from tieout.matching.engine import Prepared
from tieout.platform.rows import frame_of

SWITCHBOARD = "+49 800 1234567"
SCHEMA = "record_id bigint, source string, name string, street string, city string, phone string"


def config(largest_block: int) -> MatchingConfig:
    return MatchingConfig.model_validate(
        {
            "columns": {"name": "company_name", "street": "street", "city": "city", "phone": "phone"},
            "blocking_rules": ["name.rarest", "phone.exact"],
            "comparisons": [{"name": name, "columns": [name]} for name in ("name", "street", "city", "phone")],
            "limits": {"largest_block": largest_block},
        }
    )


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> DataFrame:
    """Return 300 companies known to two systems, all with the phone number of one switchboard."""
    draw = np.random.default_rng(3)
    rows = []
    for number in range(300):
        brand = "".join(draw.choice(list("bdfgklmnprstvz"), 3)) + "a" + "".join(draw.choice(list("bdfgklmn"), 3))
        city = ("Bonn", "Mainz", "Trier")[number % 3]
        street = f"Hauptstr. {draw.integers(1, 200)}"
        rows.append((2 * number, "crm", f"{brand} Bau GmbH", street, city, SWITCHBOARD))
        rows.append((2 * number + 1, "erp", f"{brand} Bau", street, city, SWITCHBOARD))
    return frame_of(spark, rows, SCHEMA)


@pytest.fixture
def prepared(records: DataFrame) -> Iterator[Prepared]:
    """Return the records, of which at most fifty may share a key."""
    found = engine.prepare(records, config(50))
    yield found
    found.release()


def test_a_key_that_all_records_share_is_named_and_makes_no_flood_of_pairs(prepared: Prepared) -> None:
    (named,) = [key for key in prepared.large_keys() if key["rule"] == "phone.exact"]
    assert named["records"] == 600
    assert SWITCHBOARD[-7:] in named["value"].replace(" ", "")
    assert named["added"] == ["name.rarest", "street.rarest"]
    compared = engine.compare(prepared).persist()
    scored = engine.score(compared, engine.fit(compared).model)
    assert sum(scored.by_rule.values()) < 600 * 5
    found = scored.pairs.where("match_probability >= 0.5")
    assert found.count() == found.where("id_r = id_l + 1 AND id_l % 2 = 0").count() == 300
    assert scored.sure_within == 0
    scored.release()
    compared.release()


def test_a_value_that_all_records_share_is_named_even_where_no_rule_uses_it_alone(records: DataFrame) -> None:
    found = engine.prepare(records, config(50))
    (named,) = found.with_rules([BlockingRule(keys=["name.exact", "phone.exact"])]).large_keys()
    found.release()
    assert (named["rule"], named["records"], named["added"][:1]) == ("phone.exact", 600, ["name.rarest"])


def test_a_model_scores_the_pairs_that_it_was_fitted_to(prepared: Prepared) -> None:
    compared = engine.compare(prepared)
    trained = engine.fit(compared)
    scored = engine.score(compared, trained.model)
    pairs = scored.pairs.toPandas()
    # The engine counts a pair for the first rule that it shares, training for each of them.
    assert sum(scored.by_rule.values()) == trained.metrics()["candidate_pairs"] <= sum(trained.pairs_by_rule().values())
    assert len(pairs) == scored.number >= 300
    assert not pairs.duplicated(["id_l", "id_r"]).any()
    odds = 2 ** pairs["match_weight"]
    assert np.allclose(pairs["match_probability"], odds / (1 + odds))
    top = pairs[pairs["match_probability"] > 0.99]
    assert (top["gamma_name"] > 0).all()
    scored.release()


def test_a_model_is_much_the_same_when_fitted_to_a_sample_of_the_pairs(records: DataFrame) -> None:
    found = engine.prepare(records, config(50))
    some = engine.compare(found, most=400)
    parts = [engine.fit(one) for one in (engine.compare(found), some)]
    found.release()
    assert 0 < some.share < 1
    whole, sampled = (one.metrics() for one in parts)
    assert sampled["candidate_pairs"] == pytest.approx(whole["candidate_pairs"], rel=0.5)
    assert sampled["expected_matches"] == pytest.approx(whole["expected_matches"], rel=0.5)


def test_records_that_share_nothing_have_no_pairs_and_teach_nothing(spark: SparkSession, prepared: Prepared) -> None:
    model = engine.fit(engine.compare(prepared)).model
    rows = [(1, "a", "Alpha", "Weg 1", "Bonn", "12345678"), (2, "b", "Beta", "Allee 2", "Mainz", "87654321")]
    apart = engine.prepare(frame_of(spark, rows, SCHEMA), config(50))
    compared = engine.compare(apart)
    scored = engine.score(compared, model)
    assert scored.pairs.count() == scored.number == 0
    with pytest.raises(SourceError, match="no two of 2 records share a key of name.rarest, phone.exact"):
        engine.fit(compared)
    apart.release()


def test_of_proposed_rules_those_are_kept_that_find_matches(records: DataFrame) -> None:
    proposed = config(400).model_copy(
        update={"blocking_rules": MatchingConfig.model_validate(
            config(400).model_dump() | {"blocking_rules": ["city.exact", "name.rarest", "name.exact + city.exact"]}
        ).blocking_rules}
    )  # fmt: skip
    found = engine.prepare(records, proposed)
    rules = [rule.name for rule in engine.select(found).config.blocking_rules]
    found.release()
    assert rules[0] in {"name.rarest", "name.exact + city.exact"}
    assert len(rules) < 3
