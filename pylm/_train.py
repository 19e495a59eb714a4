# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ._core.estimate import stage_costs
from ._core.image import TOKENIZERS, checked_ids
from ._core.memory import usual_limit
from ._core.native import NONE, check, ffi, lib
from ._core.progress import Progress, new_task, run
from .decoding.sampling import MAX_THREADS, integer, parse_size
from ._core.text import (
    TEXT_TYPES, Path, Source, as_bytes, map_file, named_documents, total_nbytes, with_named_files,
)  # fmt: skip
from ._core.tokenizer import ExternalTokenizer, is_external, open_tokenizer
from .errors import ArgumentError
from .kernel.settings import MAX_REACH, PREDICTORS, distances_q16
from ._model import Model, load
from .sources.file import SUFFIX, SourcesWriter

if TYPE_CHECKING:
    from ._core.tokenizer import TokenizerSource

NUMBERS = {"auto": lib.PYLM_TOKENIZER_AUTO, **TOKENIZERS}
MAX_TREES = 8
PROFILES = {"best": lib.PYLM_PROFILE_BEST, "fast": lib.PYLM_PROFILE_FAST}
MAX_SIZE = 1 << 62
DEFAULT_REACH = 3
SHORT_NBYTES = 1 << 18  # of a document: read within some 10 ms, so that no thread is worth it


def train(
    source: Source, *, tokenizer: TokenizerSource = "auto", threads: int | None = None, min_count: int = 2,
    trees: int = 1, classes: int | Iterable[int] | None = None, max_order: int | None = None,
    pieces: int | None = None, size: int | str | None = None, memory: int | str | None = None,
    profile: str = "best", predictor: str = "mix", reach: int | None = None,
    distances: Iterable[float] | None = None, class_distances: Iterable[float] | bool | None = None,
    output: Path | None = None, sources: bool | Path = False, progress: bool | None = None,
) -> Model:  # fmt: skip
    """Trains a model by counting. The same texts and settings give the same model, to the last byte, in whatever
    order the texts come: they are put into the order of a hash of their content.

    source      the path of a text file; a list of paths; or an iterable of documents: texts (str as UTF-8, or
                bytes) and pathlib.Path for files. A list of str is one of paths if each is the name of a
                file that exists; if only some are, it is refused as a likely mistake (texts of strangers
                should be bytes, which are never paths). What stands at the start of a document does not
                depend on the document before it.
    tokenizer   "bytes": predicts byte by byte, any file, loses nothing. "words": words between white space,
                and line ends ("</s>"); not kept are words outside the vocabulary, read as "<unk>", and how
                many and which white space stood between two words. "pieces": parts of words and whole words,
                found in the text; any file, loses nothing, and is quicker and better than bytes for longer
                texts. "auto": "pieces" from 3 MB of text on, else "bytes".
                The path of a tokenizer.json, or a Tokenizer of the `tokenizers` package: an external
                vocabulary, for example a large model's. The model's ids are the tokenizer's, those that the
                texts do not have included; its file travels in the model. Texts must be UTF-8; documents may
                also be ids. No special tokens are added. What is kept of a text is the tokenizer's affair:
                one that normalises (lower case, for example) predicts and gives back the normalised text.
    threads     processors to use; None: all. Does not change the model.
    min_count   contexts seen less often are left out; 1 keeps all: larger and slightly better.
    trees       all but bytes: average so many differently built models, 1 to 8: better, slower, larger.
                Without effect where "auto" takes bytes.
    classes     all but bytes: classes of symbols of each tree, 2 to 1024, one number or one for every tree.
    max_order   longest context in symbols, 0 to 12; None: 8 for bytes, else 5.
    pieces      size of the vocabulary of pieces, 256 to 2^20; None: chosen by the length of the text.
    size        bytes that the model may have at most, as a number or like "64K", "3M", "1.5 MB": the best model
                that fits, since what tells least is left out. Takes about five times as long.
                For pieces, it also limits the vocabulary, unless `pieces` says how many.
    memory      bytes of memory that the process uses at most, about, as `size` is written; None: half of what is free
                now. Does not change the model. With less, training takes longer (see below).
    profile     "best", or "fast": only the contexts that an n-gram model has, the last symbols without gaps; of
                words and pieces three at most. Less than half the time to score; on words a fifth of the size and a
                seventh more perplexity.
    predictor   "mix", or "kernel": radial basis functions around every position of the text, in closed form, with all
                contexts kept; see `Model.kernel()`. It has one tree, nothing adapts, and `size`, `max_order` and
                `profile` are not for it. Then
    reach       how many symbols back it looks, 1 to 6; None: 3. Each one more takes twice the room or more.
    distances   what another symbol one back, two back, ... adds to the distance, `reach` numbers from 0 to 64; None:
                chosen by blocks of the text whose own counts are taken out.
    class_distances  what another symbol of the same class adds, less than that; False: the same. Only for the last 2, 3,
                3, 1 symbols of a reach of 2, 3, 4, 5 (of 1: 1, of 6: none), and not for bytes.
    output      where to write the model as Model.save() does; the model that comes back is mapped from there. So
                it never is in memory as a whole.
    sources     also write a sources file, of which `Model.trace()` and `Model.sources()` learn where passages stand: True
                for OUTPUT.sources, where `load()` finds it, or its path. It holds the texts themselves, and takes
                some 1.7 bytes for a byte of them; less than 4 GB of text, and no ids. The model is the same.
    progress    show a bar on standard error; None: if that is a terminal.

    Ctrl-C stops it within 0.2 s. Memory: 1, 2 or 4 bytes a symbol of text, as the size of the vocabulary needs, and
    16 for each thread (with `size` 44); the model; for the fit up to 300 MB, in bytes 500 MB, less for texts
    below 300,000 words or a million bytes. With `memory`, contexts are counted in parts, and what has been counted
    goes to a temporary file of the size of the model: next to `output`, or where the environment's TMPDIR says. The
    text (twice, while a file is read) and the fit must fit in any case; a limit that is too small is refused, with
    the smallest that is not.
    Raises ArgumentError, EmptyTextError, TooLargeError, OutOfMemoryError, MissingPackageError, and OSError for
    files.
    """
    options = training_options(
        tokenizer, threads, min_count, trees, classes, max_order, pieces, size, memory, profile, predictor, reach,
        distances, class_distances,
    )  # fmt: skip
    source = with_named_files(source)
    return train_on(named_documents(source), total_nbytes(source), options, tokenizer, progress, output, sources)


