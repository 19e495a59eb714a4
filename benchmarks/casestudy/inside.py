# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the case study takes from inside the package: forms, plots, progress. None of it is public: it may move."""

from pylm._core.arguments import parse_size
from pylm._core.page import escape, facts, packaged, page
from pylm._core.progress import Progress
from pylm.cli.common import check_output, nbytes
from pylm.cli.demo import without_repeats
from pylm.reports.plot import Plot

__all__ = [
    "Plot",
    "Progress",
    "check_output",
    "escape",
    "facts",
    "nbytes",
    "packaged",
    "page",
    "parse_size",
    "without_repeats",
]
