# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Generation: settings, the loop over symbols, and text handed on piece by piece."""

from __future__ import annotations

import codecs
import math
import os
import re
from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Union

from .contrast import Rival
from .._core.image import Image, new_symbols
from .._core.native import NONE, check, ffi, lib
from .._core.text import as_bytes
from ..errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np

    from .._core.image import TextOrIds
    from .spelling import Walk
    from .constraints import Constraint
    from .._model import Model

    Stop = Union[str, bytes, Sequence[Union[str, bytes]], None]

ONE_Q16 = 65536
MAX_THREADS = 1024
MAX_U32 = 0xFFFFFFFF
MAX_WINDOW = 1 << 16
SIZE_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
WHITE_SPACE = b" \t\r\n\v\f"


def q16(name: str, value: float, low: float, high: float) -> int:
    if isinstance(value, (str, bytes)) or not math.isfinite(value) or not low <= value <= high:
        raise ArgumentError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return round(value * ONE_Q16)


def integer(name: str, value: int, low: int, high: int) -> int:
    """The value, if it is an integer in a range; ArgumentError otherwise."""
    try:
        number = value.__index__()
    except AttributeError:
        raise ArgumentError(f"{name} must be an integer, not {value!r}") from None
    if not low <= number <= high:
        raise ArgumentError(f"{name} must be from {low} to {high}, not {number}")
    return number


def parse_size(name: str, size: int | str, high: int) -> int:
    """A number of bytes from one, or from what people write: 64K, 3M, 1.5 MB. K is 1000, as everywhere in pylm."""
    if not isinstance(size, str):
        return integer(name, size, 1, high)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]?)B?\s*", size, re.IGNORECASE)
    if not match:
        raise ArgumentError(f"{name} must be a number of bytes such as 65536, 64K, 3M or '1.5 MB', not {size!r}")
    return integer(name, int(Decimal(match[1]) * SIZE_UNITS[match[2].upper()]), 1, high)


class Sampler:
    """Chooses symbol after symbol. Arguments are those of Model.generate()."""

    def __init__(
        self, image: Image, *, temperature: float = 0.8, top_k: int = 40, top_p: float = 0.95,
        min_p: float = 0.0, repetition_penalty: float = 1.0, repetition_window: int = 64,
        seed: int | None = None, within: Constraint | None = None, against: Model | None = None,
        against_weight: float = 1.0, against_alpha: float = 0.1,
    ) -> None:  # fmt: skip
        self._image, self._within = image, within
        self._rival = None if against is None else Rival(image, against._image, against_weight, against_alpha)
        settings = self._settings = ffi.new("pylm_sampling *")
        settings.temperature_q16 = q16("temperature", temperature, 0, 1000)
        if temperature > 0:
            settings.temperature_q16 = max(settings.temperature_q16, 1)
        settings.top_k = integer("top_k", top_k, 0, MAX_U32)
        settings.top_p_q16 = q16("top_p", top_p, 0, 1)
        settings.min_p_q16 = q16("min_p", min_p, 0, 1)
        settings.penalty_q16 = q16("repetition_penalty", repetition_penalty, 1, 1000)
        self._window = integer("repetition_window", repetition_window, 0, MAX_WINDOW)
        if seed is None:
            seed = int.from_bytes(os.urandom(8), "little")
        self._random = ffi.new("uint64_t *", integer("seed", seed, 0, (1 << 64) - 1))
        limit = settings.top_k if settings.temperature_q16 else 1
        self._n_candidates = min(limit + self._window if limit else image.n_symbols, image.n_symbols)
        self._candidates = ffi.new("pylm_candidate[]", self._n_candidates)

    def symbols(self, prompt: array[int], n: int, state: Any = None) -> Iterator[int]:
        """n symbols that go on after checked symbols, or fewer within a constraint; from a state that has read them, if one
        is given."""
        walk = None if self._within is None else self._within._walk(self._image, n)
        state = self._image.new_state(prompt) if state is None else state
        return self._chosen(prompt, n, state, walk, None if self._rival is None else self._rival.after(prompt))

    def _chosen(self, prompt: array[int], n: int, state: Any, walk: Walk | None, rival: Any) -> Iterator[int]:
        image, window = self._image, self._window
        work = image.new_work()
        recent = new_symbols(max(window, 1))
        last = prompt[max(len(prompt) - window, 0) :] if window else array("I")
        recent[: len(last)] = last
        n_recent = len(last)
        oldest = 0  # `recent` is a ring: its order does not matter to the penalty
        pointer = ffi.from_buffer("uint32_t[]", recent)
        for _ in range(n):
            found = self._found(state, walk, rival)
            chosen = self._choose(found, state, work, pointer, n_recent)
            if chosen == NONE:
                return
            lib.pylm_state_push(image.model, state, chosen)
            if walk is not None:
                walk.read(chosen)
            if rival is not None:
                lib.pylm_state_push(self._rival.image.model, rival, chosen)
            if n_recent < window:
                recent[n_recent] = chosen
                n_recent += 1
            elif window:
                recent[oldest] = chosen
                oldest = (oldest + 1) % window
            yield chosen

    def _found(self, state: Any, walk: Walk | None, rival: Any) -> np.ndarray | None:
        """The candidates for the next symbol; None if all symbols are, as the model says."""
        image = self._image
        if walk is None and rival is None:
            return None
        symbols, may_end = (image.every_symbol, False) if walk is None else walk.steps()
        if rival is not None:
            return self._rival.contrasted(state, rival, symbols, may_end)
        return None if len(symbols) == image.n_symbols else image.restricted(state, symbols, may_end)

    def _choose(self, found: np.ndarray | None, state: Any, work: Any, recent: Any, n_recent: int) -> int:
        symbol = ffi.new("uint32_t *")
        if found is None:
            status = lib.pylm_sample(
                self._image.model, state, self._settings, recent, n_recent, self._random, work,
                self._candidates, self._n_candidates, symbol,
            )  # fmt: skip
        else:
            candidates = ffi.from_buffer("pylm_candidate[]", found, require_writable=True)
            status = lib.pylm_choose(
                self._settings, recent, n_recent, self._random, candidates, len(found), symbol
            )  # fmt: skip
        check(status)
        chosen: int = symbol[0]
        return chosen


