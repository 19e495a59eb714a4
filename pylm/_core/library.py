# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Where the C library is. Cheap to import: `import pylm` asks here whether there is one."""

import os
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILT = os.path.join(PACKAGE, {"win32": "pylm.dll", "darwin": "libpylm.dylib"}.get(sys.platform, "libpylm.so"))
DECLARATIONS = os.path.join(PACKAGE, "_abi.py")
VARIABLE = "PYLM_LIBRARY"  # of the environment: another library to use


def path() -> str:
    """The library to open."""
    return os.environ.get(VARIABLE) or BUILT


def check_built() -> None:
    """ImportError, with what to do, in the folder of the sources where nothing was built."""
    if not os.path.exists(DECLARATIONS) or not os.path.exists(path()):
        folder = os.path.dirname(PACKAGE)
        raise ImportError(
            f"pylm's library is not built here: run `pip install .` (or `pip install -e .`) in {folder}, or start "
            f"Python in another folder"
        )
