# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A Dask cluster, by whatever a caller says: one of this machine's own, an address, a client."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ArgumentError, MissingPackageError, PylmError

if TYPE_CHECKING:
    import distributed

    Scheduler: TypeAlias = bool | str | distributed.Client


def dask_package() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingPackageError("working on Dask needs more packages: pip install 'pylm-engine[dask]'") from None
    return distributed


@contextmanager
def dask_client(where: Scheduler) -> Iterator[Any]:
    """A client for what `where` says; what is begun here is ended here.

    Raises MissingPackageError, ArgumentError.
    """
    distributed = dask_package()
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


def dask_result(future: Any, what: str) -> Any:
    """What a task that has ended returned; `what` it counted is for messages.

    Raises PylmError if its workers were lost again and again, MissingPackageError, and what the task raised.
    """
    try:
        return future.result()
    except dask_package().scheduler.KilledWorker as error:
        raise PylmError(f"every Dask worker that counted {what} was lost: have they enough memory? ({error})") from None
    except ImportError as error:
        raise MissingPackageError(f"the Dask workers need the same pylm and packages as here: {error}") from None


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
