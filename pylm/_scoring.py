# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The part of `Model` that scores texts."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from ._core.arguments import DEFAULT_MEMORY, n_threads
from ._core.documents import document
from ._core.image import ENCODE_SLICE, new_symbols
from ._core.prediction import NATS_PER_COST
from ._core.progress import Progress
from ._core.reader import Reader
from ._core.text import TEXT_TYPES, as_bytes
from ._info import Evaluation
from ._state import State
from .errors import ArgumentError, EmptyTextError

if TYPE_CHECKING:
    import os

    import numpy as np

    from ._core.image import TextOrIds


class Scoring(Reader):
    """How probable texts are."""

    def logprobs(self, text: TextOrIds, *, context: TextOrIds = "") -> np.ndarray:
        """Natural log of the probability of every symbol of a text, given those before it.

        context   what stands before the text and is not scored.
        Returns float64 of shape (n,), n being the number of symbols; each is finite and below 0.
        """
        import numpy as np

        image = self._image
        symbols = image.symbols(text, add_eos=True)
        costs = new_symbols(len(symbols))
        image.score(self._state_after(context), symbols, costs)
        return np.frombuffer(costs, np.uint32) * -NATS_PER_COST

    def score(self, text: TextOrIds, *, context: TextOrIds = "") -> float:
        """Natural log of the probability of a text: the sum of `logprobs()`."""
        image = self._image
        cost = image.score(self._state_after(context), image.symbols(text, add_eos=True))
        return -cost * NATS_PER_COST

    def score_batch(
        self,
        texts: Iterable[TextOrIds],
        *,
        context: TextOrIds = "",
        threads: int | None = None,
        progress: bool | None = None,
    ) -> list[float]:
        """`score()` of many texts, on several threads.

        context    what stands before each of them.
        threads    processors to use; None: all. Does not change what comes out.
        progress   show a bar on standard error; None: if that is a terminal.
        """
        totals, _, _ = self._batch(texts, context, threads, progress, with_costs=False)
        return [-cost * NATS_PER_COST for cost in totals]

    def logprobs_batch(
        self,
        texts: Iterable[TextOrIds],
        *,
        context: TextOrIds = "",
        threads: int | None = None,
        progress: bool | None = None,
    ) -> list[np.ndarray]:
        """`logprobs()` of many texts, on several threads; settings as in `score_batch()`. One array a text."""
        import numpy as np

        _, costs, ends = self._batch(texts, context, threads, progress, with_costs=True)
        return np.split(np.frombuffer(costs, np.uint32) * -NATS_PER_COST, ends[:-1]) if ends else []

    def _batch(
        self,
        texts: Iterable[TextOrIds],
        context: TextOrIds,
        threads: int | None,
        progress: bool | None,
        *,
        with_costs: bool,
    ) -> tuple[array[int], array[int], array[int]]:
        image, symbols, ends, most = self._image, array("I"), array("Q"), n_threads(threads)
        if isinstance(texts, TEXT_TYPES):
            raise TypeError("expected several texts, not one: put it into a list")
        for i, text in enumerate(texts):
            try:
                symbols.extend(image.symbols(text, add_eos=True, checked=False))
            except (ArgumentError, TypeError) as error:
                raise type(error)(f"text {i}: {error}") from None
            ends.append(len(symbols))
        costs = new_symbols(len(symbols) if with_costs else 0)
        state = self._state_after(context)
        with Progress(progress) as bar:
            try:
                totals = image.score_batch(state, symbols, ends, most, bar, costs if with_costs else None)
            except ArgumentError:
                self._check_batch(symbols, ends)
                raise
        return totals, costs, ends

    def _check_batch(self, symbols: array[int], ends: array[int]) -> None:
        """Says in which text there is an id that is no symbol. Asked afterwards, since going through all is slow."""
        begin = 0
        for i, end in enumerate(ends):
            try:
                self._image.check_ids(symbols[begin:end])
            except ArgumentError as error:
                raise ArgumentError(f"text {i}: {error}") from None
            begin = end

    def perplexity(self, text: TextOrIds | os.PathLike[str], *, learn: bool = False) -> float:
        """Perplexity per symbol of a text or, given as a pathlib.Path, of a file; with `learn`, of one that is
        learned from while it is read. EmptyTextError if it has no symbol."""
        return self.evaluate(text, learn=learn).perplexity

    def bits_per_byte(self, text: TextOrIds | os.PathLike[str], *, learn: bool = False) -> float:
        """-log2(probability) of a text, divided by its length in bytes. As `perplexity()` otherwise."""
        return self.evaluate(text, learn=learn).bits_per_byte

    def evaluate(
        self,
        text: TextOrIds | os.PathLike[str],
        *,
        learn: bool = False,
        memory: int | str = DEFAULT_MEMORY,
        progress: bool | None = None,
    ) -> Evaluation:
        """Scores a text of any length, slice by slice: of a large file only what is read is in memory.

        text       a text, ids, or a pathlib.Path for the text of a file; a str that is the name of a file is
                   refused, as it is most likely meant as a path.
        learn      learn from every symbol after it has been scored; see `state()`.
        memory     bytes to learn in, a number or like "16K".
        progress   show a bar on standard error; None: if that is a terminal.
        Raises EmptyTextError if there is no symbol to score, and OSError.
        """
        image = self._image
        reader = State(image, learn, memory)
        bits, symbols, unknown = 0, 0, 0
        began = perf_counter()
        with Progress(progress) as bar:
            slices, nbytes = self._slices(text, ENCODE_SLICE)
            for piece, used in slices:
                bits += reader._read(piece)
                symbols += len(piece)
                unknown += piece.count(image.unknown)
                bar.show("score", used, nbytes, "B")
        if not symbols:
            raise EmptyTextError("the text is empty: there is nothing to score")
        return Evaluation(symbols, unknown, nbytes, bits / 65536, perf_counter() - began)

    def _slices(
        self, text: TextOrIds | os.PathLike[str], capacity: int
    ) -> tuple[Iterator[tuple[array[int], int]], int]:
        """Symbols of a text of any length, each slice with the number of bytes used up by then; and the bytes of
        all."""
        image, content = self._image, document(text, binary=self._image.is_bytes)
        if isinstance(content, TEXT_TYPES):
            data = as_bytes(content)
            return image.encode_slices(data, True, capacity), len(data)
        ids = image.check_ids(content)
        nbytes = len(image.decode(ids))
        return iter([(ids, nbytes)]), nbytes
