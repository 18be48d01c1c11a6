"""Which columns of a join does a mapping read?"""

from __future__ import annotations

from tieout.config.models.mapping import EntityMapping
from tieout.silver.mapping.namespace import Namespace, mapping_texts


def test_a_dotted_column_of_a_join_is_read_by_its_whole_name() -> None:
    mapping = EntityMapping.model_validate({"fields": {"city": {"column": "its.ADDRESS.CITY"}}})

    used = Namespace("contact", [], {}).used_columns("its", list(mapping_texts(mapping)))

    assert used == {"ADDRESS.CITY"}


def test_sql_names_columns_of_a_join_with_and_without_quotes() -> None:
    used = Namespace("contact", [], {}).used_columns("its", ["its.A || `its`.`B c` || other.its.D || 'its.E'"])

    assert used == {"A", "B c"}
