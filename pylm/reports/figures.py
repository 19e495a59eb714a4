# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Figures of a report."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .._info import ModelInfo

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same probability."""

    n: int  #: predictions
    predicted: float  #: sum of their probabilities: how many should come true
    observed: int  #: how many did
    variance: float  #: of that number, if the probabilities are true: sum of p (1 - p)


@dataclass(frozen=True)
class Calibration:
    """Predicted against observed frequency.

    Expected calibration error, ECE: predictions are put into bins by their probability, and

        ECE = sum over bins of |observed - predicted| / positions

    `observed` being how many predictions of a bin came true, and `predicted` the sum of their probabilities. With one
    prediction a position, its most probable token, in 15 bins of equal width, that is the usual
    sum of n_b / n * |accuracy_b - confidence_b| (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural
    Networks", 2017). With every token at every position as a prediction, each position counts as much as in that:
    its probabilities sum to one.

    Even true probabilities have an error above 0, as long as texts are finite: `chance`.
    """

    bins: list[Bin]
    positions: int

    @property
    def ece(self) -> float:
        """Expected calibration error, 0 to 1."""
        return sum(abs(b.observed - b.predicted) for b in self.bins) / max(self.positions, 1)

    @property
    def chance(self) -> float:
        """What the ECE would come to, on average, if the probabilities were true."""
        return sum(math.sqrt(2 / math.pi * b.variance) for b in self.bins) / max(self.positions, 1)


@dataclass(frozen=True)
class Order:
    """The tokens for which the longest context known was of so many tokens."""

    order: int
    tokens: int
    bits: float  #: they cost, all together


@dataclass(frozen=True)
class Worth:
    """What a part of the model did for the text; see `pylm.Part`."""

    kind: str
    name: str
    bits: float  #: all together; above 0 it made the text more probable
    contexts: int  #: stored; 0 for what is no context
    bytes: int  #: that these take


@dataclass(frozen=True)
class Hard:
    """A token that cost much."""

    token: str
    context: str  #: the text before it
    position: int
    bits: float


@dataclass(frozen=True)
class HardKind:
    """All occurrences of a token that together cost much."""

    token: str
    count: int
    bits: float


@dataclass(frozen=True)
class Figures:
    """All that a report says."""

    title: str
    model: ModelInfo
    learned: bool  #: from the text, while reading it
    bytes: int  #: of the text
    costs: np.ndarray  #: bits of each token, float64 of shape (n,); of an unknown word, with its letters
    spelling_bits: float  #: what the letters of unknown words cost, all together
    top: Calibration  #: of the most probable token at every position
    all: Calibration  #: of all tokens, at `positions` of the text
    orders: list[Order]
    parts: list[Worth]  #: sum to minus the bits of the text
    hardest: list[Hard]
    hardest_kinds: list[HardKind]

    @property
    def tokens(self) -> int:
        """How many the text has."""
        return len(self.costs)

    @property
    def bits(self) -> float:
        """What all of them cost: the sum of -log2(probability)."""
        return float(self.costs.sum())

    @property
    def perplexity(self) -> float:
        """2 ** (bits per token), without the letters of unknown words, as in `Evaluation.perplexity`."""
        return float(2.0 ** ((self.bits - self.spelling_bits) / self.tokens))

    @property
    def accuracy(self) -> float:
        """How often the most probable token came."""
        return sum(b.observed for b in self.top.bins) / self.tokens

    def as_dict(self) -> dict[str, Any]:
        """Nested dicts and lists, for JSON; `costs` included."""
        derived = {name: getattr(self, name) for name in ("tokens", "bits", "perplexity", "accuracy")}
        found = {**asdict(self), **derived, "costs": self.costs.tolist()}
        for name in ("top", "all"):
            calibration = getattr(self, name)
            found[name] |= {"ece": calibration.ece, "chance": calibration.chance}
        return found
