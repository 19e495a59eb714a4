# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Model: everything that can be asked of a trained model."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._core.arguments import DEFAULT_MEMORY, MAX_U32, described, integer, path_of, several, wrong_type
from ._core.documents import document
from ._core.image import TEXT_OR_IDS, Image
from ._core.lexicon import NewWord, words_given, words_of_file
from ._core.mapping import open_bytes, sha256_of
from ._core.native import ffi, save_file
from ._core.prediction import shown
from ._core.progress import Progress
from ._core.reader import image_of
from ._core.text import TEXT_TYPES, Bytes, Path, held, text_bytes
from ._info import ModelInfo, info_of
from ._scoring import Scoring
from ._state import State
from .decoders.drafter import CONFIDENCE, DRAFT_MEMORY, MOST_DRAFTED, Drafter
from .decoders.together import Together
from .decoding.generating import Generating
from .errors import ArgumentError, ModelDamagedError, SourcesError
from .kernel.settings import MAX_DISTANCE, MAX_REACH, with_settings
from .packing.packets import MOST_NBYTES, pack, unpack
from .sources.file import AGAIN, MIN_WORDS, SUFFIX, SourcesFile

if TYPE_CHECKING:
    import numpy as np

    from ._core.image import Ids, TextOrIds
    from ._core.lexicon import WordsGiven
    from .explain.kernel import KernelExplanation
    from .explain.mix import Explanation
    from .kernel.coverage import Coverage, Nearest
    from .kernel.neighbours import Positions
    from .related import Related
    from .sources.file import Trace
    from .sources.ngrams import Sources
    from .sources.writer import SourcesWriter

QUICKLY_VERIFIED = 1 << 20  # bytes
SHORT_SLICE = 1 << 10  # symbols between two looks at the progress


