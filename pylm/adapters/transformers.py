# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A model beside a large one in transformers: fused with it at every token, or keeping it to a constraint.

    from transformers import LogitsProcessorList
    from pylm.adapters.transformers import PylmLogitsProcessor

    fused = PylmLogitsProcessor(pylm.load("domain.pylm"), weight=0.3)
    large.generate(**inputs, logits_processor=LogitsProcessorList([fused]))

The model has the large one's token ids: it was trained with that one's tokenizer, ``tokenizer=tokenizer.
backend_tokenizer``, or with ``tokenizer="ids"`` on its ids.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from transformers import LogitsProcessor

from .._core.arguments import MAX_U32, integer, number, several
from .._core.in_use import InUse, alone
from .._core.native import ffi, lib
from .._core.reader import image_of
from .._model import Model
from ..decoding.options import check_constraint
from ..errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np

    from ..decoding.constraints import Constraint
    from ..decoding.spelling import Walk

MOST_WEIGHT = 1e6
LN_Q62 = 62 * math.log(2)


class _Hypothesis(NamedTuple):
    """What one row of a batch has come to."""

    state: Any  # a pylm_state that has read it; None: the row has ended
    walk: Walk | None  # in the constraint


class PylmLogitsProcessor(LogitsProcessor):  # type: ignore[misc]  # it has no types
    """Adds ``weight * ln p(token | the text so far)`` by a model of pylm to the scores of a large model, in greedy
    search, sampling and beam search; and leaves only what a constraint allows.

    model           a `pylm.Model` with the ids of the large one. Ids beyond its vocabulary, by which some large models
                    fill theirs up, become impossible.
    weight          how much it counts, from -1e6; 0: not at all. Below 0 it keeps the large model away from what the
                    model expects.
    state           a `pylm.State` of the model to go on from, which may have learned; None: the beginning of a text. It
                    must not read on while this is used.
    candidates      only so many tokens are looked at, those with the highest scores; all others become impossible.
                    None: all, which takes some milliseconds for 10,000.
    constraint      what the new text may be, from its first token on: `pylm.Regex`, `OneOf`, `Prefix`, `Schema`. It
                    needs a model that has its tokenizer, `eos_token_id` and `max_new_tokens`.
    eos_token_id    by which a text ends: one id, or several.
    max_new_tokens  as many as `generate()` was told. The text is sure to end within them.
    skip            ids that are not read where a row begins with them: those of padding, and of a beginning that the
                    model was not trained with.

    It is for one `generate()` at a time. The next one is noticed, unless it goes on from what the last one wrote; so
    call `reset()` in between if there is a constraint. Costs for a row and token: what `State.distribution()` costs.
    Raises ArgumentError, TypeError.
    """

    def __init__(
        self,
        model: Model,
        weight: float = 0.5,
        *,
        state: Any = None,
        candidates: int | None = None,
        constraint: Constraint | None = None,
        eos_token_id: int | Iterable[int] | None = None,
        max_new_tokens: int | None = None,
        skip: Iterable[int] = (),
    ) -> None:
        self._image = image_of("model", model)
        self._use = InUse() if state is None else state._use
        self._weight = number("weight", weight, -MOST_WEIGHT, MOST_WEIGHT)
        self._candidates = None if candidates is None else integer("candidates", candidates, 1, MAX_U32)
        check_constraint(constraint)
        self._constraint, self._ends, self._n_new = constraint, _ids("eos_token_id", eos_token_id), 0
        if constraint is not None:
            if not self._ends or max_new_tokens is None:
                raise ArgumentError("a constraint needs eos_token_id and max_new_tokens: it has to end in time")
            self._n_new = integer("max_new_tokens", max_new_tokens, 1, MAX_U32)
        self._skip, self._held = frozenset(_ids("skip", skip)), None
        if state is None:
            self._begin = self._image.new_state()
        else:
            self._held = state.branch()
            if state._image is not self._image:
                raise ArgumentError("state is of another model")
            self._begin = self._held._state
        self.reset()

    def reset(self) -> None:
        """The next call is the first of a new `generate()`."""
        self._rows: dict[bytes, _Hypothesis] = {}

    @alone
    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """As transformers has it: int64 ids of shape (rows, n), scores of shape (rows, vocabulary)."""
        import numpy as np
        import torch

        n_symbols = self._image.n_symbols
        if scores.shape[1] < n_symbols:
            raise ArgumentError(f"the model has {n_symbols} ids, and the scores are of {scores.shape[1]}: not the same")
        ids = np.ascontiguousarray(input_ids.cpu().numpy(), np.int64)
        found = np.ascontiguousarray(scores.detach().cpu().float().numpy())
        result = np.empty_like(found)
        for i, row in enumerate(self._read(ids)):
            result[i] = found[i] if row.state is None else self._scores(row, found[i])
        return torch.from_numpy(result).to(device=scores.device, dtype=scores.dtype)

    # ---- reading

    def _read(self, ids: np.ndarray) -> list[_Hypothesis]:
        """Where each row has come to. A row goes on from any of the last call, since beams change places; each is known
        by all its ids. Otherwise all begin anew."""
        keys = [row.tobytes() for row in ids]
        before = [self._rows.get(key[: -ids.itemsize]) for key in keys]
        rows: dict[bytes, _Hypothesis] = {}
        for key, parent, row in zip(keys, before, ids, strict=True):
            if key not in rows:
                rows[key] = self._first(row) if None in before or parent is None else self._after(parent, int(row[-1]))
        self._rows = rows
        return [rows[key] for key in keys]

    def _first(self, row: np.ndarray) -> _Hypothesis:
        symbols = row.tolist()
        n = next((i for i, symbol in enumerate(symbols) if symbol not in self._skip), len(symbols))
        state = ffi.new("pylm_state *", self._begin[0])
        for symbol in self._image.check_ids(symbols[n:], "input_ids"):
            lib.pylm_state_push(self._image.model, state, symbol)
        walk = None if self._constraint is None else self._constraint._walk(self._image, self._n_new)
        return _Hypothesis(state, walk)

    def _after(self, parent: _Hypothesis, symbol: int) -> _Hypothesis:
        if parent.state is None or symbol in self._ends or symbol >= self._image.n_symbols:
            return _Hypothesis(None, None)  # only padding follows
        state = ffi.new("pylm_state *", parent.state[0])
        lib.pylm_state_push(self._image.model, state, symbol)
        walk = parent.walk
        if walk is not None:
            walk = walk.copy()
            walk.steps()
            walk.read(symbol)
        return _Hypothesis(state, walk)

    # ---- scores

    def _scores(self, row: _Hypothesis, scores: np.ndarray) -> np.ndarray:
        """The new scores of a row."""
        import numpy as np

        allowed, may_end = self._allowed(row.walk, scores)
        result = np.full_like(scores, -np.inf)
        if self._weight:
            symbols = allowed.astype(np.uint32)
            every = len(symbols) == self._image.n_symbols
            masses = self._image.distribution_q62(row.state) if every else self._image.masses_of(row.state, symbols)
            result[allowed] = scores[allowed] + self._weight * (np.log(np.maximum(masses, 1)) - LN_Q62)
        else:
            result[allowed] = scores[allowed]
        if may_end:
            result[list(self._ends)] = scores[list(self._ends)]
        return result

    def _allowed(self, walk: Walk | None, scores: np.ndarray) -> tuple[np.ndarray, bool]:
        """The ids that are looked at, ascending; and whether the constraint lets the text end."""
        import numpy as np

        allowed, may_end = self._image.every_symbol, False
        if walk is not None:
            allowed, may_end = walk.steps()
            allowed = allowed[~np.isin(allowed, self._ends)]
        k = self._candidates
        if k is not None and k < len(allowed):
            allowed = np.sort(allowed[np.argpartition(-scores[allowed], k - 1)[:k]])
        return allowed, may_end


def _ids(name: str, ids: Any) -> list[int]:
    """One id, or several, as a list."""
    if ids is None:
        return []
    many = [ids] if hasattr(ids, "__index__") and not hasattr(ids, "__len__") else several(name, ids, "ids")
    return [integer(name, symbol, 0, MAX_U32) for symbol in many]
