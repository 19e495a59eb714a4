# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the case study takes from inside the package: forms, plots, progress. These names are not public and may move."""

from pylm.cli.common import check_output, nbytes
from pylm._core.page import escape, facts, page, packaged
from pylm.reports.plot import Plot
from pylm._core.progress import Progress
from pylm._core.arguments import parse_size
from pylm.cli.demo import without_repeats

__all__ = [
    "Plot", "Progress", "check_output", "escape", "facts", "nbytes", "packaged", "page", "parse_size", "without_repeats",
]  # fmt: skip
