# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""`python -m pylm` is the command `pylm`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
