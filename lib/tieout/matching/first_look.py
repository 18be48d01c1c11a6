"""A first look at local Parquet files before Spark has started: enough to propose a config."""

from __future__ import annotations

from tieout.config.matching import MatchingConfig
from tieout.matching.inputs import HEAD, SAMPLE, source_names
from tieout.matching.local_parquet import open_all, sample
from tieout.matching.profile import guess_id, propose


def first_look(left: str, right: str | None, entity: str, seed: int = 1) -> MatchingConfig | None:
    """Look at the files and propose a config, as is done through Spark for any other files.

    Returns None unless both are local Parquet files, or folders of nothing else, whose common columns are of plain
    types. Raises SourceError when no column can be compared.
    """
    opened = open_all(left, right)
    if opened is None:
        return None
    files, shared = opened
    records = sum(file.rows for file in files)
    if not records:
        return None
    id_column = guess_id(shared, files[0].head(HEAD, shared).to_pandas())
    chosen = sample(list(zip(source_names(left, right), files, strict=True)), shared, SAMPLE, seed)
    return propose(chosen.to_pandas(), records=records, within=True, id_column=id_column, entity=entity)
