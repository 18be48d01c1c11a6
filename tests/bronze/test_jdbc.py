"""A table of a real PostgreSQL lands in bronze by change, and no password is written anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tieout.bronze.readers.jdbc import from_environment
from tieout.config.models.reading import JdbcOptions
from tieout.errors import ConfigError

from .postgres import PASSWORD, USER, Postgres, running_postgres

PAGE = Path(__file__).parents[2] / "docs" / "ingest.md"
SHOWN = re.compile(r"^\$ tieout (ingest .*legacy.*)$", re.M)
PACKAGE = "org.postgresql:postgresql:42.7.7"
SOURCE = """
system: legacy
kind: other
objects:
  customer:
    format: jdbc
    jdbc:
      url: "{url}"
      table: shop.customer
      user: ${{LEGACY_USER}}
      password: ${{LEGACY_PASSWORD}}
      package: {package}
      changed_since: changed_at
      partition_column: id
      partitions: 2
    key: [id]
    modified: changed_at
    to: {{account: {{fields: {{name: name, credit_limit: credit_limit, created_at: created_at}}}}}}
  region:
    format: jdbc
    jdbc:
      url: "{url}"
      query: SELECT code, name FROM shop.region
      user: ${{LEGACY_USER}}
      password: ${{LEGACY_PASSWORD}}
      package: {package}
    key: [code]
"""
TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.customer (id int PRIMARY KEY, name text, credit_limit numeric(12,2), active boolean,
  created_at timestamptz, changed_at timestamp);
CREATE TABLE shop.region (code text, name text);
INSERT INTO shop.region VALUES ('N', 'North'), ('S', NULL);
INSERT INTO shop.customer SELECT i, 'Customer ' || i, i * 1.5, i % 2 = 0,
  '2024-01-01 12:00:00+02', timestamp '2026-01-01 00:00:00' + i * interval '1 second' FROM generate_series(1, 100) i;
"""


class Tieout:
    """Commands in one process of their own: a JVM that runs cannot be given a driver."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = folder / "lakehouse"
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("jdbc_commands.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=os.environ | {"LEGACY_USER": USER, "LEGACY_PASSWORD": PASSWORD, "TZ": "America/New_York"},
        )

    def ask(self, *words: str) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("ANSWER "):
                answer: dict[str, Any] = json.loads(line.removeprefix("ANSWER "))
                return answer
        raise AssertionError("the process ended without an answer")

    def ingest(self) -> dict[str, Any]:
        """Run the command that the page on ingest shows."""
        answer = self.ask(*SHOWN.findall(PAGE.read_text(encoding="utf-8"))[0].split())
        assert answer["code"] == 0, answer["said"]
        figures: dict[str, Any] = answer["figures"]
        return figures

    def rows(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("bronze", str(self.lakehouse / "bronze" / table))["rows"]
        return rows

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        server.run(TABLES)
        yield server


@pytest.fixture
def tieout(postgres: Postgres, conf_dir: Path, tmp_path: Path) -> Iterator[Tieout]:
    conf = Path(shutil.copytree(conf_dir, tmp_path / "conf"))
    text = SOURCE.format(url=postgres.url, package=PACKAGE)
    (conf / "sources" / "legacy.yml").write_text(text, encoding="utf-8")
    tool = Tieout(tmp_path)
    yield tool
    tool.close()


@pytest.mark.long
def test_a_table_lands_once_and_then_what_changed(tieout: Tieout, postgres: Postgres) -> None:
    first = tieout.ingest()
    assert first["rows"]["legacy"] == {"customer": 100, "region": 2}
    rows = tieout.platform.rows("legacy__customer")
    one = next(row for row in rows if row["id"] == "7")
    # Times without zone as the database has them, with zone in UTC, whatever this machine's zone.
    assert (one["name"], one["credit_limit"], one["active"]) == ("Customer 7", "10.50", "false")
    assert (one["created_at"], one["changed_at"]) == ("2024-01-01 10:00:00", "2026-01-01 00:00:07")
    assert one["_file"] == "shop.customer changed_at beginning .. 2026-01-01 00:01:40"
    assert len({row["_row"] for row in rows}) == 100

    again = tieout.ingest()
    assert (again["files_new"], again["rows"]["legacy"]) == (0, {"customer": 0, "region": 0})

    # Changed later, another in the second that was read last, and an old time that nobody will see.
    postgres.run("UPDATE shop.customer SET name = 'Renamed', changed_at = '2026-02-01 00:00:00.5' WHERE id = 3")
    postgres.run("INSERT INTO shop.customer VALUES (101, 'Late', NULL, NULL, NULL, '2026-01-01 00:01:40')")
    postgres.run("INSERT INTO shop.region VALUES ('E', 'East')")
    third = tieout.ingest()
    assert third["rows"]["legacy"] == {"customer": 2, "region": 3}
    assert len(tieout.platform.rows("legacy__customer")) == 102
    assert tieout.ingest()["files_new"] == 0
    # The database itself selects by change, and each of the two partitions of a first reading.
    asked = postgres.log.read_text(encoding="utf-8")
    assert re.search(r"""SELECT .* FROM shop.customer.*"changed_at" >= '2026-01-01 00:01:40""", asked)
    assert re.search(r"""FROM shop.customer +WHERE "id" >= 5""", asked)

    postgres.run("ALTER TABLE shop.customer ADD COLUMN tier text")
    postgres.run("UPDATE shop.customer SET tier = 'gold', changed_at = '2026-03-01' WHERE id = 4")
    fourth = tieout.ingest()
    assert fourth["drift"] == [
        "legacy.customer: new column 'tier' in shop.customer changed_at 2026-02-01 00:00:00.5 .. 2026-03-01 00:00:00"
    ]
    written = [path.read_bytes() for path in tieout.lakehouse.tables.rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in content for content in written)


def test_secrets_in_the_config_are_refused() -> None:
    with pytest.raises(ValidationError, match="String should match pattern"):
        JdbcOptions(url="jdbc:postgresql://db/shop", table="customer", password="secret")
    with pytest.raises(ValidationError, match="no user or password in the url"):
        JdbcOptions(url="jdbc:postgresql://db/shop?user=me&password=secret", table="customer")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEGACY_PASSWORD", raising=False)
    with pytest.raises(
        ConfigError, match=r"objects\.customer\.jdbc\.password: the environment variable LEGACY_PASSWORD"
    ):
        from_environment("${LEGACY_PASSWORD}", "sources/legacy.yml: objects.customer.jdbc", "password")
