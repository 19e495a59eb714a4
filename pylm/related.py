# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Related terms: what stands together more often than by chance, by the counts of a model."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._core.arguments import MAX_U32, described, integer
from ._core.counts import frequencies, successors
from ._core.image import TEXT_OR_IDS, Image, new_symbols
from ._core.native import check, ffi, lib
from ._core.prediction import shown
from ._core.text import TEXT_TYPES, as_bytes
from .errors import ArgumentError
from .explain.context_names import Contexts

if TYPE_CHECKING:
    from ._core.image import TextOrIds

MAX_WINDOW = 4
MEASURES = ("strength", "pmi")


@dataclass(frozen=True)
class Related:
    """A term that stands near another one, or behind a context; from `Model.related()`."""

    id: int
    term: str  #: its text, as in `Prediction.text`
    score: float  #: by the measure that was asked for
    count: int  #: how often the two stand together: `before` + `after`
    before: int  #: how often this term stands before the other one, within the window
    after: int  #: and how often behind it
    occurrences: int  #: of this term in the training text
    occurrences_of_other: int  #: of the term or context that was asked about


def related(image: Image, term: TextOrIds, k: int, window: int | None, measure: str, min_count: int) -> list[Related]:
    """See `Model.related()`."""
    k, min_count = integer("k", k, 1, MAX_U32), integer("min_count", min_count, 1, MAX_U32)
    if not isinstance(measure, str) or measure not in MEASURES:
        raise ArgumentError(f"measure must be 'strength' or 'pmi', not {described(measure)}")
    if image.info.tokenizer == lib.PYLM_TOKENIZER_BYTES:
        raise ArgumentError(
            "related terms are for models of words or pieces, and in this one a symbol is a single byte: train a model "
            "with tokenizer='words' (--tokenizer words)"
        )
    image.needs_mix("related terms")
    counts = _Counts(image)
    symbols = _symbols(counts, term)
    if len(symbols) == 1:
        window = integer("window", counts.window if window is None else window, 1, counts.window)
        before, after = counts.before(symbols[0], window), counts.after(symbols[0], window)
        own, places = counts.frequencies[symbols[0]], 2 * window
    elif window is None or window == 1:
        before, after = Counter(), counts.following(symbols)
        own, places = after.total(), 1
    else:
        raise ArgumentError("window is for single terms: of a context, only what follows at once is counted")

    def score(symbol: int) -> float:
        count, other = before[symbol] + after[symbol], counts.frequencies[symbol]
        if measure == "strength":
            return count / math.sqrt(own * other)
        return math.log2(count * counts.total / (places * own * other))

    left_out = {image.unknown, image.line_end, image.text_end, *(symbols if len(symbols) == 1 else ())}
    found = [symbol for symbol in before.keys() | after.keys() if before[symbol] + after[symbol] >= min_count]
    found = [symbol for symbol in found if symbol not in left_out and counts.frequencies[symbol]]
    scores = {symbol: score(symbol) for symbol in found}
    found.sort(key=lambda symbol: (-scores[symbol], symbol))
    return [
        Related(
            symbol,
            shown(image.symbol_text(symbol)),
            scores[symbol],
            before[symbol] + after[symbol],
            before[symbol],
            after[symbol],
            counts.frequencies[symbol],
            own,
        )
        for symbol in found[:k]
    ]


def _symbols(counts: _Counts, term: TextOrIds) -> array[int]:
    """The symbols of a term or context. Outside word models a word most often has its space with it: of a text and
    the same with a space before it, what has fewer symbols, or else came more often, is meant."""
    image = counts.image
    if not isinstance(term, TEXT_TYPES):
        symbols = image.check_ids(term, "term", TEXT_OR_IDS)
    elif image.is_words:
        symbols = image.symbols(term, add_eos=False)
        if image.unknown in symbols and b"<unk>" not in bytes(as_bytes(term)):
            words = bytes(as_bytes(term)).split()
            unknown = next(word for word in words if image.find(word) is None)
            raise ArgumentError(f"the model does not know the word {shown(unknown)!r}: it is not in its vocabulary")
    else:
        text = bytes(as_bytes(term))
        both = [image.symbols(t, add_eos=False) for t in (text, b" " + text)] if text else [array("I")]
        symbols = min(both, key=lambda s: (len(s), -counts.occurrences(s)))
    if not symbols:
        raise ArgumentError("the term is empty; give a word, or several for a context")
    return symbols


class _Counts:
    """What the first tree of a model counted. Others counted the same."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._templates = Contexts(image).templates[0]
        self._work = image.new_work()
        self._room = ffi.new("pylm_successor[]", image.n_symbols)
        self.frequencies = frequencies(image)
        self.total = self.frequencies.total()
        self._lags = self._find_lags()

    def _find_lags(self) -> list[int]:
        """The templates whose context is the symbol 1, 2, ... back, as far as there are contexts of all of them."""
        lags = {
            template.lag: number
            for number, template in enumerate(self._templates)
            if template.kind == lib.PYLM_TEMPLATE_SYMBOL and template.base in (None, 0) and template.contexts
        }
        found: list[int] = []
        while len(found) < MAX_WINDOW and len(found) + 1 in lags:
            found.append(lags[len(found) + 1])
        return found

    @property
    def window(self) -> int:
        """The longest distance that is counted."""
        if not self._lags:
            raise ArgumentError(
                "this model has no counts of pairs; train it with max_order=1 or more, or a larger size"
            )
        return len(self._lags)

    def _successors(self, symbols: array[int], template: int) -> Counter[int]:
        """What followed the context of a template after these symbols."""
        return successors(self.image, symbols, template, self._work, self._room)

    def after(self, symbol: int, window: int) -> Counter[int]:
        """How often each symbol came 1 to `window` symbols behind one."""
        found: Counter[int] = Counter()
        for lag, template in enumerate(self._lags[:window], 1):
            found.update(self._successors(array("I", [symbol] + [0] * (lag - 1)), template))
        return found

    def before(self, symbol: int, window: int) -> Counter[int]:
        """And so many before it."""
        found: Counter[int] = Counter()
        room = new_symbols(self.image.n_symbols)
        target = ffi.from_buffer("uint32_t[]", room, require_writable=True)
        for template in self._lags[:window]:
            check(lib.pylm_predecessors(self.image.model, symbol, 0, template, self._work, target))
            found.update({other: count for other, count in enumerate(room) if count})
        return found

    def following(self, symbols: array[int]) -> Counter[int]:
        """What followed a context of several symbols at once."""
        n = len(symbols)
        longest = sum(1 for i, t in enumerate(self._templates) if t.lag == i and t.base == (i - 1 if i > 1 else None))
        if n >= longest:
            raise ArgumentError(
                f"a context of {n} symbols is longer than what the model counts; give its last {longest - 1} at most"
            )
        return self._successors(symbols, n)

    def occurrences(self, symbols: array[int]) -> int:
        if len(symbols) == 1:
            return self.frequencies[symbols[0]]
        return self.following(symbols).total()
