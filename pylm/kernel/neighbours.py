# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Which positions of the training text are nearest to a context, by a kernel. Its tables only count positions. So the
text is read again, as symbols, and the distance of every position is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._core.image import Image
from .._core.native import NONE, check, ffi, lib
from .._core.text import Bytes

SLICE = 1 << 16  # symbols between two byte positions that are kept
BATCH = 1 << 18  # positions whose distances are computed at once
BEFORE = -1  # stands before the line end that stands before a text


class Positions:
    """All positions of a training text. Takes 5 bytes for each symbol."""

    def __init__(self, image: Image, documents: Sequence[Bytes], show: Callable[[int, int], None]) -> None:
        """`show` is told how many bytes of how many are read."""
        self._image, self._documents = image, documents
        self._reach: int = _settings(image).reach
        self._marks: list[tuple[int, int, int]] = []  # index of a symbol, its document, the byte up to which it is read
        start = np.array([BEFORE] * (self._reach - 1) + [image.info.line_end], np.int32)
        parts, n, done, total = [start[:0]], 0, 0, sum(map(len, documents))
        starts = []
        for number, document in enumerate(documents):
            if not len(document):  # training passes over it
                continue
            starts.append(n)
            parts.append(start)
            n, used = n + len(start), 0
            for symbols, position in image.encode_slices(document, True, SLICE):
                self._marks.append((n, number, used))
                parts.append(np.array(symbols, np.int32))
                n, used = n + len(symbols), position
                show(done + used, total)
            done += len(document)
            if image.text_end not in (NONE, image.line_end):  # a symbol of its own ends every text
                parts.append(np.array([image.text_end], np.int32))
                n += 1
        self._symbols = np.concatenate(parts)
        self._is_symbol = np.ones(n, bool)  # of a text, and not in front of it
        for j in range(self._reach):
            self._is_symbol[np.array(starts, np.int64) + j] = False
        self._classes = _classes(image)

    def nearest(self, image: Image, context: Sequence[int], k: int) -> list[tuple[int, int]]:
        """The first k of those that are nearest: document, and byte where what follows there begins or where white
        space in front of it does. `image` has the settings."""
        settings, best, found = _settings(image), None, np.zeros(0, np.int64)
        context = list(context)
        if image.text_end in context:  # behind the end of a text another one begins
            context = context[len(context) - context[::-1].index(image.text_end) :]
        history = np.array([BEFORE] * self._reach + [image.info.line_end, *context], np.int32)
        history = history[::-1][: self._reach]
        for begin in range(self._reach, len(self._symbols), BATCH):
            distances = self._distances(begin, min(begin + BATCH, len(self._symbols)), history, settings)
            least = int(distances.min())
            if best is None or least < best:
                best, found = least, found[:0]
            if least == best and len(found) < k:
                found = np.concatenate([found, begin + np.flatnonzero(distances == least)[:k]])[:k]
        return [self._place(int(index)) for index in found]

    def _distances(self, begin: int, end: int, history: np.ndarray, settings: Any) -> np.ndarray:
        """Of the symbols from begin to end, 1/65536; of what only stands before a text, more than all others."""
        total = np.zeros(end - begin, np.int64)
        for j in range(self._reach):
            there = self._symbols[begin - 1 - j : end - 1 - j]
            each = np.where(there == history[j], 0, settings.distance_q16[j])
            if j < settings.n_class:
                similar = (self._classes[there] == self._classes[history[j]]) & (there != history[j])
                each = np.where(similar, settings.class_distance_q16[j], each)
            total += each
        return np.where(self._is_symbol[begin:end], total, np.iinfo(np.int64).max)

    def _place(self, index: int) -> tuple[int, int]:
        """Where a symbol is: it is found by reading on from the last mark before it."""
        first, number, used = max(mark for mark in self._marks if mark[0] <= index)
        if index == first:
            return number, used
        text = ffi.from_buffer(self._documents[number])
        position, n = ffi.new("uint64_t *", used), ffi.new("uint64_t *", index - first)
        room = ffi.new("uint32_t[]", index - first)
        check(lib.pylm_encode(self._image.model, text, len(text), 1, position, room, n))
        return number, min(position[0], len(text))


def _settings(image: Image) -> Any:
    settings = ffi.new("pylm_kernel *")
    check(lib.pylm_model_kernel(image.model, settings))
    return settings


def _classes(image: Image) -> np.ndarray:
    """Of every symbol, and last, of BEFORE, which is like nothing."""
    found, coarse = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    classes = []
    for symbol in range(image.n_symbols):
        check(lib.pylm_symbol_class(image.model, 0, symbol, found, coarse))
        classes.append(found[0] if found[0] != NONE else -2 - symbol)
    return np.array([*classes, -1], np.int64)
