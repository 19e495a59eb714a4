# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training on documents, whatever they come from: the calls on a pylm_trainer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .._core.arguments import path_of
from .._core.estimate import stage_costs
from .._core.files import is_device
from .._core.mapping import open_bytes
from .._core.native import check, ffi, lib, owned_bytes
from .._core.progress import Progress, new_task, run_with_errno
from .._core.text import Path
from .._core.tokenizer import PlainIds, open_tokenizer
from .._model import Model, load
from ..errors import ArgumentError, PylmError
from ..sources.file import SUFFIX
from ..sources.pair import Pair
from ..sources.writer import SourcesWriter
from .documents import add_all
from .elsewhere import counted_on
from .options import IDS, TrainOptions, n_ids, training_options
from .vocabulary import given_words, set_vocabulary

if TYPE_CHECKING:
    from .._core.tokenizer import TokenizerSource


def train_with(
    texts: Iterable[tuple[str | None, Any]],
    total: int | None,
    options: TrainOptions,
    progress: bool | None,
    output: Path | None,
    sources: bool | Path,
) -> Model:
    """Trains a model; `train_on()` says what the arguments are."""
    dask = options.get("dask")
    made = training_options(**options)
    symbols = options.get("symbols")
    words = None if symbols is None or symbols.vocabulary is None else given_words(symbols.vocabulary)
    tokenizer: TokenizerSource | PlainIds = options.get("tokenizer", "auto")
    if tokenizer == IDS:
        tokenizer = PlainIds(n_ids(symbols))
    if not dask:
        return train_on(texts, total, made, tokenizer, progress, output, sources, words=words)
    folder = None if output is None or is_device(output) else os.path.dirname(os.path.abspath(output))
    with counted_on(dask, folder) as elsewhere:
        made.elsewhere = elsewhere.options
        return train_on(texts, total, made, tokenizer, progress, output, sources, words=words)


def train_on(
    texts: Iterable[tuple[str | None, Any]],
    total: int | None,
    options: Any,
    tokenizer: TokenizerSource | PlainIds,
    progress: bool | None,
    output: Path | None = None,
    sources: bool | Path = False,
    base: Model | None = None,
    words: list[bytes] | None = None,
) -> Model:
    """Trains on documents, whatever they come from.

    texts     each with its name in the sources; None: it is not to be in them.
    total     bytes of all together, if known; for progress only.
    options   of `training_options()`.
    base      the model that a layer is trained for, which `options` say as well; it has the tokenizer.
    words     of a model of words: its vocabulary; None: found in the texts.
    """
    output = None if output is None else path_of("output", output)
    path = sources_path(sources, output)
    external = None
    if options.tokenizer == lib.PYLM_TOKENIZER_EXTERNAL:
        external = open_tokenizer(tokenizer) if base is None else base._image.external
    pointer = ffi.new("pylm_trainer **")
    if output is not None and not is_device(output):
        folder = ffi.new("char[]", os.fsencode(os.path.dirname(os.path.abspath(output))))
        options.folder = folder
    check(lib.pylm_trainer_new(pointer, options))
    options.folder = ffi.NULL  # it was copied
    trainer = ffi.gc(pointer[0], lib.pylm_trainer_free)
    try:
        if words is not None:
            set_vocabulary(trainer, words)
        pair = None if path is None or output is None or is_device(output) else Pair(output, path)
        with Progress(progress) as bar, pair or nullcontext(), _writer(path, pair) if path else nullcontext() as writer:
            nbytes = add_all(trainer, texts, total, external, base is not None, bar, writer)
            if writer is not None:
                writer.sort(bar)
            bar.expect(stage_costs(options, nbytes))
            if pair is not None and writer is not None:
                return _made_pair(trainer, bar, options, pair, writer)
            model = _made(trainer, bar, options, output, base)
            if writer is not None:
                model._save_sources(writer)
            return model
    except BaseException:
        ffi.release(trainer)  # now, not when the garbage collector comes: it is large
        raise


