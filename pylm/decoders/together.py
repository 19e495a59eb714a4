# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Together: many states or branches at once. The part of `Model` that decoders and servers ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._core.arguments import MAX_U32, integer, several, wrong_type
from .._core.image import Image
from .._core.in_use import all_alone
from .._core.many import Texts, costs_of_states, texts_of
from .._core.prediction import NATS_PER_COST, Prediction, as_predictions
from .._core.reader import Followed, Reader
from ..errors import ArgumentError

if TYPE_CHECKING:
    from .._core.image import TextOrIds
    from .._state import State
    from .branch import Branch

TOPS = 64  # states a C call, which takes some ms, so that Ctrl-C works between two


class Together(Reader):
    """Many states at once."""

    def feed_batch(
        self, states: Iterable[State | Branch], texts: Iterable[TextOrIds | int], *, add_eos: bool = False
    ) -> list[float]:
        """`feed()` of many states, each with its own text: the first state reads the first text, and so on. Returns the
        natural logs of the probabilities, exactly as one by one, but sooner.

            model.feed_batch([one, other], ["the cat", "a dog"])
            model.feed_batch(states, ids)                       # an id for each state

        states    of this model, all different; those that learn do. Branches are read on likewise.
        texts     as many: each a text, ids, or one id; ids are quickest.
        add_eos   the texts are complete, as in `State.feed()`.
        Raises ArgumentError, TypeError; then nothing has been read.
        """
        image = self._image
        readers = _readers(image, states)
        parts = texts_of(image, "texts", texts, add_eos)
        if len(parts.ends) != len(readers):
            raise ArgumentError(f"there are {len(readers)} states, but {len(parts.ends)} texts: each state reads one")
        if len(set(map(id, readers))) < len(readers):
            raise ArgumentError("a state is there twice, and can read only one text at a time: copy() it")
        with all_alone(readers):
            return _fed(image, readers, parts)

    def next_batch(self, states: Iterable[State | Branch], k: int = 5) -> list[list[Prediction]]:
        """`next()` of many states or branches of this model: of each the k most probable next symbols, best first."""
        image, k = self._image, integer("k", k, 1, MAX_U32)
        readers = _readers(image, states)
        with all_alone(readers):
            return _next(image, readers, k)


def _fed(image: Image, readers: list[Any], parts: Texts) -> list[float]:
    """What each reader says of its text, which it reads."""
    if parts.written is not None and image.has_longer_symbols:  # the end of a text may become other symbols
        parted = (parts.of(i) for i in range(len(readers)))
        return [reader._fed(*of_it) for reader, *of_it in zip(readers, parts.written, parted, strict=True)]
    costs = costs_of_states(image, [reader._state for reader in readers], parts)
    if parts.written is None:
        for reader, symbol in zip(readers, parts.symbols, strict=True):
            reader._has_read_one(symbol)
    else:
        for i, (reader, text) in enumerate(zip(readers, parts.written, strict=True)):
            symbols = parts.of(i)
            reader._has_read(symbols)
            costs[i] += reader._spelled(text, symbols).cost
    return [-cost * NATS_PER_COST for cost in costs]


def _next(image: Image, readers: list[Any], k: int) -> list[list[Prediction]]:
    result: list[list[Prediction]] = []
    for i in range(0, len(readers), TOPS):
        part = readers[i : i + TOPS]
        closed = [reader._state for reader in part if reader._open is None]
        found = iter(image.tops(closed, k))
        result += [as_predictions(image, next(found)) if reader._open is None else reader._next(k) for reader in part]
    return result


def _readers(image: Image, states: Any) -> list[Any]:
    """States and branches, checked to be of this image."""
    readers = list(several("states", states, "states"))
    for i, reader in enumerate(readers):
        if not isinstance(reader, Followed):
            raise wrong_type(f"states[{i}]", "a state, from model.state(), or a branch", reader)
        if reader._image is not image:
            raise ArgumentError(f"states[{i}] is a state of another model; ask that one")
    return readers
