# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""n-grams without a longest n: contexts as long as the training text has them, from a suffix array (as infini-gram, Liu
et al. 2024, finds them). What followed the longest one is mixed with what followed each shorter one (Witten and Bell
1991), since a share of 0 is no probability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

KEPT = 1000  # occurrences of a context from which on its followers are kept, not counted again


class LongestSuffix:
    def __init__(self, text: np.ndarray, n_symbols: int) -> None:
        self._n_symbols = n_symbols
        self._backwards = text[::-1].astype(np.int32)  # contexts are read from their end
        order = suffix_array(self._backwards)
        # The end of the text has no follower; its beginning has, and is the shortest context.
        order = np.concatenate([[len(text)], order[order > 0]])
        self._order = order
        self._followers = self._backwards[order - 1]  # of the context that begins there, backwards
        self._kept: dict[tuple[int, int], tuple[np.ndarray, int]] = {}

    @property
    def nbytes(self) -> int:
        return int(self._order.astype(np.int32).nbytes + self._followers.nbytes + self._backwards.nbytes)

    def nats(self, text: Sequence[int], before: int) -> float:
        """The loss of a text behind one symbol."""
        backwards = np.concatenate([[before], text])[::-1].tolist()
        n, total = len(text), 0.0
        for i in range(n):
            total -= float(np.log(self.probability(backwards[n - i :], backwards[n - i - 1])))
        return total

    def probability(self, context: Sequence[int], symbol: int) -> float:
        """Of a symbol behind a context, which is read backwards."""
        p = 1 / self._n_symbols
        for begin, end in self._contexts(context):
            count, different = self._counts(begin, end, symbol)
            p = (count + different * p) / (end - begin + different)
        return p

    def drawn(self, n: int, before: int, seed: int) -> list[int]:
        """n symbols behind one, each drawn from its whole distribution: from the longest context on, one of its
        followers, or else what a shorter context says, as often as probability() mixes the two."""
        random, backwards = np.random.default_rng(seed), [before]
        for _ in range(n):
            contexts = list(self._contexts(backwards))
            symbol = int(random.integers(self._n_symbols))
            for begin, end in reversed(contexts):
                different = self._counts(begin, end, 0)[1]
                if random.random() * (end - begin + different) < end - begin:
                    symbol = int(self._followers[random.integers(begin, end)])
                    break
            backwards.insert(0, symbol)
        return backwards[-2::-1]

    def _contexts(self, context: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Where the suffixes of a context stand, the empty one first. Of those in the same places, the shortest."""
        begin, end, places = 0, len(self._order), 0
        for depth in range(len(context) + 1):
            if end - begin != places:  # else a longer context of the same places, which says nothing new
                places = end - begin
                yield begin, end
            if depth == len(context):
                return
            begin, end = self._narrowed(begin, end, depth, context[depth])
            if begin == end:
                return

    def _counts(self, begin: int, end: int, symbol: int) -> tuple[int, int]:
        """How often a symbol followed a context, and how many different ones did."""
        if end - begin < KEPT:
            followers = self._followers[begin:end].tolist()
            return followers.count(symbol), len(set(followers))
        if (begin, end) not in self._kept:
            counts = np.bincount(self._followers[begin:end], minlength=self._n_symbols)
            self._kept[begin, end] = counts, int((counts > 0).sum())
        counts, different = self._kept[begin, end]
        return int(counts[symbol]), different

    def _narrowed(self, begin: int, end: int, depth: int, symbol: int) -> tuple[int, int]:
        """Of contexts that agree in `depth` symbols, those whose next one back is `symbol`."""
        first = self._first(begin, end, depth, symbol)
        return first, self._first(first, end, depth, symbol + 1)

    def _first(self, begin: int, end: int, depth: int, symbol: int) -> int:
        """The first place whose symbol at `depth` is not below this one."""
        order, text = self._order, self._backwards
        while begin < end:
            middle = (begin + end) // 2
            at = order[middle] + depth
            if at < len(text) and text[at] >= symbol:
                end = middle
            else:
                begin = middle + 1
        return begin


def suffix_array(text: np.ndarray) -> np.ndarray:
    """Where the suffixes of a text begin, in their order (by doubling: Manber and Myers 1993). Of two that agree as far
    as they go, the shorter comes first."""
    rank = np.unique(text, return_inverse=True)[1].astype(np.int64)
    length, n = 1, len(text)
    while True:
        second = np.zeros(n, np.int64)
        second[: max(n - length, 0)] = rank[length:] + 1
        key = rank * (n + 2) + second
        order = np.argsort(key, kind="stable")
        steps = np.concatenate([[0], np.cumsum(np.diff(key[order]) != 0)])
        rank[order] = steps
        if n == 0 or steps[-1] == n - 1:
            return order
        length *= 2
