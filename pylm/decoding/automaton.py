# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Finite automata over bytes: which bytes a text may go on with, and whether it may end.

What a text may be is written as a tree of

    Characters(ranges)          one character, of these code points
    Byte(first, last)           one byte of these
    Sequence(parts)             one part after the other
    Choice(parts)               one of the parts; none at all: nothing is allowed
    Repeat(part, least, most)   the part again and again; most None: without limit

which becomes an automaton that may be in several states at once (Thompson 1968), in UTF-8, and from that one whose
state the text determines (the subset construction), without the states from which no end can be reached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..errors import TooLargeError

if TYPE_CHECKING:
    import numpy as np

MAX_STATES = 50_000  # of an automaton: 1 KB each
MAX_PARTS = 500_000  # states before it is determined
MAX_WORK = 4_000_000  # steps of making one: at most about a second, and 100 MB
PER_PART = 4  # steps that a state counts as before it is determined, of a byte of a text: 200 bytes
PER_OTHER_PART = 16  # and any other
PER_RANGE_OF_BYTES = 8  # steps that one counts as with where it leads
PER_MEMBER = 4  # steps that a member of a set of states counts as which is kept: 50 bytes
PER_RANGE = 40  # steps that a range of characters counts as which becomes bytes
MAX_CODE = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)  # have no UTF-8
NEVER = 1 << 30  # symbols or bytes to an end that cannot be reached

Ranges = tuple[tuple[int, int], ...]  # first and last code point of each, in ascending order, apart


class Characters(NamedTuple):
    ranges: Ranges


class Byte(NamedTuple):
    first: int
    last: int


class Sequence(NamedTuple):
    parts: tuple[Node, ...]


class Choice(NamedTuple):
    parts: tuple[Node, ...]


class Repeat(NamedTuple):
    part: Node
    least: int
    most: int | None


BYTES = tuple(Byte(byte, byte) for byte in range(256))
Node: TypeAlias = Characters | Byte | Sequence | Choice | Repeat


