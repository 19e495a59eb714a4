# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Modules of Python's own library that some Pythons lack: they were built where a C library was missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import MissingPackageError

NEEDED = {"bz2": "bzip2 (Debian: libbz2-dev)", "lzma": "xz (Debian: liblzma-dev)"}


def compression(name: str) -> Any:
    """bz2 or lzma. Raises MissingPackageError."""
    try:
        return import_module(name)
    except ImportError:
        raise MissingPackageError(
            f"this Python has no module {name!r}: it was built without {NEEDED[name]}. Install that and build Python "
            f"again, or use another Python"
        ) from None
