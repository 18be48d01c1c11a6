"""The tables on which SQL of the config is checked have the columns of those that publish writes."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame

from tieout.checking.gold import GoldTables
from tieout.config import Config
from tieout.gold.build import TABLES


@pytest.fixture(scope="module")
def checked(published: dict[str, DataFrame], config: Config) -> dict[str, DataFrame]:
    spark = published["customer"].sparkSession
    return GoldTables(spark, config).readable([" ".join(TABLES)])


def test_they_have_the_columns_and_types_of_the_published_ones(
    checked: dict[str, DataFrame], published: dict[str, DataFrame]
) -> None:
    assert {name: dict(frame.dtypes) for name, frame in checked.items()} == {
        name: dict(frame.dtypes) for name, frame in published.items()
    }
