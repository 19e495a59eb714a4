# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts as bytes, and files as they are."""

from __future__ import annotations

import errno
import mmap
import os
import stat
import tempfile
from collections.abc import Iterable
from typing import BinaryIO, TypeAlias

from ..errors import ArgumentError
from .arguments import path_of, wrong_type

Path: TypeAlias = str | os.PathLike[str]
Bytes: TypeAlias = bytes | bytearray | memoryview | mmap.mmap
Source: TypeAlias = Path | Iterable[str | bytes | os.PathLike[str]]

TEXT_TYPES = (str, bytes, bytearray, memoryview, mmap.mmap)
IN_MEMORY = 1 << 26  # bytes of a file; what is larger is copied to a temporary file
SLICE = 1 << 20  # bytes copied at once


def as_bytes(text: str | Bytes) -> Bytes:
    """A text as bytes that stay what they are. Bytes that were not UTF-8 when Python read them ("surrogateescape") come
    back."""
    if type(text) is bytes:
        return text
    if not isinstance(text, str):
        return held(text)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise ArgumentError(
            f"character {error.start} of the text is U+{code:04X}, half of a surrogate pair, which has no "
            f"bytes; remove it, or pass bytes"
        ) from None


def held(data: Bytes) -> Bytes:
    """The same bytes, in one row, copied if anybody could change them: C looks at them without the GIL, and relies on
    what it has checked."""
    if isinstance(data, bytes):
        return data
    view = memoryview(data)
    is_held = isinstance(view.obj, bytes) or (isinstance(data, mmap.mmap) and view.readonly)
    return data if is_held and view.ndim == 1 and view.itemsize == 1 and view.c_contiguous else bytes(view)


def text_bytes(name: str, text: str | Bytes) -> Bytes:
    """An argument that has to be a text, as bytes; TypeError."""
    if not isinstance(text, TEXT_TYPES):
        raise wrong_type(name, "a text (str or bytes)", text)
    return as_bytes(text)


def read_file(path: Path) -> Bytes:
    """The bytes of a file, as they are now: what happens to it later changes nothing. A large one is copied to a
    temporary file, in the folder that the environment's TMPDIR names, and mapped.

    Raises OSError with the path, for example FileNotFoundError or IsADirectoryError; also if the file becomes shorter
    meanwhile.
    """
    with open(path_of("path", path), "rb") as file:  # a number would be that of an open file
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or not info.st_size:  # such as a pipe, or what is in /proc
            return file.read()
        if info.st_size > IN_MEMORY:
            return _copied(file, info.st_size)
        data = file.read(info.st_size)
        if len(data) < info.st_size:
            raise shorter(path)
        return data


def _copied(file: BinaryIO, nbytes: int) -> Bytes:
    """The bytes of a file in one that nobody else knows. A map of the file itself would end the process with SIGBUS
    when the file becomes shorter."""
    with tempfile.TemporaryFile(prefix="pylm") as copy:
        try:
            while part := file.read(min(SLICE, nbytes - copy.tell())):
                copy.write(part)
            copy.flush()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                what = f"{file.name}, to copy it to {tempfile.gettempdir()}; set TMPDIR to a folder with more room"
                raise OSError(error.errno, error.strerror, what) from None
            raise
        if copy.tell() < nbytes:
            raise shorter(file.name)
        return mmap.mmap(copy.fileno(), nbytes, access=mmap.ACCESS_READ)


def shorter(path: Path) -> OSError:
    return OSError(errno.EIO, "The file became shorter while it was read", os.fspath(path))
