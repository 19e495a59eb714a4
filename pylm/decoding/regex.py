# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Regular expressions as trees of what a text may be; see automaton.py.

Python's own parser reads them, so that they mean what they mean in the `re` module. What no finite automaton can do, or
what looks beyond the text, is refused.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from functools import lru_cache
from typing import Any

from ..errors import ArgumentError
from .automaton import (
    MAX_CODE,
    Characters,
    Choice,
    Node,
    Ranges,
    Repeat,
    Sequence,
    Work,
    complement,
    intersection,
    merged,
)

if sys.version_info >= (3, 11):
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_parse as parser

PER_CHARACTER = 40  # steps of work that one of a pattern counts as
PER_RANGE = 2  # and a range of characters
PER_CASED = 20  # and one in both cases
MOST_SHOWN = 200  # characters of a pattern in an error message
EVERY: Ranges = ((0, MAX_CODE),)
LINE_END: Ranges = ((10, 10),)
CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
STARTS = ("AT_BEGINNING", "AT_BEGINNING_STRING")
ENDS = ("AT_END", "AT_END_STRING")
REFUSED = {
    "ASSERT": "looks ahead or behind",
    "ASSERT_NOT": "looks ahead or behind",
    "GROUPREF": "refers back to a group",
    "GROUPREF_EXISTS": "refers back to a group",
    "ATOMIC_GROUP": "has an atomic group",
    "POSSESSIVE_REPEAT": "has a possessive repetition",
    "AT": "has ^, $ or \\b elsewhere than at its start or end; the whole text has to match anyway",
}


def parse(
    pattern: str, flags: int = 0, characters: Ranges = EVERY, search: bool = False, work: Work | None = None
) -> Node:
    """What a text may be that a regular expression matches as a whole.

    characters   the only ones that it may be of.
    search       as re.search() has it: without ^ or $ there may be more before or after it.
    work         counts the steps, also those of other patterns.
    Raises ArgumentError for what is no regular expression, or no finite one; TooLargeError.
    """
    work = work or Work()
    work.add(PER_CHARACTER * len(pattern))
    try:
        tree = parser.parse(pattern, flags)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise ArgumentError(f"{_shown(pattern)} is not a regular expression: {error}") from None
    items: list[Any] = list(tree)  # type: ignore[call-overload]  # it has __getitem__ and __len__
    begins, ends = _is_at(items[:1], STARTS), _is_at(items[-1:], ENDS)
    while _is_at(items[:1], STARTS):
        items = items[1:]
    while _is_at(items[-1:], ENDS):
        items = items[:-1]
    try:
        node = _Reader(pattern, characters, work).sequence(items, tree.state.flags)
    except RecursionError:
        raise ArgumentError(f"{_shown(pattern)} is nested too deeply; write it flatter") from None
    more = Repeat(Characters(characters), 0, None)
    return Sequence(((more,) if search and not begins else ()) + (node,) + ((more,) if search and not ends else ()))


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= MOST_SHOWN else f"{pattern[:MOST_SHOWN]}...")


def _is_at(items: list[Any], names: tuple[str, ...]) -> bool:
    return bool(items) and items[0][0].name == "AT" and items[0][1].name in names


class _Reader:
    def __init__(self, pattern: str, characters: Ranges, work: Work) -> None:
        self._pattern, self._characters, self._work = pattern, characters, work

    def sequence(self, items: Any, flags: int) -> Node:
        return Sequence(tuple(self._node(item[0].name, item[1], flags) for item in items))

    def _node(self, name: str, value: Any, flags: int) -> Node:
        if name == "BRANCH":
            return Choice(tuple(self.sequence(part, flags) for part in value[1]))
        if name == "SUBPATTERN":
            _, added, removed, part = value
            return self.sequence(part, (flags | added) & ~removed)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, part = value
            return Repeat(self.sequence(part, flags), least, None if most == parser.MAXREPEAT else most)
        if name == "FAILURE":
            return Choice(())
        if name in REFUSED:
            raise ArgumentError(
                f"the regular expression {_shown(self._pattern)} cannot limit a text: it {REFUSED[name]}"
            )
        ranges = _ranges(name, value, flags)
        self._work.add((PER_CASED if flags & re.IGNORECASE else PER_RANGE) * (1 + len(ranges)))
        return Characters(ranges if self._characters is EVERY else intersection(ranges, self._characters))


def _ranges(name: str, value: Any, flags: int) -> Ranges:
    """The code points of a single character of a regular expression."""
    if name == "ANY":
        return EVERY if flags & re.DOTALL else complement(LINE_END)
    items = value if name == "IN" else [(parser.LITERAL, value)]
    negated = name == "NOT_LITERAL"
    ranges: list[tuple[int, int]] = []
    for kind, item in items:
        if kind.name == "NEGATE":
            negated = True
        elif kind.name == "CATEGORY":
            ranges += _category(CATEGORIES[item.name], flags & re.ASCII)
        else:
            ranges.append(item if kind.name == "RANGE" else (item, item))
    found = merged(ranges)
    if flags & re.IGNORECASE:
        found = _both_cases(found, flags & re.ASCII)
    return complement(found) if negated else found


@lru_cache(maxsize=16)
def _category(escape: str, flags: int) -> Ranges:
    every = "".join(map(chr, range(MAX_CODE + 1)))
    return tuple((m.start(), m.end() - 1) for m in re.finditer(f"{escape}+", every, flags))


def _both_cases(ranges: Ranges, ascii_only: int) -> Ranges:
    letters = _cased()
    inside = [
        (other, other)
        for low, high in ranges
        for letter, other in letters[bisect_left(letters, (low, 0)) : bisect_left(letters, (high + 1, 0))]
        if not ascii_only or letter < 128
    ]
    return merged([*ranges, *inside])


@lru_cache(maxsize=1)
def _cased() -> list[tuple[int, int]]:
    """Letters with what they are in the other case, where one is just the other's; ascending."""
    pairs = ((chr(code), chr(code).lower()) for code in range(MAX_CODE + 1))
    both = [(ord(a), ord(b)) for a, b in pairs if a != b and len(b) == 1 and b.upper() == a]
    return sorted([*both, *((b, a) for a, b in both)])
