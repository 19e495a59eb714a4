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

from ._core.arguments import MAX_U32, described, integer, n_threads, number, several
from ._core.documents import documents as documents_of
from ._core.documents import listed
from ._core.image import ENCODE_SLICE, Image
from ._core.native import NONE
from ._core.progress import Progress
from ._core.reader import image_of
from ._core.text import TEXT_TYPES, Bytes, Source, as_bytes
from ._model import Model
from ._train import adapt, train
from .errors import ArgumentError, EmptyTextError
from .passages import Passages, sampled
from .training.options import SymbolOptions

if TYPE_CHECKING:
    import numpy as np

PIECES, MAX_ORDER = 4000, 1  # of the models that are trained here
SAMPLE = 2_000_000  # bytes of the pool that its model is trained on
BATCH = 1 << 20  # bytes scored at once
BITS = 1 / 65536  # a cost

DocumentKind = Literal["lines", "paragraphs"]


class Selected(NamedTuple):
    """A passage that was chosen; from `select()`."""

    text: bytes
    score: float  #: see `Selector.scores()`
    index: int  #: which of the pool's passages it is, from 0


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
        self._pairs: _Pairs | None = None

    @classmethod
    def train(
        cls, like: Source, general: Source, *, threads: int | None = None, progress: bool | None = None
    ) -> Selector:
        """Trains both models, in some seconds.

        like      texts that are wanted, as in `pylm.train()`; 50 KB are useful, and 500 KB better.
        general   texts of all kinds: a sample of those to choose from, a megabyte or two.
        threads, progress   as in `pylm.train()`.
        For speed it goes by pairs of symbols, those that it has seen; a `Selector` made of `in_domain` and `general`
        goes by the models themselves, takes four times as long, and says much the same.
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
        selector._pairs = _Pairs(selector._in, selector._general, like, general)
        return selector

    def scores(
        self, texts: Iterable[str | Bytes], *, threads: int | None = None, progress: bool | None = None
    ) -> list[float]:
        """For each text, the bits a byte that it costs by the model of the texts that are wanted, less those that it
        costs by the general one. Below 0: rather like those that are wanted. Of an empty text: infinity.

        threads   processors to use; None: all. Does not change what comes out.
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
        symbols = _encoded(self._general, texts, threads)
        costs = self._costs(symbols, threads) if self._pairs is None else self._pairs.costs(symbols)
        return [
            cost * BITS / len(text) if text else math.inf for cost, text in zip(costs, texts, strict=True)
        ]

    def _costs(self, texts: list[array[int]], threads: int) -> Iterable[int]:
        """What texts cost more by the first model, by all of their contexts."""
        joined, ends = _joined(texts)
        of = [
            image.score_batch(image.new_state(), joined, ends, threads, Progress(False))
            for image in (self._in, self._general)
        ]
        return [a - b for a, b in zip(*of, strict=True)]


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
    like        texts as in `pylm.train()`, which the passages are to be like; or a `Selector`. Of texts, one is trained,
                with 2 MB from all over the pool as the general text.
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
    for batch in _batches(passages.read("compare", bar)):
        for text, score in zip(batch, selector._batch(batch, threads), strict=True):
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
            raise ArgumentError(f"keep as a share must be above 0 and below 1, not {keep}; a number is an int")
    else:
        integer("keep", keep, 1, 1 << 62)


def _to_read_twice(name: str, source: Source) -> Source:
    found = listed(source)
    if isinstance(found, (str, os.PathLike, list, tuple)) or isinstance(found, TEXT_TYPES):
        return found
    return list(several(name, found, "texts or paths"))


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


# ---- symbols


def _check_vocabularies(a: Image, b: Image) -> None:
    if a.root is b.root or a.vocabulary == b.vocabulary:
        if any(b.vocabulary[1]):
            return
        raise ArgumentError("in_domain and general are models of plain ids, which have no texts; give models of texts")
    raise ArgumentError(
        "in_domain and general have different vocabularies, so their probabilities cannot be compared: where a model "
        "knows fewer words, every strange text is likely. Make in_domain a layer on general: pylm adapt GENERAL TEXT -o "
        "LAYER; or train both with one --vocabulary"
    )


