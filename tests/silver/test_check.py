"""Do mappings fit the columns of the exports? Told before a row is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout.config import load_config
from tieout.errors import ConfigError
from tieout.silver.mapping.check import check_mappings

SOURCE = """
system: harbour
kind: erp
title: Harbour
objects:
  firms:
    files: ["firms*.csv"]
    key: [nr]
    joins:
      town: {object: towns, on: {town: code}}
    to:
      account:
        fields: {name: firm, city: town.name}
  towns:
    files: ["towns*.csv"]
    key: [code]
"""
FIRMS, TOWNS = ("harbour", "firms"), ("harbour", "towns")


@pytest.fixture
def conf(tmp_path: Path, conf_dir: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "harbour.yml").write_text(SOURCE, encoding="utf-8")
    for name in ("entities", "lookups", "tieout.yml"):
        (tmp_path / name).symlink_to(conf_dir / name)
    return tmp_path


def test_columns_that_are_there_are_accepted(spark: SparkSession, conf: Path) -> None:
    config = load_config(conf, ["harbour"])
    check_mappings(spark, config, {FIRMS: ["nr", "firm", "town"], TOWNS: ["code", "name"]})


def test_an_export_without_the_joined_object_needs_it_in_bronze(spark: SparkSession, conf: Path) -> None:
    config = load_config(conf, ["harbour"])
    with pytest.raises(ConfigError, match=r"harbour\.yml:\d+: .*towns"):
        check_mappings(spark, config, {FIRMS: ["nr", "firm", "town"]})


def test_an_unknown_column_is_named_with_its_line_and_what_is_like_it(spark: SparkSession, conf: Path) -> None:
    config = load_config(conf, ["harbour"])
    with pytest.raises(ConfigError, match=r"harbour\.yml:13: .*firm"):
        check_mappings(spark, config, {FIRMS: ["nr", "firms", "town"], TOWNS: ["code", "name"]})
