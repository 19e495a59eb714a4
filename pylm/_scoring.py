# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The part of `Model` that scores texts."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from ._core.arguments import DEFAULT_MEMORY, n_threads, several
from ._core.documents import document
from ._core.image import ENCODE_SLICE, TEXT_OR_IDS, new_symbols
from ._core.prediction import NATS_PER_COST, logprobs_of, places_of
from ._core.progress import Progress
from ._core.reader import Reader
from ._core.text import TEXT_TYPES, as_bytes
from ._core.texts import TextScore, score_texts
from ._info import Evaluation
from ._state import State
from .decoders.lattice import BEAM, Lattice, LatticePath, Search, best_paths
from .errors import ArgumentError, EmptyTextError

if TYPE_CHECKING:
    import os

    import numpy as np

    from ._core.image import TextOrIds
    from ._core.spelling import Spelled
    from ._core.text import Bytes
    from .explain.words import WordScore


class _Batch(NamedTuple):
    """Many texts that were scored; costs in 1/65536 bit."""

    symbols: array[int]  # of all texts
    ends: array[int]  # where each text ends in them
    totals: array[int]  # of each text, without spelling
    costs: array[int]  # of each symbol, likewise; empty if not wanted
    spelled: list[Spelled]  # the unknown words of each text


class _Read(NamedTuple):
    """A text that was scored; costs in 1/65536 bit."""

    symbols: int
    unknown: int  # of these
    nbytes: int
    cost: int  # without letters
    unknown_cost: int  # what of it is of unknown symbols
    letters: int  # the cost of those of unknown words


