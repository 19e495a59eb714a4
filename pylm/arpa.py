# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Exports a model of words as n-grams in the ARPA format, which Kaldi, OpenFst, Sphinx, Julius and KenLM read.

The problem: those tools want explicit n-grams, each with a probability, and a weight for backing off to shorter ones. A
model of pylm has no such list: it mixes contexts of all kinds, and gives every word a probability anywhere. What we do:
the n-grams are those that the model has counted. Each gets the mean of two probabilities, that of the model behind this
context alone, and that of interpolated Kneser-Ney smoothing (Chen and Goodman, 1999) with the model's counts. The first
knows classes and gaps, the second what a shorter context says where the longer one is not in the list, which is a
question that the model itself is never asked. The back-off weights make all of it sum to one, as the format wants it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ._core.arguments import MAX_U32, integer, path_of
from ._core.counts import frequencies
from ._core.files import replacing
from ._core.image import Image
from ._core.native import check, ffi, lib
from ._core.prediction import shown
from ._core.progress import Progress
from ._core.reader import image_of
from .errors import ArgumentError
from .explain.context_names import Contexts

if TYPE_CHECKING:
    import numpy as np

    from ._core.text import Path
    from ._model import Model

MOST_ORDER = 8
BEFORE = 8  # words that are tried before a context of one word: behind nothing at all, the model is at a loss
SHARE = 0.5  # of the model in a probability; the rest is Kneser and Ney's
LEAST_LEFT = 1e-9  # of a probability, for words that are not listed
NEVER = -99.0  # log10 of what is only a context
BEGIN = "<s>"
STEP = 256  # contexts between two looks at the progress


def export_arpa(
    model: Model, path: Path, *, order: int = 5, contexts: int | None = None, progress: bool | None = None
) -> list[int]:
    """Writes a model of words in the ARPA format. The file is replaced as a whole or not at all.

    order     of the longest n-grams, 1 to 8; no longer than the model's own contexts.
    contexts  at most so many contexts of each length, the most frequent ones; None: all that the model has counted.
    progress  show a bar on standard error; None: if that is a terminal.

    Returns how many n-grams of each length there are. What is lost: what a text is about, classes and gaps where a
    context is not listed, and the spelling of unknown words. Words that were given to the model are listed as single
    words. Raises ArgumentError for models of other tokenizers, kernels and layers; OSError.
    """
    image = image_of("model", model)
    if not image.is_words:
        raise ArgumentError("ARPA files hold words; train a model with tokenizer='words' (--tokenizer words)")
    image.needs_mix("an ARPA file")
    if image.below is not None:
        raise ArgumentError("a layer has no n-grams of its own; export the model that it lies on")
    order = integer("order", order, 1, MOST_ORDER)
    most = MAX_U32 if contexts is None else integer("contexts", contexts, 1, MAX_U32)
    with Progress(progress) as bar:
        ngrams = _NGrams(image, order, most, bar)
        ngrams.estimate(bar)
        with replacing(path_of("path", path)) as file:
            for line in ngrams.lines():
                file.write(line.encode("utf-8", "surrogateescape"))
    return [level.n for level in ngrams.levels]


class _Level:
    """All n-grams of a length. Those that begin alike stand together, in the order of their last words."""

    def __init__(self, context: array[int], word: array[int], suffix: array[int], count: array[int]) -> None:
        import numpy as np

        self.n = len(word)
        self.context = np.frombuffer(context, np.uint32) if self.n else np.zeros(0, np.uint32)
        self.word = np.frombuffer(word, np.uint32) if self.n else np.zeros(0, np.uint32)
        self.suffix = np.frombuffer(suffix, np.uint32) if self.n else np.zeros(0, np.uint32)
        self.begin = self.word  # the first word of each
        self.raw = np.frombuffer(count, np.uint32).astype(np.float64) if self.n else np.zeros(0)
        self.count = self.raw  # by which it is smoothed
        self.p, self.backoff = np.zeros(self.n), np.ones(self.n)
        self.first = np.zeros(
            1, np.int64
        )  # of each n-gram of the level below: where those begin that it is the context of

    def index(self, n_contexts: int) -> None:
        import numpy as np

        self.first = np.searchsorted(self.context, np.arange(n_contexts + 1))


