# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Drafter: what a large model is likely to say next. From `Model.drafter()`."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from .._core.arguments import MAX_MEMORY, integer, parse_size, q16
from .._core.image import Image
from .._core.in_use import InUse, alone
from .._core.native import ffi, lib
from .._core.reader import begin_to_learn, new_overlay

if TYPE_CHECKING:
    import numpy as np

    from .._core.image import Ids, TextOrIds

DRAFT_MEMORY = 1 << 24  # bytes; a prompt of 100,000 tokens is remembered whole
MOST_DRAFTED = 8  # unless more are asked for
LONGEST = 64
CONFIDENCE = 0.1


class Drafter:
    """Drafts what a large model may say, which checks several tokens in the time of one: speculative decoding
    (Leviathan and others, 2023). From `Model.drafter()`.

    Both need the same ids. The drafter learns from all that it is fed: so it drafts what the prompt says, as suffix
    decoding does, and what the model's training text makes likely.

        drafter = model.drafter()
        drafter.feed(prompt_ids)
        while ...:
            draft = drafter.draft()          # up to 8 ids
            kept = ...                       # those that the large model takes, and the one that it says itself
            drafter.accept(kept)

    One thread at a time may use it; another one gets a BusyError.
    """

    def __init__(self, image: Image, memory: int | str, most: int, confidence: float) -> None:
        self._image, self._use = image, InUse()
        self._most = integer("most", most, 1, LONGEST)
        self._least = q16("confidence", confidence, 0, 1)
        self._overlay = new_overlay(parse_size("memory", memory, MAX_MEMORY))
        self._symbols, self._n = ffi.new("uint32_t[]", self._most), ffi.new("uint32_t *")
        self._reset()

    @alone
    def reset(self) -> None:
        """Forgets all that was read and learned."""
        self._reset()

    def _reset(self) -> None:
        self._state = self._image.new_state()
        begin_to_learn(self._image, self._state, self._overlay)
        self._draft: list[int] = []
        self._behind = array("I")  # what it was called with last
        self.n_steps = self.n_drafted = self.n_accepted = 0

    n_steps: int  #: how often `accept()` was called
    n_drafted: int  #: ids drafted in them
    n_accepted: int  #: ids of drafts that were right

    @alone
    def start(self) -> None:
        """A new text begins, such as another request. What was learned stays."""
        self._start()

    def _start(self) -> None:
        lib.pylm_state_restart(self._image.model, self._state)

    @alone
    def feed(self, ids: TextOrIds) -> None:
        """Reads what nobody has drafted, such as a prompt, and learns from it."""
        self._read(self._image.symbols(ids, add_eos=False, name="ids"))

    @alone
    def draft(self, most: int | None = None) -> list[int]:
        """The ids that are likely to come next: up to `most`, as far as the whole draft is right with the probability
        `confidence`. Nothing is read."""
        return self._drafted(most)

    def _drafted(self, most: int | None = None) -> list[int]:
        n = self._most if most is None else integer("most", most, 1, self._most)
        lib.pylm_draft(self._image.model, self._state, n, self._least, self._image.work, self._symbols, self._n)
        self._draft = list(self._symbols[0 : self._n[0]])
        return self._draft[:]

    @alone
    def accept(self, ids: TextOrIds) -> int:
        """Reads what the large model has said after a draft, and learns from it. Returns how many ids of the draft were
        right."""
        return self._accepted(self._image.symbols(ids, add_eos=False, name="ids"))

    def _accepted(self, symbols: array[int]) -> int:
        right = 0
        for drafted, said in zip(self._draft, symbols, strict=False):
            if drafted != said:
                break
            right += 1
        self.n_steps += 1
        self.n_drafted += len(self._draft)
        self.n_accepted += right
        self._draft = []
        self._read(symbols)
        return right

    @alone
    def __call__(self, input_ids: Ids, /, **_: Any) -> np.ndarray:
        """A draft behind all ids so far, as llama-cpp-python asks for it: ``Llama(..., draft_model=model.drafter())``.
        Ids that go on from those of the last call are read on; others begin a new text."""
        import numpy as np

        symbols = self._image.check_ids(input_ids, "input_ids")
        known = len(self._behind)
        if known and symbols[:known] == self._behind:
            self._accepted(symbols[known:])
        else:
            self._start()
            self._read(symbols)
        self._behind = symbols
        return np.array(self._drafted(), np.intc)

    def _read(self, symbols: array[int]) -> None:
        self._image.score(self._state, symbols)
