# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Counting and merging on a Dask cluster.

Every shard is a task, whose result is its segment. Then every range of digests is one: it merges what all segments have
of it, and packs that, which takes most of the time. Ranges are joined by copying their blocks.

    texts -> segments (tasks) -> ranges of digests, merged and packed (tasks) -> the store (here)

Workers read texts and stores under the names that they have here. A segment is written by its worker into the folder of
the unfinished store, if the worker sees that, or comes here. If workers do not see the stores, they are merged here.

Where a task runs, and how often, changes nothing about its result. So a worker that is lost costs what it was doing,
and Dask does that again elsewhere; and what was counted on a cluster can be gone on with here, and back.
"""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from .._core.cluster import dask_client, dask_package, dask_result
from .._core.files import NEW, replacing
from .file import DIGEST_NBYTES, StoreFile, StoreWriter
from .merging import Between, merge_into
from .shards import File, Shard, count_shard, look_at
from .unfinished import Parts

if TYPE_CHECKING:
    from .._core.cluster import Scheduler

RETRIES = 2  # of a task that fails for itself, such as by a file system that is busy
TASKS_PER_THREAD = 2  # at once: enough that no worker waits, few enough that results do not pile up
RANGE_NBYTES = 1 << 26  # of text


@contextmanager
def cluster(where: Scheduler | None) -> Iterator[Any]:
    """A client for what a caller's `dask` says; None for None or False. Raises MissingPackageError, ArgumentError."""
    if not where:
        yield None
        return
    with dask_client(where) as client:
        yield client


def _most_tasks(client: Any) -> int:
    n_threads: dict[str, int] = client.nthreads()
    return TASKS_PER_THREAD * max(1, sum(n_threads.values()))


# ---- counting


class Place(NamedTuple):
    """A folder for segments, and a file in it with something that nobody else's folder of that name has."""

    folder: str
    name: str
    content: str

    def is_here(self) -> bool:
        try:
            with open(os.path.join(self.folder, self.name)) as file:
                return file.read() == self.content
        except OSError:
            return False


def count_on_dask(client: Any, parts: Parts, shards: dict[int, Shard], step: Callable[[int], None]) -> None:
    """Counts shards. Their segments are in `parts` then.

    Raises MissingPackageError, PylmError if workers are lost again and again, OSError, and what counting raises.
    """
    waiting = iter(shards.items())
    numbers: dict[Any, int] = {}
    results = dask_package().as_completed()

    def submit(i: int, shard: Shard, place: Place | None) -> None:
        future = client.submit(segment_of, shard, i, place, pure=False, retries=RETRIES)
        numbers[future] = i
        results.add(future)

    with _place(parts) as place:
        try:
            for i, shard in islice(waiting, _most_tasks(client)):
                submit(i, shard, place)
            for future in results:
                segment = dask_result(future, "a certain part of the texts")
                i = numbers.pop(future)
                if not _take(parts, i, segment):
                    submit(i, shards[i], None)
                    continue
                step(shards[i].nbytes)
                for i, shard in islice(waiting, 1):
                    submit(i, shard, place)
        finally:
            client.cancel(list(numbers))


@contextmanager
def _place(parts: Parts) -> Iterator[Place]:
    place = Place(os.path.abspath(parts.folder), f"run{NEW}", os.urandom(8).hex())
    path = os.path.join(place.folder, place.name)
    with open(path, "w") as file:
        file.write(place.content)
    try:
        yield place
    finally:
        with suppress(OSError):
            os.remove(path)


def _take(parts: Parts, i: int, segment: bytes | None) -> bool:
    """Takes a segment that has come, or is in its place: whether it is there."""
    if segment is not None:
        StoreFile(None, segment)  # a worker with another pylm must not go unnoticed
        parts.write(i, partial(_put, segment))
    return parts.has(i)


def _put(segment: bytes, file: BinaryIO) -> None:
    file.write(segment)


def segment_of(shard: Shard, i: int, place: Place | None) -> bytes | None:
    """The task: counts a shard. Its segment is in its place then, or is returned where that is not to be seen."""
    if place is None or not place.is_here():
        memory = io.BytesIO()
        count_shard(shard, memory, lambda _: None)
        return memory.getvalue()
    own = f".{os.urandom(8).hex()}"  # another worker may be given the same shard
    with replacing(Parts.segment(Path(place.folder), i), own) as file:
        count_shard(shard, file, lambda _: None)
    return None


# ---- merging


def merge_on_dask(client: Any, writer: StoreWriter, stores: list[StoreFile], step: Callable[[int], None]) -> None:
    """Writes the documents of all stores, which are files, as merge_into() does.

    Raises PylmError if workers are lost again and again, and what reading stores raises.
    """
    files = [look_at(store.name) for store in stores]
    futures: deque[tuple[Between, Any]] = deque()
    waiting = _ranges(sum(store.totals.nbytes for store in stores))
    try:
        while True:
            for between in islice(waiting, max(0, _most_tasks(client) - len(futures))):
                futures.append((between, client.submit(range_of, files, between, pure=False, retries=RETRIES)))
            if not futures:
                break
            between, future = futures[0]
            merged = dask_result(future, "a certain range of the documents")
            futures.popleft()
            if merged is None:
                merge_into(writer, stores, step, between=between)
            else:
                merge_into(writer, [StoreFile(None, merged)], step)
    finally:
        client.cancel([future for _, future in futures])


def _ranges(nbytes: int) -> Iterator[Between]:
    """Ranges of digests that share so many bytes of text, about equally: digests are as good as random."""
    n = nbytes // RANGE_NBYTES + 1
    begin = b""
    for i in range(1, n):
        end = ((i << 8 * DIGEST_NBYTES) // n).to_bytes(DIGEST_NBYTES, "big")
        yield begin, end
        begin = end
    yield begin, None


def range_of(files: list[File], between: Between) -> bytes | None:
    """The task: a store of all documents of some stores that are between digests. None if the worker does not see
    them."""
    try:
        if [look_at(file.path) for file in files] != files:
            return None
    except OSError:
        return None
    result = io.BytesIO()
    with StoreWriter(result) as writer:
        merge_into(writer, [StoreFile(file.path) for file in files], lambda _: None, between=between)
        writer.finish()
    return result.getvalue()