class Work:
    """Counts steps, so that making an automaton ends soon whatever it is made of: what is asked for in a few bytes can
    take for ever. Steps are counted, not seconds, so the same constraint is refused on every machine."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def add(self, n: int) -> None:
        """TooLargeError if all steps together are too many."""
        self._left -= n
        if self._left < 0:
            raise TooLargeError(
                "this constraint is too large: it takes more steps than are allowed; let it repeat less often, allow "
                "fewer choices, or divide it into several that are used one after the other"
            )


def literal(text: bytes) -> Node:
    """Nothing but this text."""
    return Sequence(tuple(map(BYTES.__getitem__, text)))


def literals(texts: Iterable[bytes]) -> Node:
    """One of these texts. TooLargeError if they are longer than any automaton can be."""
    work, choices = Work(), []
    for text in texts:
        work.add(PER_PART * (1 + len(text)))
        choices.append(literal(text))
    return Choice(tuple(choices))


def merged(ranges: list[tuple[int, int]]) -> Ranges:
    """Ranges that may overlap, in any order, as `Ranges`."""
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(result[-1][1], high)
        else:
            result.append((low, high))
    return tuple(result)


def complement(ranges: Ranges) -> Ranges:
    """All other code points."""
    bounds = [-1, *(bound for low, high in ranges for bound in (low - 1, high)), MAX_CODE]
    gaps = ((low + 1, high) for low, high in zip(bounds[::2], bounds[1::2], strict=True))
    return tuple((low, high) for low, high in gaps if low <= high)


def intersection(a: Ranges, b: Ranges) -> Ranges:
    return complement(merged([*complement(a), *complement(b)]))


# ---- characters as bytes

Arrows: TypeAlias = tuple[Any, ...]  # of (first byte, last byte, what follows); that is again Arrows, () at the end


@lru_cache(maxsize=256)
def _utf8(ranges: Ranges) -> Arrows:
    """Code points as a tree of bytes, in which equal ends are one."""
    paths = [path for low, high in ranges for path in _paths(low, high)]
    return _joined(paths, {})


def _paths(low: int, high: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """A range of code points as sequences of ranges of bytes."""
    for last in (0x7F, 0x7FF, SURROGATES[0] - 1, SURROGATES[1], 0xFFFF):
        if low <= last < high:
            yield from _paths(low, last)
            yield from _paths(last + 1, high)
            return
    if SURROGATES[0] <= low <= SURROGATES[1]:
        return
    for bits in (6, 12, 18):  # ranges that are whole in all bytes but the first ones
        mask = (1 << bits) - 1
        if high > 0x7F and low & ~mask != high & ~mask:
            cut = low | mask if low & mask else (high & ~mask) - 1
            if low & mask or high & mask != mask:
                yield from _paths(low, cut)
                yield from _paths(cut + 1, high)
                return
    yield tuple(zip(chr(low).encode(), chr(high).encode(), strict=True))


def _joined(paths: list[tuple[tuple[int, int], ...]], known: dict[Arrows, Arrows]) -> Arrows:
    by_first: dict[tuple[int, int], list[tuple[tuple[int, int], ...]]] = {}
    for first, *rest in (path for path in paths if path):
        by_first.setdefault(first, []).append(tuple(rest))
    arrows = tuple((low, high, _joined(rests, known)) for (low, high), rests in by_first.items())
    return known.setdefault(arrows, arrows)


# ---- several states at once


class _Nondeterministic:
    """State 0 is the start; `arrows` are taken with a byte, `free` ones without."""

    def __init__(self, node: Node, work: Work) -> None:
        self.arrows: list[list[tuple[int, int, int]] | None] = [None]  # most states have only one of both lists
        self.free: list[list[int] | None] = [None]
        self._work = work
        self._known: set[Ranges] = set()
        self.end = self.add(node, 0)

    def new_state(self, n_steps: int = PER_OTHER_PART) -> int:
        if len(self.free) >= MAX_PARTS:
            raise TooLargeError("this constraint is too large; let it repeat less often")
        self._work.add(n_steps)
        self.arrows.append(None)
        self.free.append(None)
        return len(self.free) - 1

    def _lead(self, begin: int, end: int) -> None:
        """Adds a free arrow."""
        if self.free[begin] is None:
            self.free[begin] = []
        self.free[begin].append(end)  # type: ignore[union-attr]

    def _arrows_from(self, begin: int) -> list[tuple[int, int, int]]:
        arrows = self.arrows[begin]
        if arrows is None:
            arrows = self.arrows[begin] = []
        return arrows

    def add(self, node: Node, begin: int) -> int:
        """Adds what a text may be from a state on. Returns the state after it, to which nothing leads back."""
        self._work.add(1)
        if isinstance(node, Sequence):
            for part in node.parts:
                begin = self.add(part, begin)
            return begin
        if isinstance(node, Choice):
            end = self.new_state()
            for part in node.parts:
                self._lead(self.add(part, begin), end)
            return end
        if isinstance(node, Repeat):
            return self._repeat(node, begin)
        end = self.new_state(PER_PART if isinstance(node, Byte) else PER_OTHER_PART)
        if isinstance(node, Byte):
            self._arrows_from(begin).append((*node, end))
        else:
            if node.ranges not in self._known:
                self._known.add(node.ranges)
                self._work.add(PER_RANGE * len(node.ranges))
            self._arrows(_utf8(node.ranges), begin, end, {})
        return end

    def _repeat(self, node: Repeat, begin: int) -> int:
        for _ in range(node.least):
            begin = self.add(node.part, begin)
        end = self.new_state()
        if node.most is None:
            loop = self.new_state()
            self._lead(begin, loop)
            self._lead(self.add(node.part, loop), loop)
            self._lead(loop, end)
            return end
        for _ in range(node.most - node.least):
            self._lead(begin, end)
            begin = self.add(node.part, begin)
        self._lead(begin, end)
        return end

    def _arrows(self, arrows: Arrows, begin: int, end: int, made: dict[int, int]) -> None:
        self._work.add(len(arrows))
        from_begin = self._arrows_from(begin)
        for low, high, rest in arrows:
            to = end
            if rest:
                to = made.get(id(rest), -1)
                if to < 0:
                    to = made[id(rest)] = self.new_state()
                    self._arrows(rest, to, end, made)
            from_begin.append((low, high, to))

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """The states that these are as good as, but for those that lead nowhere by themselves."""
        seen = set(states)
        waiting = list(seen)
        while waiting:
            free = self.free[waiting.pop()] or ()
            self._work.add(1 + len(free))
            for to in free:
                if to not in seen:
                    seen.add(to)
                    waiting.append(to)
        return frozenset(s for s in seen if self.arrows[s] or s == self.end)

    def arrows_of(self, states: Iterable[int]) -> Iterator[tuple[int, int, frozenset[int]]]:
        """Ranges of bytes, the first and the last, and all the states that each leads to."""
        bounds = [
            bound
            for state in states
            for low, high, to in self.arrows[state] or ()
            for bound in ((low, to, 1), (high + 1, to, -1))
        ]
        bounds.sort()
        inside: dict[int, int] = {}  # of how many arrows the range is that lead to a state
        begin = 0
        for byte, to, change in bounds:
            if byte > begin and inside:
                self._work.add(PER_RANGE_OF_BYTES + len(inside))
                yield begin, byte - 1, frozenset(inside)
            begin = byte
            inside[to] = inside.get(to, 0) + change
            if not inside[to]:
                del inside[to]
        self._work.add(len(bounds))


# ---- one state


class Automaton:
    """State 0 is the start.

    table    int32 of shape (n_states, 256): the state that a byte leads to, -1: the byte is not allowed.
    final    for each state, whether a text may end there.
    fewest   for each state, the fewest bytes with which a text can be ended; of the start NEVER: nothing is allowed.
    """

    def __init__(self, rows: list[list[tuple[int, int, int]]], final: list[bool]) -> None:
        """rows: for each state, ranges of bytes and the state that each leads to."""
        import numpy as np

        self.fewest = fewest_steps([{to for _, _, to in row} for row in rows], final)
        self.final = final
        self.table: np.ndarray = np.full((len(rows), 256), -1, np.int32)
        for row, ranges in zip(self.table, rows, strict=True):
            for low, high, to in ranges:
                if self.fewest[to] < NEVER:
                    row[low : high + 1] = to


def fewest_steps(nexts: list[set[int]], final: list[bool]) -> list[int]:
    """The fewest steps from each state to a final one; NEVER if there is no way."""
    before: list[list[int]] = [[] for _ in nexts]
    for state, targets in enumerate(nexts):
        for to in targets:
            before[to].append(state)
    result = [0 if is_final else NEVER for is_final in final]
    waiting = deque(state for state, is_final in enumerate(final) if is_final)
    while waiting:
        to = waiting.popleft()
        for state in before[to]:
            if result[state] == NEVER:
                result[state] = result[to] + 1
                waiting.append(state)
    return result


def determine(node: Node) -> Automaton:
    """The automaton of what a text may be. TooLargeError if it has more than MAX_STATES states, takes more than
    MAX_WORK steps, or is nested too deeply."""
    work = Work()
    try:
        parts = _Nondeterministic(node, work)
    except RecursionError:
        raise TooLargeError("this constraint is nested too deeply; write it flatter") from None
    known: dict[frozenset[int], int] = {}  # the number of the state by where arrows lead
    numbers: dict[frozenset[int], int] = {}  # by all the states that are as good
    waiting: list[frozenset[int]] = []

    def number_of(targets: frozenset[int]) -> int:
        if targets not in known:
            states = parts.closure(targets)
            if states not in numbers:
                if len(numbers) >= MAX_STATES:
                    raise TooLargeError("this constraint is too large; let it repeat less often, or allow less")
                numbers[states] = len(numbers)
                waiting.append(states)
                work.add(PER_MEMBER * len(states))
            work.add(PER_MEMBER * len(targets))
            known[targets] = numbers[states]
        return known[targets]

    number_of(frozenset((0,)))
    rows = []
    for states in waiting:  # grows meanwhile
        rows.append([(low, high, number_of(targets)) for low, high, targets in parts.arrows_of(states)])
    return Automaton(rows, [parts.end in states for states in waiting])