def _encoded(image: Image, texts: list[bytes], threads: int) -> list[array[int]]:
    """The symbols of each text; several threads take parts of them."""

    def encode(part: list[bytes]) -> list[array[int]]:
        return [image.symbols(text, False) for text in part]

    n = min(threads or os.cpu_count() or 1, len(texts))
    if n < 2 or image.is_external:
        return encode(texts)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(n) as pool:
        found = list(pool.map(encode, (texts[len(texts) * i // n : len(texts) * (i + 1) // n] for i in range(n))))
    return [symbols for part in found for symbols in part]


def _joined(texts: list[array[int]]) -> tuple[array[int], array[int]]:
    """All symbols, and where each text ends in them."""
    joined, ends = array("I"), array("Q")
    for symbols in texts:
        joined.extend(symbols)
        ends.append(len(joined))
    return joined, ends


# ---- pairs


class _Pairs:
    """How much more each symbol costs by one bigram model than by another, behind the one before it: of the pairs that
    came in the texts of the first, or twice in those of the second. Behind others a symbol costs what it costs in the
    mean, which is better than what two models say of a pair that they do not know; and so nothing is left to be asked
    while texts are scored."""

    def __init__(self, a: Image, b: Image, like: Source, general: Source) -> None:
        import numpy as np

        self._images, self._n = (a, b), b.n_symbols
        self._begin = 0 if b.line_end == NONE else b.line_end  # what stands before a text
        wanted, others = self._counted(like), self._counted(general)
        self._pairs = np.flatnonzero((wanted >= 1) | (others >= 2))
        self._found = self._asked(self._pairs)
        weights, after = (wanted + others)[self._pairs].astype(np.float64), self._pairs % self._n
        n_seen = np.bincount(after, weights, self._n)
        sums = np.bincount(after, weights * self._found, self._n)
        alone = self._asked(self._begin * self._n + np.arange(self._n))
        self._mean = np.where(n_seen > 0, np.rint(sums / np.maximum(n_seen, 1)), alone).astype(np.int32)
        self._make()

    def _make(self) -> None:
        import numpy as np

        self._table = np.tile(self._mean, self._n)
        self._table[self._pairs] = self._found

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_table"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._make()

    def costs(self, texts: list[array[int]]) -> list[int]:
        """Of texts; 1/65536 bit."""
        import numpy as np

        joined, ends = _joined(texts)
        if not joined:
            return [0] * len(texts)
        symbols = np.frombuffer(joined, np.uint32).astype(np.int64)
        last = np.frombuffer(ends, np.uint64).astype(np.int64)
        begins = np.append(0, last[:-1])
        before, sums = np.empty_like(symbols), np.zeros(len(symbols) + 1, np.int64)
        before[1:] = symbols[:-1]
        before[begins[begins < len(symbols)]] = self._begin
        np.cumsum(self._table[before * self._n + symbols], out=sums[1:])
        found: list[int] = (sums[last] - sums[begins]).tolist()
        return found

    def _counted(self, source: Source) -> np.ndarray:
        """How often each pair came in texts: int32 of shape (n * n,)."""
        import numpy as np

        counts, image = np.zeros(self._n * self._n, np.int32), self._images[1]
        for text in documents_of(source):
            before = self._begin
            for piece, _ in image.encode_slices(as_bytes(text), True, ENCODE_SLICE):
                if piece:
                    symbols = np.append(before, np.frombuffer(piece, np.uint32)).astype(np.int64)
                    pairs, n = np.unique(symbols[:-1] * self._n + symbols[1:], return_counts=True)
                    counts[pairs] += n.astype(np.int32)
                    before = int(symbols[-1])
        return counts

    def _asked(self, pairs: np.ndarray) -> np.ndarray:
        """What the second symbols of pairs cost: int32."""
        import numpy as np

        both = array("I", np.stack(np.divmod(pairs, self._n), 1).astype(np.uint32).tobytes())
        ends = array("Q", range(2, len(both) + 1, 2))
        found = []
        for image in self._images:
            costs = array("I", bytes(4 * len(both)))
            image.score_batch(image.new_state(), both, ends, 0, Progress(False), costs)
            found.append(np.frombuffer(costs, np.uint32)[1::2].astype(np.int32))
        return found[0] - found[1]
