# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Work that goes on while its results are used: reading and writing beside scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from .progress import starting_threads

Given = TypeVar("Given")
Found = TypeVar("Found")


def ahead(items: Iterable[Given], work: Callable[[Given], Found]) -> Iterator[tuple[Given, Found]]:
    """Items with what `work` makes of each, in their order. `work` runs in a thread of its own: for one item while the
    next is read, and the one before is used by whoever asks. What it raises is raised here. Whoever leaves off, as
    Ctrl-C does, waits for the item at work."""
    from concurrent.futures import Future, ThreadPoolExecutor

    pool = ThreadPoolExecutor(1, "pylm")
    waiting: tuple[Given, Future[Found]] | None = None
    try:
        for item in items:
            with starting_threads():
                begun = item, pool.submit(work, item)
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = begun
        if waiting is not None:
            yield waiting[0], waiting[1].result()
    finally:
        pool.shutdown(cancel_futures=True)
