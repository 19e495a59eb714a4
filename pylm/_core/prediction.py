# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What comes next, as it is said to people: symbols with their texts and probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .image import Image
from .native import NONE
from ..decoding.sampling import MAX_U32, integer

if TYPE_CHECKING:
    from ..decoding.constraints import Constraint

NATS_PER_COST = math.log(2) / 65536  # a cost is in 1/65536 bit


class Prediction(NamedTuple):
    """A symbol that may come next."""

    id: int
    text: str  #: bytes that are not UTF-8 by themselves are written as in ``\\xff``
    probability: float


def shown(text: bytes) -> str:
    """Text of one symbol for people: what is not UTF-8 by itself as in \\xff."""
    return text.decode("utf-8", "backslashreplace")


def probability_of(cost: int) -> float:
    """Of a cost in 1/65536 bit."""
    return 2.0 ** -(cost / 65536)


def predictions(image: Image, state: Any, k: int, within: Constraint | None = None) -> list[Prediction]:
    k = integer("k", k, 1, MAX_U32)
    if within is None:
        best = image.top(state, k)
    else:
        found = image.restricted(state, *within._walk(image, MAX_U32).steps()).tolist()
        best = [(symbol, probability_of(cost)) for symbol, cost in found if symbol != NONE][:k]
    return [Prediction(symbol, shown(image.symbol_text(symbol)), p) for symbol, p in best]