def _writer(path: str, pair: Pair | None) -> SourcesWriter:
    return SourcesWriter(path) if pair is None else SourcesWriter(pair.temporary[1], path)


def _made_pair(trainer: Any, bar: Progress, options: Any, pair: Pair, writer: SourcesWriter) -> Model:
    """Trains, and puts the model and its sources in their places."""
    temporary, _ = pair.temporary
    _save(trainer, bar, options, temporary, pair.paths[0])
    ffi.release(trainer)
    with load(temporary, verify=False) as model:
        writer.save(model._image.model)
    pair.replace()
    return load(pair.paths[0], verify=False, sources=pair.paths[1])


def sources_path(sources: bool | Path, output: Path | None) -> str | None:
    """The file that `sources` of `train()` stands for; None for none."""
    if sources is False or sources is None:
        return None
    if sources is not True:
        path = path_of("sources", sources)
        if output is not None and os.path.abspath(path) == os.path.abspath(output):
            raise ArgumentError("sources and output are the same file; give the sources another name")
        return path
    if output is None or is_device(output):
        raise ArgumentError("sources=True writes OUTPUT.sources: say output, the model file; or give sources a path")
    return os.fspath(output) + SUFFIX


def _made(trainer: Any, bar: Progress, options: Any, output: Path | None, base: Model | None) -> Model:
    """Trains. The trainer is freed as soon as the model does not need it."""
    if output is None or is_device(output):
        model = Model(_build(trainer, bar, options), verify=False, base=base)
        if output is not None:
            model.save(output)
        return model
    _save(trainer, bar, options, output)
    ffi.release(trainer)
    if base is None:
        return load(output, verify=False)
    return Model(open_bytes(output, None), verify=False, subject=os.fspath(output), base=base)


def _build(trainer: Any, bar: Progress, options: Any) -> Any:
    """The image, in the trainer's memory, which lives as long as it is used."""
    task, image, nbytes = new_task(), ffi.new("const void **"), ffi.new("uint64_t *")
    _train(lambda: lib.pylm_trainer_build(trainer, task, image, nbytes), task, bar, options, nbytes, None)
    return owned_bytes(image[0], nbytes[0], trainer)


def _save(trainer: Any, bar: Progress, options: Any, output: Path, called: Path | None = None) -> None:
    """`called`: the name of the file in messages, if it is another one."""
    task, nbytes, path = new_task(), ffi.new("uint64_t *"), os.fsencode(output)
    call = lambda: lib.pylm_trainer_save(trainer, path, task, nbytes)  # noqa: E731
    _train(call, task, bar, options, nbytes, output if called is None else called)


def _train(call: Callable[[], int], task: Any, bar: Progress, options: Any, nbytes: Any, output: Path | None) -> None:
    """Runs the long call. `nbytes` is what it says of sizes."""
    status, error = run_with_errno(call, task, bar.show)
    if status == lib.PYLM_ERR_BUDGET:
        raise ArgumentError(
            f"no model of this text fits into {options.max_nbytes:,} bytes; the smallest possible is size={nbytes[0]}"
        )
    if status == lib.PYLM_ERR_MEMORY and nbytes[0]:
        raise ArgumentError(
            f"{options.max_memory:,} bytes of memory are too few to train on this text; the smallest possible is "
            f"memory={nbytes[0]}"
        )
    if options.elsewhere and status in (lib.PYLM_ERR_FOREIGN, lib.PYLM_ERR_VERSION, lib.PYLM_ERR_DAMAGED):
        raise PylmError(
            "what a Dask worker counted came back damaged: do its folder and network keep files as they are?"
        )
    if status == lib.PYLM_ERR_FILE:
        what = "a temporary file, because of the limit of memory" if output is None else os.fspath(output)
        raise OSError(error, os.strerror(error), what)
    check(status)
