"""SQL over gold: survivorship conditions, metrics and rules, the tie-out's keys and reasons, questions.

Each is analysed by the functions that the publish and ask jobs use, over empty tables of the same schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property

from pyspark.sql import DataFrame, SparkSession

from tieout.checking.empty import empty_frame, stored
from tieout.checking.quality import entity_frame
from tieout.config import Config
from tieout.config.base import nearest
from tieout.config.consistency import unknown
from tieout.config.location import ConfigLocation
from tieout.config.models.definitions import Definition, DefinitionFile, Question
from tieout.config.models.products import OWN_TABLES, ProductsConfig
from tieout.config.models.survivorship import SurvivorshipConfig
from tieout.errors import ConfigError, Problem, UsageError
from tieout.gold import build
from tieout.gold.customer_360 import customer_360
from tieout.gold.documents.money import SCHEMA as RATES
from tieout.gold.golden_record.survivorship import check_survivorship, golden_columns
from tieout.gold.hierarchy import customer_hierarchy
from tieout.gold.inputs import CROSSWALK_COLUMNS, Inputs
from tieout.gold.metrics import metric_members, metric_values
from tieout.gold.questions import answer, parse_arguments
from tieout.gold.tie_out import chain_documents, tie_out, tie_out_lines
from tieout.gold.tie_out.lines import check_reasons, lines_with_gaps
from tieout.gold.tie_out.links import check_keys
from tieout.gold.views import Views, mentions

# Tables whose columns need no config; tests compare them with the real ones.
LINKS = {"order_id": "STRING", "deal_id": "STRING", "link": "STRING"}
DISCREPANCY = {
    "tieout_id": "STRING", "entity": "STRING", "field": "STRING", "owner_system": "STRING",
    "values": "MAP<STRING, STRING>",
}  # fmt: skip
OUTBOX = dict.fromkeys(
    ("event_id", "tieout_id", "target_system", "target_object", "key_field", "source_id", "target_field",
     "current_value", "proposed_value", "entity", "field", "rule", "value_from", "reason"), "STRING",
) | {"changes": "MAP<STRING, STRING>", "value_time": "TIMESTAMP", "target_time": "TIMESTAMP"}  # fmt: skip
HELD_BACK = dict.fromkeys(("target_system", "entity", "field", "reason"), "STRING") | {"changes": "BIGINT"}


def gold_problems(spark: SparkSession, config: Config) -> Iterator[ConfigError]:
    """Yield what is wrong in survivorship and definitions, located in their files."""
    for error in GoldTables(spark, config).problems():
        yield config.located(error)


def product_problems(config: Config, products: ProductsConfig) -> Iterator[ConfigError]:
    """Yield the tables and entities of data products that there are not."""
    location = ConfigLocation(config.directory / "products.yml", ("products",))
    tables = table_names(config)
    for name, product in products.products.items():
        for position, table in enumerate(product.tables):
            yield from unknown(location.at(name, "tables", position), "table", table, tables)
        for position, entity in enumerate(product.sources):
            yield from unknown(location.at(name, "sources", position), "entity", entity, config.entities)


def table_names(config: Config) -> list[str]:
    """Return every table that a lakehouse of this config may have, as `layer.table`."""
    names = [f"gold.{name}" for name in build.TABLES] + [f"silver.{name}" for name in config.entities]
    names += [f"{layer}.{name}" for layer, tables in OWN_TABLES.items() for name in tables]
    bronze = {f"bronze.{system}__{name}".lower() for system, one in config.sources.items() for name in one.objects}
    return [*names, *sorted(bronze)]


class GoldTables:
    """The tables of gold without rows, each made when SQL first needs it."""

    def __init__(self, spark: SparkSession, config: Config) -> None:
        self.spark = spark
        self.config = config
        self.as_of = config.project.as_of or date(2026, 1, 1)
        files = config.definitions.values()
        self.definitions = [one for file in files for one in file.definitions]
        self.questions = [one for file in files for one in file.questions]
        self.tie_out = next((file.tie_out for file in files if file.tie_out is not None), None)
        self._texts = [one.sql or "" for one in self.definitions] + [one.sql for one in self.questions]

    def problems(self) -> Iterator[ConfigError]:
        """Yield a problem for each SQL text over gold that Spark's analyser refuses."""
        for entity, rules in self.config.survivorship.items():
            if entity in build.GOLDEN and entity in self.records:
                yield from _attempt(lambda: check_survivorship(self.records[entity], rules))  # noqa: B023
        if not set(build.GOLDEN) <= set(self.records):
            return
        yield from self._metrics()
        yield from self._reasons()
        yield from self._questions()
        yield from self._synonyms()

    @cached_property
    def inputs(self) -> Inputs:
        """Return the inputs of gold without rows: silver by the entities' fields, crosswalk and rates."""
        silver = {name: entity_frame(self.spark, one) for name, one in self.config.entities.items()}
        crosswalk = dict.fromkeys(CROSSWALK_COLUMNS, "STRING") | {"confidence": "DOUBLE"}
        rates = dict(part.split(" ", 1) for part in RATES.split(", "))
        definitions = DefinitionFile(definitions=self.definitions, questions=self.questions, tie_out=self.tie_out)
        return Inputs(
            silver=silver,
            crosswalk=empty_frame(self.spark, crosswalk),
            rates=empty_frame(self.spark, rates),
            config=self.config,
            definitions=definitions,
            as_of=self.as_of,
        )

    @cached_property
    def records(self) -> dict[str, DataFrame]:
        """Return the records that golden records are chosen from, by entity."""
        entities = [entity for entity in build.GOLDEN if entity in self.config.entities]
        return {entity: stored(build.golden_records(self.inputs, entity)) for entity in entities}

    @cached_property
    def golden(self) -> dict[str, DataFrame]:
        """Return the golden records, by their tables' names."""
        found = {}
        for entity, table in build.GOLDEN.items():
            rules = self.config.survivorship.get(entity) or SurvivorshipConfig(entity=entity)
            found[table] = empty_frame(self.spark, golden_columns(self.records[entity], rules))
        return found

    @cached_property
    def facts(self) -> dict[str, DataFrame]:
        """Return documents with customer and amounts, by name."""
        return {name: stored(frame) for name, frame in build.named_facts(self.inputs).items()}

    @cached_property
    def side(self) -> dict[str, DataFrame]:
        """Return the tables beside gold that SQL may read."""
        return {name: stored(frame) for name, frame in build.side_tables(self.inputs).items()}

    @cached_property
    def documents(self) -> DataFrame:
        """Return the documents of the chains from deal to cash."""
        return stored(chain_documents(self.facts, empty_frame(self.spark, LINKS), self.as_of))

    def _metrics(self) -> Iterator[ConfigError]:
        named = Views(self.spark, {**self.golden, **self.facts, **self.side})
        yield from _attempt(lambda: metric_members(self.definitions, named, self.as_of))
        plain = set(self._wide([]).columns)
        for one in self.definitions:
            if one.column in plain:
                message = f"customer_360 has a column {one.column!r} of its own; choose another name"
                yield ConfigError(Problem(message, key=f"definition {one.name}", item=one, keys=("column",)))

    def _wide(self, definitions: list[Definition]) -> DataFrame:
        """Return customer_360 with the columns of these definitions, whose SQL may be wrong."""
        # `members` says nothing of the definitions' SQL, only of its own columns.
        return customer_360(
            self.golden["customer"], self.facts, self.golden["contact"], self.members, definitions, self.as_of
        )

    @cached_property
    def members(self) -> DataFrame:
        """Return the members of an example metric, which has the columns of any."""
        example = Definition(
            name="example", team="check", label="", wording="", owner="", unit="money",
            sql="SELECT tieout_id, 0 AS value FROM customer",
        )  # fmt: skip
        return stored(metric_members([example], Views(self.spark, {"customer": self.golden["customer"]}), self.as_of))

    def _reasons(self) -> Iterator[ConfigError]:
        rules, project = self.tie_out, self.config.project
        if rules is None:
            return
        deals, orders = self.facts["opportunity"], self.facts["sales_order"]
        yield from _attempt(lambda: check_keys(orders, deals, rules))
        customer, kinds = self.golden["customer"], self.inputs.kinds
        lines = stored(lines_with_gaps(self.documents, customer, rules, kinds, project.tie_out_tolerance))
        yield from _attempt(lambda: check_reasons(lines, rules.reasons))

    def _questions(self) -> Iterator[ConfigError]:
        named = Views(self.spark, self.readable(self._texts))
        for question in self.questions:
            yield from self._question(question, named)

    def _question(self, question: Question, named: Views) -> Iterator[ConfigError]:
        try:
            arguments = parse_arguments(question, [])
        except UsageError as error:
            where = f"question {question.name}: arguments"
            yield ConfigError(Problem(f"default of {error}", key=where, item=question, keys=("arguments",)))
            return
        yield from _attempt(lambda: answer(question, arguments, named, self.as_of))

    def readable(self, texts: Iterable[str]) -> dict[str, DataFrame]:
        """Return the tables that questions may read; one that no text mentions and that is not made yet is a stub."""
        made: dict[str, Callable[[], DataFrame]] = {
            "customer_360": lambda: stored(self._wide(self.definitions)),
            "customer_hierarchy": lambda: stored(customer_hierarchy(self.golden["customer"])),
            "metric_member": lambda: self.members,
            "metric": lambda: stored(metric_values(self.definitions, self.members, self.as_of)),
            "tie_out_line": lambda: self._lines,
            "tie_out": lambda: stored(tie_out(self._lines)),
            "discrepancy": lambda: empty_frame(self.spark, DISCREPANCY),
            "outbox": lambda: empty_frame(self.spark, OUTBOX),
            "outbox_held_back": lambda: empty_frame(self.spark, HELD_BACK),
        }
        nothing = empty_frame(self.spark, {"tieout_id": "STRING"})
        asked = {name: any(mentions(text, name) for text in texts) for name in made}
        return {
            **self.golden,
            **self.facts,
            **self.side,
            **{name: make() if asked[name] else nothing for name, make in made.items()},
        }

    @cached_property
    def _lines(self) -> DataFrame:
        assert self.tie_out is not None
        rules = self.tie_out.model_copy(update={"reasons": []})
        project = self.config.project
        lines = tie_out_lines(
            self.documents, self.golden["customer"], rules, self.inputs.kinds, project.reporting_currency,
            project.tie_out_tolerance,
        )  # fmt: skip
        return stored(lines)

    def _synonyms(self) -> Iterator[ConfigError]:
        fields = {f"{name}.{field}" for name, one in self.config.entities.items() for field in one.fields}
        columns = {column for frame in self.golden.values() for column in frame.columns}
        known = [
            *self.config.entities,
            *sorted(fields),
            *sorted({one.name for one in self.definitions}),
            *sorted(columns),
        ]
        for file in self.config.definitions.values():
            for synonym in file.synonyms:
                if synonym.means not in known:
                    message = f"no entity, field or definition {synonym.means!r}.{nearest(synonym.means, known)}"
                    yield ConfigError(Problem(message, key="synonyms", item=synonym, keys=("means",)))


def _attempt(check: Callable[[], object]) -> Iterator[ConfigError]:
    try:
        check()
    except ConfigError as error:
        yield error
