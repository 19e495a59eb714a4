# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Beam search: the most probable texts, as far as those are found that begin with what is among the most probable."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import MAX_U32, check_options, integer
from .._core.image import Image
from .._core.native import NONE, ffi, lib
from .._core.prediction import NATS_PER_COST
from .options import BeamOptions, check_constraint
from .prompt import Prompt, Ways
from .sampling import Continued
from .writing import Stops, as_characters, texts, until_stop

if TYPE_CHECKING:
    from .constraints import Constraint
    from .options import Stop
    from .spelling import Walk

MAX_BEAM = 1 << 16


class Continuation(NamedTuple):
    """A text that may follow; from `Model.beam_search()`."""

    text: str  #: bytes that are not UTF-8 become U+FFFD
    ids: list[int]  #: the first may begin with the end of the prompt: see docs/decoding.md, "Where a prompt ends"
    logprob: float  #: natural log of the probability of the ids, and of the end where the text ends


def continuations(image: Image, prompt: Prompt, max_new_tokens: int, options: BeamOptions) -> list[Continuation]:
    """`Model.beam_search()` behind a prompt."""
    check_options("beam_search", options, BeamOptions)
    return _continuations(image, prompt, integer("max_new_tokens", max_new_tokens, 0, MAX_U32), **options)


def _continuations(
    image: Image,
    prompt: Prompt,
    max_new_tokens: int,
    *,
    n: int = 5,
    beam: int | None = None,
    stop: Stop = None,
    unknown: bool = False,
    diverse: bool | None = None,
    constraint: Constraint | None = None,
) -> list[Continuation]:
    n = integer("n", n, 1, MAX_BEAM)
    beam = max(2 * n, 8) if beam is None else integer("beam", beam, n, MAX_BEAM)
    diverse = constraint is None if diverse is None else bool(diverse)
    check_constraint(constraint)
    walk = None if constraint is None else constraint._walk(image, max_new_tokens)
    found = Beam(image, prompt, Stops(image, stop), beam, unknown, diverse).best(walk, max_new_tokens, n)
    return [Continuation(_as_str(text), list(ids), -cost * NATS_PER_COST) for text, ids, cost in found]


class Text(NamedTuple):
    """Ordered by cost, then by symbols, so that nothing is left to chance."""

    cost: int  # 1/65536 bit
    symbols: tuple[int, ...]
    kept: int  # how many symbols of the prompt's rest it goes on behind


class Beginning(NamedTuple):
    """A text that may go on."""

    text: Text
    state: Any
    walk: Walk | None
    added: dict[int, bytes] | None = None  # of a prompt: what each symbol adds that begins with the prompt's end


