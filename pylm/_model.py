# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Model: everything that can be asked of a trained model."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from .decoding.contrast import Rival
from ._core.image import ENCODE_SLICE, TOKENIZER_NAMES, Image, new_symbols
from ._core.native import ffi, lib
from ._core.progress import Progress
from .decoding.sampling import (
    MAX_THREADS, MAX_U32, Sampler, as_characters, integer, stop_strings, texts, until_stop,
)  # fmt: skip
from ._core.text import TEXT_TYPES, Bytes, Path, as_bytes, document, map_file
from .errors import ArgumentError, EmptyTextError, SourcesError
from .kernel.settings import (
    MAX_DISTANCE, MAX_REACH, Coverage, Kernel, Nearest, coverage, nearest, settings_of, with_settings,
)  # fmt: skip
from .sources.file import AGAIN, LEAST, SUFFIX, SourcesFile
from ._core.prediction import NATS_PER_COST, Prediction, predictions, probability_of, shown
from ._state import DEFAULT_MEMORY, Continuation, State, continuations

if TYPE_CHECKING:
    import numpy as np

    from ._core.image import Ids, TextOrIds
    from .decoding.sampling import Stop
    from .decoding.constraints import Constraint
    from .explain.mix import Explanation
    from .explain.kernel import KernelExplanation
    from .related import Related
    from .sources.file import Source, SourcesWriter, Trace

QUICKLY_VERIFIED = 1 << 20  # bytes
SHORT_SLICE = 1 << 10  # symbols between two looks at the progress


@dataclass(frozen=True)
class Evaluation:
    """How well a model predicts a text; from `Model.evaluate()`."""

    symbols: int  #: scored: bytes, pieces, words and line ends, or ids
    unknown: int  #: of them, words outside the vocabulary
    bytes: int  #: length of the text; of ids, of the texts of each
    bits: float  #: sum of -log2(probability)
    seconds: float  #: wall time of turning the text into symbols and scoring them

    @property
    def perplexity(self) -> float:
        """2 ** (bits per symbol). Compare it only between models with the same vocabulary."""
        return 2.0 ** (self.bits / self.symbols)

    @property
    def bits_per_byte(self) -> float:
        """Bits by which an arithmetic coder with this model would encode a byte of the text."""
        return self.bits / self.bytes

    @property
    def symbols_per_second(self) -> float:
        return self.symbols / max(self.seconds, 1e-9)


class Contrast(NamedTuple):
    """A symbol that may come next, in two models; from `Model.contrast()`."""

    id: int
    text: str  #: as in `Prediction.text`
    probability: float
    against: float  #: its probability in the other model