def adapt(
    model: Model, source: Source, *, output: Path | None = None, threads: int | None = None, min_count: int = 2,
    max_order: int | None = None, size: int | str | None = None, memory: int | str | None = None,
    profile: str = "best", progress: bool | None = None,
) -> Model:  # fmt: skip
    """Fits a layer to texts of some domain, on top of a model. What comes back is a model like any other, which predicts
    by both; `model` stays as it is. The layer alone is what `output`, or `save()`, writes.

    model       of one tree, no kernel; it may have layers itself.
    source      texts of the domain, as in `train()`; of a model with an external tokenizer also ids.
    output      where to write the layer; `load()` with `layers` puts it on the model again.
    threads, min_count, max_order, size, memory, profile, progress   as in `train()`; they concern the layer.

    The contexts of the texts are counted in the model's own vocabulary, so words that a word model does not have stay
    "<unk>". By which weights layer and model are mixed is fitted on parts of the texts that are held out, as in
    `train()`: a layer of a few sentences says little, and does little harm.
    Raises what `train()` raises, and ArgumentError for a model of several trees or a kernel.
    """
    options = training_options("bytes", threads, min_count, max_order=max_order, size=size, memory=memory, profile=profile)
    if model.info.trees > 1:
        raise ArgumentError("a layer lies on a model of one tree, and this one has several; train it without trees")
    model._image.needs_mix("a layer")
    options.tokenizer, options.base = model._image.info.tokenizer, model._image.model
    source = with_named_files(source)
    return train_on(named_documents(source), total_nbytes(source), options, None, progress, output, base=model)


