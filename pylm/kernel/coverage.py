# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How near a training text comes to other texts, by a kernel."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import MAX_U32, integer, q16
from .._core.image import Image
from .._core.native import check, ffi, lib
from ..errors import EmptyTextError
from .settings import MAX_DISTANCE, MAX_REACH

if TYPE_CHECKING:
    from .._core.image import TextOrIds


class Neighbour(NamedTuple):
    """A position of the training text that is nearest to a context."""

    document: str  #: as in a `Source`
    offset: int  #: bytes from the beginning of the document to where the text goes on behind what is alike
    line: int  #: 1 for the first
    before: str  #: what stands before it, which is alike; whole words, with one space between them
    after: str  #: what follows it


class Nearest(NamedTuple):
    """How near the training text comes to a context; from `Model.nearest()`."""

    distance: float  #: of the nearest positions, without tau; 0: the context was seen
    positions: int  #: how many are as near as that
    neighbours: tuple[Neighbour, ...] = ()  #: some of them, in the order of the documents, if there are sources


@dataclass(frozen=True)
class Coverage:
    """How often the most probable symbol is the right one, and of how much of a text that is said; from
    `Model.coverage()`. The one says nothing without the other."""

    symbols: int  #: of the text
    answered: int  #: of them, those for which the training text came near enough
    right: int  #: of these, those that were the most probable ones

    @property
    def coverage(self) -> float:
        """Share of the text that was answered."""
        return self.answered / self.symbols

    @property
    def accuracy(self) -> float:
        """Share of the answers that were right; 0 if there was none."""
        return self.right / self.answered if self.answered else 0.0


def nearest(image: Image, state: Any) -> Nearest:
    """Of the end of what a state has read."""
    image.needs_kernel()
    distance, n = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    check(lib.pylm_nearest(image.model, state, image.work, distance, n))
    return Nearest(distance[0] / 65536, n[0])


def coverage(
    image: Image,
    slices: Iterator[tuple[array[int], int, TextOrIds]],
    radius: float,
    min_positions: int,
    show: Callable[[int], None],
) -> Coverage:
    """Of a text, in slices, how much of it each ends at, and its text."""
    image.needs_kernel()
    radius_q16 = q16("radius", radius, 0, MAX_DISTANCE * MAX_REACH)
    min_positions = integer("min_positions", min_positions, 1, MAX_U32)
    model, state, work, best = image.model, image.new_state(), image.new_work(), ffi.new("pylm_candidate *")
    distance, n, n_best = ffi.new("uint32_t *"), ffi.new("uint32_t *"), ffi.new("uint32_t *")
    symbols = answered = right = 0
    for piece, done, _ in slices:
        for symbol in piece:
            lib.pylm_nearest(model, state, work, distance, n)
            if distance[0] <= radius_q16 and n[0] >= min_positions:
                lib.pylm_top(model, state, 1, work, best, n_best)
                answered += 1
                right += best.symbol == symbol
            lib.pylm_state_push(model, state, symbol)
        symbols += len(piece)
        show(done)
    if not symbols:
        raise EmptyTextError("the text is empty: there is nothing to predict")
    return Coverage(symbols, answered, right)
