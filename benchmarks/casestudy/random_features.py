# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Random features for the kernel: what hashing every template's context into D signed buckets would cost in accuracy.

The kernel is exp(-K(x, b)) = sum over sets S of positions of c_S [x and b agree on S] (DESIGN.md, *The kernel*). With a
bucket h and a sign s for each set and content, the feature vector

    phi(x)[i] = sum over S of  sqrt(c_S) s(S, x_S) [h(S, x_S) = i],      i from 0 to D - 1

has phi(x) . phi(b) = exp(-K(x, b)) on average over the hash functions. The error comes from buckets that are shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from pylm import KernelOptions, Model, SymbolOptions, train

from .corpus import Document, Vocabulary
from .inside import Progress
from .kneser_ney import padded
from .results import REACH, Approximation, RandomFeatures

CENTRES = 40_000  # about: whole documents
QUERIES = 100
DIMENSIONS = tuple(1 << n for n in range(6, 21, 2))


def coefficients(distances: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The sets of positions, bool of shape (2^n, n), and their c_S."""
    sets = np.array(list(product([False, True], repeat=len(distances))))
    apart = np.exp(-np.array(distances))
    return sets, np.where(sets, 1 - apart, apart).prod(axis=1)


def hashes(histories: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """64 bits for what stands on each set of positions: uint64 of shape (positions, 2^n). The mixing steps are those of
    splitmix64."""
    result = np.empty((len(histories), len(sets)), np.uint64)
    for s, members in enumerate(sets):
        x = np.full(len(histories), s + 1, np.uint64)
        for j in members.nonzero()[0]:
            x = _mixed(x + _mixed(histories[:, j].astype(np.uint64) + np.uint64(1)))
        result[:, s] = _mixed(x)
    return result


def _mixed(x: np.ndarray) -> np.ndarray:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = x ^ (x >> np.uint64(31))
    return mixed


def histories(words: np.ndarray, padding: int, reach: int) -> np.ndarray:
    """The last words before each one that is none of the padding, the nearest first: of shape (n, reach). A document
    begins behind a line end, as a model has it."""
    places = np.flatnonzero(words != padding)
    before: np.ndarray = words[places[:, None] - np.arange(1, reach + 1)]
    early = np.flatnonzero(before[:, -1] == padding)
    before[early, (before[early] == padding).argmax(axis=1)] = Vocabulary.end
    return before


def direct_sums(
    centres: np.ndarray, followers: np.ndarray, query: np.ndarray, distances: Sequence[float], n: int
) -> np.ndarray:
    """f of a query for each of n words: one centre after the other."""
    k = np.exp(-((centres != query) @ np.array(distances)))
    return np.bincount(followers, k, n)


class Features:
    """The features of all centres, in D buckets."""

    def __init__(self, hashed: np.ndarray, c: np.ndarray, dimension: int) -> None:
        """`hashed` has the `hashes()` of the centres, c the sets' coefficients."""
        self._roots, self._dimension = np.sqrt(c), dimension
        self._phi = np.zeros(dimension, np.float32)  # of a query; zero but while it is used
        self._buckets, self._values = self._of(hashed)

    def _of(self, hashed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Buckets and signed values. The lowest bit is the sign."""
        sign = 1.0 - 2.0 * (hashed & np.uint64(1)).astype(float)
        buckets = (hashed >> np.uint64(1)) % np.uint64(self._dimension)
        return buckets.astype(np.int64), (sign * self._roots).astype(np.float32)

    def sums(self, followers: np.ndarray, hashed: np.ndarray, n: int) -> np.ndarray:
        """f of a query with such hashes, approximately."""
        buckets, values = self._of(hashed)
        np.add.at(self._phi, buckets, values)
        k = np.einsum("ij,ij->i", self._phi[self._buckets], self._values, dtype=np.float64)
        self._phi[buckets] = 0
        return np.bincount(followers, k, n)


def measure(
    learn: Sequence[Document], test: Sequence[Document], threads: int | None, progress: bool | None
) -> RandomFeatures:
    """A kernel without classes on the first documents, its direct sum, and its features, asked at test positions."""
    learn = _first(learn, CENTRES)
    vocabulary = Vocabulary(learn)
    n = len(vocabulary)
    words, test_words = [padded(map(vocabulary.ids, part), n, REACH) for part in (learn, test)]
    centres, followers, queries = histories(words, n, REACH), words[words != n], histories(test_words, n, REACH)
    queries = queries[:: max(len(queries) // QUERIES, 1)][:QUERIES]
    kernel = train(
        list(map(vocabulary.text, learn)), tokenizer="words", symbols=SymbolOptions(text_end=False),
        kernel=KernelOptions(reach=REACH, class_distances=False), threads=threads, progress=progress,
    )  # fmt: skip
    settings = kernel.info.kernel
    assert settings
    exact = np.stack([direct_sums(centres, followers, query, settings.distances, n) for query in queries])
    sets, c = coefficients(settings.distances)
    hashed, asked = hashes(centres, sets), hashes(queries, sets)
    approximations = []
    with Progress(progress) as bar:
        for i, dimension in enumerate(DIMENSIONS):
            bar.show("random features", i, len(DIMENSIONS))
            features = Features(hashed, c, dimension)
            found = np.stack([features.sums(followers, query, n) for query in asked])
            error = np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)
            same = found.argmax(axis=1) == exact.argmax(axis=1)
            negative = float((found < 0).mean())
            approximations.append(
                Approximation(dimension, float(np.median(error)), float(same.mean()), negative, 4 * dimension * n)
            )
    wrong = _expansion_error(kernel, vocabulary, queries, exact)
    return RandomFeatures(len(centres), len(queries), n, wrong, kernel.info.bytes, approximations)


def _first(documents: Sequence[Document], n_words: int) -> list[Document]:
    """Whole documents, of about so many words together."""
    result: list[Document] = []
    for document in documents:
        if sum(d.n_words for d in result) >= n_words:
            break
        result.append(document)
    return result


def _expansion_error(kernel: Model, vocabulary: Vocabulary, queries: np.ndarray, exact: np.ndarray) -> float:
    """The largest difference of a probability, relative to it, between hash tables and direct sums."""
    ids = np.array([kernel.id_of(word) for word in vocabulary.words])
    settings = kernel.info.kernel
    assert settings
    background = np.exp(-sum(settings.distances))  # the one occurrence of nothing known
    worst = 0.0
    for query, f in zip(queries, exact, strict=True):
        known = query[query < len(ids)][::-1]
        context = ids[known[len(known) < len(query) :]]  # without the line end that it begins behind
        expected = (f + background / kernel.n_symbols) / (f.sum() + background)
        worst = max(worst, float(np.abs(kernel.distribution(context)[ids] / expected - 1).max()))
    return worst
