# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the kernel is compared with: n-gram counts, longest-suffix back-off, and interpolated modified Kneser-Ney.

Contexts are numbers: their words are the digits, the one that came last the lowest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

FALLBACK = (0.0, 0.5, 1.0, 1.5)  # discounts where too little was seen to estimate them


def padded(documents: Iterable[Sequence[int]], n_words: int, length: int) -> np.ndarray:
    """All words in a row, before each document `length` times the id `n_words`, which is never predicted."""
    return np.concatenate([np.array([*[n_words] * length, *ids], np.int64) for ids in documents])


def contexts(words: np.ndarray, n_words: int, length: int) -> np.ndarray:
    """The last `length` words before each word that is none of the padding; (n_words + 1) ** length below 2^63."""
    keys = np.zeros_like(words)
    for j in range(1, length + 1):
        keys[j:] += words[:-j] * (n_words + 1) ** (j - 1)
    found: np.ndarray = keys[words != n_words]
    return found


class Table:
    """How often which words followed which contexts: entries, grouped by context."""

    def __init__(self, keys: np.ndarray, words: np.ndarray, base: int) -> None:
        """Counts. `keys` are contexts, `words` what followed them, below `base`."""
        self.contexts, number = np.unique(keys, return_inverse=True)
        entries, self.counts = np.unique(number.reshape(-1) * base + words, return_counts=True)
        self.words, self.groups = entries % base, entries // base
        self.begins = np.searchsorted(self.groups, np.arange(len(self.contexts)))
        self.ends = np.append(self.begins[1:], len(entries))
        self.totals = self.sums(self.counts)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Of each context."""
        return np.add.reduceat(values, self.begins)

    def find(self, contexts: np.ndarray) -> np.ndarray:
        """The places of contexts; -1 where one was not seen."""
        places = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        return np.where(self.contexts[places] == contexts, places, -1)

    def best(self) -> np.ndarray:
        """The entry of each context's most frequent follower; of equal ones the first."""
        return np.lexsort((self.words, -self.counts, self.groups))[self.begins]

    @property
    def nbytes(self) -> int:
        """With 8 bytes for a context and its place, and 4 each for an entry's word and number."""
        return 16 * len(self.contexts) + 8 * len(self.words)


def count(words: np.ndarray, n_words: int, length: int) -> list[Table]:
    """Tables for contexts of 0, 1, ... `length` words."""
    followers = words[words != n_words]
    return [Table(contexts(words, n_words, n), followers, n_words + 1) for n in range(length + 1)]


class LongestSuffix:
    """The most frequent follower of the longest context that was seen: no probabilities, no smoothing."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables
        self._best = [table.best() for table in tables]

    def predict(self, words: np.ndarray, n_words: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of each position: word, its share of what followed, words of the context seen, and how many different ones
        followed that."""
        n = int((words != n_words).sum())
        share = np.zeros(n)
        word, length, followers = np.zeros((3, n), np.int64)
        for i, table in enumerate(self.tables):
            places = table.find(contexts(words, n_words, i))
            seen = places >= 0
            places = places[seen]
            entries = self._best[i][places]
            word[seen], share[seen] = table.words[entries], table.counts[entries] / table.totals[places]
            length[seen], followers[seen] = i, table.ends[places] - table.begins[places]
        return word, share, length, followers


class KneserNey:
    """Interpolated modified Kneser-Ney: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language
    Modeling", 1998. The orders below the highest count in how many different contexts a run was seen, not how
    often. Each order is discounted by D1, D2, D3+, estimated in closed form; what is taken away is shared out as the
    next lower order says, at last evenly."""

    def __init__(self, tables: Sequence[Table], n_words: int) -> None:
        self._n_words = n_words
        self.tables = [self._continuations(table, n) for n, table in enumerate(tables[1:])] + [tables[-1]]
        self._kept, self._given = [], []
        for table in self.tables:
            taken = discounts(table.counts)[np.minimum(table.counts, 3)]
            self._kept.append((table.counts - taken) / table.totals[table.groups])
            self._given.append(table.sums(taken) / table.totals)

    def _continuations(self, longer: Table, length: int) -> Table:
        """For contexts of so many words, from those that have one more at the front: each of these counts once."""
        base = self._n_words + 1
        return Table(longer.contexts[longer.groups] % base**length, longer.words, base)

    def find(self, words: np.ndarray) -> np.ndarray:
        """For each position the places of its contexts, -1 for those not seen; of shape (n, order)."""
        found = [table.find(contexts(words, self._n_words, n)) for n, table in enumerate(self.tables)]
        return np.stack(found, axis=1)

    def distribution(self, places: np.ndarray) -> np.ndarray:
        """The probability of every word, float64 of shape (n_words,), at a position whose contexts are at `places`."""
        p = np.full(self._n_words, 1 / self._n_words)
        for table, kept, given, place in zip(self.tables, self._kept, self._given, places, strict=False):
            if place >= 0:  # else nor are the longer ones
                here = slice(table.begins[place], table.ends[place])
                p *= given[place]
                p[table.words[here]] += kept[here]
        return p

    @property
    def nbytes(self) -> int:
        return sum(table.nbytes + 4 * len(table.contexts) for table in self.tables)


def discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from runs counted 0, 1, 2, and 3 or more times."""
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(float)
    result = np.array(FALLBACK)
    if n[1:5].all():
        y = n[1] / (n[1] + 2 * n[2])
        for i in (1, 2, 3):
            result[i] = min(max(i - (i + 1) * y * n[i + 1] / n[i], 0.0), float(i))
    return result