@dataclass(frozen=True)
class ModelInfo:
    """What a model is; from `Model.info`."""

    tokenizer: str  #: "bytes", "words", "pieces" or "external"
    symbols: int  #: size of the vocabulary
    contexts: int  #: stored contexts of all templates
    templates: int  #: context templates of all trees
    predictor: str  #: "mix" or "kernel"
    kernel: Kernel | None  #: what a kernel goes by; None: the predictor is another
    trees: int  #: symbol trees whose predictions are averaged
    depth: int  #: binary decisions on the longest path to a symbol
    layers: int  #: on the model. Contexts, templates, bytes, training and sources are those of the uppermost
    bytes: int  #: size of the model
    tokenizer_bytes: int  #: of it, the file of an external tokenizer; see `Model.tokenizer_file`
    sources_bytes: int  #: size of the sources file, which is not a part of the model; 0: there is none for it
    format_version: int
    training: dict[str, Any]  #: what the trainer wrote down: documents, bytes, contexts of each template, ...

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Model:
    """A trained language model. From `pylm.train()` or `pylm.load()`.

    Texts and ids: wherever a text is asked for, a ``str`` (taken as UTF-8), bytes, or ids may be given: any
    iterable of integers, for example a numpy array of shape ``(n,)``, each from 0 to ``n_symbols - 1``.
    A text that is scored is complete: in a word model its last line ends, with ``</s>``. A context or
    prompt is open: its last line goes on. Ids are taken as they are.

    With an external tokenizer (see `pylm.train()`) the ids are that tokenizer's own. Its file is in the model;
    the `tokenizers` package, which reads it, is only needed for text: MissingPackageError if it is not there.

    Every text begins anew: nothing is remembered between two calls, but by a `state()`. A model never changes,
    so any number of threads may use one. It can be pickled (by its content) and used in a ``with`` statement.

    Errors: `ArgumentError` for ids and settings out of range and for a closed model; TypeError for what is
    neither text nor ids.
    """

    def __init__(
        self, data: Bytes, *, verify: bool = True, subject: str = "", sources: Path | None = None,
        base: Model | None = None,
    ) -> None:  # fmt: skip
        """Makes a model of the content of a model file; `pylm.load()` is for files.

        verify    compare the checksum of all of it.
        subject   what the data is, for error messages.
        sources   its sources file; looked at when it is needed first.
        base      the model that it lies on: the content is that of a layer file.
        """
        self._open_image: Image | None = Image(data, verify, subject, None if base is None else base._image)
        self._sources_path = None if sources is None else os.fspath(sources)
        self._open_sources: SourcesFile | None = None

    # ---- files, closing, pickling

    def save(self, path: Path) -> None:
        """Writes the model to a file. The file is replaced as a whole or not at all: nobody ever sees half a
        model, and where this fails, with OSError, the old file is still there. Its sources are a file of their own,
        which stays where it is. Of a model with layers, the uppermost layer is written."""
        image = self._image
        if lib.pylm_file_save(os.fsencode(path), image.buffer, image.info.image_nbytes):
            raise OSError(ffi.errno, os.strerror(ffi.errno), os.fspath(path))

    def close(self) -> None:
        """Gives the model's memory back. The model cannot be used any more. May be called twice."""
        self._open_image = self._open_sources = None

    @property
    def _image(self) -> Image:
        if self._open_image is None:
            raise ArgumentError("this model was closed; load it again")
        return self._open_image

    def __enter__(self) -> Model:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        images = [self._image]
        while images[0].below is not None:
            images.insert(0, images[0].below)
        contents = [image.content() for image in images]
        return _reopen, (contents, settings_of(self._image)), {"_sources_path": self._sources_path}

    def __repr__(self) -> str:
        if self._open_image is None:
            return "<pylm.Model, closed>"
        info = self.info
        layer = f"layer {info.layers} on a model" if info.layers else "Model"
        return (
            f"<pylm.{layer} of {info.tokenizer}, {info.symbols} symbols, {info.contexts} contexts, "
            f"{info.bytes} bytes>"
        )

    # ---- facts

    @property
    def n_symbols(self) -> int:
        """Size of the vocabulary; ids are 0 to ``n_symbols - 1``."""
        return self._image.n_symbols

    @property
    def info(self) -> ModelInfo:
        image = self._image
        info = image.info
        return ModelInfo(
            tokenizer=TOKENIZER_NAMES[info.tokenizer], symbols=info.n_symbols,
            contexts=info.n_contexts, templates=info.n_templates,
            predictor="kernel" if image.is_kernel else "mix", kernel=settings_of(image),
            trees=info.n_trees, depth=info.depth, layers=info.n_below,
            bytes=info.image_nbytes, tokenizer_bytes=info.tokenizer_nbytes, sources_bytes=self._sources_nbytes(),
            format_version=info.format_version, training=image.facts(),
        )  # fmt: skip

    def kernel(
        self, tau: float | None = None, distances: Iterable[float] | None = None,
        class_distances: Iterable[float] | None = None,
    ) -> Model:  # fmt: skip
        """The same kernel, going by other settings: a model of its own on the same tables, made at once. Both may be used at
        the same time; what is saved, are the settings that it was trained with.

        tau              how quickly a position of the training text counts less with its distance: exp(-tau * distance).
                         0: all count the same. The larger, the more the nearest ones alone decide; from 0 to 65535.
        distances        see `pylm.train()` and `ModelInfo.kernel`, which has the present ones. None: those.
        class_distances  likewise; not above `distances`.
        Raises ArgumentError for a model whose predictor is not "kernel".
        """
        other = Model.__new__(Model)
        other._open_image = with_settings(self._image, tau, distances, class_distances)
        other._sources_path, other._open_sources = self._sources_path, self._open_sources
        return other

    # ---- symbols

    @property
    def tokenizer_file(self) -> bytes:
        """The tokenizer.json of an external vocabulary; b"" for other models."""
        return self._image.tokenizer_file()

    def encode(self, text: TextOrIds, *, closed: bool = False) -> list[int]:
        """The ids of a text. `closed`: a last line without line end gets its ``</s>`` (word models). An external
        tokenizer adds no special tokens."""
        return self._image.symbols(text, closed).tolist()

    def decode(self, ids: Ids) -> str:
        """The text of ids; bytes that are not UTF-8 become U+FFFD. A word model puts one space between two
        words. An external tokenizer decodes by itself, special tokens included."""
        image = self._image
        symbols = image.check_ids(ids)
        if image.is_external:
            return image.external.decode(symbols)
        return image.decode(symbols).decode("utf-8", "replace")

    def decode_bytes(self, ids: Ids) -> bytes:
        """The text of ids as bytes: exactly what they were encoded from, but for a word model. With an external
        tokenizer the texts of all ids as `text_of()` has them: exact if its tokens are bytes, else most often up
        to a space at the start."""
        image = self._image
        return image.decode(image.check_ids(ids))

    def id_of(self, text: str | Bytes) -> int | None:
        """The id of one symbol, for example of a word, or None if the vocabulary does not have it. External: the
        smallest id of that text, in the form of `text_of()`."""
        return self._image.find(as_bytes(text))

    def text_of(self, id: int) -> str:
        """The text of one symbol, written as in `Prediction.text`. External: what it adds to a text behind
        another symbol, as in " word"."""
        image = self._image
        return shown(image.symbol_text(integer("id", id, 0, image.n_symbols - 1)))

    # ---- scoring

    def logprobs(self, text: TextOrIds, *, context: TextOrIds = "") -> np.ndarray:
        """Natural log of the probability of every symbol of a text, given those before it.

        context   what stands before the text and is not scored.
        Returns float64 of shape (n,), n being the number of symbols; each is finite and below 0.
        """
        import numpy as np

        image = self._image
        symbols = image.symbols(text, closed=True)
        costs = new_symbols(len(symbols))
        image.score(self._state_after(context), symbols, costs)
        return np.frombuffer(costs, np.uint32) * -NATS_PER_COST

    def score(self, text: TextOrIds, *, context: TextOrIds = "") -> float:
        """Natural log of the probability of a text: the sum of `logprobs()`."""
        image = self._image
        cost = image.score(self._state_after(context), image.symbols(text, closed=True))
        return -cost * NATS_PER_COST

    def score_batch(
        self, texts: Iterable[TextOrIds], *, context: TextOrIds = "", threads: int | None = None,
        progress: bool | None = None,
    ) -> list[float]:  # fmt: skip
        """`score()` of many texts, on several threads.

        context    what stands before each of them.
        threads    processors to use; None: all. Does not change what comes out.
        progress   show a bar on standard error; None: if that is a terminal.
        """
        totals, _, _ = self._batch(texts, context, threads, progress, with_costs=False)
        return [-cost * NATS_PER_COST for cost in totals]

    def logprobs_batch(
        self, texts: Iterable[TextOrIds], *, context: TextOrIds = "", threads: int | None = None,
        progress: bool | None = None,
    ) -> list[np.ndarray]:  # fmt: skip
        """`logprobs()` of many texts, on several threads; settings as in `score_batch()`. One array a text."""
        import numpy as np

        _, costs, ends = self._batch(texts, context, threads, progress, with_costs=True)
        return np.split(np.frombuffer(costs, np.uint32) * -NATS_PER_COST, ends[:-1]) if ends else []

    def _batch(
        self, texts: Iterable[TextOrIds], context: TextOrIds, threads: int | None, progress: bool | None,
        *, with_costs: bool,
    ) -> tuple[array[int], array[int], array[int]]:  # fmt: skip
        image, symbols, ends = self._image, array("I"), array("Q")
        if isinstance(texts, TEXT_TYPES):
            raise TypeError("expected several texts, not one: put it into a list")
        n_threads = 0 if threads is None else integer("threads", threads, 1, MAX_THREADS)
        for i, text in enumerate(texts):
            try:
                symbols.extend(image.symbols(text, closed=True, checked=False))
            except (ArgumentError, TypeError) as error:
                raise type(error)(f"text {i}: {error}") from None
            ends.append(len(symbols))
        costs = new_symbols(len(symbols) if with_costs else 0)
        state = self._state_after(context)
        with Progress(progress) as bar:
            try:
                totals = image.score_batch(state, symbols, ends, n_threads, bar, costs if with_costs else None)
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

    def perplexity(self, text: TextOrIds | os.PathLike[str], *, adapt: bool = False) -> float:
        """Perplexity per symbol of a text or, given as a pathlib.Path, of a file; with `adapt`, of one that is
        learned from while it is read. EmptyTextError if it has no symbol."""
        return self.evaluate(text, adapt=adapt).perplexity

    def bits_per_byte(self, text: TextOrIds | os.PathLike[str], *, adapt: bool = False) -> float:
        """-log2(probability) of a text, divided by its length in bytes. As `perplexity()` otherwise."""
        return self.evaluate(text, adapt=adapt).bits_per_byte

    def evaluate(
        self, text: TextOrIds | os.PathLike[str], *, adapt: bool = False, memory: int | str = DEFAULT_MEMORY,
        progress: bool | None = None,
    ) -> Evaluation:  # fmt: skip
        """Scores a text of any length, slice by slice: of a large file only what is read is in memory.

        text       a text, ids, or a pathlib.Path for the text of a file; a str that is the name of a file is
                   refused, as it is most likely meant as a path.
        adapt      learn from every symbol after it has been scored; see `state()`.
        memory     bytes to learn in, a number or like "16K".
        progress   show a bar on standard error; None: if that is a terminal.
        Raises EmptyTextError if there is no symbol to score, and OSError.
        """
        image = self._image
        reader = self.state(adapt=adapt, memory=memory)
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
        """Symbols of a text of any length, each slice with the number of bytes used up by then; and the bytes of all."""
        image, text = self._image, document(text)
        if isinstance(text, TEXT_TYPES):
            return image.encode_slices(as_bytes(text), True, capacity), len(as_bytes(text))
        ids = image.check_ids(text)
        nbytes = len(image.decode(ids))
        return iter([(ids, nbytes)]), nbytes

    # ---- kernel

    def nearest(self, context: TextOrIds = "") -> Nearest:
        """Of a kernel: the distance, without tau, of the positions of the training text that are nearest to the end of a
        context, and how many there are."""
        return nearest(self._image, self._state_after(context))

    def coverage(
        self, text: TextOrIds | os.PathLike[str], *, radius: float = MAX_DISTANCE * MAX_REACH, least: int = 1,
        progress: bool | None = None,
    ) -> Coverage:  # fmt: skip
        """Of a kernel that answers only where the training text comes near enough: how often its most probable symbol is the
        right one, and how much of a text is answered.

        text       as for `evaluate()`.
        radius     the largest distance of the nearest positions, without tau: 0 answers only contexts that were seen.
        least      how many of them there have to be.
        progress   show a bar on standard error; None: if that is a terminal.
        Raises EmptyTextError, OSError, and ArgumentError for a model whose predictor is not "kernel".
        """
        with Progress(progress) as bar:
            slices, nbytes = self._slices(text, SHORT_SLICE)
            return coverage(self._image, slices, radius, least, lambda done: bar.show("score", done, nbytes, "B"))

    # ---- where it comes from

    def sources(self, text: TextOrIds, k: int = 5) -> list[Source]:
        """Where in the training text a text stands, word for word, or the longest passages of it: up to k places,
        those of the longest passage first, each passage's in the order of the documents.

        The model must have been trained with sources (see `pylm.train()`), and the sources file lie where it did,
        beside the model, or where `load()` was told. SourcesError if not, or if it is damaged or another model's.
        """
        k = integer("k", k, 1, MAX_U32)
        return self._sources.sources(self._as_text(text), k, Progress(False))

    def trace(
        self, text: TextOrIds | os.PathLike[str], *, least: int = LEAST, k: int = 3, progress: bool | None = None
    ) -> Trace:
        """Which passages of a text stand in the training text, word for word.

        text       as for `evaluate()`.
        least      words of the shortest passage that is looked for; shorter ones say little.
        k          places to give for each at most, 0 and up; `Passage.places` counts all.
        progress   show a bar on standard error; None: if that is a terminal.

        Any run of `least` words of the text that stands in the training text is in one of the passages, and every
        passage stands there. What counts is the words; how much and which white space there is between them does not
        (docs/sources.md says exactly). Raises what `sources()` raises, and OSError.
        """
        least, k = integer("least", least, 1, MAX_U32), integer("k", k, 0, MAX_U32)
        content = document(text)  # refuses names of files
        with Progress(progress) as bar:
            return self._sources.trace(text if isinstance(text, str) else self._as_text(content), least, k, bar)

    def verify_sources(self) -> None:
        """Reads the whole sources file and compares its checksum; SourcesError."""
        self._sources.verify()

    def _as_text(self, text: TextOrIds) -> str | Bytes:
        return text if isinstance(text, TEXT_TYPES) else self.decode_bytes(text)

    @property
    def _sources(self) -> SourcesFile:
        image = self._image
        if self._sources_path is None:
            raise SourcesError(f"where passages stand is not known to this model; {AGAIN}, or load it from its file")
        if self._open_sources is None:
            self._open_sources = SourcesFile(self._sources_path, image.root.model)
        return self._open_sources

    def _sources_nbytes(self) -> int:
        try:
            return self._sources.nbytes
        except (SourcesError, OSError):
            return 0

    def _save_sources(self, writer: SourcesWriter) -> None:
        writer.save(self._image.model)
        self._sources_path, self._open_sources = writer.path, None

    # ---- reading on

    def state(self, *, adapt: bool = False, memory: int | str = DEFAULT_MEMORY) -> State:
        """A reader at the start of a text, which goes on from call to call.

        adapt    learn from what is read: the words of a text, its phrases and its repetitions.
        memory   bytes to learn in, a number or like "16K": 1 KB for each tree and more; 16 KB are useful, the default of 1 MB is
                 plenty for some 100,000 symbols. When it is full, what is used least makes room.
        """
        return State(self._image, adapt, memory)

    # ---- prediction

    def next(self, context: TextOrIds = "", k: int = 5, *, within: Constraint | None = None) -> list[Prediction]:
        """The k most probable next symbols, best first (all of them if k is larger than the vocabulary).

        within   only those with which a text can begin that the constraint allows; their probabilities are divided by
                 their sum, unless the text may be empty.
        """
        image = self._image
        return predictions(image, self._state_after(context), k, within)

    def distribution(self, context: TextOrIds = "") -> np.ndarray:
        """The probability of every symbol coming next: float64 of shape (n_symbols,), which sums to 1."""
        return self._image.distribution_q62(self._state_after(context)) * 2.0**-62

    def explain(
        self, context: TextOrIds = "", token: str | Bytes | int | None = None, k: int = 5
    ) -> Explanation | KernelExplanation:
        """What the probability of a token coming next is made of: its parts, by context, which add up to it. Of a
        kernel, those are of another kind: see `KernelExplanation`.

        token   its text or id; None: the most probable one.
        k       how many of the most probable tokens to name beside it.
        Raises ArgumentError for what is not one token of the vocabulary.
        """
        from .explain.mix import explain

        return explain(self._image, self._state_after(context), token, k)

    def explain_text(
        self, text: TextOrIds, *, adapt: bool = False, memory: int | str = DEFAULT_MEMORY, k: int = 5
    ) -> list[Explanation | KernelExplanation]:
        """Explains every token of a text, as `explain()` does one. `adapt` and `memory` as in `evaluate()`."""
        from .explain.mix import explain_all

        return list(explain_all(self.state(adapt=adapt, memory=memory), self._image.symbols(text, closed=True), k))

    def explain_page(
        self, text: TextOrIds, *, title: str = "A text, explained", adapt: bool = False,
        memory: int | str = DEFAULT_MEMORY,
    ) -> str:  # fmt: skip
        """A page for a browser, HTML without any other file, that shows how much each token of a text surprised the
        model, and why. Of 5,000 tokens at most, else ArgumentError."""
        from .explain.page import explain_page

        symbols = self._image.symbols(text, closed=True)
        return explain_page(self.state(adapt=adapt, memory=memory), symbols, title)

    def related(
        self, term: TextOrIds, k: int = 10, *, window: int | None = None, measure: str = "strength", least: int = 3
    ) -> list[Related]:
        """The k terms most related to one: those that stand near it more often than others do, best first. Terms
        are symbols: words or pieces, not bytes.

        term      a term or its id: what stands up to `window` symbols before or behind it. A context of several
                  symbols: what follows it at once. Of a text in a model of pieces, both that text and the same with a
                  space before it are tried.
        window    the largest distance, 1 to 4; 1: only what stands next to it. None: 4, or as far as the model counts.
        measure   "strength": n_AB / sqrt(n_A n_B), where A came n_A times, B n_B times, and both n_AB times together,
                  once for each pair of places. "pmi", pointwise mutual information: log2 of how many times n_AB is what it
                  would be if both stood anywhere.
        least     leaves out terms with a smaller n_AB.

        The counts are the model's own. Without `size` they are those of the training text, but for contexts that came less
        than min_count times; in models of a given size they are rounded, and much was left out; a distilled model has
        what its log needed. `<unk>` and `</s>` are never in the list.
        Raises ArgumentError for bytes, for what the vocabulary does not have and for a context that is longer than those
        of the model. An empty list: nothing is known.
        """
        from .related import related

        return related(self._image, term, k, window, measure, least)

    def generate(
        self, prompt: TextOrIds = "", max_new_tokens: int = 100, *, temperature: float = 0.8,
        top_k: int = 40, top_p: float = 0.95, min_p: float = 0.0, repetition_penalty: float = 1.0,
        repetition_window: int = 64, stop: Stop = None, seed: int | None = None,
        within: Constraint | None = None, against: Model | None = None, against_weight: float = 1.0,
        against_alpha: float = 0.1,
    ) -> str:  # fmt: skip
        """A continuation of the prompt (without the prompt).

        max_new_tokens      symbols to generate at most, 0 to 2^32 - 1.
        temperature         0: always the most probable symbol; 1: as the model says; up to 1000.
        top_k               choose among the k most probable symbols only; 0: no limit.
        top_p               among the most probable ones that together reach p; 1: no limit.
        min_p               among those with at least this share of the best one's probability; 0: no limit.
        repetition_penalty  multiplies the cost, -log(probability), of symbols seen lately; 1: none.
        repetition_window   how many symbols count as seen lately, those of the prompt included.
        stop                a string or several: the text ends before the first of them.
        seed                0 to 2^64 - 1. The same seed gives the same text on every machine; None: another
                            text every time.
        The settings apply in this order: penalty, temperature, top_k, top_p, min_p.
        """
        return "".join(
            self.stream(
                prompt, max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p,
                repetition_penalty=repetition_penalty, repetition_window=repetition_window, stop=stop,
                seed=seed, within=within, against=against, against_weight=against_weight, against_alpha=against_alpha,
            )  # fmt: skip
        )

    def stream(
        self, prompt: TextOrIds = "", max_new_tokens: int = 100, *, temperature: float = 0.8,
        top_k: int = 40, top_p: float = 0.95, min_p: float = 0.0, repetition_penalty: float = 1.0,
        repetition_window: int = 64, stop: Stop = None, seed: int | None = None,
        within: Constraint | None = None, against: Model | None = None, against_weight: float = 1.0,
        against_alpha: float = 0.1,
    ) -> Iterator[str]:  # fmt: skip
        """The same as `generate()`, piece by piece as soon as each is certain. Whole characters only; bytes
        that are not UTF-8 become U+FFFD."""
        image, symbols = self._image, self._prompt(prompt)
        stops = stop_strings(stop)
        generated = self._generated(
            symbols, max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p,
            repetition_penalty=repetition_penalty, repetition_window=repetition_window, seed=seed, within=within,
            against=against, against_weight=against_weight, against_alpha=against_alpha,
        )  # fmt: skip
        return as_characters(until_stop(texts(image, prompt, symbols, generated), stops))

    def generate_ids(
        self, prompt: TextOrIds = "", max_new_tokens: int = 100, *, temperature: float = 0.8,
        top_k: int = 40, top_p: float = 0.95, min_p: float = 0.0, repetition_penalty: float = 1.0,
        repetition_window: int = 64, seed: int | None = None, within: Constraint | None = None,
        against: Model | None = None, against_weight: float = 1.0, against_alpha: float = 0.1,
    ) -> list[int]:  # fmt: skip
        """The ids of a continuation, exactly `max_new_tokens` of them, or fewer where a constraint ends it. Settings as in
        `generate()`."""
        return list(
            self._generated(
                self._prompt(prompt), max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p,
                min_p=min_p, repetition_penalty=repetition_penalty, repetition_window=repetition_window,
                seed=seed, within=within, against=against, against_weight=against_weight,
                against_alpha=against_alpha,
            )  # fmt: skip
        )

    def beam_search(
        self, prompt: TextOrIds = "", max_new_tokens: int = 20, *, n: int = 5, beam: int | None = None, stop: Stop = None,
        within: Constraint | None = None,
    ) -> list[Continuation]:  # fmt: skip
        """The n most probable continuations of a prompt, best first, as far as a beam search finds them. Always the same.

        max_new_tokens   symbols of each, 0 to 2^32 - 1: so many, or fewer where a stop string or a constraint ends it.
        n                how many; there are fewer if not more were found.
        beam             how many beginnings are kept at each step, n or more; None: 2 * n, 8 at least. If there are never
                         more than that, the result is exact.
        stop             as in `generate()`; its symbols count in the probability.
        within           as in `generate()`; the probability is that given what is allowed.
        Of several ways to spell a text in symbols only the most probable one is in the list.
        """
        symbols = self._prompt(prompt)
        state = self._image.new_state(symbols)
        return continuations(self._image, prompt, symbols, state, max_new_tokens, n, beam, stop, within)

    def contrast(
        self, context: TextOrIds, against: Model, k: int = 5, *, against_weight: float = 1.0, against_alpha: float = 0.1
    ) -> list[Contrast]:
        """The k next symbols that this model prefers most, compared with another of the same vocabulary; as `against` in
        `generate()`. Fewer, if fewer are plausible."""
        image, k = self._image, integer("k", k, 1, MAX_U32)
        rival = Rival(image, against._image, against_weight, against_alpha)
        symbols = self._prompt(context)
        found = rival.compared(image.new_state(symbols), rival.after(symbols), image.every_symbol, False)
        return [
            Contrast(symbol, shown(image.symbol_text(symbol)), probability_of(ours), probability_of(theirs))
            for symbol, ours, theirs in zip(*(part[:k].tolist() for part in found), strict=True)
        ]

    def _generated(self, symbols: array[int], n: int, **settings: Any) -> Iterator[int]:
        n = integer("max_new_tokens", n, 0, MAX_U32)
        return Sampler(self._image, **settings).symbols(symbols, n)

    def _prompt(self, text: TextOrIds) -> array[int]:
        return self._image.symbols(text, closed=False)

    def _state_after(self, context: TextOrIds) -> Any:
        return self._image.new_state(self._prompt(context))


