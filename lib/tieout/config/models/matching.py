"""Typed models of `conf/matching/<entity>.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from tieout.config.base import LocatedValueError, Location, StrictModel, nearest
from tieout.config.models.matching_words import KIND_WORDS

Kind = Literal[
    "company_name",
    "person_name",
    "given_name",
    "family_name",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "phone",
    "email",
    "domain",
    "identifier",
    "date",
    "number",
    "text",
    "category",
]
LEVEL = re.compile(r"^\s*(?P<measure>[a-z_]+)\s*(?:(?P<operator>>=|<=)\s*(?P<bound>-?\d+(?:\.\d+)?))?\s*$")


class Column(StrictModel):
    """One attribute that matching reads: what kind of thing it is, and where its values come from."""

    kind: Kind
    source: list[str] = Field(
        default=[], alias="from", description="columns of the records; several are a set of values"
    )
    within: str | None = Field(default=None, description="the country column that helps to read this one")


def _column(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _rule(value: Any) -> Any:
    if isinstance(value, str):
        return {"keys": [part.strip() for part in value.split("+")]}
    return {"keys": value} if isinstance(value, list) else value


class BlockingRule(StrictModel):
    """Two records are compared when every one of these keys agrees; `column` or `column.key`."""

    keys: list[str] = Field(min_length=1)
    refine: list[str] = Field(default=[], description="keys added where a block is too large")

    @property
    def name(self) -> str:
        """Return the rule as it is written in short, such as `name.rarest + postcode.area`."""
        return " + ".join(self.keys)


class Comparison(StrictModel):
    """How two records' values are compared: levels from best to worst, the first that holds counts."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    columns: list[str] = Field(min_length=1)
    levels: list[str] = Field(
        default=[], description="`exact`, `edit >= 0.9`, `tokens >= 0.8 and number`; default by kind"
    )
    identifies: bool | None = Field(
        default=None,
        description="whether relatives (sister companies, a family) differ here; default by kind",
    )
    rarity: bool = Field(default=True, description="agreement on a rare value weighs more")


class Limits(StrictModel):
    """How much work blocking may make."""

    pairs_per_record: float = Field(default=60.0, gt=0, description="budget of candidate pairs per record")
    largest_block: int = Field(default=400, ge=2, description="records with one key; larger blocks are split")


class Training(StrictModel):
    """How the model is estimated. The defaults need no change."""

    candidate_pairs: int = Field(default=2_000_000, ge=1_000, description="candidate pairs that EM sees")
    random_pairs: int = Field(default=1_000_000, ge=1_000, description="pairs drawn to learn chance agreement")
    iterations: int = Field(default=200, ge=1)
    convergence: float = Field(default=1e-5, gt=0)
    dependence: bool = Field(default=True, description="model fields that agree together")
    seed: int = 1


class Thresholds(StrictModel):
    """Match probabilities that decide: accepted from `accept`, asked from `review`, kept from `keep`."""

    accept: float = Field(default=0.5, gt=0, lt=1)
    review: float = Field(default=0.1, gt=0, lt=1)
    keep: float = Field(default=0.01, gt=0, lt=1)

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        if not self.keep <= self.review <= self.accept:
            raise ValueError("thresholds must rise: keep <= review <= accept")
        return self


class Different(StrictModel):
    """A constraint: records whose values of `column` differ clearly are never one entity."""

    column: str
    within: str | None = Field(default=None, description="only where this column agrees, such as country")
    edits: int = Field(default=2, ge=0, description="up to this many typing errors are the same value")


class Clusters(StrictModel):
    """How accepted pairs become clusters."""

    max_size: int = Field(default=50, ge=2, description="larger clusters are cut or sent to review")
    different: list[Different] = []
    one_to_one: list[str] = Field(default=[], description="sources known to be free of duplicates")


class MatchingConfig(StrictModel):
    """Everything about matching one entity."""

    entity: str = "record"
    id: str | None = Field(default=None, description="the identifier's column, for files")
    files: dict[str, list[str]] = Field(
        default={}, description="a column's name here → its names in the first file and in the second"
    )
    columns: dict[str, Annotated[Column, BeforeValidator(_column)]] = Field(min_length=1)
    blocking_rules: list[Annotated[BlockingRule, BeforeValidator(_rule)]] = Field(min_length=1)
    comparisons: list[Comparison] = Field(min_length=1)
    limits: Limits = Limits()
    training: Training = Training()
    thresholds: Thresholds = Thresholds()
    clusters: Clusters = Clusters()

    @model_validator(mode="after")
    def _names_are_known(self) -> MatchingConfig:
        found = [*self._wrong_keys(), *self._wrong_comparisons()]
        if found:
            raise LocatedValueError(*found)
        return self

    @model_validator(mode="after")
    def _files_are_one_or_two(self) -> MatchingConfig:
        for name, called in self.files.items():
            if len(called) not in {1, 2}:
                raise ValueError(f"files: {name} needs [its name in the first file, in the second]; found {called}")
        return self

    def _wrong_keys(self) -> Iterator[tuple[Location, str]]:
        for position, rule in enumerate(self.blocking_rules):
            for key in [*rule.keys, *rule.refine]:
                problem = self._wrong_key(key)
                if problem is not None:
                    yield ("blocking_rules", position), f"blocking key {key!r}: {problem}"

    def _wrong_comparisons(self) -> Iterator[tuple[Location, str]]:
        names = [comparison.name for comparison in self.comparisons]
        for position, comparison in enumerate(self.comparisons):
            place = ("comparisons", position)
            if comparison.name in names[:position]:
                yield (*place, "name"), f"comparison names must differ; {comparison.name!r} is given twice"
            unknown = [self._wrong_column(column) for column in comparison.columns]
            for n, problem in enumerate(unknown):
                if problem is not None:
                    yield (*place, "columns", n), f"comparison {comparison.name}: {problem}"
            if unknown[0] is None:
                yield from self._wrong_levels(comparison, place)

    def _wrong_column(self, column: str) -> str | None:
        known = list(self.columns)
        return None if column in known else f"no column {column!r} in `columns`.{nearest(column, known)}"

    def _wrong_key(self, key: str) -> str | None:
        column, _, word = key.partition(".")
        if column not in self.columns:
            return self._wrong_column(column)
        kind = self.columns[column].kind
        allowed = KIND_WORDS[kind].keys
        if not word or word in allowed:
            return None
        return f"a {kind} has the keys {', '.join(allowed)}.{nearest(word, list(allowed))}"

    def _wrong_levels(self, comparison: Comparison, place: Location) -> Iterator[tuple[Location, str]]:
        kind = self.columns[comparison.columns[0]].kind
        allowed = KIND_WORDS[kind].measures
        for position, level in enumerate(comparison.levels):
            matches = [LEVEL.match(condition) for condition in level.split(" and ")]
            if any(found is None or found["measure"] not in allowed for found in matches):
                message = (
                    f"comparison {comparison.name}: level {level!r}: a {kind} is measured by "
                    f"{', '.join(allowed)}, alone or with >= or <= a number"
                )
                yield (*place, "levels", position), message
