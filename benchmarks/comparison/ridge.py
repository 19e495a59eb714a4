# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Random features with ridge regression: every n-gram up to eight symbols is hashed into one of 2^18 features
(Weinberger et al. 2009), and a linear function of these is fitted to each symbol's coming next, by least squares with a
penalty on large weights. That is convex; conjugate gradients, with the diagonal as preconditioner, go to its optimum.
What a function gives is no probability: it is raised to a floor and to a power, and divided by the sum."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy import sparse

ORDER = 8
FEATURE_BITS = 18
STEPS = 20  # of conjugate gradients
BATCH = 20_000  # symbols that are scored at once
FACTORS = tuple(
    np.random.default_rng(1).integers(1 << 63, size=ORDER + 1, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
)


class Settings(NamedTuple):
    decay: float  # an n-gram of one symbol more counts so much less
    penalty: float
    floor: float
    power: float


TRIED = [Settings(decay, penalty, 0, 0) for decay, penalty in product((0.5, 0.6, 0.7), (1.0, 3.0, 9.0))]
SHARPENED = list(product((0.0001, 0.0003, 0.001, 0.003), (0.8, 1.0, 1.2, 1.4)))


class Ridge:
    def __init__(self, text: np.ndarray, n_symbols: int, before: int, settings: Settings) -> None:
        self._before, self._settings = before, settings
        features = self._features(text)
        targets = sparse.csr_matrix(
            (np.ones(len(text), np.float32), text, np.arange(len(text) + 1)), (len(text), n_symbols)
        )
        self.weights = _solved(features, np.asarray((features.T @ targets).todense()), settings.penalty)

    def scores(self, text: np.ndarray) -> np.ndarray:
        """What the functions give, symbol by symbol of a text: symbols x symbols of the vocabulary."""
        found: np.ndarray = self._features(text) @ self.weights
        return found

    def _features(self, text: np.ndarray) -> sparse.csr_matrix:
        """The n-grams in front of each symbol of a text."""
        n, padded = len(text), np.concatenate([np.full(ORDER, self._before), text]).astype(np.uint64)
        hashes, columns = np.zeros(n, np.uint64), []
        for order in range(ORDER + 1):
            if order:
                hashes = (hashes + padded[ORDER - order : ORDER - order + n] + np.uint64(1)) * FACTORS[order]
                hashes ^= hashes >> np.uint64(29)
            columns.append((hashes * FACTORS[0] + np.uint64(order) >> np.uint64(64 - FEATURE_BITS)).astype(np.int32))
        values = np.tile(np.float32(self._settings.decay) ** np.arange(ORDER + 1, dtype=np.float32), n)
        places = np.arange(0, n * (ORDER + 1) + 1, ORDER + 1)
        return sparse.csr_matrix((values, np.stack(columns, 1).ravel(), places), (n, 1 << FEATURE_BITS))


def _solved(features: sparse.csr_matrix, sums: np.ndarray, penalty: float) -> np.ndarray:
    """The weights for which (features' features + penalty) weights = sums, a column for each symbol."""
    transposed = features.T.tocsr()
    diagonal = np.asarray(features.multiply(features).sum(0), np.float32).reshape(-1, 1) + penalty
    weights, rest = np.zeros_like(sums), sums
    scaled = rest / diagonal
    way, size = scaled, (rest * scaled).sum(0)
    for _ in range(STEPS):
        product_ = transposed @ (features @ way) + penalty * way
        step = size / np.maximum((way * product_).sum(0), 1e-20)
        weights, rest = weights + step * way, rest - step * product_
        scaled = rest / diagonal
        size, before = (rest * scaled).sum(0), size
        way = scaled + size / np.maximum(before, 1e-20) * way
    return weights


def probabilities(scores: np.ndarray, settings: Settings) -> np.ndarray:
    raised = np.maximum(scores, settings.floor) ** settings.power
    shares: np.ndarray = raised / raised.sum(1, keepdims=True)
    return shares


def nats(model: Ridge, text: np.ndarray, settings: Settings) -> float:
    """The loss of a text."""
    total = 0.0
    for begin in range(0, len(text), BATCH):
        context = max(begin - ORDER, 0)
        scores = model.scores(text[context : begin + BATCH])[begin - context :]
        total -= _logs(scores, text[begin : begin + BATCH], settings).sum()
    return total


def _logs(scores: np.ndarray, text: np.ndarray, settings: Settings) -> np.ndarray:
    logs: np.ndarray = np.log(probabilities(scores, settings)[np.arange(len(text)), text].astype(np.float64))
    return logs


def chosen(
    train: np.ndarray, held_out: np.ndarray, n_symbols: int, before: int, tried: Sequence[Settings] = TRIED
) -> Settings:
    """The settings that are best for a text that was left out."""
    found = []
    for settings in tried:
        scores = Ridge(train, n_symbols, before, settings).scores(held_out)
        for floor, power in SHARPENED:
            whole = settings._replace(floor=floor, power=power)
            found.append((-_logs(scores, held_out, whole).mean(), whole))
    return min(found)[1]
