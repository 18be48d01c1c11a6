"""Typed models of the files in `conf/`."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "definitions": "Definition DefinitionFile Question TieOutRules",
        "entity": "EntityConfig FieldConfig",
        "mapping": "EntityMapping FieldMapping JoinConfig",
        "matching": "BlockingRule Comparison MatchingConfig Thresholds",
        "products": "Product ProductsConfig read_products",
        "project": "ProjectSettings",
        "quality": "ExpectationConfig QualityConfig",
        "reading": "JdbcOptions ReadingOptions",
        "source": "ObjectConfig SourceConfig",
        "survivorship": "FieldRule SurvivorshipConfig",
        "values": "ValueOptions",
    },
)
