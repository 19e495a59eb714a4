# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Sources of texts: files, folders and documents."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from ..errors import ArgumentError
from .arguments import wrong_type
from .contents import LargeText, Unpacked, large_text, text_of_file
from .text import TEXT_TYPES, Bytes, Path, Source, as_bytes

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
MAX_NAME = 255  # characters
# Strings that are hardly ever texts: names of text files.
NAME = re.compile(
    r"(?:~|\.{1,2})/.+|[A-Za-z]:[\\/].+|"
    r"[^\t:]+\.(?:txt|text|md|rst|tex|csv|tsv|jsonl?|xml|html?|log|tokens|raw|parquet|py|c|h)(?:\.(?:gz|bz2|xz|zst))?"
)


def listed(source: Source, output: Path | None = None) -> Source:
    """A source of files as the list of their paths, folders as the files in them; every other source as it is.

    output   what will be written: it must not lie in a folder that is read.

    Raises ArgumentError for a list of names of which some are no files, and TypeError for a dict and the like.
    """
    if isinstance(source, Mapping) or hasattr(source, "columns"):
        kind = type(source).__name__
        raise TypeError(f"a {kind} is no list of documents: give a list of its texts, such as list(texts.values())")
    if isinstance(source, (str, os.PathLike)):
        return _files_in(source, output) if os.path.isdir(source) else source
    if not isinstance(source, (list, tuple)) or not source:
        return source
    first = source[0]
    if isinstance(first, os.PathLike) or (
        isinstance(first, str) and (_names_a_file(first) or _looks_like_a_file(first))
    ):
        source = _as_paths(source)
    return [file for item in source for file in _with_folder(item, output)]


def _as_paths(source: Iterable[Any]) -> list[Any]:
    """Names of files as paths. ArgumentError if only some of them, or none, are there."""
    items = [FilePath(item) if isinstance(item, str) and _names_a_file(item) else item for item in source]
    others = [item for item in items if isinstance(item, str)]
    missing = next(filter(_looks_like_a_file, others), None)
    if missing is not None and (len(others) < len(items) or all(map(_looks_like_a_file, others))):
        raise ArgumentError(
            f"{missing!r} looks like the name of a file, but there is none; correct it, or if the name itself is meant "
            f"as text, pass bytes"
        )
    return list(source) if others else items


def _looks_like_a_file(text: str) -> bool:
    return len(text) <= MAX_NAME and NAME.fullmatch(text) is not None


def _with_folder(item: Any, output: Path | None) -> list[Any]:
    return _files_in(item, output) if isinstance(item, os.PathLike) and os.path.isdir(item) else [item]


def _files_in(folder: Path, output: Path | None) -> list[FilePath]:
    """The regular files in a folder and in those below it, in the order of their paths. Hidden ones are left out."""
    if output is not None and FilePath(os.path.realpath(folder)) in FilePath(os.path.realpath(output)).parents:
        raise ArgumentError(
            f"the output {os.fspath(output)} lies in the folder {os.fspath(folder)}, and would be read as a text next "
            f"time; write it elsewhere"
        )
    found = []
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [FilePath(path, name) for name in names if not name.startswith(".")]
    files = sorted(path for path in found if path.is_file())
    if not files:
        raise ArgumentError(f"the folder {os.fspath(folder)} has no files in it; give texts")
    return files


def documents(source: Source, *, binary: bool = False) -> Iterator[Any]:
    """The documents of a source, one after the other; files are read when their turn comes.

    binary   bytes are wanted, see `text_in()`.

    Items that are neither text nor path are handed on as they are.
    """
    return (text for _, text in named_documents(source, binary=binary))


def named_documents(source: Source, *, binary: bool = False, large: bool = False) -> Iterator[tuple[str, Any]]:
    """The documents of a source, each with a name: of files their paths as given, else "text 1", by its place.

    large   a large file may come as a `LargeText`.
    """
    if isinstance(source, str):
        yield source, _text_of_source(source, binary, large)
    elif isinstance(source, os.PathLike):
        yield os.fspath(source), _file_text(source, binary, large)
    elif isinstance(source, TEXT_TYPES):
        raise wrong_type(
            "source", "the path of a file or several documents", source, "put a single text into a list: [text]"
        )
    else:
        try:
            items = iter(source)
        except TypeError:
            raise wrong_type("source", "the path of a file or an iterable of documents", source) from None
        unpacked = Unpacked()
        for i, given in enumerate(items, 1):
            for item in _with_folder(given, None):
                name = os.fspath(item) if isinstance(item, os.PathLike) else f"text {i}"
                # among many texts there may be one like "." or "make": only what is and looks like a file is a mistake
                is_text = isinstance(item, str) and not (_looks_like_a_file(item) and _names_a_file(item))
                if isinstance(item, os.PathLike):
                    yield name, _file_text(item, binary, large, unpacked)
                else:
                    yield name, as_bytes(item) if is_text else document(item, binary=binary)


def _file_text(path: Path, binary: bool, large: bool, unpacked: Unpacked | None = None) -> Bytes | LargeText:
    text = large_text(path, binary=binary) if large else None
    return text or text_of_file(path, binary=binary, unpacked=unpacked)


def _text_of_source(path: str, binary: bool, large: bool) -> Bytes | LargeText:
    try:
        return _file_text(path, binary, large)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name. Both happen when a text is given where a path is meant.
        if not isinstance(error, ValueError) and error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
            raise
        shown = path if len(path) <= 200 else path[:200] + "..."
        message = "No such file (a str is the path of a file; put a text into a list: [text])"
        raise FileNotFoundError(errno.ENOENT, message, shown) from None


def document(item: Any, *, binary: bool = False) -> Any:
    """A text as bytes; a path as the text of its file; everything else (ids) as it is."""
    if isinstance(item, os.PathLike):
        return text_of_file(item, binary=binary)
    if isinstance(item, str):
        is_there = _names_a_file(item)
        if is_there or _looks_like_a_file(item):
            what = "is the name of a file" if is_there else "looks like the name of a file that is not there"
            raise ArgumentError(
                f"the text {item!r} {what}: to read a file pass pathlib.Path({item!r}); if the name itself is meant as "
                f"text, pass bytes"
            )
        return as_bytes(item)
    return item


def _names_a_file(text: str) -> bool:
    if not text or len(text) > 4096 or "\n" in text:
        return False
    try:
        return os.path.exists(text)
    except (OSError, ValueError):
        return False


def total_nbytes(source: Source) -> int | None:
    """Bytes of all documents together, as far as known without reading them: for progress only."""
    try:
        if isinstance(source, (str, os.PathLike)):
            return None if os.fspath(source).endswith(COMPRESSED) else os.path.getsize(source)
        if isinstance(source, list) and any(
            isinstance(item, os.PathLike) and os.fspath(item).endswith(COMPRESSED) for item in source
        ):
            return None
        if isinstance(source, (list, tuple)):
            return sum(os.path.getsize(item) if isinstance(item, os.PathLike) else len(item) for item in source)
    except (OSError, TypeError, ValueError):
        pass
    return None