def train_on(
    texts: Iterable[tuple[str | None, Any]], total: int | None, options: Any, tokenizer: TokenizerSource | None,
    progress: bool | None, output: Path | None = None, sources: bool | Path = False, base: Model | None = None,
) -> Model:  # fmt: skip
    """Trains on documents, whatever they come from.

    texts     each with its name in the sources; None: it is not to be in them.
    total     bytes of all together, if known; for progress only.
    options   of `training_options()`.
    base      the model that a layer is trained for, which `options` say as well; it has the tokenizer.
    """
    path = sources_path(sources, output)
    external = None
    if options.tokenizer == lib.PYLM_TOKENIZER_EXTERNAL:
        external = open_tokenizer(tokenizer) if base is None else base._image.external
    pointer = ffi.new("pylm_trainer **")
    check(lib.pylm_trainer_new(pointer, options))
    trainer = ffi.gc(pointer[0], lib.pylm_trainer_free)
    try:
        with Progress(progress) as bar, SourcesWriter(path) if path else nullcontext() as writer:
            nbytes = _add_all(trainer, texts, total, external, base is not None, bar, writer)
            if writer is not None:
                writer.sort(bar)
            bar.expect(stage_costs(options, nbytes))
            model = _model(trainer, bar, options, output, base)
            if writer is not None:
                model._save_sources(writer)
            return model
    except BaseException:
        ffi.release(trainer)  # now, not when the garbage collector comes: it is large
        raise


def sources_path(sources: bool | Path, output: Path | None) -> str | None:
    """The file that `sources` of `train()` stands for; None for none."""
    if sources is False or sources is None:
        return None
    if sources is not True:
        if output is not None and os.path.abspath(sources) == os.path.abspath(output):
            raise ArgumentError("sources and output are the same file; give the sources another name")
        return os.fspath(sources)
    if output is None or _is_device(output):
        raise ArgumentError("sources=True writes OUTPUT.sources: say output, the model file; or give sources a path")
    return os.fspath(output) + SUFFIX


def _model(trainer: Any, bar: Progress, options: Any, output: Path | None, base: Model | None) -> Model:
    """Trains. The trainer is freed as soon as the model does not need it."""
    if output is None or _is_device(output):
        model = Model(_build(trainer, bar, options), verify=False, base=base)
        if output is not None:
            model.save(output)
        return model
    _save(trainer, bar, options, output)
    ffi.release(trainer)
    if base is None:
        return load(output, verify=False)
    return Model(map_file(output), verify=False, subject=os.fspath(output), base=base)


def training_options(
    tokenizer: object = "auto", threads: int | None = None, min_count: int = 2, trees: int = 1,
    classes: int | Iterable[int] | None = None, max_order: int | None = None, pieces: int | None = None,
    size: int | str | None = None, memory: int | str | None = None, profile: str = "best", predictor: str = "mix",
    reach: int | None = None, distances: Iterable[float] | None = None,
    class_distances: Iterable[float] | bool | None = None,
) -> Any:  # fmt: skip
    """The settings of `train()` as a pylm_train_options; ArgumentError."""
    options = ffi.new("pylm_train_options *")
    lib.pylm_train_options_init(options)
    options.tokenizer = _tokenizer_number(tokenizer)
    options.n_threads = 0 if threads is None else integer("threads", threads, 1, MAX_THREADS)
    options.min_count = integer("min_count", min_count, 1, 1 << 31)
    options.n_trees = integer("trees", trees, 1, MAX_TREES)
    if profile not in PROFILES:
        raise ArgumentError(f"profile must be 'best' or 'fast', not {profile!r}")
    options.profile = PROFILES[profile]
    if max_order is not None:
        options.max_order = integer("max_order", max_order, 0, 12)
    if options.tokenizer == lib.PYLM_TOKENIZER_BYTES and (trees > 1 or classes is not None):
        raise ArgumentError("trees and classes are for words and pieces: add tokenizer='words' or 'pieces'")
    if pieces is not None:
        if options.tokenizer not in (lib.PYLM_TOKENIZER_AUTO, lib.PYLM_TOKENIZER_PIECES):
            raise ArgumentError("pieces is the size of a vocabulary of pieces: add tokenizer='pieces'")
        options.n_pieces = integer("pieces", pieces, 256, 1 << 20)
    if size is not None:
        options.max_nbytes = parse_size("size", size, MAX_SIZE)
    options.memory_is_wish = memory is None
    options.max_memory = usual_limit() if memory is None else parse_size("memory", memory, MAX_SIZE)
    if classes is not None:
        each = list(classes) if isinstance(classes, Iterable) else [classes] * options.n_trees
        if len(each) != options.n_trees:
            raise ArgumentError(f"classes must be one number or {options.n_trees}, one for every tree")
        for i, n in enumerate(each):
            options.n_classes[i] = integer("classes", n, 2, 1024)
    _kernel_options(options, predictor, reach, distances, class_distances)
    return options


