# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Words that a word model does not know are spelled; see pylm_spelling() in pylm_text.h."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .native import check, ffi, lib
from .progress import Progress
from .text import as_bytes

if TYPE_CHECKING:
    from .image import Image
    from .text import Bytes

WORDS = 4096  # that a C call finds at most
MOST_LETTERS, TRIES = 64, 100  # of a word that is made up; to find one
LETTERS = 1 << 18  # scored at once: a quarter of a second


class Spelled(NamedTuple):
    """The unknown words of a text."""

    words: list[bytes]
    costs: array[int]  # of the letters of each, 1/65536 bit

    @property
    def cost(self) -> int:
        """Of all of them."""
        return sum(self.costs)


NOTHING = Spelled([], array("Q"))


class Spelling:
    """The model of bytes in a word model.

    image   it, as an image of its own; its texts are words.
    """

    def __init__(self, words: Image) -> None:
        model, saves = ffi.new("pylm_model *"), ffi.new("uint32_t *")
        check(lib.pylm_spelling(words.model, model, saves), "how unknown words are spelled")
        begin, nbytes = words.info.spelling_offset, words.info.spelling_nbytes
        self.image = type(words)(ffi.buffer(words.buffer + begin, nbytes), False)
        self._buffer, self._words = words.buffer, words.model  # not the image, which has this: no circle
        self._saves = saves[0]
        self._held: Any = None

    def with_model(self, words: Any, held: Any) -> Spelling:
        """The same for a pylm_model that was given words, which are in memory that is held."""
        other = Spelling.__new__(Spelling)
        vars(other).update(vars(self))
        other._words, other._held = words, held
        return other

    def spelled(self, text: str | Bytes, threads: int = 1) -> Spelled:
        """The unknown words of a text."""
        words = list(self.unknown(as_bytes(text)))
        different = list(dict.fromkeys(words))
        cost_of = dict(zip(different, self.costs(different, threads), strict=True))
        return Spelled(words, array("Q", map(cost_of.__getitem__, words)))

    def unknown(self, data: Bytes) -> Iterator[bytes]:
        """The words of a text that are read as ``<unk>``."""
        source = ffi.from_buffer(data)
        position, n, found = ffi.new("uint64_t *"), ffi.new("uint64_t *"), ffi.new("pylm_span[]", WORDS)
        while position[0] <= len(source):
            n[0] = WORDS
            check(lib.pylm_unknown_words(self._words, source, len(source), position, found, n))
            for i in range(n[0]):
                yield bytes(data[found[i].begin : found[i].end])

    def costs(self, words: Iterable[bytes], threads: int = 1) -> array[int]:
        """What each of several unknown words costs, given that it is unknown: array("Q"), 1/65536 bit."""
        result, letters, ends = array("Q"), array("I"), array("Q")
        for word in words:
            letters.extend(word)
            letters.append(self.image.text_end)
            ends.append(len(letters))
            if len(letters) >= LETTERS:
                result.extend(self._totals(letters, ends, threads))
                letters, ends = array("I"), array("Q")
        result.extend(self._totals(letters, ends, threads))
        return result

    def at_random(self, temperature_q16: int, seed: int) -> Iterator[bytes]:
        """Unknown words, one after the other, as the model of bytes has them; ``<unk>`` where it finds none."""
        sampler = ffi.new("pylm_sampler *")
        settings, sampler.random = sampler.settings, seed
        settings.temperature_q16, settings.top_p_q16, settings.penalty_q16 = temperature_q16, 65536, 65536
        while True:
            for _ in range(TRIES):  # the vocabulary may have the word, and it may have white space
                word = self._word(sampler)
                if list(self.unknown(word)) == [word]:
                    break
            else:
                word = b"<unk>"
            yield word

    def _word(self, sampler: Any) -> bytes:
        image, letters = self.image, bytearray()
        candidates, symbol = ffi.new("pylm_candidate[]", image.n_symbols), ffi.new("uint32_t *")
        state, work = image.new_state(), image.new_work()
        while len(letters) < MOST_LETTERS:
            check(lib.pylm_sample(image.model, state, sampler, work, candidates, image.n_symbols, symbol))
            if symbol[0] == image.text_end:
                break
            letters.append(symbol[0])
            check(lib.pylm_state_read(image.model, state, symbol[0]))
        return bytes(letters)

    def _totals(self, letters: array[int], ends: array[int], threads: int) -> Iterator[int]:
        if ends:
            state: Any = self.image.new_state()
            for total in self.image.score_batch(state, letters, ends, threads, Progress(False)):
                yield max(total - self._saves, 0)
