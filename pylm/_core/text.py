# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts as bytes, and files as they are."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterable
from typing import TypeAlias

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
