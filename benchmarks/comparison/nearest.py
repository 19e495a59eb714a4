# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Nearest neighbours: the places of the text before which nearly the same symbols stand. Their distance is a weighted
Hamming distance: what each of the last symbols adds if it is another one, less the farther back it is. The nearest
ones vote for the symbol behind them, near ones with more weight, and how often each symbol comes at all votes with a
little. Every place is looked at for every symbol, so this is for short texts only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

REACH = 12  # symbols that are compared
NEAREST = 64  # that vote, and those that are as near as the last of them
FARTHEST = 255  # a distance of all that differs


class Settings(NamedTuple):
    decay: float  # of what a symbol adds to the distance, a symbol farther back
    width: float  # a neighbour that is farther by so much has a vote that is e times less
    prior: float  # votes by frequency


TRIED = [Settings(*each) for each in product((0.5, 0.6, 0.7), (4.0, 6.0, 9.0), (0.1, 0.3, 0.6))]


class Nearest:
    """room: how many symbols may be added by `add()`."""

    def __init__(self, text: np.ndarray, n_symbols: int, before: int, room: int = 0) -> None:
        self._n_symbols, self.n = n_symbols, len(text)
        self._padded = np.full(REACH + len(text) + room, before, np.uint8 if n_symbols <= 256 else np.int32)
        self._padded[REACH : REACH + len(text)] = text
        self._counts = np.bincount(text, minlength=n_symbols)

    @property
    def nbytes(self) -> int:
        return int(self._padded.nbytes)

    def add(self, symbol: int) -> None:
        """A symbol that follows the text."""
        self._padded[REACH + self.n] = symbol
        self._counts[symbol] += 1
        self.n += 1

    def distances(self, context: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Of every place of the text, to a context of REACH symbols."""
        found = np.zeros(self.n, np.uint8)
        for back in range(REACH):
            at = REACH - 1 - back
            found += (self._padded[at : at + self.n] != context[at]).view(np.uint8) * steps[back]
        return found

    def distribution(self, distances: np.ndarray, settings: Settings) -> np.ndarray:
        """Of the next symbol. Distances of more places may follow, which are not looked at."""
        distances = distances[: self.n]
        reached = np.cumsum(np.bincount(distances, minlength=FARTHEST + 1)) >= min(NEAREST, self.n)
        near = np.flatnonzero(distances <= int(np.argmax(reached)))
        apart = distances[near].astype(np.float64)
        votes = np.exp((apart.min() - apart) / settings.width)
        counted = np.bincount(self._padded[REACH + near], weights=votes, minlength=self._n_symbols)
        prior = (self._counts + 1) / (self.n + self._n_symbols)
        return (counted + settings.prior * prior) / (votes.sum() + settings.prior)


def steps_of(decay: float) -> np.ndarray:
    """What each symbol back adds to a distance: as much as has room in a byte, and 1 at least."""
    shares = decay ** np.arange(REACH)
    steps: np.ndarray = np.maximum(shares * (FARTHEST - REACH) / shares.sum(), 1).astype(np.uint8)
    return steps


def nats(text: np.ndarray, known: np.ndarray, n_symbols: int, before: int, settings: Settings) -> tuple[float, float]:
    """The loss of a text behind a known one: of neighbours in the known one, and in all that was read so far."""
    fixed, model = Nearest(known, n_symbols, before), Nearest(known, n_symbols, before, len(text))
    steps = steps_of(settings.decay)
    context, static, adaptive = np.full(REACH, before, np.int64), 0.0, 0.0
    for symbol in text.tolist():
        distances = model.distances(context, steps)
        static -= float(np.log(fixed.distribution(distances, settings)[symbol]))
        adaptive -= float(np.log(model.distribution(distances, settings)[symbol]))
        model.add(symbol)
        context = np.append(context[1:], symbol)
    return static, adaptive


def chosen(
    known: np.ndarray, held_out: np.ndarray, n_symbols: int, before: int, tried: Sequence[Settings] = TRIED
) -> Settings:
    """The settings that are best for a text that was left out."""
    model, losses = Nearest(known, n_symbols, before), dict.fromkeys(tried, 0.0)
    context = known[-REACH:]
    for symbol in held_out.tolist():
        for decay in sorted({settings.decay for settings in tried}):
            distances = model.distances(context, steps_of(decay))
            for settings in tried:
                if settings.decay == decay:
                    losses[settings] -= float(np.log(model.distribution(distances, settings)[symbol]))
        context = np.append(context[1:], symbol)
    return min(losses, key=lambda settings: losses[settings])
