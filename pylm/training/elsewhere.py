# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training on a Dask cluster: each template is a task.

The trainer runs here, and hands out a *job file*: the text in symbols, and the symbol tree (`pylm_count_job()` in
pylm_train.h). A task counts one template of it, and leaves a *result file*. Where workers see the folder of the job,
both are simply there. Other workers get the job in chunks, and their results are fetched in chunks. Neither is ever
an object of Dask, which would have to hold it in memory, and could lose it.

A worker that is lost costs the tasks that it had: they are done again elsewhere. The model is the same to the last
byte.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from .._core.cluster import dask_client, dask_package, dask_result
from .._core.native import check, ffi, lib
from .._core.progress import new_task, run_with_errno
from ..errors import ArgumentError, PylmError

if TYPE_CHECKING:
    from .._core.cluster import Scheduler

CHUNK = 1 << 25  # bytes of a file that are sent at once
TRIES = 5  # of a template whose result is lost, before the cluster is given up
POLL_SECONDS = 0.1
ID = slice(8, 16)  # of a job file: what says which one it is
MEMORY_SHARE = 0.8  # of a worker's memory that its tasks may have; the rest is Dask's


class Elsewhere:
    """Counts templates on a cluster, for a trainer whose `pylm_train_options.elsewhere` is `options`."""

    def __init__(self, client: Any, folder: str) -> None:
        self.error: BaseException | None = None
        self._client = client
        self._job = os.path.join(folder, "job")
        self._path = ffi.new("char[]", os.fsencode(self._job))
        self._call = ffi.callback("int(void *, uint32_t, pylm_task *)", self._count)
        self.options = ffi.new("pylm_elsewhere *", {"job": self._path, "count": self._call})

    def _count(self, _: Any, n_templates: int, task: Any) -> Any:
        """What the trainer calls, in the thread that trains."""
        try:
            with open(self._job, "rb") as file:
                job = file.read(ID.stop)[ID]
            _Counting(self._client, self._job, job, n_templates, task).run()
        except BaseException as error:
            self.error = error
        return lib.PYLM_ERR_CANCELLED if self.error or task.cancel else lib.PYLM_OK


@contextmanager
def counted_on(where: Scheduler, folder: str | None) -> Iterator[Elsewhere]:
    """What counts on the cluster that `where` says. Job and results lie in a new folder, in `folder`, None: that of
    temporary files."""
    with dask_client(where) as client:
        own = tempfile.mkdtemp(prefix="pylm-", dir=folder)
        elsewhere = Elsewhere(client, own)
        try:
            yield elsewhere
        except BaseException:
            if elsewhere.error is not None:  # why the training failed
                raise elsewhere.error from None
            raise
        finally:
            shutil.rmtree(own, ignore_errors=True)


class _Counting:
    """Has all templates of a job counted."""

    def __init__(self, client: Any, path: str, job: bytes, n_templates: int, task: Any) -> None:
        self._client, self._path, self._job, self._n, self._task = client, path, job, n_templates, task
        self._ended: Queue[Any] = Queue()
        self._numbers: dict[Any, int] = {}  # of futures
        self._losses = [0] * n_templates  # of results
        self._sent: set[str] = set()  # workers that were sent the job

    def run(self) -> None:
        try:
            for k in reversed(range(self._n)):  # those that take longest come first
                self._submit(k)
            while self._numbers and not self._task.cancel:
                with suppress(Empty):
                    self._take(self._ended.get(timeout=POLL_SECONDS))
        finally:
            self._client.cancel(list(self._numbers))
            with suppress(OSError):
                os.remove(self._path)  # those who count notice that it has gone
            for worker in self._sent:
                with suppress(_Lost, PylmError):
                    self._in(worker, _forget, self._job)

    def _submit(self, k: int) -> None:
        future = self._client.submit(count_template, self._path, self._job, k, pure=False)
        self._numbers[future] = k
        future.add_done_callback(self._ended.put)

    def _take(self, future: Any) -> None:
        """Takes what has become of a task."""
        k = self._numbers.pop(future)
        result = dask_result(future, "a certain template")
        if isinstance(result, NoJob):
            self._send(result.worker)
            self._submit(k)
        elif isinstance(result, Result) and not self._fetch(result, k):
            self._losses[k] += 1
            if self._losses[k] == TRIES:
                raise PylmError(f"Dask workers were lost again and again while they counted template {k}")
            self._submit(k)
        else:
            self._task.done += 1

    def _in(self, worker: str, call: Any, *arguments: Any) -> Any:
        """Calls a function in a worker. Raises _Lost if there is no such worker any more."""
        if not self._is_there(worker):  # Dask would try for long
            raise _Lost
        try:
            return self._client.run(call, *arguments, workers=[worker])[worker]
        except (OSError, KeyError, ValueError) as error:
            if self._is_there(worker):
                raise PylmError(f"the Dask worker {worker} could not exchange files: {error}") from None
            raise _Lost from None

    def _is_there(self, worker: str) -> bool:
        return worker in self._client.scheduler_info(n_workers=-1)["workers"]

    def _send(self, worker: str) -> None:
        """Sends the job to a worker that does not see it. If that is lost meanwhile, others take its tasks."""
        self._sent.add(worker)
        with suppress(_Lost), open(self._path, "rb") as file:
            if self._in(worker, _has, self._job):  # another task of the worker said so, too
                return
            at = 0
            while (chunk := file.read(CHUNK)) and not self._task.cancel:
                self._in(worker, _receive, self._job, at, chunk)
                at += len(chunk)
            self._in(worker, _received, self._job)

    def _fetch(self, result: Result, k: int) -> bool:
        """Fetches a result file from a worker. Whether it could be."""
        try:
            with open(f"{self._path}.{k}", "wb") as file:
                for at in range(0, result.nbytes, CHUNK):
                    if not self._task.cancel:
                        file.write(self._in(result.worker, _chunk, result.path, at, CHUNK))
            self._in(result.worker, _remove, result.path)
        except _Lost:
            return False
        return True


