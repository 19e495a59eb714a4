# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Files that are written whole or not at all, and by one process at a time."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ..errors import BusyError
from .text import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NEW = ".new"  # a file that is being written; only who has the lock may do so, so one name is enough
LOCK = ".lock"
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at the end of the block: flushed to the disk, then
    renamed. If the block fails, or the process dies, what was there before is still there.

    Raises OSError with the path, also for a full disk.
    """
    name = os.fspath(path)
    file = open(name + NEW, "w+b")  # noqa: SIM115 - closed before it is renamed
    try:
        yield file
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(name + NEW, name)
    except BaseException as error:
        with suppress(OSError):
            file.close()
        with suppress(OSError):
            os.unlink(name + NEW)
        if isinstance(error, OSError) and error.errno in FULL:
            raise OSError(error.errno, error.strerror, name) from None  # writing does not know its file
        raise
    flush_folder(os.path.dirname(name) or ".")


def flush_folder(folder: Path) -> None:
    """Makes the names in a folder last through a power failure, where the system can."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Lets one process at a time write `path`; BusyError for the second.

    The lock is the system's on the file PATH.lock, so it goes with the process that holds it, however that ends:
    a lock file that was left behind locks nothing.
    """
    name = os.fspath(path) + LOCK
    file = _locked(name, os.fspath(path))
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        file.flush()
        yield
    finally:
        with suppress(OSError):
            os.unlink(name)  # before the lock goes: nobody may take a file that has no name any more
        file.close()
        if sys.platform == "win32":
            with suppress(OSError):
                os.unlink(name)


def _locked(name: str, path: str) -> BinaryIO:
    while True:
        file = open(name, "a+b")  # noqa: SIM115 - whoever gets it closes it
        try:
            _lock(file)
        except OSError as error:
            file.seek(0)
            owner = "" if sys.platform == "win32" else f" ({file.read(300).decode(errors='replace')})"
            file.close()
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise OSError(error.errno, f"cannot be locked: {error.strerror}", name) from None
            raise BusyError(f"{path} is being written by another pylm{owner}; wait until it has finished") from None
        if _is_named(file, name):
            return file
        file.close()  # its owner has just finished and removed it


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_named(file: BinaryIO, name: str) -> bool:
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(file.fileno()), os.stat(name))
    except FileNotFoundError:
        return False
