# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How much more texts cost by one bigram model of pieces than by another: a sum over pairs of neighbouring pieces, and
over words, whose inner pairs are added up once."""

from __future__ import annotations

import re
from array import array
from threading import Lock
from typing import TYPE_CHECKING, Any

from .._core.documents import documents
from .._core.image import ENCODE_SLICE, Image
from .._core.native import NONE
from .._core.progress import Progress
from .._core.text import Source, as_bytes

if TYPE_CHECKING:
    import numpy as np

MOST_WORDS, MOST_SYMBOLS = 1 << 19, 1 << 22  # remembered, some 200 bytes each, before all begins anew
BEGINNING = 1 << 22  # bytes of a text whose words are remembered in advance
LONGEST = 64  # bytes of a word that is remembered: what is longer hardly comes again
WORD_BEGINS = re.compile(rb"(?<=\S)(?= )")  # no piece has a space behind what is none, so a piece ends there
IS_ROUGH = re.compile(rb"\s ")  # there are spaces that begin no word


class Pairs:
    """How much more each symbol costs by one bigram model than by another, behind the one before it: of the pairs that
    came in the texts of the first, or twice in those of the second. Behind others a symbol costs what it costs in the
    mean, which is better than what two models say of a pair that they do not know; and so nothing is left to be asked
    while texts are scored."""

    def __init__(self, a: Image, b: Image, like: Source, general: Source, bar: Progress) -> None:
        import numpy as np

        self._images, self._n = (a, b), b.n_symbols
        self._begin = 0 if b.line_end == NONE else b.line_end  # what stands before a text
        wanted, others = self._counted(like), self._counted(general)
        self._pairs = np.flatnonzero((wanted >= 1) | (others >= 2))
        self._found = self._asked(self._pairs, bar)
        weights, after = (wanted + others)[self._pairs].astype(np.float64), self._pairs % self._n
        n_seen = np.bincount(after, weights, self._n)
        sums = np.bincount(after, weights * self._found, self._n)
        alone = self._asked(self._begin * self._n + np.arange(self._n), bar)
        self._mean = np.where(n_seen > 0, np.rint(sums / np.maximum(n_seen, 1)), alone).astype(np.int32)
        self._make()
        for text in documents(general):  # most of its words will come again
            for line in bytes(text[:BEGINNING]).split(b"\n"):
                if not self._words.is_full:
                    self._words.of(line)
        self._words.find_pieces()

    def _make(self) -> None:
        import numpy as np

        self._table = np.tile(self._mean, self._n)
        self._table[self._pairs] = self._found
        self._words, self._lock = _Words(self._images[1]), Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_table", "_words", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._make()

    def costs(self, texts: list[bytes]) -> list[int]:
        """Of texts; 1/65536 bit."""
        import numpy as np

        words, ends = array("I"), array("Q")
        with self._lock:
            if self._words.is_full:
                self._words = _Words(self._images[1])
            for text in texts:
                words.extend(self._words.of(text))
                ends.append(len(words))
            if not words:
                return [0] * len(texts)
            inner, first, last = self._words.looked_up(words, self._table, self._n)
        behind = np.frombuffer(ends, np.uint64).astype(np.int64)
        begins = np.append(0, behind[:-1])
        before, sums = np.empty_like(last), np.zeros(len(last) + 1, np.int64)
        before[1:] = last[:-1]
        before[begins[begins < len(last)]] = self._begin
        np.cumsum(inner + self._table[before * self._n + first], out=sums[1:])
        found: list[int] = (sums[behind] - sums[begins]).tolist()
        return found

    def _counted(self, source: Source) -> np.ndarray:
        """How often each pair came in texts: int32 of shape (n * n,)."""
        import numpy as np

        counts, image = np.zeros(self._n * self._n, np.int32), self._images[1]
        for text in documents(source):
            before = self._begin
            for piece, _ in image.encode_slices(as_bytes(text), True, ENCODE_SLICE):
                if piece:
                    symbols = np.append(before, np.frombuffer(piece, np.uint32)).astype(np.int64)
                    pairs, n = np.unique(symbols[:-1] * self._n + symbols[1:], return_counts=True)
                    counts[pairs] += n.astype(np.int32)
                    before = int(symbols[-1])
        return counts

    def _asked(self, pairs: np.ndarray, bar: Progress) -> np.ndarray:
        """What the second symbols of pairs cost: int32."""
        import numpy as np

        both = array("I", np.stack(np.divmod(pairs, self._n), 1).astype(np.uint32).tobytes())
        ends = array("Q", range(2, len(both) + 1, 2))
        found = []
        for image in self._images:
            costs = array("I", bytes(4 * len(both)))
            image.score_batch(image.new_state(), both, ends, 0, bar, costs)
            found.append(np.frombuffer(costs, np.uint32)[1::2].astype(np.int32))
        return found[0] - found[1]


class _Words:
    """The pieces of words, found once. A word is what begins with a space, up to the next one."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._parted = not any(re.search(rb"\S ", piece) for piece in image.vocabulary[1])
        self._new: list[bytes] = []  # words whose pieces are not yet known
        self._symbols, self._begins, self._ends = array("I"), array("Q"), array("Q")
        self._first, self._others = _Memo(self, b""), _Memo(self, b" ")

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._begins) + len(self._new) > MOST_WORDS or len(self._symbols) > MOST_SYMBOLS

    def of(self, text: bytes) -> list[int]:
        """The words of a text, by number."""
        if not text:
            return []
        if not self._parted:
            return [self.add(text)]
        if IS_ROUGH.search(text):
            words = WORD_BEGINS.split(text)
            return [self._first[words[0]], *(self._others[word[1:]] for word in words[1:])]
        begin, *words = text.split(b" ")
        found = list(map(self._others.__getitem__, words))
        return [self._first[begin], *found] if begin else found

    def add(self, text: bytes) -> int:
        """A word by its text, with the space."""
        self._new.append(text)
        return len(self._begins) + len(self._new) - 1

    def looked_up(self, words: array[int], table: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of words: the sum over the pairs inside, and the first and the last symbol, int64."""
        import numpy as np

        self.find_pieces()
        symbols = np.frombuffer(self._symbols, np.uint32).astype(np.int64)
        begins, last = np.frombuffer(self._begins, np.int64), np.frombuffer(self._ends, np.int64) - 1
        sums = np.zeros(len(symbols), np.int64)
        np.cumsum(table[symbols[:-1] * n + symbols[1:]], out=sums[1:])  # up to each symbol
        chosen = np.frombuffer(words, np.uint32)
        inner = sums[last] - sums[begins]
        return inner[chosen], symbols[begins][chosen], symbols[last][chosen]

    def find_pieces(self) -> None:
        """Those of all new words: in one go, where a word is parted from the next by the space alone."""
        at, ends = array("Q", [0]) * len(self._new), array("Q", [0]) * len(self._new)
        plain = [i for i, word in enumerate(self._new) if word[:1] == b" " and not word[-1:].isspace()]
        groups = [plain] if plain and self._parted else []
        together = {i for group in groups for i in group}
        groups += [[i] for i in range(len(self._new)) if i not in together]
        for group in groups:
            begin = len(self._symbols)
            for i, end in zip(group, self._read([self._new[i] for i in group]), strict=True):
                at[i], ends[i], begin = begin, end, end
        self._begins.extend(at)
        self._ends.extend(ends)
        self._new = []

    def _read(self, words: list[bytes]) -> list[int]:
        """Adds the symbols of words in a row; says where each word ends in them."""
        import numpy as np

        n_before = len(self._symbols)
        found = self._image.symbols(b"".join(words), False)
        self._symbols.extend(found)
        if len(words) == 1:
            return [len(self._symbols)]
        nbytes = np.fromiter(map(len, self._image.vocabulary[1]), np.int64)
        read, lengths = np.cumsum(nbytes[np.frombuffer(found, np.uint32)]), np.fromiter(map(len, words), np.int64)
        ends: list[int] = (n_before + 1 + np.searchsorted(read, np.cumsum(lengths))).tolist()
        return ends


class _Memo(dict[bytes, int]):
    """Numbers of words, by what follows the space."""

    def __init__(self, words: _Words, space: bytes) -> None:
        super().__init__()
        self._words, self._space = words, space

    def __missing__(self, word: bytes) -> int:
        number = self._words.add(self._space + word)
        if len(word) <= LONGEST:
            self[word] = number
        return number
