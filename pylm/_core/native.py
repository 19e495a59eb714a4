# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The shared library: opening it, and its statuses as exceptions.

`ffi` and `lib` are cffi's; what the functions do is written in the headers, csrc/pylm*.h.
Every call releases the GIL.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from .._abi import ffi as _ffi
from ..errors import (
    ArgumentError,
    EmptyTextError,
    LayerError,
    ModelDamagedError,
    ModelFormatError,
    ModelVersionError,
    OutOfMemoryError,
    PylmError,
    TooLargeError,
)
from . import library as location

ffi: Any = _ffi  # cffi's types know nothing of the structs

__all__ = ["NONE", "check", "ffi", "lib", "owned_bytes", "save_file", "text_of"]


# What OpenMP reads when it is loaded, unless the user has set it. Else its idle threads wait in a loop, which takes
# four times the time on a busy machine and saves none on an idle one; and each has a stack of 8 MB.
OPENMP = {"OMP_WAIT_POLICY": "passive", "OMP_STACKSIZE": "2M"}


@contextlib.contextmanager
def _openmp_is_modest() -> Iterator[None]:
    given = {name: value for name, value in OPENMP.items() if name not in os.environ}
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            del os.environ[name]


def _open_library() -> Any:
    path = location.path()
    stay = getattr(ffi, "RTLD_NODELETE", 0)  # to the very end: OpenMP's threads end when they like
    try:
        with _openmp_is_modest():
            library = ffi.dlopen(path, ffi.RTLD_NOW | stay)
    except OSError as error:
        raise ImportError(
            f"pylm cannot open its C library: {error}. Reinstall pylm-engine, or set PYLM_LIBRARY to a "
            f"library that you built"
        ) from error
    try:
        found = library.pylm_version_number()
    except AttributeError:
        raise ImportError(f"{path} is not a pylm library; unset PYLM_LIBRARY") from None
    if found != library.PYLM_VERSION_NUMBER:
        raise ImportError(
            f"{path} has version number {found}, but this pylm needs {library.PYLM_VERSION_NUMBER}: "
            f"build it from the same sources, or unset PYLM_LIBRARY"
        )
    return library


lib = _open_library()

NONE: int = lib.PYLM_NONE

# Exception, and what the caller can do about it.
_ERRORS: dict[int, tuple[type[PylmError], str]] = {
    lib.PYLM_ERR_ARGUMENT: (ArgumentError, ""),
    lib.PYLM_ERR_FOREIGN: (ModelFormatError, "only what `pylm train` or Model.save() wrote can be loaded"),
    lib.PYLM_ERR_VERSION: (
        ModelVersionError,
        f"this pylm reads version {lib.PYLM_FORMAT_VERSION}: train it again, or use the pylm that wrote it",
    ),
    lib.PYLM_ERR_TRUNCATED: (ModelDamagedError, "copy the file again, completely"),
    lib.PYLM_ERR_DAMAGED: (ModelDamagedError, "copy the file again, or train it again"),
    lib.PYLM_ERR_LAYER: (
        LayerError,
        "in Python, pylm.load(MODEL, layers=[LAYER]); on the command line, MODEL --layer LAYER",
    ),
    lib.PYLM_ERR_BASE: (
        LayerError,
        "open it on that one, with the same layers below it; or make it again, with `pylm adapt`",
    ),
    lib.PYLM_ERR_MEMORY: (OutOfMemoryError, "use less text, fewer trees or a larger min_count"),
    lib.PYLM_ERR_EMPTY: (EmptyTextError, "give it at least one character"),
    lib.PYLM_ERR_LARGE: (
        TooLargeError,
        "a model has at most 2^24 different words, and 2^32 contexts of one kind: train with tokenizer='pieces', with "
        "a larger min_count, or on less text",
    ),
}


def text_of(pointer: Any) -> str:
    """A static C string as str."""
    text: str = ffi.string(pointer).decode()
    return text


def save_file(path: str | os.PathLike[str], data: Any, nbytes: int) -> None:
    """Writes a file, which is replaced as a whole or not at all. OSError with the path."""
    if lib.pylm_file_save(os.fsencode(path), data, nbytes):
        raise OSError(ffi.errno, os.strerror(ffi.errno), os.fspath(path))


def owned_bytes(pointer: Any, nbytes: int, owner: Any) -> Any:
    """A buffer on memory of C, which `owner` is released with as soon as nobody looks at it any more."""
    release = ffi.release  # at the end of the process, this module may be gone first
    return ffi.buffer(ffi.gc(ffi.cast("char *", pointer), lambda _: release(owner), nbytes), nbytes)


def check(status: int, subject: str = "") -> None:
    """Raises the exception for a status that is not PYLM_OK; `subject` says what it is about."""
    if status == lib.PYLM_OK:
        return
    exception, advice = _ERRORS.get(status, (PylmError, ""))
    message = text_of(lib.pylm_status_text(status))
    if subject:
        message = f"{subject}: {message}"
    raise exception(f"{message}; {advice}" if advice else message)
