"""The model of `conf/sources/<system>.yml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tieout.config.base import LocatedValueError, Location, StrictModel, nearest
from tieout.config.models.mapping import EntityMapping, JoinConfig, Mapping
from tieout.config.models.reading import ReadingOptions
from tieout.config.models.values import ValueOptions


class ObjectDefaults(ReadingOptions, ValueOptions):
    """How a system's files are read and how their values are written, unless an object says otherwise."""


class ObjectConfig(ObjectDefaults):
    """One exported object (a table, a sheet, an endpoint)."""

    files: list[str] = Field(default=[], description="globs, relative to <input>/<system>/")
    meaning: str | None = Field(default=None, description="one sentence for people")
    key: list[Mapping] = Field(min_length=1, description="the columns that name a record")
    modified: Mapping | None = Field(default=None, description="when the row last changed; default order of arrival")
    deleted_when: str | None = Field(default=None, description="Spark SQL: rows that the system has deleted")
    required: bool = Field(default=False, description="an export without the object is an error")
    joins: dict[str, JoinConfig] = Field(default={}, description="alias → another object of this system")
    to: dict[str, EntityMapping] = Field(default={}, description="the entities; none for an object only joined")


class SourceConfig(StrictModel):
    """One system."""

    system: str
    kind: Literal["crm", "erp", "other"]
    title: str | None = Field(default=None, description="the system's name for people")
    defaults: ObjectDefaults = ObjectDefaults()
    objects: dict[str, ObjectConfig] = Field(min_length=1)

    @model_validator(mode="after")
    def _joined_objects_exist(self) -> SourceConfig:
        found: list[tuple[Location, str]] = []
        for name, item in self.objects.items():
            for alias, join in item.joins.items():
                if join.object is not None and join.object not in self.objects:
                    hint = nearest(join.object, list(self.objects))
                    place = ("objects", name, "joins", alias, "object")
                    found.append((place, f"no object {join.object!r} in this file.{hint}"))
        if found:
            raise LocatedValueError(*found)
        return self

    def reading(self, name: str) -> ReadingOptions:
        """Return how the object's files are read: its own options, else the system's defaults."""
        below = _given(self.defaults, ReadingOptions)
        return ReadingOptions(**(below | _given(self.objects[name], ReadingOptions)))

    def values(self, name: str) -> ValueOptions:
        """Return how the object's values are written: its own options, else the system's defaults."""
        return self.objects[name].over(self.defaults)


def _given(model: StrictModel, options: type[StrictModel]) -> dict[str, object]:
    return {name: getattr(model, name) for name in options.model_fields if name in model.model_fields_set}