class Model(Scoring, Together, Generating):
    """A trained language model. From `pylm.train()` or `pylm.load()`.

    Texts and ids: wherever a text is asked for, a ``str`` (taken as UTF-8), bytes, or ids may be given: any
    iterable of integers, for example a numpy array of shape ``(n,)``, each from 0 to ``n_symbols - 1``.
    A text that is scored is complete, unless `add_eos` is False: in a word model its last line ends, with ``</s>``. A
    context or prompt is open: its last line goes on. Ids are taken as they are.

    The vocabulary: ``word in model``, ``len(model)``, and ``for text in model``, in the order of the ids.

    With an external tokenizer (see `pylm.train()`) the ids are that tokenizer's own. Its file is in the model;
    the `tokenizers` package, which reads it, is only needed for text: MissingPackageError if it is not there.

    Every text begins anew: nothing is remembered between two calls, but by a `state()`. A model never changes,
    so any number of threads may use one. It can be pickled (by its content) and used in a ``with`` statement.

    Errors: `ArgumentError` for ids and settings out of range and for a closed model; TypeError for what is
    neither text nor ids.
    """

    def __init__(
        self,
        data: Bytes,
        *,
        verify: bool = True,
        subject: str = "",
        sources: Path | None = None,
        base: Model | None = None,
    ) -> None:
        """Makes a model of the content of a model file; `pylm.load()` is for files.

        data      bytes, or another buffer, which is copied unless it cannot change.
        verify    compare the checksum of all of it.
        subject   what the data is, for error messages.
        sources   its sources file; looked at when it is needed first.
        base      the model that it lies on: the content is that of a layer file.
        """
        try:
            memoryview(data)
        except TypeError:
            raise wrong_type("data", "the bytes of a model file", data, "for a file there is pylm.load()") from None
        data = data if isinstance(data, ffi.buffer) else held(data)  # which is memory that only pylm knows
        below = None if base is None else image_of("base", base)
        self._open_image: Image | None = Image(data, verify, subject, below)
        self._sources_path = None if sources is None else path_of("sources", sources)
        self._open_sources: SourcesFile | None = None

    _copy: bool | None = None  # whether its sources file is to be copied; see `load()`

    # ---- files, closing, pickling

    def save(self, path: Path) -> None:
        """Writes the model to a file. The file is replaced as a whole or not at all: nobody ever sees half a
        model, and where this fails, with OSError, the old file is still there. Its sources are a file of their own,
        which stays where it is. Of a model with layers, the uppermost layer is written."""
        image = self._image
        save_file(path_of("path", path), image.buffer, image.info.image_nbytes)

    def sha256(self) -> str:
        """SHA-256 of the bytes that the model was opened on, which are those of its file: 64 hexadecimal digits. It
        tells whether this is the model that somebody meant, which the checksum in the file does not: anybody can make
        a file that has another one's. Of a model with layers, of the uppermost one."""
        return sha256_of(ffi.buffer(self._image.buffer))

    def close(self) -> None:
        """Gives the model's memory back. The model cannot be used any more. May be called twice."""
        self._open_image = self._open_sources = None

    def __enter__(self) -> Model:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _of_image, (self._image,), {"_sources_path": self._sources_path}

    def __repr__(self) -> str:
        if self._open_image is None:
            return "<pylm.Model, closed>"
        info = self.info
        layer = f"layer {info.layers} on a model" if info.layers else "Model"
        return (
            f"<pylm.{layer} of {info.tokenizer}, {info.symbols} symbols, {info.contexts} contexts, {info.bytes} bytes>"
        )

    # ---- facts

    @property
    def n_symbols(self) -> int:
        """Size of the vocabulary; ids are 0 to ``n_symbols - 1``."""
        return self._image.n_symbols

    @property
    def info(self) -> ModelInfo:
        """What the model is: sizes, predictor, and what was written down about its training."""
        return info_of(self._image, self._sources_nbytes())

    def kernel(
        self,
        tau: float | None = None,
        distances: Iterable[float] | None = None,
        class_distances: Iterable[float] | None = None,
    ) -> Model:
        """The same kernel, going by other settings: a model of its own on the same tables, made at once. Both may be
        used at the same time; what is saved, are the settings that it was trained with.

        tau              how quickly a position of the training text counts less with its distance: exp(-tau *
                         distance). 0: all count the same. The larger, the more the nearest ones alone decide; from 0 to
                         65535.
        distances        see `pylm.train()` and `ModelInfo.kernel`, which has the present ones. None: those.
        class_distances  likewise; not above `distances`.
        Raises ArgumentError for a model whose predictor is not "kernel".
        """
        other = Model.__new__(Model)
        other._open_image = with_settings(self._image, tau, distances, class_distances)
        other._sources_path, other._open_sources = self._sources_path, self._open_sources
        return other

    def with_words(self, words: WordsGiven | os.PathLike[str]) -> Model:
        """The same model with more words, a model of its own on the same tables, made at once; no training. The new
        words take part in everything: they are read, scored, predicted, generated, allowed, suggested.

            model.with_words(["Quxford", "zorkmid"])
            model.with_words({"Quxford": "London", "zorkmid": 3, "Wurzel": ("Smith", 2)})
            model.with_words(pathlib.Path("names.txt"))

        words   the words alone; or what is known about each: a word of the model that it is like, how often it came, 1
                to 65,535, both, or None. Or a file with a line for each word, and what is known behind tabs: a count,
                or ``like London``, or both.

        A word with an example comes where the example would come, and is read as if that had come: half of the
        example's probability goes to all words that are like it, by their counts. A word without one is as probable
        as a word that came so often in the training text and was read as ``<unk>`` there. So all probabilities still
        sum to 1. Words that the model has are passed over. To words that were given before, these are added.

        Their ids follow those of the model. `save()` writes the model without them: keep the words, and give them
        again. States and keyboards belong to the model as it is with its words.
        Raises ArgumentError for a model of bytes or pieces, for what is not one word, and for an example that the model
        does not have; OSError.
        """
        given = words_of_file(os.fspath(words)) if isinstance(words, os.PathLike) else words_given(words)
        other = _of_image(self._image.with_words({**self._image.words, **given}))
        other._sources_path, other._open_sources = self._sources_path, self._open_sources
        return other

    @property
    def words(self) -> dict[str, NewWord]:
        """The words that `with_words()` gave to the model, in the order of their ids."""
        return dict(self._image.words)

    # ---- symbols

    @property
    def tokenizer_file(self) -> bytes:
        """The tokenizer.json of an external vocabulary; b"" for other models."""
        return self._image.tokenizer_file()

    def __len__(self) -> int:
        return self._image.n_symbols

    def __iter__(self) -> Iterator[str]:
        return map(self.text_of, range(self._image.n_symbols))

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, TEXT_TYPES):
            raise wrong_type("a symbol", "a text (str or bytes)", text)
        return self.id_of(text) is not None

    def encode(self, text: TextOrIds, *, add_eos: bool = False) -> list[int]:
        """The ids of a text. `add_eos`: a last line without line end gets its ``</s>`` (word models); an empty text is
        an empty line. An external tokenizer adds no special tokens."""
        return self._image.symbols(text, add_eos).tolist()

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
        return self._image.find(text_bytes("text", text))

    def text_of(self, id: int) -> str:
        """The text of one symbol, written as in `Prediction.text`. External: what it adds to a text behind
        another symbol, as in " word"."""
        image = self._image
        return shown(image.symbol_text(integer("id", id, 0, image.n_symbols - 1)))

    def vocabulary(self) -> list[str]:
        """The texts of all symbols, in the order of their ids, each as `text_of()` has it."""
        image = self._image
        return [shown(image.symbol_text(i)) for i in range(image.n_symbols)]

    def counts(self) -> np.ndarray:
        """How often each symbol came in training, in the order of ids; of a layer, in its own text. In a model of a
        given size large counts are rounded. Raises ArgumentError for a kernel."""
        import numpy as np

        from ._core.counts import frequencies

        found = np.zeros(self.n_symbols, np.uint32)
        for symbol, count in frequencies(self._image).items():
            found[symbol] = count
        return found

    # ---- kernel

    def nearest(self, context: TextOrIds = "", k: int = 3, *, progress: bool | None = None) -> Nearest:
        """Of a kernel: the distance, without tau, of the positions of the training text that are nearest to the end of
        a context, how many there are, and the first of them.

        k          neighbours to give at most, 0 and up, with their text and place. There are none without sources (see
                   `pylm.train()`), or if the model has an external tokenizer. They are found by computing the distance
                   of every position: 0.02 s for a million. The first time the training text is read, a second for some
                   20 MB, and 5 bytes for each of its symbols are kept.
        progress   show a bar on standard error while it is read; None: if that is a terminal.
        """
        from .kernel.coverage import Neighbour, nearest

        k = integer("k", k, 0, MAX_U32)
        found = nearest(self._image, self._state_after(context))
        path = self._sources_path
        if not k or path is None or not os.path.exists(path) or self._image.is_external:
            return found
        file, image = self._sources, self._image
        last = [image.place_of(symbol) for symbol in self._prompt(context, "context")[-MAX_REACH:]]
        with Progress(progress) as bar:
            places = self._positions(bar).nearest(image.plain, last, k)
        return found._replace(neighbours=tuple(Neighbour(*file.neighbour(*place)) for place in places))

    def _positions(self, bar: Progress) -> Positions:
        from .kernel.neighbours import Positions

        file = self._sources
        if "positions" not in file.kept:
            documents = [file.text(number) for number in range(file.n_documents)]
            file.kept["positions"] = Positions(
                self._image.plain, documents, lambda done, total: bar.show("read", done, total, "B")
            )
        positions: Positions = file.kept["positions"]
        return positions

    def coverage(
        self,
        text: TextOrIds | os.PathLike[str],
        *,
        radius: float = MAX_DISTANCE * MAX_REACH,
        min_positions: int = 1,
        progress: bool | None = None,
    ) -> Coverage:
        """Of a kernel that answers only where the training text comes near enough: how often its most probable symbol
        is the right one, and how much of a text is answered.

        text       as for `evaluate()`.
        radius     the largest distance of the nearest positions, without tau: 0 answers only contexts that were seen.
        min_positions   how many of them there have to be.
        progress   show a bar on standard error; None: if that is a terminal.
        Raises EmptyTextError, OSError, and ArgumentError for a model whose predictor is not "kernel".
        """
        from .kernel.coverage import coverage

        with Progress(progress) as bar:
            slices, nbytes = self._slices(text, SHORT_SLICE)
            return coverage(
                self._image, slices, radius, min_positions, lambda done: bar.show("score", done, nbytes, "B")
            )

    # ---- where it comes from

    @property
    def sources(self) -> Sources:
        """The training text, to ask about: `model.sources.count("once upon a time")`.

        The model must have been trained with sources (see `pylm.train()`), and the sources file lie where it did,
        beside the model, or where `load()` was told. SourcesError if not, or if it is damaged or another model's.
        """
        from .sources.ngrams import Sources

        return Sources(self._sources, self._as_text)

    def trace(
        self,
        text: TextOrIds | os.PathLike[str],
        *,
        min_words: int = MIN_WORDS,
        k: int = 3,
        progress: bool | None = None,
    ) -> Trace:
        """Which passages of a text stand in the training text, word for word.

        text       as for `evaluate()`.
        min_words  words of the shortest passage that is looked for; shorter ones say little.
        k          places to give for each at most, 0 and up; `Passage.places` counts all.
        progress   show a bar on standard error; None: if that is a terminal.

        Any run of `min_words` words of the text that stands in the training text is in one of the passages, and every
        passage stands there. What counts is the words; how much and which white space there is between them does not
        (docs/sources.md says exactly). Raises what `sources` raises, and OSError.
        """
        min_words, k = integer("min_words", min_words, 1, MAX_U32), integer("k", k, 0, MAX_U32)
        content = document(text, binary=self._image.is_bytes)  # refuses names of files
        with Progress(progress) as bar:
            return self._sources.trace(text if isinstance(text, str) else self._as_text(content), min_words, k, bar)

    def verify_sources(self) -> None:
        """Reads the whole sources file and compares its checksum; SourcesError."""
        self._sources.verify()

    def _as_text(self, text: TextOrIds, name: str = "text") -> str | Bytes:
        if isinstance(text, TEXT_TYPES):
            return text
        image = self._image
        return image.decode(image.check_ids(text, name, TEXT_OR_IDS))

    @property
    def _sources(self) -> SourcesFile:
        image = self._image
        if self._sources_path is None:
            raise SourcesError(f"where passages stand is not known to this model; {AGAIN}, or load it from its file")
        if self._open_sources is None:
            self._open_sources = SourcesFile(self._sources_path, image.root.model, self._copy)
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

    def state(self, *, learn: bool = False, memory: int | str = DEFAULT_MEMORY) -> State:
        """A reader at the start of a text, which goes on from call to call.

        learn    learn from what is read: the words of a text, its phrases and its repetitions.
        memory   bytes to learn in, a number or like "16K": 1 KB for each tree and more; 16 KB are useful, the default
                 of 1 MB is plenty for some 100,000 symbols. When it is full, what is used least makes room.
        """
        return State(self._image, learn, memory)

    # ---- what it is made of

    def drafter(
        self, *, memory: int | str = DRAFT_MEMORY, most: int = MOST_DRAFTED, confidence: float = CONFIDENCE
    ) -> Drafter:
        """Drafts what a large model with the same ids may say next. Of a model that was trained with that model's
        tokenizer (`tokenizer="tokenizer.json"`) or on its ids (`tokenizer="ids"`).

        memory      bytes to learn in, from the prompt and from what the large model says.
        most        ids of a draft.
        confidence  a draft goes on as long as all of it is right with this probability; 0: it always has `most` ids. It
                    is what an id more costs the large model, as a part of a step: .1 where that is busy with one text,
                    .3 and more where many texts share its steps.
        Raises ArgumentError for a kernel, which does not learn.
        """
        return Drafter(self._image, memory, most, confidence)

    def compress(self, text: str | Bytes, *, fingerprint: bool = False) -> bytes:
        """A short text in few bytes, which the same model's `decompress()` gives back on any machine: what the model
        foresees costs nothing. It takes one byte more than the text at most.

        text         a message, such as a line, of 1 MB at most; `pack_archive()` takes longer ones.
        fingerprint  five bytes more, by which another model is noticed.
        Raises ArgumentError for a model that does not compress: one of words, with several trees, or a kernel.
        """
        return pack(self._image, self._image.new_state(), text, fingerprint)

    def decompress(self, packet: Bytes, *, most: int = MOST_NBYTES) -> str:
        """The text of a packet from `compress()`. What was not UTF-8 in it stands there as Python's "surrogateescape"
        has it. Of a damaged packet it may be another text; put a checksum around it where the link has none.

        most    bytes that the text may have.
        Raises PacketError if it has more, if no text gives this packet, or if it names another model.
        """
        return unpack(self._image, self._image.new_state(), packet, most).decode("utf-8", "surrogateescape")

    def explain(
        self, context: TextOrIds = "", token: str | Bytes | int | None = None, k: int = 5
    ) -> Explanation | KernelExplanation:
        """What the probability of a token coming next is made of: its parts, by context, which add up to it. Of a
        kernel, those are of another kind: see `KernelExplanation`.

        token   its text or id; None: the most probable one.
        k       how many of the most probable tokens to name beside it.
        Raises ArgumentError for what is not one token of the vocabulary.
        """
        from .explain.tokens import explain

        read = self._prompt(context, "context")
        return explain(self._image, self._image.new_state(read), token, k, read)

    def explain_text(
        self, text: TextOrIds, *, learn: bool = False, memory: int | str = DEFAULT_MEMORY, k: int = 5
    ) -> list[Explanation | KernelExplanation]:
        """Explains every token of a text, as `explain()` does one. `learn` and `memory` as in `evaluate()`."""
        from .explain.tokens import explain_all

        symbols = self._image.symbols(text, add_eos=True)
        return list(explain_all(self.state(learn=learn, memory=memory), text, symbols, k))

    def explain_page(
        self,
        text: TextOrIds,
        *,
        title: str = "A text, explained",
        learn: bool = False,
        memory: int | str = DEFAULT_MEMORY,
    ) -> str:
        """A page for a browser, HTML without any other file, that shows how much each token of a text surprised the
        model, and why. Of 5,000 tokens at most, else ArgumentError."""
        from .explain.page import explain_page

        if not isinstance(title, str):
            raise wrong_type("title", "a str", title)
        return explain_page(self.state(learn=learn, memory=memory), text, title)

    def related(
        self, term: TextOrIds, k: int = 10, *, window: int | None = None, measure: str = "strength", min_count: int = 3
    ) -> list[Related]:
        """The k terms most related to one: those that stand near it more often than others do, best first. Terms
        are symbols: words or pieces, not bytes.

        term      a term or its id: what stands up to `window` symbols before or behind it. A context of several
                  symbols: what follows it at once. Of a text in a model of pieces, both that text and the same with a
                  space before it are tried.
        window    the largest distance, 1 to 4; 1: only what stands next to it. None: 4, or as far as the model counts.
        measure   "strength": n_AB / sqrt(n_A n_B), where A came n_A times, B n_B times, and both n_AB times together,
                  once for each pair of places. "pmi", pointwise mutual information: log2 of how many times n_AB is what
                  it would be if both stood anywhere.
        min_count leaves out terms with a smaller n_AB.

        The counts are the model's own. Without `size` they are those of the training text, but for contexts that came
        less than min_count times; in models of a given size they are rounded, and much was left out; a pruned model has
        what its log needed. `<unk>` and `</s>` are never in the list.
        Raises ArgumentError for bytes, for what the vocabulary does not have and for a context that is longer than
        those of the model. An empty list: nothing is known.
        """
        from .related import related

        return related(self._image, term, k, window, measure, min_count)


