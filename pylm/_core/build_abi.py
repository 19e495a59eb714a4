# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Build time only: makes pylm/_abi.py, what the public C headers declare in a form that loads quickly."""

import runpy
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
# By path: the package cannot be imported before this file has been at work.
HEADERS = runpy.run_path(str(Path(__file__).with_name("headers.py")))

ffibuilder = FFI()
ffibuilder.cdef(HEADERS["declarations"](sorted((ROOT / "csrc").glob("pylm*.h"))))
ffibuilder.set_source("pylm._abi", None)
