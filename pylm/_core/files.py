# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Files that are written whole or not at all, and by one process at a time."""

from __future__ import annotations

import errno
import os
import socket
import stat
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

STDOUT = "/dev/fd/1"  # a name of standard output, also where the system has none
MAX_LINKS = 40  # that lead to one another
NEW = ".new"  # a file that is being written; only who has the lock may do so, so one name is enough
LOCK = ".lock"
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def target_of(path: Path) -> str:
    """The name of the file that a path stands for: links are followed, also to a file that does not exist yet. It is
    the path itself if that is no link, or an open file of a process, such as /dev/fd/1."""
    name = os.fspath(path)
    for _ in range(MAX_LINKS):
        if _is_open_file(name) or not os.path.islink(name):
            return name
        name = os.path.join(os.path.dirname(name), os.readlink(name))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))


def is_device(path: Path) -> bool:
    """Whether this is to be written to, never replaced: anything but a regular file or a folder, such as /dev/null, and
    an open file of a process, such as /dev/stdout, whatever that is. It cannot be read back."""
    name = target_of(path)
    if _is_open_file(name):
        return True
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def is_stdout(path: Path) -> bool:
    """Whether what is written there goes to standard output."""
    return _open_file_of(target_of(path)) == 1


def _is_open_file(name: str) -> bool:
    return _open_file_of(name) is not None


def _open_file_of(name: str) -> int | None:
    """The number of the open file of this process that a path names; -1 for one of another process, else None."""
    folder, number = os.path.split(name)
    if not number.isdecimal() or not number.isascii():
        return None
    if sys.platform == "win32":
        return 1 if name == STDOUT else None
    if folder == "/dev/fd":
        return int(number)
    folder = os.path.realpath(folder)
    if folder in ("/dev/fd", f"/proc/{os.getpid()}/fd"):
        return int(number)
    return -1 if folder.startswith("/proc/") else None


def _open_device(name: str) -> BinaryIO:
    number = _open_file_of(name)
    if number is None or number < 0:
        return open(name, "wb")
    if sys.__stdout__ is not None:
        sys.__stdout__.flush()
    return open(os.dup(number), "wb")  # opened by its name, it would begin at the start once more


@contextmanager
def replacing(path: Path, own: str = "") -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at the end of the block: flushed to the disk, then
    renamed. If the block fails, or the process dies, what was there before is still there. Of a link, what it leads to
    is replaced; a device is written to.

    own   what to add to the temporary name, where others may write the same file meanwhile.

    Raises OSError with the path, also for a full disk.
    """
    name = target_of(path)
    new = name + own + NEW
    if is_device(name):
        with _open_device(name) as device:
            yield device
        return
    file = open(new, "w+b")  # noqa: SIM115 - closed before it is renamed
    try:
        yield file
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(new, name)
    except BaseException as error:
        with suppress(OSError):
            file.close()
        with suppress(OSError):
            os.unlink(new)
        if isinstance(error, OSError) and error.errno in FULL:
            raise OSError(error.errno, error.strerror, name) from None  # writing does not know its file
        raise
    with suppress(OSError):  # the file is there
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
        with suppress(OSError):  # what it was for has been done
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
