# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Counting: from texts to segments, and from segments to a store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from .._core.arguments import MAX_THREADS, described, integer, wrong_type
from .._core.documents import documents, listed
from .._core.files import FULL, exclusive, is_device, replacing, target_of
from .._core.progress import Progress
from .._core.text import TEXT_TYPES, Bytes, Path, Source, as_bytes
from ..errors import ArgumentError, StoreDamagedError, StoreFormatError, TextFormatError
from .distributed import cluster, count_on_dask, merge_on_dask
from .file import StoreFile, StoreWriter
from .merging import merge_into
from .shards import DOCUMENTS, SHARD_NBYTES, TALLY_NBYTES, Shard, Tally, count_shard, cut, is_regular, lines, texts_of
from .unfinished import Parts, plan_of

if TYPE_CHECKING:
    from .._core.cluster import Scheduler
    from .options import DocumentKind


def count_into(
    output: str,
    source: Source,
    *,
    documents: DocumentKind = "files",
    column: str | None = None,
    dask: Scheduler | None = None,
    fresh: bool = False,
    threads: int | None = None,
    progress: bool | None = None,
    add: bool = False,
    shard_nbytes: int = SHARD_NBYTES,
) -> None:
    """Writes a store of the documents; with `add`, of those that are in it already as well. See `pylm.count()`."""
    _check(documents, column, threads)
    output = target_of(output)
    check_replaceable(output)
    with exclusive(output):
        old = [StoreFile(output)] if add else []
        paths = _paths(source, output)
        if paths is None:
            if dask:
                raise ArgumentError("Dask counts files: give the paths of files, or count without it")
            parts = Parts(output, None, fresh)
            try:
                _count_texts(parts, texts_of_source(source, documents, column), progress)
                write_store(output, parts.stores() + old, threads, progress)
            finally:
                with suppress(OSError):  # whether the store is there is not its matter
                    parts.remove()
            return
        shards = cut(paths, documents, column, shard_nbytes)
        parts = Parts(output, plan_of(shards, old[0].contents if old else None), fresh)
        try:
            with cluster(dask) as client:
                _count_shards(parts, shards, client, progress)
                write_store(output, parts.stores() + old, threads, progress, client=client)
        except TextFormatError:
            parts.remove()  # whatever is done about the file, nobody can go on from here
            raise
        except OSError as error:
            if error.errno not in FULL:
                raise
            advice = f"what was counted is kept in {parts.folder}: make room, then do the same again to go on"
            raise OSError(error.errno, f"{error.strerror}; {advice}", output) from None
        except StoreDamagedError as error:
            raise StoreDamagedError(f"{error}; what is in {parts.folder} is given up by fresh=True") from None
        with suppress(OSError):  # the store is there
            parts.remove()


def write_store(
    output: str,
    stores: list[StoreFile],
    threads: int | None,
    progress: bool | None,
    without: Mapping[bytes, int] | None = None,
    client: Any = None,
) -> None:
    """Writes all stores as one, but for some documents (see merge_into()). The caller has the lock.

    client   of the Dask cluster that does most of it; None: none. Not with `without`.
    """
    threads = _threads(threads)
    check_replaceable(output)
    with replacing(output) as file:
        with Progress(progress) as bar, StoreWriter(file, threads=threads) as writer:
            step = Steps(bar, "write the store", sum(store.totals.nbytes for store in stores))
            if client is None:
                merge_into(writer, stores, step, without)
            else:
                merge_on_dask(client, writer, stores, step)
            writer.finish()
        for store in stores:
            store.close()  # some systems do not replace a file that is open


class Steps:
    """Adds up how much is done, and shows it."""

    def __init__(self, bar: Progress, text: str, total: int | None) -> None:
        self._bar, self._text, self._total = bar, text, total
        self._done = 0

    def __call__(self, nbytes: int) -> None:
        self._done += nbytes
        self._bar.show(self._text, self._done, self._total, "B")


def _count_shards(parts: Parts, shards: list[Shard], client: Any, progress: bool | None) -> None:
    missing = parts.missing()
    with Progress(progress) as bar:
        step = Steps(bar, "count", sum(shards[i].nbytes for i in missing))
        if client is not None:
            count_on_dask(client, parts, {i: shards[i] for i in missing}, step)
            return
        for i in missing:
            parts.write(i, partial(count_shard, shards[i], step=step))


def _count_texts(parts: Parts, texts: Iterable[Bytes], progress: bool | None) -> None:
    tally = Tally()
    with Progress(progress) as bar:
        step = Steps(bar, "count", None)
        for text in texts:
            tally.add(text)
            step(len(text))
            if tally.nbytes >= TALLY_NBYTES:
                parts.append(tally.write)
                tally = Tally()
        parts.append(tally.write)


# ---- sources


def texts_of_source(source: Source, kind: str, column: str | None) -> Iterator[Bytes]:
    """The documents of any source; `kind` is one of DOCUMENTS."""
    _check(kind, column, None)
    if kind == "parquet":
        paths = _paths(source)
        if paths is None:
            raise ArgumentError("documents='parquet' needs the paths of parquet files")
        for shard in cut(paths, kind, column):
            yield from (text for text, _ in texts_of(shard) if len(text))
        return
    for i, text in enumerate(documents(listed(source), binary=kind == "bytes")):
        if not isinstance(text, TEXT_TYPES):
            raise TypeError(
                f"document {i}: expected a text (str or bytes) or a pathlib.Path, not {type(text).__name__}; a store "
                f"holds texts, which become ids when a model is built"
            )
        if kind == "lines":
            yield from lines(as_bytes(text))
        else:
            yield as_bytes(text)


def _paths(source: Source, output: Path | None = None) -> list[Path] | None:
    """The paths of a source of nothing but files; None for texts, for pipes, and for a mix.

    output   what will be written, which must not lie in a folder of the source.

    Raises OSError for files that are not there.
    """
    named = listed(source, output)
    named = [FilePath(named)] if isinstance(named, (str, os.PathLike)) else named
    if not isinstance(named, list) or not all(isinstance(item, os.PathLike) for item in named):
        return None
    if isinstance(source, str) and not os.path.exists(source):
        return None  # documents() says what may be wrong
    return named if all(map(is_regular, named)) else None


# ---- arguments


def _check(kind: str, column: str | None, threads: int | None) -> None:
    if not isinstance(kind, str) or kind not in DOCUMENTS:
        raise ArgumentError(f"documents must be one of {', '.join(map(repr, DOCUMENTS))}, not {described(kind)}")
    if column is not None and not isinstance(column, str):
        raise wrong_type("column", "the name of a column (str)", column)
    if column is not None and kind != "parquet":
        raise ArgumentError("column is for parquet files: add documents='parquet'")
    _threads(threads)


def _threads(threads: int | None) -> int:
    return (os.cpu_count() or 1) if threads is None else integer("threads", threads, 1, MAX_THREADS)


def check_replaceable(output: str) -> None:
    """What is replaced must be a store: a text that was taken for one would be lost."""
    if not os.path.lexists(output):
        return
    if not os.path.isfile(output) or is_device(output):
        raise ArgumentError(f"{output} is no ordinary file, and a store must be one; give another name")
    with open(output, "rb") as file:
        empty = not file.read(1)
    with suppress(StoreFormatError):
        StoreFile(output).close()
        return
    if not empty:
        raise ArgumentError(
            f"{output} is there already and is not a store, or a damaged one; remove it first, or give another name"
        )
