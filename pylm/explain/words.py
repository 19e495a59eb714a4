# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Scores word by word. From `Model.word_scores()` and `State.word_scores()`."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.image import Image
from .._core.native import NONE, check, ffi, lib
from .._core.prediction import NATS_PER_COST, shown
from .._core.text import TEXT_TYPES, as_bytes

if TYPE_CHECKING:
    from .._core.image import TextOrIds
    from .._core.spelling import Spelled


class WordScore(NamedTuple):
    """A word of a text that was scored; of bytes and pieces, a symbol."""

    id: int
    text: str  #: as in `Prediction.text`; an unknown word as it stands in the text, of ids "<unk>"
    logprob: float  #: natural log of its probability; of an unknown word, that of "<unk>" and of its letters
    matched: int | None  #: how many symbols right before it are the longest context in which training saw it, 0 if
    #: none are: in an n-gram model, the order of the n-gram less one. None: the model is a kernel
    unknown: bool  #: whether the vocabulary does not have it
    spelling: float  #: of an unknown word, what its letters add to `logprob`; 0.0 if the model does not spell


def words_of(
    image: Image, state: Any, text: TextOrIds, add_eos: bool, spell: Callable[[TextOrIds, array[int]], Spelled]
) -> list[WordScore]:
    """Reads a text; a state that learns does so. `spell` says what the letters of a word cost."""
    models = list(_with_memory(image))
    result = []
    for symbol, written in _symbols(image, text, add_eos):
        n = _matched(models, state, symbol)
        cost = image.score(state, array("I", [symbol]))
        unknown = symbol == image.unknown
        spelled = spell(written, array("I", [symbol])).cost if written else 0
        shown_text = shown(written if unknown and written else image.symbol_text(symbol))
        logprob, spelling = -(cost + spelled) * NATS_PER_COST, -spelled * NATS_PER_COST
        result.append(WordScore(symbol, shown_text, logprob, n, unknown, spelling))
    return result


def _symbols(image: Image, text: TextOrIds, add_eos: bool) -> Iterator[tuple[int, bytes]]:
    """Each symbol of a text with how it is written there, if that is known."""
    symbols = image.symbols(text, add_eos)
    if not isinstance(text, TEXT_TYPES) or image.unknown == NONE or image.unknown not in symbols:
        yield from ((symbol, b"") for symbol in symbols)
        return
    data, begin = as_bytes(text), 0
    for piece, end in image.encode_slices(data, add_eos, 1):
        for symbol in piece:
            written = bytes(data[begin:end]).decode("utf-8", "surrogateescape").strip()
            yield symbol, written.encode("utf-8", "surrogateescape")
        begin = end


def _with_memory(image: Image) -> Iterator[tuple[Image, Any]]:
    """A model and those below it, each with memory to work in; none if it is a kernel, which nothing lies on."""
    below: Image | None = image
    while below is not None and not below.is_kernel:
        yield below, below.new_work()
        below = below.below


def _matched(models: list[tuple[Image, Any]], state: Any, symbol: int) -> int | None:
    """The longest match in one of the models."""
    n, longest = ffi.new("uint32_t *"), None
    symbol = models[0][0].place_of(symbol) if models else symbol  # those below know no others
    for image, work in models:
        check(lib.pylm_matched(image.model, state, symbol, work, n))
        longest = max(longest or 0, n[0])
    return longest
