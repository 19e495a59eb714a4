# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Counting on a Dask cluster: every shard is a task, whose result is its segment.

Where a task runs, and how often, changes nothing about its segment. So a worker that is lost costs what it was
doing, and Dask does that again elsewhere; and what was counted on a cluster can be gone on with here, and back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from .._core.cluster import dask_client, dask_package, dask_result
from .file import StoreFile
from .shards import Shard, count_shard
from .unfinished import Parts

if TYPE_CHECKING:
    from .._core.cluster import Scheduler

RETRIES = 2  # of a shard that fails for itself, such as by a file system that is busy
TASKS_PER_THREAD = 2  # at once: enough that no worker waits, few enough that results do not pile up


def count_on_dask(where: Scheduler, parts: Parts, shards: dict[int, Shard], step: Callable[[int], None]) -> None:
    """Counts shards, and writes their segments here as they come. Arguments are those of `pylm.count()`.

    Raises MissingPackageError, ArgumentError, PylmError if workers are lost again and again, OSError.
    """
    distributed = dask_package()
    with dask_client(where) as client:
        waiting = iter(shards.items())
        numbers: dict[Any, int] = {}
        results = distributed.as_completed()

        def submit() -> None:
            for i, shard in waiting:
                future = client.submit(partial(segment_of, shard), pure=False, retries=RETRIES)
                numbers[future] = i
                results.add(future)
                return

        try:
            for _ in range(TASKS_PER_THREAD * max(1, sum(client.nthreads().values()))):
                submit()
            for future in results:
                segment = _result(future)
                i = numbers.pop(future)
                parts.write(i, partial(_put, segment))
                step(shards[i].nbytes)
                submit()
        finally:
            client.cancel(list(numbers))


def segment_of(shard: Shard) -> bytes:
    """The task: the segment of a shard."""
    file = io.BytesIO()
    count_shard(shard, file, lambda _: None)
    return file.getvalue()


def _put(segment: bytes, file: BinaryIO) -> None:
    file.write(segment)


def _result(future: Any) -> bytes:
    segment: bytes = dask_result(future, "a certain part of the texts")
    StoreFile(None, segment)  # a worker with another pylm must not go unnoticed
    return segment
