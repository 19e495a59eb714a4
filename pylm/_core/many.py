# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Many texts by one C call: each at a state of its own, or all at one state."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ArgumentError
from .arguments import several
from .image import SCORE_SLICE, STATE, SYMBOLS, Image
from .native import check, ffi, lib
from .new_words import NewWords, spelled_by
from .prediction import NATS_PER_COST

if TYPE_CHECKING:
    from .image import TextOrIds

ENDS = ffi.typeof("uint64_t[]")
TAKES = "texts, ids, or each a single id"
TAKES_ONE = "a text (str or bytes), ids (integers) or one id"


class Texts(NamedTuple):
    """Texts in symbols."""

    symbols: array[int]  #: of all
    ends: array[int]  #: where each ends among them, array("Q")
    written: list[Any] | None  #: as they were given; None: all are single ids

    def of(self, i: int) -> array[int]:
        return self.symbols[self.ends[i - 1] if i else 0 : self.ends[i]]


def texts_of(image: Image, name: str, texts: Iterable[TextOrIds | int], add_eos: bool = False) -> Texts:
    """Texts as symbols; ArgumentError and TypeError say which of them is wrong.

    texts   each a text, ids, or one id.
    name    what the caller calls them.
    """
    given = several(name, texts, TAKES)
    given = given if isinstance(given, list) else list(given)
    try:
        symbols = array("I", given)
    except (TypeError, OverflowError):
        return _mixed(image, name, given, add_eos)
    if symbols and max(symbols) >= image.n_symbols:
        return _mixed(image, name, given, add_eos)  # which says what is wrong
    return Texts(symbols, array("Q", range(1, len(symbols) + 1)), None)


def _mixed(image: Image, name: str, given: list[Any], add_eos: bool) -> Texts:
    symbols, ends = array("I"), array("Q")
    for i, text in enumerate(given):
        try:
            symbols.extend(text if type(text) is list else symbols_of(image, text, add_eos, f"{name}[{i}]"))
        except (TypeError, OverflowError):
            symbols_of(image, text, add_eos, f"{name}[{i}]")  # says what is wrong
            raise
        ends.append(len(symbols))
    if symbols and max(symbols) >= image.n_symbols:
        for i, text in enumerate(given):
            symbols_of(image, text, add_eos, f"{name}[{i}]")
    return Texts(symbols, ends, given)


def symbols_of(image: Image, text: TextOrIds | int, add_eos: bool, name: str) -> array[int]:
    """Symbols of a text, of ids, or of one id."""
    if hasattr(text, "__index__") and not hasattr(text, "__len__"):
        text = [text.__index__()]  # of any integer type
    try:
        return image.symbols(text, add_eos, name=name)  # type: ignore[arg-type]
    except ArgumentError as error:
        raise error if str(error).startswith(name) else ArgumentError(f"{name}: {error}") from None


# ---- costs, 1/65536 bit


def costs_at(image: Image, state: Any, texts: Texts) -> array[int]:
    """Of texts that may follow a state, which stays where it is. Nothing is learned."""

    def score(first: int, source: Any, ends: Any, n: int, costs: Any) -> int:
        status: int = lib.pylm_cost_many(image.model, state, source, ends, n, image.work, costs)
        return status

    return _in_parts(texts, score, lambda i: cost_at(image, state, texts.of(i)))


def cost_at(image: Image, state: Any, symbols: array[int]) -> int:
    """Of a single text, likewise: its symbols are worked on abreast."""
    here = ffi.new(STATE, state[0])
    lib.pylm_state_set_learning(here, 0)
    return image.score(here, symbols)


def scores_at(image: Image, state: Any, words: NewWords | None, texts: Texts) -> list[float]:
    """Natural logs of their probabilities, letters of unknown words included, but for those in a list."""
    costs = costs_at(image, state, texts)
    if texts.written is not None:
        for i, text in enumerate(texts.written):
            costs[i] += spelled_by(image, words, text, texts.of(i)).cost
    return [-cost * NATS_PER_COST for cost in costs]


def costs_of_states(image: Image, states: list[Any], texts: Texts) -> array[int]:
    """Of texts that are read, each by a state of its own."""

    def score(first: int, source: Any, ends: Any, n: int, costs: Any) -> int:
        part = states if n == len(states) else states[first : first + n]
        status: int = lib.pylm_score_many(image.model, part, source, ends, n, image.work, costs)
        return status

    return _in_parts(texts, score, lambda i: image.score(states[i], texts.of(i)))


def _in_parts(
    texts: Texts, score: Callable[[int, Any, Any, int, Any], int], score_long: Callable[[int], int]
) -> array[int]:
    """Costs of all texts, by C calls that are short enough for Ctrl-C to work between two.

    score        asks for n texts from one on: their symbols, where they end, and where to write the costs.
    score_long   says the cost of one that is too long for that.
    """
    costs = array("Q", bytes(8 * len(texts.ends)))
    for first, end, begin in _parts(texts.ends):
        if texts.ends[end - 1] - begin > SCORE_SLICE:
            costs[first] = score_long(first)
            continue
        whole = end - first == len(texts.ends)
        symbols = texts.symbols if whole else texts.symbols[begin : texts.ends[end - 1]]
        ends = texts.ends if whole else array("Q", [at - begin for at in texts.ends[first:end]])
        found = costs if whole else costs[first:end]
        target = ffi.from_buffer(ENDS, found, require_writable=True)
        check(score(first, ffi.from_buffer(SYMBOLS, symbols), ffi.from_buffer(ENDS, ends), end - first, target))
        if not whole:
            costs[first:end] = found
    return costs


def _parts(ends: array[int]) -> Iterator[tuple[int, int, int]]:
    """From which text to which, and the first symbol: of SCORE_SLICE symbols at most, or one text."""
    n, first, begin = len(ends), 0, 0
    if n and ends[-1] <= SCORE_SLICE:
        yield 0, n, 0
        return
    while first < n:
        end = first + 1
        while end < n and ends[end] - begin <= SCORE_SLICE:
            end += 1
        yield first, end, begin
        first, begin = end, ends[end - 1]
