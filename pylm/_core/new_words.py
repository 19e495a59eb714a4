# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Lists of new words, which a word model did not have when it was trained; see pylm_words_init() in pylm_text.h."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from .native import check, ffi, lib
from .prediction import shown
from .spelling import Spelled

if TYPE_CHECKING:
    from .image import Image, TextOrIds

SHARE = 16  # of the memory to learn in, 1 in so many bytes is for new words
LEAST = 128  # bytes
LONGEST = lib.PYLM_NEW_WORD_NBYTES


class NewWords:
    """A list, in memory of its own."""

    def __init__(self, image: Image, nbytes: int) -> None:
        self._model = image.model
        self.memory: Any = ffi.new("unsigned char[]", nbytes)
        self.clear()

    def clear(self) -> None:
        check(lib.pylm_words_init(self._model, self.memory, len(self.memory)))

    def open(self, content: Any) -> int:
        """Takes the place of all words by those of a list of the same length. Returns a status; if that is not PYLM_OK,
        the list is empty."""
        ffi.memmove(self.memory, content, len(self.memory))
        status: int = lib.pylm_words_open(self._model, self.memory, len(self.memory))
        if status != lib.PYLM_OK:
            self.clear()
        return status

    def seal(self) -> bytes:
        """All of its memory, ready to be opened."""
        lib.pylm_words_seal(self.memory, len(self.memory))
        return bytes(ffi.buffer(self.memory))

    def read(self, spelled: Spelled) -> Spelled:
        """What the unknown words of a text cost, one after the other, each before it is added to the list: one that is
        there need not be spelled."""
        return self._costs(spelled, adds=True)

    def costs(self, spelled: Spelled) -> Spelled:
        """The same, but nothing is added."""
        return self._costs(spelled, adds=False)

    def _costs(self, spelled: Spelled, adds: bool) -> Spelled:
        costs, cost = array("Q"), ffi.new("uint32_t *")
        memory, n = self.memory, len(self.memory)
        for word, letters in zip(*spelled, strict=True):
            known = lib.pylm_words_cost(memory, word, len(word), cost)
            costs.append(cost[0] if known else letters + cost[0])
            if adds and len(word) <= LONGEST:
                check(lib.pylm_words_add(self._model, memory, n, word, len(word), 1))
        return Spelled(spelled.words, costs)

    def counts(self) -> dict[str, int]:
        """The words, and how often each came."""
        return word_counts(self.memory)


def spelled_by(image: Image, words: NewWords | None, text: TextOrIds, symbols: array[int]) -> Spelled:
    """What the letters of unknown words in a text cost, but for those in a list. Nothing is added to it."""
    spelled = image.spelled(text, symbols)
    return spelled if words is None or not spelled.words else words.costs(spelled)


def word_counts(memory: Any) -> dict[str, int]:
    """The words of a list, and how often each came."""
    text, nbytes = ffi.new("const unsigned char **"), ffi.new("uint32_t *")
    result = {}
    for i in range(lib.pylm_words_n(memory)):
        count = lib.pylm_words_get(memory, i, text, nbytes)
        result[shown(ffi.buffer(text[0], nbytes[0])[:])] = count
    return result


def words_nbytes(image: Image, memory: int) -> int:
    """How many bytes of the memory to learn in are for new words; 0 if the model does not spell."""
    nbytes = memory // SHARE
    return nbytes if image.spelling is not None and nbytes >= LEAST else 0
