# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ._image import TOKENIZERS
from ._native import check, ffi, lib
from ._progress import Progress, new_task, run
from ._sampling import integer
from ._text import TEXT_TYPES, Bytes, Source, as_bytes, documents, total_nbytes, with_named_files
from .errors import ArgumentError
from .model import Model

MAX_TREES = 8
MAX_THREADS = 1024
MAX_SIZE = 1 << 62
SIZE_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
SHORT_NBYTES = 1 << 18  # of a document: read within some 10 ms, so that no thread is worth it


def train(
    source: Source, *, tokenizer: str = "auto", threads: int | None = None, min_count: int = 2,
    trees: int = 1, classes: int | Iterable[int] | None = None, max_order: int | None = None,
    pieces: int | None = None, size: int | str | None = None, progress: bool | None = None,
) -> Model:  # fmt: skip
    """Trains a model by counting. The same texts and settings give the same model, to the last byte.

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
    threads     processors to use; None: all. Does not change the model.
    min_count   contexts seen less often are left out; 1 keeps all: larger and slightly better.
    trees       words and pieces: average so many differently built models, 1 to 8: better, slower, larger.
                Without effect where "auto" takes bytes.
    classes     words and pieces: classes of each tree, 2 to 1024, one number or one for every tree.
    max_order   longest context in symbols, 0 to 12; None: 5 for words and pieces, 8 for bytes.
    pieces      size of the vocabulary of pieces, 256 to 2^20; None: chosen by the length of the text.
    size        bytes that the model may have at most, as a number or like "64K", "3M", "1.5 MB": the best model
                that fits, since what tells least is left out. Takes four to five times as long.
    progress    show a bar on standard error; None: if that is a terminal.

    Ctrl-C stops it within 0.2 s. Memory: 4 bytes a symbol of text, and 16 for each thread; three times the
    model; some 150 MB, less for texts below a million symbols.
    Raises ArgumentError, EmptyTextError, TooLargeError, OutOfMemoryError, and OSError for files.
    """
    options = _options(tokenizer, threads, min_count, trees, classes, max_order, pieces, size)
    source = with_named_files(source)
    pointer = ffi.new("pylm_trainer **")
    check(lib.pylm_trainer_new(pointer, options))
    trainer = ffi.gc(pointer[0], lib.pylm_trainer_free)
    try:
        with Progress(progress) as bar:
            _add_all(trainer, source, bar)
            return Model(_build(trainer, bar, options.max_nbytes), verify=False)
    finally:
        ffi.release(trainer)  # now, not when the garbage collector comes: it is large


def _options(
    tokenizer: str, threads: int | None, min_count: int, trees: int,
    classes: int | Iterable[int] | None, max_order: int | None, pieces: int | None,
    size: int | str | None,
) -> Any:  # fmt: skip
    options = ffi.new("pylm_train_options *")
    lib.pylm_train_options_init(options)
    if tokenizer not in ("auto", *TOKENIZERS):
        raise ArgumentError(f"tokenizer must be 'auto', 'bytes', 'words' or 'pieces', not {tokenizer!r}")
    options.tokenizer = TOKENIZERS.get(tokenizer, lib.PYLM_TOKENIZER_AUTO)
    options.n_threads = 0 if threads is None else integer("threads", threads, 1, MAX_THREADS)
    options.min_count = integer("min_count", min_count, 1, 1 << 31)
    options.n_trees = integer("trees", trees, 1, MAX_TREES)
    if max_order is not None:
        options.max_order = integer("max_order", max_order, 0, 12)
    if options.tokenizer == lib.PYLM_TOKENIZER_BYTES and (trees > 1 or classes is not None):
        raise ArgumentError("trees and classes are for words and pieces: add tokenizer='words' or 'pieces'")
    if pieces is not None:
        if tokenizer not in ("auto", "pieces"):
            raise ArgumentError("pieces is the size of a vocabulary of pieces: add tokenizer='pieces'")
        options.n_pieces = integer("pieces", pieces, 256, 1 << 20)
    if size is not None:
        options.max_nbytes = parse_size(size)
    if classes is not None:
        each = list(classes) if isinstance(classes, Iterable) else [classes] * options.n_trees
        if len(each) != options.n_trees:
            raise ArgumentError(f"classes must be one number or {options.n_trees}, one for every tree")
        for i, n in enumerate(each):
            options.n_classes[i] = integer("classes", n, 2, 1024)
    return options


def _add_all(trainer: Any, source: Source, bar: Progress) -> None:
    total, done = total_nbytes(source), 0
    for i, document in enumerate(documents(source)):
        if not isinstance(document, TEXT_TYPES):
            kind = type(document).__name__
            raise TypeError(f"document {i} must be a text (str or bytes) or a pathlib.Path, not {kind}")
        data = as_bytes(document)
        _add(trainer, data)
        done += len(data)
        bar.show("read", done, total, "B")


def _add(trainer: Any, data: Bytes) -> None:
    text = ffi.from_buffer(data)
    if len(text) <= SHORT_NBYTES:
        check(lib.pylm_trainer_add(trainer, text, len(text), ffi.NULL))
    else:
        task = new_task()
        check(run(lambda: lib.pylm_trainer_add(trainer, text, len(text), task), task, lambda *_: None))


def _build(trainer: Any, bar: Progress, max_nbytes: int) -> bytes:
    task, image, nbytes = new_task(), ffi.new("const void **"), ffi.new("uint64_t *")
    status = run(lambda: lib.pylm_trainer_build(trainer, task, image, nbytes), task, bar.show)
    if status == lib.PYLM_ERR_BUDGET:
        raise ArgumentError(
            f"no model of this text fits into {max_nbytes:,} bytes; the smallest possible is size={nbytes[0]}"
        )
    check(status)
    return ffi.buffer(image[0], nbytes[0])[:]


def parse_size(size: int | str) -> int:
    """A number of bytes from one, or from what people write: 64K, 3M, 1.5 MB. K is 1000, as everywhere in pylm."""
    if not isinstance(size, str):
        return integer("size", size, 1, MAX_SIZE)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]?)B?\s*", size, re.IGNORECASE)
    if not match:
        raise ArgumentError(f"size must be a number of bytes such as 65536, 64K, 3M or '1.5 MB', not {size!r}")
    return integer("size", int(Decimal(match[1]) * SIZE_UNITS[match[2].upper()]), 1, MAX_SIZE)
