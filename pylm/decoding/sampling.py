# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Generation: one symbol chosen after the other."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._core.arguments import MAX_U32, MAX_WINDOW, integer, q16
from .._core.image import Image, new_symbols
from .._core.native import NONE, check, ffi, lib
from .._core.reader import image_of
from .contrast import Rival
from .options import check_constraint

if TYPE_CHECKING:
    import numpy as np

    from .._core.reader import Reader
    from .constraints import Constraint
    from .spelling import Walk


class Sampler:
    """Chooses symbol after symbol. Options and defaults are those of `SamplingOptions`."""

    def __init__(
        self,
        image: Image,
        *,
        temperature: float = 0.8,
        top_k: int = 40,
        top_p: float = 0.95,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        repetition_window: int = 64,
        seed: int | None = None,
        constraint: Constraint | None = None,
        contrast: Reader | None = None,
        contrast_weight: float = 1.0,
        contrast_alpha: float = 0.1,
    ) -> None:
        check_constraint(constraint)
        self._image, self._constraint = image, constraint
        other = None if contrast is None else image_of("contrast", contrast)
        self._rival = None if other is None else Rival(image, other, contrast_weight, contrast_alpha)
        self._sampler = ffi.new("pylm_sampler *")
        settings = self._sampler.settings
        settings.temperature_q16 = q16("temperature", temperature, 0, 1000)
        if temperature > 0:
            settings.temperature_q16 = max(settings.temperature_q16, 1)
        settings.top_k = integer("top_k", top_k, 0, MAX_U32)
        settings.top_p_q16 = q16("top_p", top_p, 0, 1)
        settings.min_p_q16 = q16("min_p", min_p, 0, 1)
        settings.penalty_q16 = q16("repetition_penalty", repetition_penalty, 1, 1000)
        self._window = integer("repetition_window", repetition_window, 0, MAX_WINDOW)
        if seed is None:
            seed = int.from_bytes(os.urandom(8), "little")
        self._sampler.random = integer("seed", seed, 0, (1 << 64) - 1)
        limit = settings.top_k if settings.temperature_q16 else 1
        self._n_candidates = min(limit + self._window if limit else image.n_symbols, image.n_symbols)
        self._candidates = ffi.new("pylm_candidate[]", self._n_candidates)

    def symbols(self, prompt: array[int], n: int, state: Any = None) -> Iterator[int]:
        """n symbols that go on after checked symbols, or fewer within a constraint; from a state that has read them, if
        one is given."""
        walk = None if self._constraint is None else self._constraint._walk(self._image, n)
        state = self._image.new_state(prompt) if state is None else state
        return self._chosen(prompt, n, state, walk)

    def _chosen(self, prompt: array[int], n: int, state: Any, walk: Walk | None) -> Iterator[int]:
        image, window, other = self._image, self._window, self._rival
        others = None if other is None else other.after(prompt)
        work = image.new_work()
        recent = new_symbols(max(window, 1))
        last = prompt[max(len(prompt) - window, 0) :] if window else array("I")
        recent[: len(last)] = last
        pointer = ffi.from_buffer("uint32_t[]", recent)  # the sampler does not keep it in place
        sampler = self._sampler
        sampler.recent, sampler.n_recent = pointer, len(last)
        oldest = 0  # `recent` is a ring: its order does not matter to the penalty
        for _ in range(n):
            found = self._found(state, walk, others)
            chosen = self._choose(found, state, work)
            if chosen == NONE:
                return
            lib.pylm_state_push(image.model, state, chosen)
            if walk is not None:
                walk.read(chosen)
            if other is not None:
                lib.pylm_state_push(other.image.model, others, chosen)
            if sampler.n_recent < window:
                recent[sampler.n_recent] = chosen
                sampler.n_recent += 1
            elif window:
                recent[oldest] = chosen
                oldest = (oldest + 1) % window
            yield chosen

    def _found(self, state: Any, walk: Walk | None, others: Any) -> np.ndarray | None:
        """The candidates for the next symbol; None if all symbols are, as the model says."""
        image, other = self._image, self._rival
        if walk is None and other is None:
            return None
        symbols, may_end = (image.every_symbol, False) if walk is None else walk.steps()
        if other is not None:
            return other.contrasted(state, others, symbols, may_end)
        return None if len(symbols) == image.n_symbols else image.restricted(state, symbols, may_end)

    def _choose(self, found: np.ndarray | None, state: Any, work: Any) -> int:
        symbol = ffi.new("uint32_t *")
        if found is None:
            model, n = self._image.model, self._n_candidates
            status = lib.pylm_sample(model, state, self._sampler, work, self._candidates, n, symbol)
        else:
            candidates = ffi.from_buffer("pylm_candidate[]", found, require_writable=True)
            status = lib.pylm_choose(self._sampler, candidates, len(found), symbol)
        check(status)
        chosen: int = symbol[0]
        return chosen
