# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Explanations of tokens, whatever the predictor. From `Model.explain()` and `State.explain()`."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._core.arguments import integer, wrong_type
from .._core.image import Image
from .._core.prediction import predictions, shown
from .._core.reader import TextReader
from .._core.text import TEXT_TYPES, Bytes, as_bytes
from ..errors import ArgumentError
from .kernel import KernelExplanation, explain_kernel
from .mix import Explanation, explain_mix

if TYPE_CHECKING:
    from .._core.image import TextOrIds


def explain(
    image: Image, state: Any, token: str | Bytes | int | None, k: int, read: Sequence[int]
) -> Explanation | KernelExplanation:
    """Explains a token that may come next in a state; None: the most probable one. `read`: the last symbols that the
    state has read."""
    best = predictions(image, state, k)
    symbol = best[0].id if token is None else symbol_of(image, token)
    if image.is_kernel:
        return explain_kernel(image, state, symbol, best)
    return explain_mix(image, state, symbol, best, read)


def explain_all(
    state: TextReader, text: TextOrIds, symbols: array[int], k: int
) -> Iterator[Explanation | KernelExplanation]:
    """Explains the checked symbols of a text one after the other, each before the state reads it."""
    image = state._image
    spelled = state._spelled(text, symbols)
    words = zip(*spelled, strict=True)
    for symbol in symbols:
        found = explain(image, state._state, symbol, k, state._last)
        if spelled.words and symbol == image.unknown:
            word, cost = next(words)
            found = replace(found, token=shown(word), spelling_bits=cost / 65536)
        yield found
        state._read(array("I", [symbol]))


def symbol_of(image: Image, token: str | Bytes | int) -> int:
    """The symbol that a text or id stands for."""
    if not isinstance(token, TEXT_TYPES):
        if not hasattr(token, "__index__"):
            raise wrong_type("token", "a text or an id", token)
        return integer("token", token, 0, image.n_symbols - 1)
    symbol = image.find(as_bytes(token))
    if symbol is not None:
        return symbol
    symbols = image.symbols(token, add_eos=False)
    if len(symbols) == 1 and symbols[0] != image.unknown:
        return symbols[0]
    if image.unknown in symbols or not symbols:
        raise ArgumentError(f"{token!r} is not in the model's vocabulary; only what it can predict can be explained")
    texts = ", ".join(repr(shown(image.symbol_text(symbol))) for symbol in symbols[:8])
    raise ArgumentError(
        f"{token!r} is {len(symbols)} tokens of this model: {texts}{', ...' if len(symbols) > 8 else ''}; "
        f"explain one at a time"
    )
