# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Generation: one symbol chosen after the other."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import MAX_U32, MAX_WINDOW, integer, q16
from .._core.image import Image, new_symbols
from .._core.native import NONE, check, ffi, lib
from .._core.reader import image_of
from .contrast import Rival
from .options import TEMPERATURE, TOP_K, TOP_P, check_constraint
from .prompt import Prompt, Ways

if TYPE_CHECKING:
    import numpy as np

    from .._core.reader import Reader
    from .constraints import Constraint
    from .spelling import Walk


class Continued(NamedTuple):
    """A text that goes on."""

    prompt: Prompt
    kept: int  #: how many of `prompt.rest` it goes on behind
    symbols: Iterator[int]
    n_repeated: int = 0  #: bytes at the start of `symbols` that are the prompt's
    spelled: Iterator[bytes] | None = None  #: words that take the place of ``<unk>``; None: it stays


class Sampler:
    """Chooses symbol after symbol. Options and defaults are those of `SamplingOptions`."""

    def __init__(
        self,
        image: Image,
        *,
        temperature: float = TEMPERATURE,
        top_k: int = TOP_K,
        top_p: float = TOP_P,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        repetition_window: int = 64,
        seed: int | None = None,
        unknown: bool = False,
        ignore_eos: bool = False,
        constraint: Constraint | None = None,
        contrast: Reader | None = None,
        contrast_weight: float = 1.0,
        contrast_alpha: float = 0.1,
    ) -> None:
        check_constraint(constraint)
        self._image, self._constraint = image, constraint
        self._unknown, self._ignore_eos = bool(unknown), bool(ignore_eos)
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
        settings.known_only = not self._unknown
        self._window = integer("repetition_window", repetition_window, 0, MAX_WINDOW)
        if seed is None:
            seed = int.from_bytes(os.urandom(8), "little")
        self._sampler.random = integer("seed", seed, 0, (1 << 64) - 1)
        limit = settings.top_k if settings.temperature_q16 else 1
        self._n_candidates = min(limit + self._window + 1 if limit else image.n_symbols, image.n_symbols)
        self._candidates = ffi.new("pylm_candidate[]", self._n_candidates)

    def go_on(self, prompt: Prompt, n: int) -> Continued:
        """Up to n symbols that go on after a prompt: fewer where the text ends."""
        walk = None if self._constraint is None else self._constraint._walk(self._image, n)
        ways = Ways(self._image, prompt, walk) if prompt.rest and n else None
        way = 0 if ways is None else self._choose(ways.candidates())
        if ways is None or ways.symbols[way] == NONE:
            self._read(prompt, prompt.rest, prompt.learns)
            symbols = self._chosen(prompt, prompt.symbols, n, walk)
            return Continued(prompt, len(prompt.rest), symbols, spelled=self._spelled())
        kept, first, added = int(ways.kept[way]), int(ways.symbols[way]), ways.added(way)
        self._read(prompt, prompt.rest[:kept], prompt.learns)
        self._read(prompt, array("I", [first]), prompt.goes_on)
        if walk is not None:
            walk = walk.behind(added)
        before = prompt.read + prompt.rest[:kept]
        following = self._chosen(prompt, before + array("I", [first]), n - 1, walk)
        n_repeated = len(self._image.vocabulary[1][first]) - len(added)
        return Continued(prompt, kept, _preceded(first, following), n_repeated)

    def _spelled(self) -> Iterator[bytes] | None:
        spelling = self._image.spelling if self._unknown else None
        if spelling is None:
            return None
        return spelling.at_random(self._sampler.settings.temperature_q16, self._sampler.random)

    def _read(self, prompt: Prompt, symbols: array[int], learns: bool) -> None:
        push = lib.pylm_state_push if learns else lib.pylm_state_read
        for symbol in symbols:
            check(push(self._image.model, prompt.state, symbol))

    def _chosen(self, prompt: Prompt, before: array[int], n: int, walk: Walk | None) -> Iterator[int]:
        """n symbols that go on behind those that the state of the prompt has read."""
        image, window, other, state = self._image, self._window, self._rival, prompt.state
        # What it wrote itself is weaker evidence than what it was told: it learns from every second symbol.
        reads = (lib.pylm_state_read, lib.pylm_state_push if prompt.goes_on else lib.pylm_state_read)
        others = None if other is None else other.after(before)
        work = image.new_work()
        recent = new_symbols(max(window, 1))
        last = before[max(len(before) - window, 0) :] if window else array("I")
        recent[: len(last)] = last
        pointer = ffi.from_buffer("uint32_t[]", recent)  # the sampler does not keep it in place
        sampler = self._sampler
        sampler.recent, sampler.n_recent = pointer, len(last)
        oldest = 0  # `recent` is a ring: its order does not matter to the penalty
        for i in range(n):
            found = self._found(state, walk, others)
            chosen = self._sample(state, work) if found is None else self._choose(found)
            if chosen == NONE:
                return
            reads[i % 2](image.model, state, chosen)
            if found is None and chosen == image.text_end:
                if not self._ignore_eos:
                    return
                if image.line_end != NONE:
                    chosen = image.line_end  # is what stands between two texts; the state has begun the other one
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
        ends = image.text_end != NONE and not self._ignore_eos
        symbols, may_end = (image.every_symbol, ends) if walk is None else walk.steps()
        if other is not None:
            return other.contrasted(state, others, symbols, may_end, self._unknown)
        if len(symbols) == image.n_symbols and ends <= may_end:
            return None
        return image.allowed(state, symbols, may_end, self._unknown, not self._ignore_eos)

    def _sample(self, state: Any, work: Any) -> int:
        symbol, model, n = ffi.new("uint32_t *"), self._image.model, self._n_candidates
        check(lib.pylm_sample(model, state, self._sampler, work, self._candidates, n, symbol))
        return int(symbol[0])

    def _choose(self, found: np.ndarray) -> int:
        symbol = ffi.new("uint32_t *")
        candidates = ffi.from_buffer("pylm_candidate[]", found, require_writable=True)
        check(lib.pylm_choose(self._sampler, candidates, len(found), symbol))
        return int(symbol[0])


def _preceded(first: int, others: Iterator[int]) -> Iterator[int]:
    yield first
    yield from others
