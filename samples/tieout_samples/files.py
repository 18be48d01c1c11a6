"""Output of the generator to any place that pyarrow can write: a folder, S3, ABFS, HDFS."""

from __future__ import annotations

import os
from typing import Any

from pyarrow import fs


def place(uri: str) -> tuple[Any, str]:
    """Return the file system and the path of a folder or URI."""
    if "://" not in uri:
        return fs.LocalFileSystem(), uri
    system, path = fs.FileSystem.from_uri(uri.replace("s3a://", "s3://").replace("dbfs:/Volumes", "/Volumes"))
    return system, path


def absolute(uri: str) -> str:
    """Return a folder's absolute path, for tasks may run in another folder; a URI stays as it is."""
    return uri if "://" in uri else os.path.abspath(uri)


def write(uri: str, name: str, content: bytes) -> None:
    """Write one file whole; a task that is run again writes the same bytes to the same name."""
    system, root = place(uri)
    path = f"{root}/{name}"
    system.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with system.open_output_stream(path) as stream:
        stream.write(content)


def exists(uri: str, name: str) -> bool:
    """Say whether there is a file or folder of that name."""
    system, root = place(uri)
    return bool(system.get_file_info(f"{root}/{name}").type != fs.FileType.NotFound)


def remove_folder(uri: str, name: str) -> None:
    """Delete a folder with all that is in it, if it is there."""
    if exists(uri, name):
        system, root = place(uri)
        system.delete_dir(f"{root}/{name}")
