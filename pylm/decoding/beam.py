# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Beam search: the most probable texts, as far as those are found that begin with what is among the most probable."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import MAX_U32, check_options, integer
from .._core.image import Image, new_symbols
from .._core.native import NONE, ffi, lib
from .._core.prediction import NATS_PER_COST
from .options import BeamOptions, check_constraint
from .writing import as_characters, stop_strings, texts, until_stop

if TYPE_CHECKING:
    from .._core.image import TextOrIds
    from .constraints import Constraint
    from .options import Stop
    from .spelling import Walk

MAX_BEAM = 1 << 16


class Continuation(NamedTuple):
    """A text that may follow; from `Model.beam_search()`."""

    text: str  #: bytes that are not UTF-8 become U+FFFD
    ids: list[int]
    logprob: float  #: natural log of the probability of the ids, and of the end where a constraint allows one


def continuations(
    image: Image, prompt: TextOrIds, symbols: array[int], state: Any, max_new_tokens: int, options: BeamOptions
) -> list[Continuation]:
    """`Model.beam_search()` from a state that has read the symbols of a prompt."""
    check_options("beam_search", options, BeamOptions)
    return _continuations(
        image, prompt, symbols, state, integer("max_new_tokens", max_new_tokens, 0, MAX_U32), **options
    )


def _continuations(
    image: Image,
    prompt: TextOrIds,
    symbols: array[int],
    state: Any,
    max_new_tokens: int,
    *,
    n: int = 5,
    beam: int | None = None,
    stop: Stop = None,
    constraint: Constraint | None = None,
) -> list[Continuation]:
    n = integer("n", n, 1, MAX_BEAM)
    beam = max(2 * n, 8) if beam is None else integer("beam", beam, n, MAX_BEAM)
    check_constraint(constraint)
    walk = None if constraint is None else constraint._walk(image, max_new_tokens)
    found = Beam(image, prompt, symbols, stop_strings(stop), beam).best(state, walk, max_new_tokens, n)
    return [Continuation(_as_str(text), list(ids), -cost * NATS_PER_COST) for text, ids, cost in found]


class Beginning(NamedTuple):
    """Ordered by cost, then by symbols, so that nothing is left to chance."""

    cost: int  # 1/65536 bit
    symbols: tuple[int, ...]
    state: Any
    walk: Walk | None


class Beam:
    """A search for the texts that go on after a prompt.

    stops   a text ends before the first of these.
    """

    def __init__(self, image: Image, prompt: TextOrIds, symbols: array[int], stops: list[bytes], width: int) -> None:
        self._image, self._prompt, self._symbols, self._stops, self._width = image, prompt, symbols, stops, width

    def best(self, state: Any, walk: Walk | None, n_symbols: int, n: int) -> list[tuple[bytes, tuple[int, ...], int]]:
        """The n best texts of up to n_symbols symbols: text, symbols, cost."""
        live, done = [Beginning(0, (), state, walk)], []
        for _ in range(n_symbols):
            longer = []
            for beginning in live:
                for symbol, cost in self._next(beginning):
                    if symbol == NONE:
                        done.append((beginning.cost + cost, beginning.symbols))
                    else:
                        longer.append((beginning.cost + cost, (*beginning.symbols, symbol), beginning))
            live = []
            for cost, symbols, parent in heapq.nsmallest(self._width, longer, key=lambda item: item[:2]):
                if self._stops and self._text(symbols)[1]:
                    done.append((cost, symbols))
                else:
                    live.append(self._grown(cost, symbols, parent))
            done = self._shortened(done, n)
            if not live or (len(done) == n and done[-1][0] <= live[0].cost):
                break
        else:
            done = self._shortened(done + [beginning[:2] for beginning in live], n)
        return [(self._text(symbols)[0], symbols, cost) for cost, symbols in done]

    def _next(self, beginning: Beginning) -> Iterator[tuple[int, int]]:
        """The best symbols to go on with and their costs, as many as the beam is wide, and the end if it is one."""
        image, state = self._image, beginning.state
        if beginning.walk is None:
            k = min(self._width, image.n_symbols)
            best, n = ffi.new("pylm_candidate[]", k), ffi.new("uint32_t *")
            lib.pylm_top(image.model, state, k, image.new_work(), best, n)
            yield from ((best[i].symbol, best[i].cost_q16) for i in range(n[0]))
            return
        found = image.restricted(state, *beginning.walk.steps())
        for i, (symbol, cost) in enumerate(found.tolist()):
            if i < self._width or symbol == NONE:
                yield symbol, cost

    def _grown(self, cost: int, symbols: tuple[int, ...], parent: Beginning) -> Beginning:
        state = ffi.new("pylm_state *", parent.state[0])
        lib.pylm_state_read(self._image.model, state, symbols[-1])
        walk = parent.walk
        if walk is not None:
            walk = walk.copy()
            walk.read(symbols[-1])
        return Beginning(cost, symbols, state, walk)

    def _shortened(self, done: list[tuple[int, tuple[int, ...]]], n: int) -> list[tuple[int, tuple[int, ...]]]:
        """The n best, each text once: several symbols can spell the same."""
        kept: dict[bytes, tuple[int, tuple[int, ...]]] = {}
        for item in sorted(done):
            if len(kept) < n:
                kept.setdefault(self._text(item[1])[0], item)
        return list(kept.values())

    def _text(self, symbols: tuple[int, ...]) -> tuple[bytes, bool]:
        """The text of symbols, and whether a stop string ended it."""
        ids = new_symbols(0)
        ids.extend(symbols)
        pieces = list(texts(self._image, self._prompt, self._symbols, iter(ids)))
        text = b"".join(until_stop(iter(pieces), self._stops))
        return text, len(text) < sum(map(len, pieces))


def _as_str(text: bytes) -> str:
    return "".join(as_characters(iter((text,))))
