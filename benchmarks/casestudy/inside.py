# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the case study takes from inside the package: forms, plots, progress. These names are not public and may move."""

from pylm._cli_common import check_output, nbytes
from pylm._page import escape, facts, page, packaged
from pylm._plot import Plot
from pylm._progress import Progress
from pylm._sampling import parse_size
from pylm.demo import without_repeats

__all__ = [
    "Plot", "Progress", "check_output", "escape", "facts", "nbytes", "packaged", "page", "parse_size", "without_repeats",
]  # fmt: skip