# ---- in a worker


class NoJob:
    """What a task returns in a worker that does not have the job."""

    def __init__(self, worker: str) -> None:
        self.worker = worker


class Result:
    """What a task returns whose result file lies in its worker."""

    def __init__(self, worker: str, path: str, nbytes: int) -> None:
        self.worker, self.path, self.nbytes = worker, path, nbytes


class _Lost(Exception):
    """A worker is not there any more."""


class _Gone(Exception):
    """The job has gone: nobody waits for its results."""


def count_template(path: str, job: bytes, k: int) -> NoJob | Result | None:
    """The task: counts template `k` of a job, which lies at `path` or was received before."""
    worker = dask_package().get_worker()
    if _is(path, job):
        _count_job(path, k, f"{path}.{k}", worker)
        return None
    own = _own(worker, job)
    if not _is(own, job):
        return NoJob(worker.address)
    _count_job(own, k, f"{own}.{k}", worker)
    return Result(worker.address, f"{own}.{k}", os.path.getsize(f"{own}.{k}"))


def _is(path: str, job: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(ID.stop)[ID] == job
    except OSError:
        return False


def _own(worker: Any, job: bytes) -> str:
    """Where a worker has a job that it received."""
    return os.path.join(worker.local_directory, f"pylm-{job.hex()}")


def _count_job(path: str, k: int, result: str, worker: Any) -> None:
    task, nbytes = new_task(), ffi.new("uint64_t *")
    folder = ffi.new("char[]", os.fsencode(worker.local_directory))
    limit = int((worker.memory_manager.memory_limit or 0) * MEMORY_SHARE / worker.state.nthreads)
    arguments = os.fsencode(path), k, limit, folder, os.fsencode(result), task, nbytes

    def watch(*_: object) -> None:
        if not os.path.exists(path):
            raise _Gone

    status, error = run_with_errno(lambda: lib.pylm_count_job(*arguments), task, watch)
    if status == lib.PYLM_ERR_MEMORY and nbytes[0]:
        raise ArgumentError(
            f"a Dask worker may use {limit:,} bytes for a task, and this text needs {nbytes[0]:,}: give workers more "
            f"memory, or fewer threads"
        )
    if status == lib.PYLM_ERR_FILE:
        raise OSError(error, os.strerror(error), result)
    check(status)


# Dask gives these the worker that they are called in.


def _has(job: bytes, dask_worker: Any) -> bool:
    return _is(_own(dask_worker, job), job)


def _receive(job: bytes, at: int, chunk: bytes, dask_worker: Any) -> None:
    with open(_own(dask_worker, job) + ".part", "r+b" if at else "wb") as file:
        file.seek(at)
        file.write(chunk)


def _received(job: bytes, dask_worker: Any) -> None:
    own = _own(dask_worker, job)
    os.replace(own + ".part", own)


def _forget(job: bytes, dask_worker: Any) -> None:
    """Removes all of a job."""
    own = _own(dask_worker, job)
    for name in os.listdir(os.path.dirname(own)):
        if name.startswith(os.path.basename(own)):
            _remove(os.path.join(os.path.dirname(own), name))


def _remove(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


def _chunk(path: str, at: int, nbytes: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(at)
        return file.read(nbytes)
