# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The kernel on a specialised corpus: `python benchmarks/casestudy`."""