def _kernel_options(
    options: Any, predictor: str, reach: int | None, distances: Iterable[float] | None,
    class_distances: Iterable[float] | bool | None,
) -> None:  # fmt: skip
    if predictor not in PREDICTORS:
        raise ArgumentError(f"predictor must be 'mix' or 'kernel', not {predictor!r}")
    options.predictor = PREDICTORS[predictor]
    if predictor == "mix":
        if reach is not None or distances is not None or class_distances is not None:
            raise ArgumentError("reach and distances are for a kernel: add predictor='kernel'")
        return
    if options.n_trees > 1 or options.max_nbytes or options.max_order != NONE or options.profile:
        raise ArgumentError("trees, size, max_order and profile are not for predictor='kernel'; leave them out")
    if reach is not None:
        options.reach = integer("reach", reach, 1, MAX_REACH)
    options.no_classes = class_distances is False
    if distances is not None:
        options.reach = options.reach or DEFAULT_REACH
        options.distance_q16 = distances_q16("distances", distances, options.reach)
        options.class_distance_q16 = options.distance_q16
        if not any(options.distance_q16):
            raise ArgumentError("distances are all 0: then nothing that was read would matter")
    if class_distances is not None and not isinstance(class_distances, bool):
        if distances is None:
            raise ArgumentError("class_distances without distances; give both or none")
        nearer = distances_q16("class_distances", class_distances, None)
        if len(nearer) > options.reach or any(u > t for u, t in zip(nearer, options.distance_q16)):
            raise ArgumentError("class_distances must not be more than distances, in number and in size")
        for j, u in enumerate(nearer):
            options.class_distance_q16[j] = u


def _tokenizer_number(tokenizer: object) -> int:
    if isinstance(tokenizer, str) and tokenizer in NUMBERS:
        return NUMBERS[tokenizer]
    if is_external(tokenizer):
        return lib.PYLM_TOKENIZER_EXTERNAL
    raise ArgumentError(
        f"tokenizer must be 'auto', 'bytes', 'words' or 'pieces', the path of a tokenizer.json, or a "
        f"tokenizers.Tokenizer (a tokenizer of transformers has one, backend_tokenizer), not {tokenizer!r}"
    )


