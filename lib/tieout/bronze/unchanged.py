"""Whether files stayed as they were while they were checked and read, and whether they are complete at all."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from datetime import datetime, timedelta

from pyspark.sql import SparkSession

from tieout.bronze.files import SourceFile, is_present, list_files
from tieout.config.models.reading import SettleOptions


def changed_files(spark: SparkSession, input_uri: str, files: Sequence[SourceFile]) -> list[SourceFile]:
    """List the input again; return those of `files` that are gone or have another size or time."""
    now = {file.path: file for file in list_files(spark, input_uri)}
    return [file for file in files if now.get(file.path) != file]


def is_settled(spark: SparkSession, file: SourceFile, options: SettleOptions) -> bool:
    """Tell whether a file is complete: old enough, and its marker there, as far as the config asks for it."""
    # Spark returns times in the driver's zone, without naming it.
    if options.seconds and datetime.now() - file.modified < timedelta(seconds=options.seconds):
        return False
    if options.marker is None:
        return True
    folder, name = posixpath.split(file.load_path)
    return is_present(spark, f"{folder}/{options.marker.replace('{file}', name)}")