def stop_strings(stop: Stop) -> list[bytes]:
    if stop is None:
        return []
    strings = [stop] if isinstance(stop, (str, bytes)) else list(stop)
    result = []
    for string in strings:
        if not isinstance(string, (str, bytes)):
            raise TypeError(f"stop must be a str or several, not {type(string).__name__}")
        if not string:
            raise ArgumentError("a stop string is empty; it would end every text before it begins")
        result.append(bytes(as_bytes(string)))
    return result


def last_before(image: Image, prompt: TextOrIds, symbols: array[int]) -> int:
    """What pylm_decode() is to put the continuation behind: no second space after a prompt that has one."""
    if not symbols:
        return NONE
    if isinstance(prompt, str):
        ends_in_space = bytes(as_bytes(prompt[-1])) in WHITE_SPACE
    else:
        ends_in_space = isinstance(prompt, (bytes, bytearray)) and bytes(prompt[-1:]) in WHITE_SPACE
    return NONE if image.is_words and ends_in_space else symbols[-1]


def texts(image: Image, prompt: TextOrIds, symbols: array[int], generated: Iterator[int]) -> Iterator[bytes]:
    """The text that generated symbols add to a prompt, which `symbols` are, as it grows."""
    if image.is_external:
        return (text.encode() for text in image.external.continuation(symbols, generated))
    return _texts(image, generated, last_before(image, prompt, symbols))


def _texts(image: Image, symbols: Iterator[int], previous: int) -> Iterator[bytes]:
    for symbol in symbols:
        yield image.decode(array("I", (symbol,)), previous)
        previous = symbol


def until_stop(texts: Iterator[bytes], stops: list[bytes]) -> Iterator[bytes]:
    """A text as it grows, without a piece that may become a stop string; ends before one."""
    waiting = b""
    for text in texts:
        waiting += text
        n, found = _search_stops(waiting, stops)
        if n:
            yield waiting[:n]
        if found:
            return
        waiting = waiting[n:]
    if waiting:
        yield waiting


def _search_stops(text: bytes, stops: list[bytes]) -> tuple[int, bool]:
    """How much of the text can be handed on, and whether a stop string follows there."""
    found = ffi.new("int *")
    free, first = len(text), len(text) + 1
    for stop in stops:
        n: int = lib.pylm_stop_search(text, len(text), stop, len(stop), found)
        free = min(free, n)
        if found[0]:
            first = min(first, n)
    return (first, True) if first <= len(text) else (free, False)


def as_characters(pieces: Iterator[bytes]) -> Iterator[str]:
    """UTF-8 as str, a character as soon as its last byte is there."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        characters = decoder.decode(piece)
        if characters:
            yield characters
    rest = decoder.decode(b"", True)
    if rest:
        yield rest
