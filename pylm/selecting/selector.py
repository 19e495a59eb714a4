# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Choosing texts that are like some texts, out of many: by how much better a model of these predicts them than a model
of the many does. This is cross-entropy difference selection (Moore and Lewis, 2010).

The two models have one vocabulary. With two, the model that knows fewer words finds every strange text likely, since
"<unk>" is cheap there. Here one is a layer on the other, so they also agree where the few texts say nothing. Both are
bigram models of pieces: more context fits some hundred kilobytes of text too closely.
"""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .._core.ahead import ahead
from .._core.arguments import MAX_U32, described, integer, n_threads, number, several, wrong_type
from .._core.documents import listed
from .._core.image import Image
from .._core.progress import Progress
from .._core.reader import image_of
from .._core.text import TEXT_TYPES, Bytes, Source, as_bytes
from .._core.texts import score_texts
from .._model import Model
from .._train import adapt, train
from ..errors import ArgumentError, EmptyTextError
from ..training.options import SymbolOptions
from .pairs import Pairs
from .passages import Passages, sampled

if TYPE_CHECKING:
    import numpy as np

PIECES, MAX_ORDER = 4000, 1  # of the models that are trained here
SAMPLE = 2_000_000  # bytes of the pool that its model is trained on
BATCH = 1 << 21  # bytes scored at once
BITS = 1 / 65536  # a cost

DocumentKind = Literal["lines", "paragraphs"]


class Selected(NamedTuple):
    """A passage that was chosen; from `select()`."""

    text: bytes
    score: float  #: see `Selector.scores()`
    number: int  #: which of the pool's passages it is, from 0


class Selector:
    """Says how much a text is like some texts, and not like others.

        selector = pylm.Selector.train("wanted.txt", "sample-of-all.txt")
        selector.scores(["this text", "that text"])             # the lower, the more alike

    Any number of threads may use one at the same time.
    """

    def __init__(self, in_domain: Model, general: Model) -> None:
        """Of two models that are there.

        in_domain   of the texts that are wanted: best a layer on `general`, from `pylm.adapt()`.
        general     of texts of all kinds.
        Raises ArgumentError if their vocabularies are not the same.
        """
        self._in, self._general = image_of("in_domain", in_domain), image_of("general", general)
        self.in_domain, self.general = in_domain, general
        _check_vocabularies(self._in, self._general)
        self._pairs: Pairs | None = None

    @classmethod
    def train(
        cls, like: Source, general: Source, *, threads: int | None = None, progress: bool | None = None
    ) -> Selector:
        """Trains both models, in some seconds.

        like      texts that are wanted, as in `pylm.train()`; 50 KB are useful, and 500 KB better.
        general   texts of all kinds: a sample of those to choose from, a megabyte or two.
        threads, progress   as in `pylm.train()`.
        For speed it goes by pairs of symbols, those that it has seen; a `Selector` made of `in_domain` and `general`
        goes by the models themselves, takes ten times as long, and says much the same.
        """
        like, general = _to_read_twice("like", like), _to_read_twice("general", general)
        symbols = SymbolOptions(pieces=PIECES, topics=False)
        below = train(
            general,
            tokenizer="pieces",
            symbols=symbols,
            max_order=MAX_ORDER,
            profile="fast",
            threads=threads,
            progress=progress,
        )
        layer = adapt(below, like, max_order=MAX_ORDER, profile="fast", threads=threads, progress=progress)
        selector = cls(layer, below)
        with Progress(progress) as bar:
            selector._pairs = Pairs(selector._in, selector._general, like, general, bar)
        return selector

    def scores(
        self, texts: Iterable[str | Bytes], *, threads: int | None = None, progress: bool | None = None
    ) -> list[float]:
        """For each text, the bits a byte that it costs by the model of the texts that are wanted, less those that it
        costs by the general one. Below 0: rather like those that are wanted. Of an empty text: infinity.

        threads   processors to use, with models that were given; None: all. Does not change what comes out.
        progress  show a bar on standard error; None: if that is a terminal.
        Letters of unknown words are left out: they say more of the spelling than of the text.
        """
        found: list[float] = []
        n = n_threads(threads)
        given = [_bytes_of(f"texts[{i}]", text) for i, text in enumerate(several("texts", texts, "texts"))]
        total = sum(map(len, given))
        with Progress(progress) as bar:
            done = 0
            for batch in _batches(given):
                found += self._batch(batch, n)
                done += sum(map(len, batch))
                bar.show("compare", done, total, "B")
        return found

    def _batch(self, texts: list[bytes], threads: int) -> list[float]:
        costs = self._costs(texts, threads) if self._pairs is None else self._pairs.costs(texts)
        return [cost * BITS / len(text) if text else math.inf for cost, text in zip(costs, texts, strict=True)]

    def _costs(self, texts: list[bytes], threads: int) -> list[int]:
        """What texts cost more by the first model, by all of its contexts."""
        return [a - b for a, b in zip(*(_costs_by(i, texts, threads) for i in (self._in, self._general)), strict=True)]


def select(
    pool: Source,
    like: Source | Selector,
    *,
    keep: float | None = None,
    below: float | None = None,
    documents: DocumentKind = "lines",
    threads: int | None = None,
    progress: bool | None = None,
) -> Iterator[Selected]:
    """The passages of a pool that are most like some texts, in the order of the pool.

    pool        the path of a file or folder, a list of paths, or a list of texts. Each text is a passage. The files are
                read two or three times and mapped, so they may be larger than memory.
    like        texts as in `pylm.train()`, which the passages are to be like; or a `Selector`. Of texts, one is
                trained, with 2 MB from all over the pool as the general text.
    keep        how many passages: a number, or, as a float, a share of them.
    below       passages with a lower score than that; see `Selector.scores()`. With `keep`, both have to be true; with
                neither, all passages come, with their scores.
    documents   what in a file is a passage: "lines", or "paragraphs", between blank lines. Blank ones are none.
    threads, progress   as in `Selector.scores()`.
    Memory: the models, 64 MB for costs, and with `keep` 8 bytes a passage. Ctrl-C ends it between two passages.
    Raises ArgumentError, EmptyTextError, OSError, and what `pylm.train()` raises.
    """
    _check_keep(keep)
    if below is not None:
        number("below", below, -MAX_U32, MAX_U32)
    n_threads(threads)
    passages = Passages("pool", listed(pool), documents)
    selector = like if isinstance(like, Selector) else _trained(passages, like, threads, progress)
    return _selected(passages, selector, keep, below, threads, progress)


def _trained(passages: Passages, like: Source, threads: int | None, progress: bool | None) -> Selector:
    with Progress(progress) as bar:
        sample = sampled(passages, SAMPLE, bar)
    if not sample:
        raise EmptyTextError("the pool is empty: there is nothing to choose from")
    return Selector.train(like, [b"\n".join(sample) + b"\n"], threads=threads, progress=progress)


def _selected(
    passages: Passages,
    selector: Selector,
    keep: float | None,
    below: float | None,
    threads: int | None,
    progress: bool | None,
) -> Iterator[Selected]:
    n = n_threads(threads)
    with Progress(progress) as bar:
        if keep is None:
            for index, text, score in _scored(passages, selector, n, bar):
                if below is None or score < below:
                    yield Selected(text, score, index)
            return
        scores = array("d", (score for _, _, score in _scored(passages, selector, n, bar)))
        chosen = _best(scores, keep, below)
        for index, text in enumerate(passages.read("choose", bar)):
            if index < len(chosen) and chosen[index]:
                yield Selected(text, scores[index], index)


def _scored(passages: Passages, selector: Selector, threads: int, bar: Progress) -> Iterator[tuple[int, bytes, float]]:
    index = 0
    for batch, scores in ahead(_batches(passages.read("compare", bar)), lambda batch: selector._batch(batch, threads)):
        for text, score in zip(batch, scores, strict=True):
            yield index, text, score
            index += 1


def _best(scores: array[float], keep: float, below: float | None) -> np.ndarray:
    """Which passages are kept; of equally good ones the first."""
    import numpy as np

    values = np.frombuffer(scores, np.float64) if len(scores) else np.zeros(0)
    n = keep if isinstance(keep, int) else round(keep * len(values))
    chosen = np.zeros(len(values), bool)
    chosen[np.argsort(values, kind="stable")[:n]] = True
    return chosen if below is None else chosen & (values < below)


def _check_keep(keep: Any) -> None:
    if keep is None:
        return
    if isinstance(keep, float):
        if not 0 < keep < 1:
            raise ArgumentError(f"keep must be above 0 and below 1 if it is a share, not {keep:g}; a number is an int")
    else:
        integer("keep", keep, 1, 1 << 62)


def _to_read_twice(name: str, source: Source) -> Source:
    if isinstance(source, (bytes, bytearray, memoryview)):
        raise wrong_type(name, "the path of a file or several texts", source, "put a single text into a list: [text]")
    found = listed(source)
    return found if isinstance(found, (str, os.PathLike, list)) else list(several(name, found, "texts or paths"))


def _batches(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    nbytes = 0
    for text in texts:
        batch.append(text)
        nbytes += len(text)
        if nbytes >= BATCH:
            yield batch
            batch, nbytes = [], 0
    if batch:
        yield batch


def _bytes_of(name: str, text: Any) -> bytes:
    if not isinstance(text, TEXT_TYPES):
        raise TypeError(f"{name} must be a text (str or bytes), not {described(text)}")
    return bytes(as_bytes(text))


# ---- models that were given


def _check_vocabularies(a: Image, b: Image) -> None:
    """ArgumentError, if two models have different symbols."""
    if not any(b.vocabulary[1]):
        raise ArgumentError("in_domain and general are models of plain ids, which have no texts; give models of texts")
    if a.root is b.root or (a.is_words == b.is_words and set(a.vocabulary[1]) == set(b.vocabulary[1])):
        return
    raise ArgumentError(
        "in_domain and general have different vocabularies, so their probabilities cannot be compared: where a model "
        "knows fewer words, every strange text is likely. Make in_domain a layer on general: pylm adapt GENERAL TEXT "
        "-o LAYER; or train both with one --vocabulary"
    )


def _costs_by(image: Image, texts: list[bytes], threads: int) -> list[int]:
    """Of each text, without the letters of unknown words."""
    if image.is_external:
        symbols = _joined([image.symbols(text, False) for text in texts])
        return list(image.score_batch(image.new_state(), *symbols, threads, Progress(False)))
    scores = score_texts(image, image.new_state(), texts, False, threads)
    return [score.cost_q16 for score in scores]


def _joined(texts: list[array[int]]) -> tuple[array[int], array[int]]:
    """All symbols, and where each text ends in them."""
    joined, ends = array("I"), array("Q")
    for symbols in texts:
        joined.extend(symbols)
        ends.append(len(joined))
    return joined, ends
