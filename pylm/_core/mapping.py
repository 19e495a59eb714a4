# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Model and sources files, which are looked at for as long as they are open: mapped into memory, or copied."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

from .native import ffi, lib
from .text import Bytes, Path, read_file

SMALL = 1 << 20  # bytes: copied in a fraction of a millisecond


def open_bytes(path: Path, copy: bool | None) -> Any:
    """The bytes of a file: mapped if it is a regular one, else read.

    copy   True: copied, so that nobody can change them. None: if there are 1 MB at most.

    Raises OSError with the path, for example FileNotFoundError or IsADirectoryError.
    """
    name = os.fspath(path)
    with open(name, "rb") as file:
        info = os.fstat(file.fileno())
    if copy or not stat.S_ISREG(info.st_mode) or not info.st_size or (copy is None and info.st_size <= SMALL):
        return _whole(path)
    return _mapped(name)


def sha256_of(data: Any) -> str:
    """In hexadecimal digits."""
    import hashlib  # here: slow to import

    return hashlib.sha256(data).hexdigest()


def _whole(path: Path) -> Bytes:
    data = read_file(path)
    return data if isinstance(data, bytes) else bytes(data)


def _mapped(name: str) -> Any:
    if sys.platform == "win32":  # whose C functions know names of one code page only
        import mmap

        with open(name, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    data, nbytes = ffi.new("const void **"), ffi.new("uint64_t *")
    if lib.pylm_model_map(os.fsencode(name), data, nbytes) != lib.PYLM_OK:
        raise OSError(ffi.errno, os.strerror(ffi.errno), name)
    n, unmap = nbytes[0], lib.pylm_file_unmap  # at the end of the process, this module may be gone first
    return ffi.buffer(ffi.gc(ffi.cast("char *", data[0]), lambda address: unmap(address, n)), n)