def _is_device(path: Path) -> bool:
    """Whether this is no file or folder, such as /dev/stdout, so that nothing could be read back from it."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _add_all(
    trainer: Any, texts: Iterable[tuple[str | None, Any]], total: int | None, external: ExternalTokenizer | None,
    is_known: bool, bar: Progress, writer: SourcesWriter | None,
) -> int:  # fmt: skip
    """Adds all documents, to the sources as well; returns their bytes. `is_known`: the trainer has the vocabulary."""
    add = _Texts(trainer) if external is None else _Ids(trainer, external, is_known)
    done = 0
    for i, (name, document) in enumerate(texts):
        try:
            for n in add(document):
                done += n
                bar.show("read", done, total, "B")
            if writer is not None and name is not None:
                _add_source(writer, name, document)
        except (ArgumentError, TypeError) as error:
            raise type(error)(f"document {i}: {error}") from None
    return done


def _add_source(writer: SourcesWriter, name: str, document: Any) -> None:
    if not isinstance(document, TEXT_TYPES):
        raise ArgumentError("only texts can be sources, not ids; train without sources")
    writer.add(name, as_bytes(document))


class _Texts:
    """Adds texts to a trainer."""

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer

    def __call__(self, document: Any) -> Iterator[int]:
        """Adds a document; says how many bytes of it have been read since the last time."""
        if not isinstance(document, TEXT_TYPES):
            raise TypeError(f"expected a text (str or bytes) or a pathlib.Path, not {type(document).__name__}")
        data = as_bytes(document)
        text, trainer = ffi.from_buffer(data), self._trainer
        if len(text) <= SHORT_NBYTES:
            check(lib.pylm_trainer_add(trainer, text, len(text), ffi.NULL))
        else:
            task = new_task()
            check(run(lambda: lib.pylm_trainer_add(trainer, text, len(text), task), task, lambda *_: None))
        yield len(data)


class _Ids:
    """Adds texts, by an external tokenizer, and ids to a trainer."""

    def __init__(self, trainer: Any, external: ExternalTokenizer, is_known: bool) -> None:
        self._trainer, self._external = trainer, external
        texts = external.texts()
        self._n_symbols = len(texts)
        if is_known:
            return
        ends, joined, file = array("Q", accumulate(map(len, texts))), b"".join(texts), external.content
        check(
            lib.pylm_trainer_vocabulary(
                trainer, len(texts), ffi.from_buffer(joined), ffi.from_buffer("uint64_t[]", ends),
                ffi.from_buffer(file), len(file),
            )  # fmt: skip
        )

    def __call__(self, document: Any) -> Iterator[int]:
        """As `_Texts` does; an id counts as a byte."""
        if isinstance(document, TEXT_TYPES):
            data = as_bytes(document)
            ids, nbytes, done = array("I"), len(data), 0
            for piece, used in self._external.slices(data):
                ids.extend(piece)
                yield used - done
                done = used
        elif not hasattr(document, "__iter__"):
            raise TypeError(
                f"expected a text (str or bytes), a pathlib.Path or ids, not {type(document).__name__} (a single "
                f"document of ids must be put into a list: [ids])"
            )
        else:
            ids, nbytes = checked_ids(document, self._n_symbols), 0
            yield len(ids)
        source = ffi.from_buffer("uint32_t[]", ids)
        check(lib.pylm_trainer_add_ids(self._trainer, source, len(ids), nbytes, ffi.NULL))


def _build(trainer: Any, bar: Progress, options: Any) -> Any:
    """The image, in the trainer's memory, which lives as long as it is used."""
    task, image, nbytes = new_task(), ffi.new("const void **"), ffi.new("uint64_t *")
    _train(lambda: lib.pylm_trainer_build(trainer, task, image, nbytes), task, bar, options, nbytes, None)
    owned = ffi.gc(ffi.cast("char *", image[0]), lambda _: ffi.release(trainer), nbytes[0])
    return ffi.buffer(owned, nbytes[0])


def _save(trainer: Any, bar: Progress, options: Any, output: Path) -> None:
    task, nbytes, path = new_task(), ffi.new("uint64_t *"), os.fsencode(output)
    _train(lambda: lib.pylm_trainer_save(trainer, path, task, nbytes), task, bar, options, nbytes, output)


def _train(
    call: Callable[[], int], task: Any, bar: Progress, options: Any, nbytes: Any, output: Path | None
) -> None:
    """Runs the long call. `nbytes` is what it says of sizes."""
    error = 0

    def work() -> int:
        nonlocal error
        status = call()
        error = ffi.errno  # of this thread
        return status

    status = run(work, task, bar.show)
    if status == lib.PYLM_ERR_BUDGET:
        raise ArgumentError(
            f"no model of this text fits into {options.max_nbytes:,} bytes; the smallest possible is size={nbytes[0]}"
        )
    if status == lib.PYLM_ERR_MEMORY and nbytes[0]:
        raise ArgumentError(
            f"{options.max_memory:,} bytes of memory are too few to train on this text; the smallest possible is "
            f"memory={nbytes[0]}"
        )
    if status == lib.PYLM_ERR_FILE:
        what = "a temporary file, because of the limit of memory" if output is None else os.fspath(output)
        raise OSError(error, os.strerror(error), what)
    check(status)