class Scoring(Reader):
    """How probable texts are."""

    def logprobs(self, text: TextOrIds, *, context: TextOrIds = "", add_eos: bool = True) -> np.ndarray:
        """Natural log of the probability of every symbol of a text, given those before it.

        context   what stands before the text and is not scored.
        add_eos   the text is complete: its last line ends, and the line end is scored as well, if the model has words,
                  or texts that end with their line (`ModelInfo.ends`). False: the text may go on, as alternatives
                  within a line do.
        Returns float64 of shape (n,), n being the number of symbols; each is finite and below 0.
        """
        image = self._image
        symbols = image.symbols(text, add_eos)
        costs = new_symbols(len(symbols))
        image.score(self._state_after(context), symbols, costs)
        return logprobs_of(image, symbols, costs, image.spelled(text, symbols))

    def score(self, text: TextOrIds, *, context: TextOrIds = "", add_eos: bool = True) -> float:
        """Natural log of the probability of a text: the sum of `logprobs()`.

        To compare what may follow a context, leave out the line end: ``score("cat", context="the", add_eos=False)``.
        For any two parts of a line, ``score(a + b)`` is ``score(a, add_eos=False) + score(b, context=a)``, if words
        and pieces end where `a` does. Of ``""`` it is 0.0, or with `add_eos` that of a line end, where that is scored.
        """
        image = self._image
        symbols = image.symbols(text, add_eos)
        cost = image.score(self._state_after(context), symbols) + image.spelled(text, symbols).cost
        return -cost * NATS_PER_COST

    def word_scores(self, text: TextOrIds, *, context: TextOrIds = "", add_eos: bool = True) -> list[WordScore]:
        """What each word adds to `score()`, by how much of the text before it the model knew it, and whether the word
        is unknown. Of bytes and pieces each symbol is one. Arguments as in `score()`."""
        from .explain.words import words_of

        image = self._image
        return words_of(image, self._state_after(context), text, add_eos, image.spelled)

    def best_paths(
        self,
        lattice: Lattice,
        n: int = 1,
        *,
        context: TextOrIds = "",
        beam: int = BEAM,
        weight: float = 1.0,
        merge: int | None = None,
        add_eos: bool = True,
        progress: bool | None = None,
    ) -> list[LatticePath]:
        """The n best paths through a lattice, best first: those whose arcs cost least together with `weight` times what
        the text that they read costs by the model. There are fewer if not more lead to the end; none, if none does.

        context   what stands before the text.
        beam      hypotheses kept at every node, 1 to 4096. More find better paths, and take as much more time.
        weight    of the model, 0 to 256.
        merge     two hypotheses at a node whose last symbols agree, so many of them, are one from there on: 0 to 16.
                  None: as many as the model's contexts have in a row.
        add_eos   the text is complete; as in `score()`.
        progress  show a bar on standard error; None: if that is a terminal.
        Every word or other symbol of an arc takes some 4 µs for each hypothesis. Raises ArgumentError; TooLargeError
        if it takes more memory than there is.
        """
        search = Search(n, beam, weight, merge, add_eos)
        return best_paths(self._image, self._state_after(context), lattice, search, progress)

    def score_batch(
        self,
        texts: Iterable[TextOrIds],
        *,
        context: TextOrIds = "",
        add_eos: bool = True,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> list[float]:
        """`score()` of many texts, on several threads.

        context    what stands before each of them.
        add_eos    as in `score()`, for each of them.
        threads    processors to use; None: all. Does not change what comes out.
        progress   show a bar on standard error; None: if that is a terminal.
        """
        given = list(several("texts", texts, "texts"))
        if given and not self._image.is_external and all(isinstance(text, TEXT_TYPES) for text in given):
            scores = self._text_scores(given, context, add_eos, threads, progress)
            return [-(score.cost_q16 + score.letters_q16) * NATS_PER_COST for score in scores]
        batch = self._batch(given, context, add_eos, threads, progress, with_costs=False)
        return [
            -(cost + spelled.cost) * NATS_PER_COST for cost, spelled in zip(batch.totals, batch.spelled, strict=True)
        ]

    def logprobs_batch(
        self,
        texts: Iterable[TextOrIds],
        *,
        context: TextOrIds = "",
        add_eos: bool = True,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> list[np.ndarray]:
        """`logprobs()` of many texts, on several threads; settings as in `score_batch()`. One array a text."""
        batch = self._batch(texts, context, add_eos, threads, progress, with_costs=True)
        result, begin = [], 0
        for end, spelled in zip(batch.ends, batch.spelled, strict=True):
            result.append(logprobs_of(self._image, batch.symbols[begin:end], batch.costs[begin:end], spelled))
            begin = end
        return result

    def _text_scores(
        self,
        texts: Sequence[str | Bytes],
        context: TextOrIds,
        add_eos: bool,
        threads: int | None,
        progress: bool | None,
    ) -> Any:
        """What each text costs: a list of `TextScore`, or an array that has the same."""
        most = n_threads(threads)
        if self._image.is_external:
            batch, begins = self._batch(texts, context, add_eos, threads, progress, with_costs=False), array("Q", [0])
            begins.extend(batch.ends)
            return [TextScore(batch.ends[i] - begins[i], 0, total, 0, 0) for i, total in enumerate(batch.totals)]
        with Progress(progress) as bar:
            return score_texts(
                self._image,
                self._state_after(context),
                [_bytes_of(i, text) for i, text in enumerate(texts)],
                add_eos,
                most,
                _watch(bar),
            )

    def _batch(
        self,
        texts: Iterable[TextOrIds],
        context: TextOrIds,
        add_eos: bool,
        threads: int | None,
        progress: bool | None,
        *,
        with_costs: bool,
    ) -> _Batch:
        image, symbols, ends, most = self._image, array("I"), array("Q"), n_threads(threads)
        spelled = []
        for i, text in enumerate(several("texts", texts, "texts")):
            try:
                of_text = image.symbols(text, add_eos, checked=False, name=f"texts[{i}]")
            except ArgumentError as error:
                raise ArgumentError(f"text {i}: {error}") from None
            symbols.extend(of_text)
            ends.append(len(symbols))
            spelled.append(image.spelled(text, of_text, most))
        costs = new_symbols(len(symbols) if with_costs else 0)
        state = self._state_after(context)
        with Progress(progress) as bar:
            try:
                totals = image.score_batch(state, symbols, ends, most, bar, costs if with_costs else None)
            except ArgumentError:
                self._check_batch(symbols, ends)
                raise
        return _Batch(symbols, ends, totals, costs, spelled)

    def _check_batch(self, symbols: array[int], ends: array[int]) -> None:
        """Says in which text there is an id that is no symbol. Asked afterwards, since going through all is slow."""
        begin = 0
        for i, end in enumerate(ends):
            try:
                self._image.check_ids(symbols[begin:end])
            except ArgumentError as error:
                raise ArgumentError(f"text {i}: {error}") from None
            begin = end

    def perplexity(self, text: TextOrIds | os.PathLike[str], *, learn: bool = False, add_eos: bool = True) -> float:
        """Perplexity per symbol of a text or, given as a pathlib.Path, of a file; with `learn`, of one that is
        learned from while it is read. `add_eos` as in `score()`. EmptyTextError if it has no symbol. Unknown words
        count as "<unk>"; `evaluate()` also says the perplexity without them."""
        return self.evaluate(text, learn=learn, add_eos=add_eos).perplexity

    def bits_per_byte(self, text: TextOrIds | os.PathLike[str], *, learn: bool = False, add_eos: bool = True) -> float:
        """-log2(probability) of a text, divided by its length in bytes. As `perplexity()` otherwise."""
        return self.evaluate(text, learn=learn, add_eos=add_eos).bits_per_byte

    def evaluate(
        self,
        text: TextOrIds | os.PathLike[str],
        *,
        learn: bool = False,
        memory: int | str = DEFAULT_MEMORY,
        add_eos: bool = True,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> Evaluation:
        """Scores a text of any length, part by part: of a large file only what is read is in memory.

        text       a text, ids, or a pathlib.Path for the text of a file; a str that is the name of a file, or
                   looks like one, is refused, as it is most likely meant as a path.
        learn      learn from every symbol after it has been scored; see `state()`.
        memory     bytes to learn in, a number or like "16K".
        add_eos    as in `score()`; only the end of the last line is concerned.
        threads    processors to use; None: all. Ids, and a text that is learned from, take one. Does not change what
                   comes out.
        progress   show a bar on standard error; None: if that is a terminal.
        Raises EmptyTextError if there is no symbol to score, and OSError.
        """
        image, most = self._image, n_threads(threads)
        content = document(text, binary=image.is_bytes)
        began = perf_counter()
        with Progress(progress) as bar:
            if isinstance(content, TEXT_TYPES) and not learn and not image.is_external:
                read = self._read_at_once(as_bytes(content), add_eos, most, bar)
            else:
                read = self._read_through(content, State(image, learn, memory), add_eos, bar)
        if not read.symbols:
            raise EmptyTextError("the text is empty: there is nothing to score")
        bits, of_letters = (read.cost + read.letters) / 65536, read.letters / 65536
        seconds = perf_counter() - began
        return Evaluation(read.symbols, read.unknown, read.nbytes, bits, read.unknown_cost / 65536, of_letters, seconds)

    def _read_at_once(self, data: Bytes, add_eos: bool, threads: int, bar: Progress) -> _Read:
        """A text on several threads, without learning."""
        if not len(data):
            return _Read(0, 0, 0, 0, 0, 0)
        image = self._image
        scores = score_texts(image, image.new_state(), [data], add_eos, threads, _watch(bar))
        of = scores[0]
        return _Read(of.n_symbols, of.n_unknown, len(data), of.cost_q16, of.unknown_q16, of.letters_q16)

    def _read_through(self, content: TextOrIds, reader: State, add_eos: bool, bar: Progress) -> _Read:
        """A text or ids from the first symbol to the last."""
        cost, symbols, unknown, unknown_cost, letters = 0, 0, 0, 0, 0
        slices, nbytes = self._slices(content, ENCODE_SLICE, add_eos)
        for piece, used, part in slices:
            places = places_of(self._image.unknown, piece)
            costs = new_symbols(len(piece)) if places else None
            cost += reader._read(piece, costs)
            symbols += len(piece)
            if costs is not None:
                unknown += len(places)
                unknown_cost += sum(costs[i] for i in places)
                letters += reader._spelled(part, piece).cost
            bar.show("score", used, nbytes, "B")
        return _Read(symbols, unknown, nbytes, cost, unknown_cost, letters)

    def _slices(
        self, text: TextOrIds | os.PathLike[str], capacity: int, add_eos: bool = True
    ) -> tuple[Iterator[tuple[array[int], int, TextOrIds]], int]:
        """Symbols of a text of any length, each slice with the number of bytes used up by then and with its part of
        the text, which is ids if that is; and the bytes of all."""
        image, content = self._image, document(text, binary=self._image.is_bytes)
        if isinstance(content, TEXT_TYPES):
            data = as_bytes(content)
            return _with_parts(image.encode_slices(data, add_eos, capacity), data), len(data)
        ids = image.check_ids(content, "text", TEXT_OR_IDS)
        nbytes = len(image.decode(ids))
        return iter([(ids, nbytes, ids)]), nbytes


def _watch(bar: Progress) -> Callable[[int, int], None]:
    return lambda done, total: bar.show("score", done, total, "B")


def _bytes_of(i: int, text: str | Bytes) -> Bytes:
    """Of a text of several."""
    try:
        return as_bytes(text)
    except ArgumentError as error:
        raise ArgumentError(f"text {i}: {error}") from None


def _with_parts(slices: Iterator[tuple[array[int], int]], data: Bytes) -> Iterator[tuple[array[int], int, TextOrIds]]:
    begin = 0
    for symbols, end in slices:
        yield symbols, end, data[begin:end]
        begin = end
