# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the first tree of a model counted. Others counted the same."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

from .native import check, ffi, lib

if TYPE_CHECKING:
    from .image import Image


def successors(image: Image, symbols: array[int], template: int, work: Any = None, room: Any = None) -> Counter[int]:
    """What followed the context of a template after these symbols. Memory may be given: `work`, and room for all
    symbols."""
    n = ffi.new("uint32_t *", image.n_symbols)
    state = image.new_state(symbols)
    work = image.new_work() if work is None else work
    room = ffi.new("pylm_successor[]", image.n_symbols) if room is None else room
    check(lib.pylm_successors(image.model, state, 0, template, work, room, n))
    pairs = array("I", ffi.buffer(room, n[0] * ffi.sizeof("pylm_successor"))[:])
    return Counter(dict(zip(pairs[::2], pairs[1::2], strict=False)))


def frequencies(image: Image) -> Counter[int]:
    """How often each symbol came; those that never came may be missing."""
    image.needs_mix("how often a symbol came")
    found: Counter[int] = image.once("frequencies", lambda: successors(image, array("I"), 0))
    return found
