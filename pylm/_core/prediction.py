# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What comes next, as it is said to people: symbols with their texts and probabilities."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from .arguments import MAX_U32, integer
from .image import Image

if TYPE_CHECKING:
    import numpy as np

    from .spelling import Spelled

NATS_PER_COST = math.log(2) / 65536  # a cost is in 1/65536 bit
LOG10_PER_COST = math.log10(2) / 65536  # as KenLM and its readers have it
VISIBLE = str.maketrans({"\n": "↵", "\r": "␍", "\t": "⇥", "\0": "␀"})


class Prediction(NamedTuple):
    """A symbol that may come next."""

    id: int
    text: str  #: bytes that are not UTF-8 by themselves are written as in ``\\xff``
    probability: float


def shown(text: bytes) -> str:
    """Text of one symbol for people: what is not UTF-8 by itself as in \\xff."""
    return text.decode("utf-8", "backslashreplace")


def visible(text: str) -> str:
    """Text of symbols in which line ends and the like can be seen, and spaces at the ends."""
    text = text.translate(VISIBLE)
    inner = text.strip(" ")
    if not inner:
        return "␣" * len(text)
    begin = text.index(inner)
    return "␣" * begin + inner + "␣" * (len(text) - begin - len(inner))


def probability_of(cost: int) -> float:
    """Of a cost in 1/65536 bit."""
    return float(2.0 ** -(cost / 65536))


def predictions(image: Image, state: Any, k: int) -> list[Prediction]:
    """The k most probable symbols after a state, best first."""
    return as_predictions(image, image.top(state, integer("k", k, 1, MAX_U32)))


def as_predictions(image: Image, found: list[tuple[int, float]]) -> list[Prediction]:
    """Symbols and their probabilities, with the texts of the symbols."""
    texts: dict[int, str] = image.once("texts", dict)  # those that were wanted before
    result = []
    for symbol, p in found:
        text = texts.get(symbol)
        if text is None:
            text = texts[symbol] = shown(image.symbol_text(symbol))
        result.append(Prediction(symbol, text, p))
    return result


def logprobs_of(image: Image, symbols: array[int], costs: array[int], spelled: Spelled) -> np.ndarray:
    """Natural logs of the probabilities of symbols, from their costs and those of unknown words' letters."""
    import numpy as np

    result: np.ndarray = np.frombuffer(costs, np.uint32) * -NATS_PER_COST
    if spelled.costs:
        result[places_of(image.unknown, symbols)] -= np.frombuffer(spelled.costs, np.uint64) * NATS_PER_COST
    return result


def places_of(symbol: int, symbols: array[int]) -> list[int]:
    """Where a symbol stands among others."""
    places, at = [], -1
    for _ in range(symbols.count(symbol)):
        at = symbols.index(symbol, at + 1)
        places.append(at)
    return places
