# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""States, keyboards and the like are for one thread at a time: another one that comes meanwhile is refused.

C works without the GIL on memory that the object owns. Two calls at once would mix what they write, and one of them
could free what the other one reads.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from ..errors import BusyError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class _Flag:
    """Whether a call is working on something.

    Python switches threads, and raises KeyboardInterrupt, where functions are called and where loops go back. So
    whoever sets the flag right after having looked at it, and begins a `try` right after that, is not interrupted.
    """

    __slots__ = ("busy",)

    def __init__(self) -> None:
        self.busy = False


class _LockedFlag:
    """The same without the GIL, where another thread could look between looking and setting: who looks and sees False
    has set it already. A KeyboardInterrupt in that moment leaves it set."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        return not self._lock.acquire(blocking=False)

    @busy.setter
    def busy(self, busy: bool) -> None:
        if busy:
            self._lock.acquire(blocking=False)  # it has it, by having looked
        else:
            self._lock.release()


InUse = _Flag
if not TYPE_CHECKING and hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled():
    InUse = _LockedFlag


class Used(Protocol):
    """What one thread at a time may use."""

    @property
    def _use(self) -> InUse: ...


U = TypeVar("U", bound=Used)


def in_use(what: object) -> BusyError:
    """The error for a second call at the same time."""
    name = type(what).__name__
    return BusyError(
        f"this {name} is in use by another thread: one thread at a time may use it. Give each thread one of its own, "
        f"or put a lock around the calls"
    )


def alone(method: Callable[Concatenate[U, P], R]) -> Callable[Concatenate[U, P], R]:
    """A method that raises BusyError, and does nothing, while another one of the same object is at work."""

    @functools.wraps(method)
    def call(self: U, /, *args: P.args, **kwargs: P.kwargs) -> R:
        use = self._use
        if use.busy:
            raise in_use(self)
        use.busy = True
        try:
            return method(self, *args, **kwargs)
        finally:
            use.busy = False

    return call


@contextlib.contextmanager
def all_alone(used: Iterable[Used]) -> Iterator[None]:
    """The same for several objects at once. Some may share their flag, as the branches of a state do."""
    taken: list[InUse] = []
    try:
        for use, one in {one._use: one for one in used}.items():
            if use.busy:
                raise in_use(one)
            use.busy = True
            taken.append(use)
        yield
    finally:
        for use in taken:
            use.busy = False


def each_alone(what: Used, values: Iterable[T]) -> Iterator[T]:
    """Values that are made one by one, as they are asked for: each is made alone."""
    use, source, nothing = what._use, iter(values), object()
    while True:
        if use.busy:
            raise in_use(what)
        use.busy = True
        try:
            value: Any = next(source, nothing)
        finally:
            use.busy = False
        if value is nothing:
            return
        yield value
