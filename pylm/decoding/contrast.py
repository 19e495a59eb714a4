# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""One model against another: what the one finds more probable than the other does.

Contrastive decoding (Li et al. 2022, arXiv:2210.15097): of the symbols that are at least alpha times as probable as the
most probable one, those with the highest log p - weight * log q.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .._core.image import CANDIDATE, Image
from ..errors import ArgumentError

if TYPE_CHECKING:
    from array import array

    import numpy as np

ONE_Q16 = 65536
MAX_WEIGHT = 1000


class Rival:
    """The model whose preferences are avoided. ArgumentError if its vocabulary is another one."""

    def __init__(self, own: Image, other: Image, weight: float, alpha: float) -> None:
        for name, value, high in (("against_weight", weight, MAX_WEIGHT), ("against_alpha", alpha, 1)):
            if isinstance(value, (str, bytes)) or not 0 <= value <= high:
                raise ArgumentError(f"{name} must be a number from 0 to {high}, not {value!r}")
        if own.n_symbols != other.n_symbols or own.vocabulary != other.vocabulary:
            raise ArgumentError(
                "the model to go against has another vocabulary; train both on bytes, or with the same tokenizer.json"
            )
        self._own, self.image = own, other
        self._weight_q16 = round(weight * ONE_Q16)
        self._margin = round(-math.log2(alpha) * ONE_Q16) if alpha > 0 else 1 << 32

    def after(self, symbols: array[int]) -> Any:
        """A state of the model that has read checked symbols."""
        return self.image.new_state(symbols)

    def compared(self, state: Any, rival: Any, symbols: np.ndarray, may_end: bool) -> tuple[np.ndarray, ...]:
        """Of allowed symbols the plausible ones, best first: three int64 arrays of shape (n,), the symbols, their costs,
        and those in the other model, in 1/65536 bit, given what is allowed."""
        import numpy as np

        found = self._own.restricted(state, symbols, may_end)
        found = found[found["cost"] <= found["cost"].min() + np.int64(self._margin)]
        costs = np.full(len(found), 62 * ONE_Q16, np.int64)  # an end without any probability is not in the list
        theirs = np.sort(self.image.restricted(rival, symbols, may_end), order="symbol")
        at = np.minimum(theirs["symbol"].searchsorted(found["symbol"]), len(theirs) - 1)
        same = theirs["symbol"][at] == found["symbol"]
        costs[same] = theirs["cost"][at[same]]
        ours = found["cost"].astype(np.int64)
        order = np.lexsort((found["symbol"], self._scores(ours, costs)))
        return found["symbol"].astype(np.int64)[order], ours[order], costs[order]

    def contrasted(self, state: Any, rival: Any, symbols: np.ndarray, may_end: bool) -> np.ndarray:
        """The same as candidates, whose costs are what counts: of the best one 0."""
        import numpy as np

        symbols, ours, theirs = self.compared(state, rival, symbols, may_end)
        scores = self._scores(ours, theirs)
        result = np.empty(len(symbols), np.dtype(CANDIDATE))
        result["symbol"] = symbols
        result["cost"] = np.minimum(scores - scores[0], (1 << 32) - 1)
        return result

    def _scores(self, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        return ours - (theirs * self._weight_q16 >> 16)
