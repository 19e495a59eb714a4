# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Whether a system is right as often as it says: its expected calibration error (Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

MOST_SYMBOLS = 20_000  # of the validation text
N_BINS = 15


def expected_error(best: Iterable[tuple[float, bool]]) -> float:
    """Of the most probable symbols, each with its probability and whether it came: the mean distance of probability and
    share of those that came, over bins of equal width."""
    found = np.array([(p, came) for p, came in best], float).reshape(-1, 2)
    bins = np.minimum((found[:, 0] * N_BINS).astype(int), N_BINS - 1)
    apart = np.bincount(bins, weights=found[:, 0] - found[:, 1], minlength=N_BINS)
    return float(np.abs(apart).sum() / max(len(found), 1))


def best_of(distributions: np.ndarray, symbols: np.ndarray) -> list[tuple[float, bool]]:
    """distributions: a row for each symbol that came."""
    guesses = distributions.argmax(1)
    shares = distributions[np.arange(len(symbols)), guesses]
    return list(zip(shares.tolist(), (guesses == symbols).tolist(), strict=True))
