"""A field's mapping compiled into Spark SQL."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.config.base import nearest
from tieout.config.lookups import folded
from tieout.config.models.entity import EntityConfig, FieldConfig
from tieout.config.models.mapping import FieldMapping
from tieout.config.models.values import ValueOptions
from tieout.config.sql_types import ConfigLocation
from tieout.platform.sql import literal
from tieout.silver.mapping.bronze_columns import clean_value
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.namespace import Namespace, json_value
from tieout.silver.mapping.normalisers import normalise, parse_use
from tieout.silver.mapping.typed_values import typed

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
        self,
        namespace: Namespace,
        entity: EntityConfig,
        options: ValueOptions,
        types: dict[str, str],
        builder: ExpressionBuilder,
    ) -> None:
        self.namespace = namespace
        self.entity = entity
        self.options = options
        self.types = types
        self.builder = builder
        self.currency = "CAST(NULL AS STRING)"
        if options.country:
            builder.country = literal(options.country)

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
        if name == "country":
            fallback = literal(self.options.country) if self.options.country else None
            self.builder.country = f"coalesce({value.sql}, {fallback})" if fallback else value.sql
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
        text = self.text(mapping, origin_type, location)
        if is_text:
            text = self._normalised(text, mapping, config, location)
            result = let(typed(text, config.type, options, self.builder))
            unreadable = None if config.type == "string" else f"{text} IS NOT NULL AND {result} IS NULL"
        else:
            same = origin_type == config.type and mapping.const is None
            result = let(text if same else f"CAST({text} AS {config.type})")
            unreadable = None
        if mapping.default is not None and config.type != "string":
            result = let(f"coalesce({result}, CAST({literal(mapping.default)} AS {config.type}))")
        return Value(let(self._signed(self._scaled(result, mapping, config, options), mapping, config)), unreadable)

    def text(self, mapping: FieldMapping, origin_type: str, location: ConfigLocation) -> str:
        """Return SQL of the value before it is typed: origin, JSON path, code list."""
        let = self.builder.let
        if mapping.const is not None:
            return let(f"CAST({literal(mapping.const)} AS STRING)")
        if mapping.column is not None:
            origin = self.namespace.resolve(mapping.column, mapping.optional, location.at("column"))
        else:
            origin = f"({mapping.expr})"
        if mapping.json_path is not None:
            origin = json_value(origin, mapping.json_path)
        if origin_type == "string":
            origin = clean_value(let(origin), mapping) if _may_be_unclean(mapping) else origin
        origin = let(origin)
        return self._looked_up(origin, mapping, origin_type, location) if mapping.lookup is not None else origin

    def _looked_up(self, origin: str, mapping: FieldMapping, origin_type: str, location: ConfigLocation) -> str:
        use = mapping.lookup
        assert use is not None
        lookup = self.builder.lookups.get(use.table)
        entries = lookup.pairs(use.key, use.value, use.where)
        as_text = origin if origin_type == "string" else self.builder.let(f"CAST({origin} AS STRING)")
        found = self.builder.find(entries, self.builder.let(folded(as_text)))
        if use.otherwise is None:
            return self.builder.let(found)
        other = (
            as_text if use.otherwise == "=" else f"CASE WHEN {as_text} IS NOT NULL THEN {literal(use.otherwise)} END"
        )
        return self.builder.let(f"coalesce({found}, {other})")

    def _normalised(self, text: str, mapping: FieldMapping, config: FieldConfig, location: ConfigLocation) -> str:
        for position, use in enumerate(mapping.normalise):
            try:
                parse_use(use)
            except ValueError as error:
                raise location.at("normalise", position).error(str(error)) from error
        text = normalise(text, [*mapping.normalise, *config.normalise], self.builder)
        if mapping.default is not None and config.type == "string":
            text = self.builder.let(f"coalesce({text}, {literal(str(mapping.default))})")
        return text

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
