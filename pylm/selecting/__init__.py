# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Choosing texts out of many."""
