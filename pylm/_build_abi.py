# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Build time only: makes pylm/_abi.py, the declarations of _cdef.h in a form that loads quickly."""

from pathlib import Path

from cffi import FFI

ffibuilder = FFI()
ffibuilder.cdef((Path(__file__).parent / "_cdef.h").read_text(encoding="utf-8"))
ffibuilder.set_source("pylm._abi", None)
