# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Models of pylm as other libraries want them. Each module needs its library, and nothing else of pylm needs it."""