def _reopen(contents: list[bytes], kernel: Kernel | None) -> Model:
    """A model of the contents of its file and those of its layers, the lowest first."""
    model: Model | None = None
    for content in contents:
        model = Model(content, base=model)
    assert model is not None
    if kernel is not None:
        return model.kernel(kernel.tau, kernel.distances, kernel.class_distances)
    return model


def load(
    path: Path, *, layers: Iterable[Path] = (), verify: bool | None = None, sources: Path | None = None
) -> Model:  # fmt: skip
    """Opens a model file. It is mapped into memory, not read, so that even a large one opens at once, and
    several processes share one copy.

    layers   layer files, from `adapt()`, the lowest first: each on the model, or the model and layers, that it was made
             for; else LayerError. Without them it is the model as it was.
    verify   compare the checksum of the whole file, which reads it once (about 0.3 ms a MB). None: only if it has
             1 MB at most. What a model says about itself is always checked; damage elsewhere is harmless but for the
             numbers, which may be wrong. `pylm info` compares.
    sources  its sources file; None: PATH.sources. It need not be there, and is not looked at before it is needed.
    Do not write into a file that is open, but replace it, as `Model.save()` does.
    Raises OSError, ModelFormatError (not a model), ModelVersionError, ModelDamagedError.
    """
    if isinstance(layers, (str, bytes, os.PathLike)):
        raise TypeError("layers must be a list of files: put the one into a list")
    model: Model | None = None
    for file in (path, *layers):
        data, name = map_file(file), os.fspath(file)
        always = len(data) <= QUICKLY_VERIFIED if verify is None else verify
        model = Model(data, verify=always, subject=name, base=model)
    assert model is not None
    model._sources_path = os.fspath(path) + SUFFIX if sources is None else os.fspath(sources)
    return model
