"""A first source config from sample files of an unknown system."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "columns": "Profile profile",
        "content": "Lists",
        "sample": "Table read_sample",
        "source": "check new",
        "vocabulary": "Vocabulary read_vocabulary",
        "write": "Draft source_yaml",
    },
)
