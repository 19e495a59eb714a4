# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Counting on a Dask cluster: every shard is a task, whose result is its segment.

Where a task runs, and how often, changes nothing about its segment. So a worker that is lost costs what it was
doing, and Dask does that again elsewhere; and what was counted on a cluster can be gone on with here, and back.
"""

from __future__ import annotations

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from ..errors import ArgumentError, MissingPackageError, PylmError
from .file import StoreFile
from .shards import Shard, count_shard
from .unfinished import Parts

if TYPE_CHECKING:
    import distributed

    Scheduler: TypeAlias = bool | str | distributed.Client

RETRIES = 2  # of a shard that fails for itself, such as by a file system that is busy
TASKS_PER_THREAD = 2  # at once: enough that no worker waits, few enough that results do not pile up


def count_on_dask(where: Scheduler, parts: Parts, shards: dict[int, Shard], step: Callable[[int], None]) -> None:
    """Counts shards, and writes their segments here as they come. Arguments are those of `pylm.count()`.

    Raises MissingPackageError, ArgumentError, PylmError if workers are lost again and again, OSError.
    """
    distributed = _package()
    with _client(distributed, where) as client:
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
                segment = _result(distributed, future)
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


def _result(distributed: Any, future: Any) -> bytes:
    try:
        segment: bytes = future.result()
    except distributed.scheduler.KilledWorker as error:
        raise PylmError(
            f"every Dask worker that counted a certain part of the texts was lost: have they enough memory? ({error})"
        ) from None
    except ImportError as error:
        raise MissingPackageError(f"the Dask workers need the same pylm and packages as here: {error}") from None
    StoreFile(None, segment)  # a worker with another pylm must not go unnoticed
    return segment


def _package() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingPackageError("counting on Dask needs more packages: pip install 'pylm-engine[dask]'") from None
    return distributed


@contextmanager
def _client(distributed: Any, where: Scheduler) -> Iterator[Any]:
    """A client for what `where` says; what is begun here is ended here."""
    if isinstance(where, distributed.Client):
        yield where
    elif where is True:
        with _without_interrupts():
            cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=None)
        with cluster, distributed.Client(cluster) as client:
            yield client
    elif isinstance(where, str):
        try:
            client = distributed.Client(where)
        except (OSError, ValueError) as error:
            raise ArgumentError(f"no Dask scheduler answers at {where}: {error}") from None
        with client:
            yield client
    else:
        raise ArgumentError(
            f"dask must be True, the address of a scheduler or a distributed.Client, not {type(where).__name__}"
        )


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that are begun meanwhile do not hear Ctrl-C, which a terminal sends to all of them: it is for us
    to end them."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