class _NGrams:
    """The n-grams of a model."""

    def __init__(self, image: Image, order: int, most: int, bar: Progress) -> None:
        self.image, self.levels = image, [self._words(image)]
        self._templates = _plain_templates(image)
        self._state, self._work = ffi.new("pylm_state *"), image.new_work()
        self._n = ffi.new("uint32_t *")
        self._found = ffi.new("pylm_successor[]", image.n_symbols)
        for length in range(1, min(order, len(self._templates))):
            self.levels.append(self._longer(length, most, bar))

    @staticmethod
    def _words(image: Image) -> _Level:
        known = frequencies(image)
        everything = array("I", range(image.n_symbols))
        nothing = array("I", bytes(4 * image.n_symbols))
        level = _Level(nothing, everything, nothing, array("I", (known[w] for w in everything)))
        level.index(1)
        return level

    # ---- which there are

    def words_of(self, length: int, i: int) -> list[int]:
        """The words of an n-gram."""
        words = []
        for level in reversed(self.levels[:length]):
            words.append(int(level.word[i]))
            i = int(level.context[i])
        return words[::-1]

    def _contexts(self, length: int, most: int) -> Iterator[tuple[int, list[int]]]:
        """N-grams that may be contexts: a line end in one is the beginning of the line."""
        import numpy as np

        count, order = self.levels[length - 1].count, np.arange(self.levels[length - 1].n)
        if len(order) > most:
            order = np.sort(np.argsort(-count, kind="stable")[:most])
        for i in order.tolist():
            words = self.words_of(length, i)
            if self.image.line_end not in words[1:]:
                yield i, words

    def _longer(self, length: int, most: int, bar: Progress) -> _Level:
        """The n-grams that go on from those of a length."""
        columns = context, word, suffix, count = array("I"), array("I"), array("I"), array("I")
        below, n = self.levels[length - 1], min(self.levels[length - 1].n, most)
        for i, (g, words) in enumerate(self._contexts(length, most)):
            if i % STEP == 0:
                bar.show(f"n-grams of {length + 1} words", i, n, "contexts")
            for symbol, times in self._successors(length, words):
                place = symbol if length == 1 else self._find(below, int(below.suffix[g]), symbol)
                if place is not None:  # else the model has lost what is shorter
                    context.append(g)
                    word.append(symbol)
                    suffix.append(place)
                    count.append(times)
        level = _Level(*columns)
        level.begin = below.begin[level.context]
        level.index(below.n)
        return level

    def _successors(self, length: int, words: list[int]) -> list[tuple[int, int]]:
        self._read(words)
        self._n[0] = self.image.n_symbols
        number = self._templates[length]
        check(lib.pylm_successors(self.image.model, self._state, 0, number, self._work, self._found, self._n))
        pairs = array("I", ffi.buffer(self._found, self._n[0] * ffi.sizeof("pylm_successor"))[:])
        return sorted(zip(pairs[::2], pairs[1::2], strict=True))

    @staticmethod
    def _find(level: _Level, context: int, symbol: int) -> int | None:
        """The n-gram of a context and a word."""
        begin, end = int(level.first[context]), int(level.first[context + 1])
        at = begin + int(level.word[begin:end].searchsorted(symbol))
        return at if at < end and level.word[at] == symbol else None

    def _read(self, words: list[int], before: Iterable[int] = ()) -> None:
        """Makes the state one that has read these words only, from the beginning of a line if they do so."""
        model, state = self.image.model, self._state
        if words[0] == self.image.line_end:
            lib.pylm_state_init(model, state)
            words = words[1:]
        else:
            ffi.memmove(state, bytes(ffi.sizeof("pylm_state")), ffi.sizeof("pylm_state"))
        for symbol in [*before, *words]:
            lib.pylm_state_read(model, state, symbol)

    # ---- their probabilities

    def estimate(self, bar: Progress) -> None:
        """Finds all probabilities and back-off weights."""
        import numpy as np

        for i, level in enumerate(self.levels[:-1]):
            self._count_before(level, self.levels[i + 1], i + 1)
        first = self.levels[0]
        first.p = np.maximum(first.count, 1.0)
        first.p /= first.p.sum()
        for length in range(1, len(self.levels)):
            self._estimate(length, bar)

    def _count_before(self, level: _Level, longer: _Level, length: int) -> None:
        """Counts of n-grams that are only asked where nothing longer is listed: how many different words stand before
        them. At the beginning of a line nothing does. Where the context of the longer one is not known to the model, it
        came once: so what is left of the count is as many different words."""
        import numpy as np

        before = np.bincount(longer.suffix, minlength=level.n).astype(np.float64)
        before += np.maximum(level.count - np.bincount(longer.suffix, longer.raw, minlength=level.n), 0.0)
        begins = (level.begin == self.image.line_end) & (length > 1)
        level.count = np.where(begins, level.count, np.maximum(before, 1.0))

    def _estimate(self, length: int, bar: Progress) -> None:
        import numpy as np

        level, below = self.levels[length], self.levels[length - 1]
        discount = _discounts(level.count)[np.minimum(level.count, 3).astype(int)]
        shorter = below.p[level.suffix]
        before = self._before() if length == 1 else []
        for g in range(below.n):
            if g % STEP == 0:
                bar.show(f"probabilities of {length + 1} words", g, below.n, "contexts")
            begin, end = int(level.first[g]), int(level.first[g + 1])
            if begin == end:
                continue
            own = slice(begin, end)
            total = level.count[own].sum()
            smoothed = (level.count[own] - discount[own] + discount[own].sum() * shorter[own]) / total
            asked = self._ask(self.words_of(length, g), level.word[own], before)
            level.p[own] = SHARE * asked + (1 - SHARE) * smoothed
            left = max(1.0 - level.p[own].sum(), LEAST_LEFT)
            below.backoff[g] = left / max(1.0 - shorter[own].sum(), LEAST_LEFT)

    def _before(self) -> list[int]:
        """Some words, spread over all by how often they came."""
        import numpy as np

        known = frequencies(self.image)
        up_to = np.cumsum([known[w] for w in range(self.image.n_symbols)])
        points = (np.arange(BEFORE) + 0.5) / BEFORE * up_to[-1]
        return [int(w) for w in np.searchsorted(up_to, points, side="right")]

    def _ask(self, words: list[int], successors: np.ndarray, before: list[int]) -> np.ndarray:
        """What the model says of some words behind others; the mean over what may stand before, if that is given."""
        import numpy as np

        if words[0] == self.image.line_end:
            before = []
        total = np.zeros(len(successors))
        for first in [[word] for word in before] or [[]]:
            self._read(words, first)
            total += self.image.masses_of(self._state, successors)
        return total / (2.0**62 * max(len(before), 1))

    # ---- the file

    def lines(self) -> Iterator[str]:
        """The file."""
        begin = self.image.line_end
        texts = [shown(self.image.symbol_text(i)) for i in range(self.image.n_symbols)]
        yield "\\data\\\n"
        for length, level in enumerate(self.levels, 1):
            yield f"ngram {length}={level.n + (length == 1)}\n"
        for length, level in enumerate(self.levels, 1):
            yield f"\n\\{length}-grams:\n"
            last = length == len(self.levels)
            if length == 1:
                yield f"{NEVER:g}\t{BEGIN}" + ("\n" if last else f"\t{math.log10(level.backoff[begin]):.6f}\n")
            for i in range(level.n):
                words = self.words_of(length, i)
                names = [texts[word] for word in words]
                if length > 1 and words[0] == begin:
                    names[0] = BEGIN
                line = f"{math.log10(level.p[i]):.6f}\t{' '.join(names)}"
                backoff = 1.0 if words[-1] == begin else level.backoff[i]
                yield f"{line}\n" if last or backoff == 1.0 else f"{line}\t{math.log10(backoff):.6f}\n"
        yield "\n\\end\\\n"


def _plain_templates(image: Image) -> list[int]:
    """Numbers of the first tree's templates of the last 0, 1, 2, ... symbols."""
    names = [template.name for template in Contexts(image).templates[0]]
    wanted = [" ".join(map(str, range(1, n + 1))) for n in range(MOST_ORDER)]
    found = [names.index(name) for name in wanted if name in names]
    return found[: next((i for i, name in enumerate(wanted) if name not in names), MOST_ORDER)]


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken off of counts of 0, 1, 2, and 3 or more; modified Kneser-Ney smoothing."""
    import numpy as np

    n1, n2, n3, n4 = (float((counts == i).sum()) for i in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return np.array([0.0, 0.5, 0.75, 0.75])
    y = n1 / (n1 + 2 * n2)
    found = [0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
    return np.array([min(max(d, 0.0), i - 0.05 if i else 0.0) for i, d in enumerate(found)])
