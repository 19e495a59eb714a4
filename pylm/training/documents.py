# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Documents on their way into a trainer: texts, or ids of an external tokenizer."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from .._core.arguments import described
from .._core.contents import LargeText
from .._core.image import checked_ids
from .._core.native import check, ffi, lib
from .._core.progress import Progress, new_task, run_with_errno
from .._core.text import TEXT_TYPES, Bytes, as_bytes
from .._core.tokenizer import ExternalTokenizer, PlainIds
from ..errors import ArgumentError
from ..sources.writer import SourcesWriter

SHORT_NBYTES = 1 << 18  # of a document: read within some 10 ms, so that no thread is worth it


def add_all(
    trainer: Any,
    texts: Iterable[tuple[str | None, Any]],
    total: int | None,
    external: ExternalTokenizer | PlainIds | None,
    is_known: bool,
    bar: Progress,
    writer: SourcesWriter | None,
) -> int:
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
        if isinstance(document, LargeText):
            for part, is_last in document.parts():
                self._add(part, is_last)
                yield len(part)
            return
        if not isinstance(document, TEXT_TYPES):
            raise TypeError(f"expected a text (str or bytes) or a pathlib.Path, not {described(document)}")
        data = as_bytes(document)
        self._add(data, True)
        yield len(data)

    def _add(self, data: Bytes, is_last: bool) -> None:
        text, trainer = ffi.from_buffer(data), self._trainer
        if len(text) <= SHORT_NBYTES:
            self._check(lib.pylm_trainer_add_part(trainer, text, len(text), is_last, ffi.NULL), ffi.errno)
            return
        task = new_task()
        self._check(
            *run_with_errno(
                lambda: lib.pylm_trainer_add_part(trainer, text, len(text), is_last, task), task, lambda *_: None
            )
        )

    @staticmethod
    def _check(status: int, error: int) -> None:
        if status == lib.PYLM_ERR_FILE:
            raise OSError(error, os.strerror(error), "a temporary file, because of the limit of memory")
        check(status)


class _Ids:
    """Adds texts, by an external tokenizer, and ids to a trainer."""

    def __init__(self, trainer: Any, external: ExternalTokenizer | PlainIds, is_known: bool) -> None:
        self._trainer, self._external = trainer, external
        texts = external.texts()
        self._n_symbols = len(texts)
        if is_known:
            return
        ends, joined, file = array("Q", accumulate(map(len, texts))), b"".join(texts), external.content
        check(
            lib.pylm_trainer_vocabulary(
                trainer,
                len(texts),
                ffi.from_buffer(joined),
                ffi.from_buffer("uint64_t[]", ends),
                ffi.from_buffer(file),
                len(file),
            )
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
                f"expected a text (str or bytes), a pathlib.Path or ids, not {described(document)} (a single "
                f"document of ids must be put into a list: [ids])"
            )
        else:
            ids, nbytes = checked_ids(document, self._n_symbols), 0
            yield len(ids)
        source = ffi.from_buffer("uint32_t[]", ids)
        check(lib.pylm_trainer_add_ids(self._trainer, source, len(ids), nbytes, ffi.NULL))
