# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts in few bytes."""
