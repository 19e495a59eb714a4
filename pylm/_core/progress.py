# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Progress bars, and long C calls that can be watched and interrupted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import OutOfMemoryError
from .estimate import Estimate
from .native import ffi, lib, text_of

if TYPE_CHECKING:
    from threading import Event

POLL_SECONDS = 0.05
DELAY_SECONDS = 0.4  # what is over sooner shows no bar


def _bar_type() -> Any:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]  # its own code has no parameters
        monitor_interval = 0  # no thread of its own, which would be lost by a fork

    return Bar


class Progress:
    """One bar on standard error at a time. `show` None: if it is a terminal."""

    def __init__(self, show: bool | None) -> None:
        if show is None:
            show = sys.stderr is not None and sys.stderr.isatty()
        self._type: Any = _bar_type() if show else None
        self._bar: Any = None
        self._label: tuple[str, int | None] | None = None
        self._estimate: Estimate | None = None

    def expect(self, costs: dict[str, float]) -> None:
        """From now on, the bar also says how long all of it will take: the stages, in order, and how they compare."""
        self._estimate = Estimate(costs)

    def show(self, text: str, done: int, total: int | None, unit: str = "") -> None:
        """Moves the bar; begins a new one if the text or the total is another one."""
        if self._type is None:
            return
        if self._label != (text, total) or done < self._bar.n:
            self.close()
            self._label = (text, total)
            self._bar = self._type(
                desc=text,
                total=total,
                unit=unit or "it",
                unit_scale=unit == "B",
                leave=False,
                delay=DELAY_SECONDS,
                file=sys.stderr,
                dynamic_ncols=True,
                bar_format=_bar_format(total, unit),
            )
        self._bar.set_postfix_str(self._time_left(text, done, total), refresh=False)
        self._bar.update(done - self._bar.n)

    def _time_left(self, text: str, done: int, total: int | None) -> str:
        left = self._estimate.seconds_left(text, done, total) if self._estimate and total else None
        return "" if left is None else f"about {self._type.format_interval(left)} left in all"

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
        self._bar = self._label = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _bar_format(total: int | None, unit: str) -> str:
    if total is None:
        return "{desc} {n_fmt}{unit} [{elapsed}, {rate_fmt}]"
    counted = "{n_fmt}/{total_fmt}{unit}" if unit == "B" else "{n_fmt}/{total_fmt}"
    return "{desc:<16} {percentage:3.0f}% {bar} " + counted + " [{elapsed}<{remaining}{postfix}]"


def run(call: Callable[[], int], task: Any, watch: Callable[[str, int, int], None]) -> int:
    """Runs a long C call in a thread, so that this one can show progress and be interrupted.

    call    the C call; it is given `task`, a pylm_task.
    watch   called every 50 ms with the stage in words and how much of how much of it is done.

    Whatever is raised here meanwhile, KeyboardInterrupt above all, ends the call before it goes on.
    """
    from concurrent.futures import Future
    from threading import Event, Thread

    outcome: Future[int] = Future()
    ended = Event()  # Thread.join() will not do: interrupted, it takes the thread for dead (bpo-45274)
    turn = [None]  # whoever takes it decides whether the call is made; taking is one step that nothing comes between

    def work() -> None:
        if not _takes(turn):
            return
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)
        finally:
            ended.set()

    task.cancel = task.done = task.total = 0
    worker = Thread(target=work, name="pylm")
    try:
        with starting_threads():
            worker.start()
        while not ended.wait(POLL_SECONDS):
            if task.total:
                watch(text_of(lib.pylm_stage_text(task.stage)), min(task.done, task.total), task.total)
    except BaseException:
        task.cancel = 1
        if not _takes(turn):  # the call has begun; a thread that is interrupted while it starts may come to that later
            _wait(ended)
        raise
    return outcome.result()


def run_with_errno(call: Callable[[], int], task: Any, watch: Callable[[str, int, int], None]) -> tuple[int, int]:
    """As `run()`, with the errno that the call left: it is of its thread."""
    error = 0

    def work() -> int:
        nonlocal error
        status = call()
        error = ffi.errno
        return status

    return run(work, task, watch), error


def _wait(ended: Event) -> None:
    """Waits for the thread even if Ctrl-C is pressed again: it works on memory that is freed next."""
    while not ended.is_set():
        try:
            ended.wait()
        except BaseException:  # also what other signals raise
            continue


def _takes(turn: list[None]) -> bool:
    try:
        turn.pop()
    except IndexError:
        return False
    return True


def new_task() -> Any:
    """A pylm_task."""
    return ffi.new("pylm_task *")


@contextmanager
def starting_threads() -> Iterator[None]:
    """OutOfMemoryError instead of Python's RuntimeError where a thread cannot be started."""
    try:
        yield
    except RuntimeError as error:
        if "start new thread" not in str(error):
            raise
        raise OutOfMemoryError(
            "the system starts no more threads: memory, or the number of processes and threads that a user may have "
            "(ulimit -v, ulimit -u), is used up"
        ) from None
