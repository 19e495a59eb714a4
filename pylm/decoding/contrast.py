# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""One model against another: what the one finds more probable than the other does.

Contrastive decoding (Li et al. 2022, arXiv:2210.15097): of the symbols that are at least alpha times as probable as the
most probable one, those with the highest log p - weight * log q.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import MAX_U32, ONE_Q16, integer, number
from .._core.image import CANDIDATE, Image
from .._core.prediction import probability_of, shown
from ..errors import ArgumentError

if TYPE_CHECKING:
    from array import array

    import numpy as np

MAX_WEIGHT = 1000


class Contrast(NamedTuple):
    """A symbol that may come next, in two models; from `Model.contrast()`."""

    id: int
    text: str  #: as in `Prediction.text`
    probability: float  #: in this model
    other: float  #: in the other model


def contrasts(own: Image, other: Image, symbols: array[int], k: int, weight: float, alpha: float) -> list[Contrast]:
    """The k symbols after others that one model prefers most, compared with another."""
    k = integer("k", k, 1, MAX_U32)
    rival = Rival(own, other, weight, alpha)
    found = rival.compared(own.new_state(symbols), rival.after(symbols), own.every_symbol, False)
    return [
        Contrast(symbol, shown(own.symbol_text(symbol)), probability_of(ours), probability_of(theirs))
        for symbol, ours, theirs in zip(*(part[:k].tolist() for part in found), strict=True)
    ]


class Rival:
    """The model whose preferences are avoided. ArgumentError if its vocabulary is another one."""

    def __init__(self, own: Image, other: Image, weight: float, alpha: float) -> None:
        number("contrast_weight", weight, 0, MAX_WEIGHT)
        number("contrast_alpha", alpha, 0, 1)
        if own.n_symbols != other.n_symbols or own.vocabulary != other.vocabulary:
            raise ArgumentError(
                "the model to contrast with has another vocabulary; train both on bytes, or with the same "
                "tokenizer.json"
            )
        self._own, self.image = own, other
        self._weight_q16 = round(weight * ONE_Q16)
        self._margin = round(-math.log2(alpha) * ONE_Q16) if alpha > 0 else 1 << 32

    def after(self, symbols: array[int]) -> Any:
        """A state of the model that has read checked symbols."""
        return self.image.new_state(symbols)

    def compared(
        self, state: Any, rival: Any, symbols: np.ndarray, may_end: bool, unknown: bool = True
    ) -> tuple[np.ndarray, ...]:
        """Of allowed symbols the plausible ones, best first: three int64 arrays of shape (n,), the symbols, their
        costs, and those in the other model, in 1/65536 bit, given what is allowed."""
        import numpy as np

        found = self._own.allowed(state, symbols, may_end, unknown)
        found = found[found["cost"] <= found["cost"].min() + np.int64(self._margin)]
        costs = np.full(len(found), 62 * ONE_Q16, np.int64)  # an end without any probability is not in the list
        theirs = np.sort(self.image.allowed(rival, symbols, may_end, unknown), order="symbol")
        at = np.minimum(theirs["symbol"].searchsorted(found["symbol"]), len(theirs) - 1)
        same = theirs["symbol"][at] == found["symbol"]
        costs[same] = theirs["cost"][at[same]]
        ours = found["cost"].astype(np.int64)
        order = np.lexsort((found["symbol"], self._scores(ours, costs)))
        return found["symbol"].astype(np.int64)[order], ours[order], costs[order]

    def contrasted(self, state: Any, rival: Any, symbols: np.ndarray, may_end: bool, unknown: bool) -> np.ndarray:
        """The same as candidates, whose costs are what counts: of the best one 0."""
        import numpy as np

        symbols, ours, theirs = self.compared(state, rival, symbols, may_end, unknown)
        scores = self._scores(ours, theirs)
        result = np.empty(len(symbols), np.dtype(CANDIDATE))
        result["symbol"] = symbols
        result["cost"] = np.minimum(scores - scores[0], (1 << 32) - 1)
        return result

    def _scores(self, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        scores: np.ndarray = ours - (theirs * self._weight_q16 >> 16)
        return scores
