"""Sessions of a Spark Connect server, which `SPARK_REMOTE` names, and frames that are the same in any session."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession

from tieout.errors import UsageError

# Spark's own variable, such as `sc://host:15002`.
VARIABLE = "SPARK_REMOTE"
PORT = 15002
SECONDS = 10
# What a session may set for itself; all else is the server's, from its start.
OF_SESSIONS = ("spark.sql.", "spark.databricks.")
OF_SERVERS = ("spark.sql.extensions", "spark.sql.catalog.")


def server() -> str | None:
    """Return the address of the Connect server that jobs are to use, None where they start Spark themselves."""
    return os.environ.get(VARIABLE) or None


def connect(url: str, app_name: str, conf: Mapping[str, str]) -> SparkSession:
    """Return a session of the server at `url`, with those settings of `conf` that are a session's to make.

    Raises UsageError for an address of another kind, a server that does not answer, and where the client's libraries
    are missing.
    """
    _require_answer(url)
    try:
        spark = SparkSession.builder.appName(app_name).remote(url).getOrCreate()
    except ImportError as error:
        raise UsageError("Spark Connect needs more libraries: pip install 'tieout[connect]'") from error
    for key, value in conf.items():
        if key.startswith(OF_SESSIONS) and not key.startswith(OF_SERVERS):
            spark.conf.set(key, value)
    return spark


def analysed(frame: DataFrame) -> DataFrame:
    """Return the frame after Spark has looked at its tables, files and columns, which raises what is wrong with them.

    A frame of a Connect server else says so only where it is used.
    """
    _ = frame.schema
    return frame


def cut_off(frame: DataFrame) -> DataFrame:
    """Return the rows of a frame without the plan that makes them, which runs once, when they are first read.

    The session gets the plan under a name before: the client's message that cuts it off holds some fifty operators,
    one in another, and no more.
    """
    spark, name = frame.sparkSession, f"_tieout_{uuid.uuid4().hex}"
    frame.createOrReplaceTempView(name)
    try:
        return spark.table(name).localCheckpoint(eager=False)
    finally:
        spark.catalog.dropTempView(name)


def _require_answer(url: str) -> None:
    """Raise UsageError where nobody answers; Spark's client would try again for ten minutes."""
    address = urlsplit(url)
    if address.scheme != "sc" or not address.hostname:
        raise UsageError(f"{VARIABLE}: want the address of a Connect server, such as sc://host:{PORT}; found {url}")
    try:
        socket.create_connection((address.hostname, address.port or PORT), SECONDS).close()
    except OSError as error:
        where = f"sc://{address.hostname}:{address.port or PORT}"
        raise UsageError(f"{VARIABLE}: no Spark Connect server answers at {where} ({error})") from error
