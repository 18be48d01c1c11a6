"""Writing a finished page, or a folder of pages, to a local path or to a URI that Arrow can write."""

from __future__ import annotations

from pathlib import Path

from pyarrow import fs

from tieout.errors import UsageError

# Spark's names of file systems, and Arrow's for the same.
SCHEMES = {"s3a://": "s3://", "s3n://": "s3://", "abfss://": "abfs://"}


def write_text(place: str, text: str) -> str:
    """Write `text` to a path or URI, making its folder; return the place as written.

    Raises UsageError when the place cannot be written.
    """
    local = _local(place)
    try:
        if local is not None:
            local.parent.mkdir(parents=True, exist_ok=True)
            local.write_text(text, encoding="utf-8")
            return str(local)
        _write_remote(place, text)
        return place
    except (OSError, ValueError) as error:
        raise UsageError(f"{place}: the report cannot be written there ({error}); give a local path") from error


def write_folder(place: str, folder: Path) -> None:
    """Copy the files of a folder of this machine to a folder at a path or URI, in place of files of the same names.

    Raises UsageError when the place cannot be written.
    """
    local = _local(place)
    try:
        system, path = fs.FileSystem.from_uri(_arrow_uri(place) if local is None else local.as_uri())
        system.create_dir(path)
        fs.copy_files(str(folder), path, fs.LocalFileSystem(), system)
    except (OSError, ValueError) as error:
        raise UsageError(f"{place}: pages cannot be written there ({error}); give a local path") from error


def look_of_text(place: str) -> str:
    """Return size and time of the file at a place as text, `absent` where there is none that can be looked at."""
    local = _local(place)
    try:
        system, path = fs.FileSystem.from_uri(_arrow_uri(place) if local is None else local.as_uri())
        found = system.get_file_info(path)
    except (OSError, ValueError):
        return "absent"
    return "absent" if found.type == fs.FileType.NotFound else f"{found.size} {found.mtime_ns}"


def _local(place: str) -> Path | None:
    if place.startswith("dbfs:/"):
        return Path("/dbfs") / place.removeprefix("dbfs:/").lstrip("/")
    if place.startswith("file:"):
        return Path("/" + place.removeprefix("file:").lstrip("/"))
    return None if "://" in place else Path(place).absolute()


def _write_remote(place: str, text: str) -> None:
    system, path = fs.FileSystem.from_uri(_arrow_uri(place))
    with system.open_output_stream(path) as stream:
        stream.write(text.encode("utf-8"))


def _arrow_uri(place: str) -> str:
    for ours, theirs in SCHEMES.items():
        place = place.replace(ours, theirs, 1)
    return place
