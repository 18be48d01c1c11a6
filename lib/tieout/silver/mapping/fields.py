"""A field's mapping compiled into Spark SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tieout.config.base import nearest
from tieout.config.models.entity import EntityConfig, FieldConfig
from tieout.config.models.mapping import FieldMapping
from tieout.config.models.values import ValueOptions
from tieout.config.sql_types import ConfigLocation
from tieout.platform.sql import literal
from tieout.silver.mapping.bronze_columns import clean_value
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.namespace import Namespace, json_value
from tieout.silver.mapping.typed_values import typed
from tieout.values import NORMALISERS, looked_up, parse_use
from tieout.values.text_plan import Step, text_sql

# What others are read by comes first: postcodes and phones by the country, amounts by the currency.
FIRST = ("country", "currency")


@dataclass(frozen=True)
class Value:
    """A compiled field: SQL of the typed value, and SQL that tells whether its text could not be read."""

    sql: str
    unreadable: str | None


class FieldCompiler:
    """Compiles the fields of one entity of one object; all of them share the builder's steps."""

    def __init__(
        self, namespace: Namespace, entity: EntityConfig, options: ValueOptions, types: dict[str, str],
        builder: ExpressionBuilder,
    ) -> None:  # fmt: skip
        self.namespace = namespace
        self.entity = entity
        self.options = options
        self.types = types
        self.builder = builder
        self.currency = "CAST(NULL AS STRING)"
        if options.country:
            builder.country = builder.text(literal(options.country), [])

    def fields(self, mappings: dict[str, FieldMapping], location: ConfigLocation) -> dict[str, Value]:
        """Compile every field of the entity; one that is not mapped is NULL.

        Raises ConfigError for a field that the entity does not have and for anything wrong in one.
        """
        known = list(self.entity.fields)
        for name in mappings:
            if name not in known:
                problem = f"entity {self.entity.entity} has no field {name!r}.{nearest(name, known)}"
                raise location.at(name).error(f"{problem} It has: {', '.join(known)}")
        order = sorted(known, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
        values = {name: self._field(name, mappings.get(name), location.at(name)) for name in order}
        return {name: values[name] for name in known}

    def _field(self, name: str, mapping: FieldMapping | None, location: ConfigLocation) -> Value:
        config = self.entity.fields[name]
        if mapping is None:
            return Value(f"CAST(NULL AS {config.type})", None)
        value = self.value(name, mapping, config, location)
        if name == "currency":
            self.currency = value.sql
        return value

    def value(self, name: str, mapping: FieldMapping, config: FieldConfig, location: ConfigLocation) -> Value:
        """Compile one mapping into a value of the field's type; `name` keys the type of its `expr`."""
        let = self.builder.let
        options = mapping.over(self.options)
        origin_type = self.types.get(name, "string") if mapping.expr is not None else "string"
        # A constant that YAML reads as a number or a yes or no is not written in the export's forms.
        is_text = (origin_type == "string" and not _is_value(mapping, config)) or mapping.lookup is not None
        origin = self._origin(mapping, origin_type, location)
        if is_text:
            text = self._text(name, origin, origin_type, mapping, config, location)
            result = let(typed(text, config.type, options, self.builder))
            unreadable = None if config.type == "string" else f"{text} IS NOT NULL AND {result} IS NULL"
        else:
            same = origin_type == config.type and mapping.const is None
            result = let(origin if same else f"CAST({origin} AS {config.type})")
            unreadable = None
            self._note_country(name, result, [])
        if mapping.default is not None and config.type != "string":
            result = let(f"coalesce({result}, CAST({literal(mapping.default)} AS {config.type}))")
        return Value(let(self._signed(self._scaled(result, mapping, config, options), mapping, config)), unreadable)

    def _origin(self, mapping: FieldMapping, origin_type: str, location: ConfigLocation) -> str:
        """Return SQL of what the export has: a constant, a column, an expression, or a value inside JSON."""
        if mapping.const is not None:
            return self.builder.origin(f"CAST({literal(mapping.const)} AS STRING)")
        if mapping.column is not None:
            origin = self.namespace.resolve(mapping.column, mapping.optional, location.at("column"))
        else:
            origin = f"({mapping.expr})"
        if mapping.json_path is not None:
            origin = json_value(origin, mapping.json_path)
        if origin_type == "string" and _may_be_unclean(mapping):
            origin = clean_value(self.builder.origin(origin), mapping)
        return self.builder.origin(origin)

    def _text(
        self, name: str, origin: str, origin_type: str, mapping: FieldMapping, config: FieldConfig,
        location: ConfigLocation,
    ) -> str:  # fmt: skip
        """Return SQL of the text after its code list, normalisers and default."""
        if origin_type != "string":
            origin = self.builder.origin(f"CAST({origin} AS STRING)")
        steps = self._steps(mapping, config, location)
        self._note_country(name, origin, steps)
        return self.builder.let(text_sql(self.builder.text(origin, steps))) if steps else origin

    def _note_country(self, name: str, origin: str, steps: list[tuple[Any, Step]]) -> None:
        """Read what is read by the country by this field from here on, where it is the country."""
        if name == "country":
            default = self.options.country
            fallback = [(("default", default), Step(default=default))] if default else []
            self.builder.country = self.builder.text(origin, [*steps, *fallback])

    def _steps(self, mapping: FieldMapping, config: FieldConfig, location: ConfigLocation) -> list[tuple[Any, Step]]:
        """Return what a text goes through, each with what tells it apart; what is named twice is done once."""
        steps: list[tuple[Any, Step]] = []
        if mapping.lookup is not None:
            use = mapping.lookup
            entries = self.builder.lookups.get(use.table).pairs(use.key, use.value, use.where)
            steps.append((use.model_dump_json(), Step(looked_up(entries, use.otherwise))))
        for position, one in enumerate(mapping.normalise):
            try:
                parse_use(one)
            except ValueError as error:
                raise location.at("normalise", position).error(str(error)) from error
        done: list[Any] = []
        for one in [*mapping.normalise, *config.normalise]:
            used = parse_use(one)
            if used not in done:
                done.append(used)
                steps.append(self._normalised(*used))
        if mapping.default is not None and config.type == "string":
            steps.append((("default", mapping.default), Step(default=str(mapping.default))))
        return steps

    def _normalised(self, name: str, options: dict[str, Any]) -> tuple[Any, Step]:
        read = NORMALISERS[name](self.builder.lookups, **options)
        country = self.builder.country
        if read.by_country and options.get("country"):
            country = self.builder.text(self.builder.origin(options["country"]), [])
        return (name, options, country), Step(read, country if read.by_country else None)

    def _scaled(self, value: str, mapping: FieldMapping, config: FieldConfig, options: ValueOptions) -> str:
        """Undo how a system stores amounts: two decimals for every currency, or the smallest coin."""
        is_money = config.money if mapping.money is None else mapping.money
        if not is_money or options.amounts in (None, "as_written") or mapping.const is not None:
            return value
        decimals = self.builder.lookups.get("currencies").pairs("code", "decimals")
        usual = 2 if options.amounts == "minor_units" else 0
        powers = {code: _power(options.amounts, int(number)) for code, number in decimals.items()}
        unusual = {code: power for code, power in powers.items() if power != _power(options.amounts, 2)}
        factor = self.builder.let(self.builder.find(unusual, self.builder.let(f"lower({self.currency})")))
        otherwise = value if usual == 0 else f"CAST({value} / 100 AS {config.type})"
        scaled = f"CAST({value} * CAST({factor} AS DECIMAL(18,6)) AS {config.type})"
        return f"CASE WHEN {factor} IS NULL THEN {otherwise} ELSE {scaled} END"

    def _signed(self, value: str, mapping: FieldMapping, config: FieldConfig) -> str:
        if mapping.negative_when is None:
            return value
        value = self.builder.let(value)
        return f"CASE WHEN {mapping.negative_when} THEN CAST(-abs({value}) AS {config.type}) ELSE {value} END"


def _is_value(mapping: FieldMapping, config: FieldConfig) -> bool:
    return mapping.const is not None and not isinstance(mapping.const, str) and config.type != "string"


def _may_be_unclean(mapping: FieldMapping) -> bool:
    """Exported columns were trimmed already; expressions, JSON values and extra empty words were not."""
    return (
        mapping.expr is not None
        or mapping.json_path is not None
        or bool(mapping.empty_words)
        or "." in str(mapping.column)
    )


def _power(amounts: str | None, decimals: int) -> str:
    """Return the factor that makes a stored amount a real one, for a currency with so many decimals."""
    exponent = 2 - decimals if amounts == "two_decimals" else -decimals
    return f"{10.0**exponent:.6f}"
