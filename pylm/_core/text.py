# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts as bytes, and sources of texts: files and documents."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from ..errors import ArgumentError
from .arguments import path_of, wrong_type

Path: TypeAlias = str | os.PathLike[str]
Bytes: TypeAlias = bytes | bytearray | memoryview | mmap.mmap
Source: TypeAlias = Path | Iterable[str | bytes | os.PathLike[str]]

TEXT_TYPES = (str, bytes, bytearray, memoryview, mmap.mmap)


def as_bytes(text: str | Bytes) -> Bytes:
    """A text as bytes. Bytes that were not UTF-8 when Python read them ("surrogateescape") come back."""
    if not isinstance(text, str):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise ArgumentError(
            f"character {error.start} of the text is U+{code:04X}, half of a surrogate pair, which has no "
            f"bytes; remove it, or pass bytes"
        ) from None


def text_bytes(name: str, text: str | Bytes) -> Bytes:
    """An argument that has to be a text, as bytes; TypeError."""
    if not isinstance(text, TEXT_TYPES):
        raise wrong_type(name, "a text (str or bytes)", text)
    return as_bytes(text)


def map_file(path: Path) -> Bytes:
    """The bytes of a file: mapped into memory if it is a regular one, read otherwise.

    Raises OSError with the path, for example FileNotFoundError or IsADirectoryError.
    """
    with open(path_of("path", path), "rb") as file:  # a number would be that of an open file
        info = os.fstat(file.fileno())
        if stat.S_ISREG(info.st_mode) and info.st_size:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return file.read()


def with_named_files(source: Source) -> Source:
    """A list of nothing but names of files that exist, as paths; every other source as it is."""
    if isinstance(source, (list, tuple)) and all(
        isinstance(item, os.PathLike) or (isinstance(item, str) and _names_a_file(item)) for item in source
    ):
        from pathlib import Path as FilePath

        return [FilePath(item) for item in source]
    return source


def documents(source: Source) -> Iterator[Any]:
    """The documents of a source, one after the other; files are mapped when their turn comes.

    Items that are neither text nor path are handed on as they are.
    """
    return (text for _, text in named_documents(source))


def named_documents(source: Source) -> Iterator[tuple[str, Any]]:
    """The documents of a source, each with a name: of files their paths as given, else "text 1", by its place."""
    if isinstance(source, str):
        yield source, _map_source(source)
    elif isinstance(source, os.PathLike):
        yield os.fspath(source), map_file(source)
    elif isinstance(source, TEXT_TYPES):
        raise wrong_type(
            "source", "the path of a file or several documents", source, "put a single text into a list: [text]"
        )
    else:
        try:
            items = iter(source)
        except TypeError:
            raise wrong_type("source", "the path of a file or an iterable of documents", source) from None
        for i, item in enumerate(items, 1):
            yield os.fspath(item) if isinstance(item, os.PathLike) else f"text {i}", document(item)


def _map_source(path: str) -> Bytes:
    try:
        return map_file(path)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name. Both happen when a text is given where a path is meant.
        if not isinstance(error, ValueError) and error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
            raise
        shown = path if len(path) <= 200 else path[:200] + "..."
        message = "No such file (a str is the path of a file; put a text into a list: [text])"
        raise FileNotFoundError(errno.ENOENT, message, shown) from None


def document(item: Any) -> Any:
    """A text as bytes; a path as the bytes of its file; everything else (ids) as it is."""
    if isinstance(item, os.PathLike):
        return map_file(item)
    if isinstance(item, str):
        if _names_a_file(item):
            raise ArgumentError(
                f"the text {item!r} is the name of a file: to read the file pass pathlib.Path({item!r}); "
                f"if the name itself is meant as text, pass bytes"
            )
        return as_bytes(item)
    return item


def _names_a_file(text: str) -> bool:
    if not text or len(text) > 4096 or "\n" in text:
        return False
    try:
        return os.path.isfile(text)
    except (OSError, ValueError):
        return False


def total_nbytes(source: Source) -> int | None:
    """Bytes of all documents together, as far as known without reading them: for progress only."""
    try:
        if isinstance(source, (str, os.PathLike)):
            return os.path.getsize(source)
        if isinstance(source, (list, tuple)):
            return sum(os.path.getsize(item) if isinstance(item, os.PathLike) else len(item) for item in source)
    except (OSError, TypeError, ValueError):
        pass
    return None