def without_words(model: Model) -> Model:
    """The same model without words that were given to it."""
    if not model.words:
        return model
    other = _of_image(model._image.plain)
    other._sources_path, other._open_sources = model._sources_path, model._open_sources
    return other


def _of_image(image: Image) -> Model:
    """A model that was pickled, or copied: of an image, which never changes, one is enough."""
    model = Model.__new__(Model)
    model._open_image, model._sources_path, model._open_sources = image, None, None
    return model


def load(
    path: Path,
    *,
    layers: Iterable[Path] = (),
    verify: bool | None = None,
    sources: Path | None = None,
    copy: bool | None = None,
    sha256: str | Iterable[str] | None = None,
) -> Model:
    """Opens a model file. A large one is mapped into memory, not read, so that it opens at once, and several processes
    share one copy.

    layers   layer files, from `adapt()`, the lowest first: each on the model, or the model and layers, that it was made
             for; else LayerError. Without them it is the model as it was.
    verify   compare the checksum of the whole file, which reads it once (about 0.3 ms a MB). None: only if it has
             1 MB at most. What a model says about itself is always checked; damage elsewhere is harmless but for the
             numbers, which may be wrong. `pylm info` compares.
    sources  its sources file; None: PATH.sources. It need not be there, and is not looked at before it is needed.
    copy     True: the files are read into memory, and what becomes of them later does not matter. False: they are
             mapped, the sources as well. None: what has 1 MB at most is read, the rest is mapped.
    sha256   what `Model.sha256()` and `pylm info` say of the file that is meant, or with layers of each in order:
             another one is refused, with ModelDamagedError. The files are then read into memory, unless `copy` is
             False.
    Do not write into a file that is mapped, but replace it, as `Model.save()` does: what is written there makes wrong
    probabilities, and where the file becomes shorter, as by `cp NEW OLD`, the system ends the process (SIGBUS).
    Raises OSError, ModelFormatError (not a model), ModelVersionError, ModelDamagedError.
    """
    names = [path_of("path", path), *(path_of("layers", file) for file in several("layers", layers, "paths"))]
    digests = _digests(sha256, len(names))
    model: Model | None = None
    for name, digest in zip(names, digests, strict=True):
        data = open_bytes(name, True if digest is not None and copy is None else copy)
        if digest is not None and sha256_of(data) != digest:
            raise ModelDamagedError(
                f"{name}: its SHA-256 is {sha256_of(data)}, not {digest}: this is not the file that was meant"
            )
        always = len(data) <= QUICKLY_VERIFIED if verify is None else verify
        model = Model(data, verify=always, subject=name, base=model)
    assert model is not None
    model._sources_path = names[0] + SUFFIX if sources is None else path_of("sources", sources)
    model._copy = copy
    return model


def _digests(sha256: Any, n: int) -> list[str | None]:
    """What the files are to have, in lower case."""
    if sha256 is None:
        return [None] * n
    takes = "64 hexadecimal digits" + (f", or {n} of these, for the model and each layer" if n > 1 else "")
    digests = [sha256] if isinstance(sha256, str) else list(several("sha256", sha256, takes))
    for digest in digests:
        if not isinstance(digest, str):
            raise wrong_type("sha256", takes, digest)
        if not re.fullmatch("[0-9a-fA-F]{64}", digest):
            raise ArgumentError(f"sha256 must be {takes}, not {described(digest)}")
    if len(digests) != n:
        raise ArgumentError(f"sha256 must be {takes}, not {len(digests)}")
    return [digest.lower() for digest in digests]