class Beam:
    """A search for the texts that go on after a prompt.

    stops     what ends a text; the end is not in it.
    width     beginnings that are kept at each step.
    unknown   whether ``<unk>`` may come.
    diverse   whether no two texts found may begin with the same symbol.
    """

    def __init__(self, image: Image, prompt: Prompt, stops: Stops, width: int, unknown: bool, diverse: bool) -> None:
        self._image, self._prompt, self._stops, self._width = image, prompt, stops, width
        self._unknown, self._diverse = unknown, diverse

    def best(self, walk: Walk | None, n_symbols: int, n: int) -> list[tuple[bytes, tuple[int, ...], int]]:
        """The n best texts of up to n_symbols symbols: text, symbols, cost."""
        done: list[Text] = []
        live = [Beginning(Text(0, (), len(self._prompt.rest)), None, walk)]
        for step in range(n_symbols):
            longer = list(self._first(walk) if step == 0 else self._longer(live))
            done += [text for text, parent in longer if parent is None]
            live = []
            for text, parent in self._selected([item for item in longer if item[1] is not None], n):
                assert parent is not None
                if self._written(text)[1]:
                    done.append(text)
                else:
                    live.append(self._grown(text, parent))
            done = self._shortened(done, n)
            if not live or (len(done) == n and done[-1].cost <= live[0].text.cost):
                break
        else:
            done = self._shortened(done + [beginning.text for beginning in live], n)
        return [(self._written(text)[0], text.symbols, text.cost) for text in done]

    def _first(self, walk: Walk | None) -> Iterator[tuple[Text, Beginning | None]]:
        """The texts of one symbol, and what each comes from; None: it is complete."""
        rest = self._prompt.rest
        behind = self._prompt.state_behind(self._image, len(rest))
        if not rest:
            yield from self._longer([Beginning(Text(0, (), 0), behind, walk)])
            return
        ways = Ways(self._image, self._prompt, walk)
        for i, (symbol, cost, kept) in enumerate(zip(ways.symbols, ways.costs, ways.kept, strict=True)):
            if symbol == NONE:
                yield from self._longer([Beginning(Text(int(cost), (), len(rest)), behind, walk)])
            elif i <= self._width:
                text = Text(int(cost), (int(symbol),), int(kept))
                state = self._prompt.state_behind(self._image, text.kept)
                yield text, Beginning(text, state, walk, {int(symbol): ways.added(i)})

    def _longer(self, live: list[Beginning]) -> Iterator[tuple[Text, Beginning | None]]:
        """All texts that are a symbol longer, and those that end here."""
        for beginning in live:
            cost, symbols, kept = beginning.text
            for symbol, more in self._next(beginning):
                if symbol == NONE:
                    yield Text(cost + more, symbols, kept), None
                else:
                    yield Text(cost + more, (*symbols, symbol), kept), beginning

    def _next(self, beginning: Beginning) -> Iterator[tuple[int, int]]:
        """The best symbols to go on with and their costs, as many as the beam is wide, and the end if it is one."""
        image, state, width = self._image, beginning.state, self._width
        if beginning.walk is None:
            yield from self._top(state)
            return
        found = image.allowed(state, *beginning.walk.steps(), self._unknown)
        for i, (symbol, cost) in enumerate(found.tolist()):
            if i < width or symbol == NONE:
                yield symbol, cost

    def _top(self, state: Any) -> Iterator[tuple[int, int]]:
        image, without = self._image, NONE if self._unknown else self._image.unknown
        k = min(self._width + (without != NONE), image.n_symbols)
        best, n = ffi.new("pylm_candidate[]", k), ffi.new("uint32_t *")
        lib.pylm_top(image.model, state, k, image.work, best, n)
        given = 0 if without == NONE else image.known_cost(state)
        for i in range(n[0]):
            if best[i].symbol != without:
                symbol = NONE if best[i].symbol == image.text_end else best[i].symbol
                yield symbol, max(best[i].cost_q16 - given, 0)

    def _selected(self, longer: list[tuple[Text, Beginning | None]], n: int) -> Iterator[tuple[Text, Beginning | None]]:
        """The best, as many as the beam is wide; if they shall be diverse, only a part of these with each first
        symbol, so that there is room for n."""
        most, left = -(-self._width // n) if self._diverse else self._width, self._width
        by_first: Counter[int] = Counter()
        for item in sorted(longer, key=lambda item: item[0]) if self._diverse else self._smallest(longer):
            first = item[0].symbols[0]
            if by_first[first] < most and left:
                by_first[first] += 1
                left -= 1
                yield item

    def _smallest(self, longer: list[tuple[Text, Beginning | None]]) -> list[tuple[Text, Beginning | None]]:
        return heapq.nsmallest(self._width, longer, key=lambda item: item[0])

    def _grown(self, text: Text, parent: Beginning) -> Beginning:
        state = ffi.new("pylm_state *", parent.state[0])
        lib.pylm_state_read(self._image.model, state, text.symbols[-1])
        walk = parent.walk
        if walk is not None and parent.added is not None:
            walk = walk.behind(parent.added[text.symbols[-1]])
        elif walk is not None:
            walk = walk.copy()
            walk.read(text.symbols[-1])
        return Beginning(text, state, walk)

    def _shortened(self, done: list[Text], n: int) -> list[Text]:
        """The n best, each once: several symbols can spell the same."""
        kept: list[Text] = []
        written: set[bytes] = set()
        begun: set[int] = set()
        for text in sorted(done):
            spelled, first = self._written(text)[0], text.symbols[0] if text.symbols else NONE
            if len(kept) < n and spelled not in written and not (self._diverse and first in begun):
                kept.append(text)
                written.add(spelled)
                begun.add(first)
        return kept

    def _written(self, text: Text) -> tuple[bytes, bool]:
        """A text as it is written, and whether it has come to a stop."""
        symbols = list(self._stops.before(iter(text.symbols)))
        n = self._n_repeated(text)
        pieces = list(texts(self._image, Continued(self._prompt, text.kept, iter(symbols), n)))
        content = b"".join(until_stop(iter(pieces), self._stops.strings))
        return content, len(symbols) < len(text.symbols) or len(content) < sum(map(len, pieces))

    def _n_repeated(self, text: Text) -> int:
        rest = self._prompt.rest[text.kept :]
        return len(self._image.decode(rest)) if rest else 0


def _as_str(text: bytes) -> str:
    return "".join(as_characters(iter((text,))))
