"""A disk that loses power: what may be in a folder afterwards.

tests/faults/record.c wrote down what a process did there. Whatever fsync() did not order may have happened or not, in
any order: of what was written to a file, each sector by itself; of the names in a folder, each change by itself. A
change of a name is one step: a file is never half renamed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

FOLDER = -1  # where a name stands for a folder
LINE = re.compile(rb"(\w+) ")


class Step(NamedTuple):
    """One record. `file` is a number for an inode."""

    what: str
    file: int = 0
    path: str = ""
    to: str = ""
    at: int = 0
    data: bytes = b""


@dataclass
class File:
    """What the disk has for certain, and what it may have."""

    flushed: bytes = b""
    pending: list[tuple[int, bytes]] = field(default_factory=list)  # sectors, in order
    sizes: list[int] = field(default_factory=list)  # that it has had since

    def now(self) -> bytes:
        """As the processes see it."""
        return self._with(self.pending, ([len(self.flushed), *self.sizes])[-1])

    def after_loss(self, random: Random) -> bytes:
        share = random.choice((0.0, 0.5, 1.0, random.random()))
        kept = [write for write in self.pending if random.random() < share]
        return self._with(kept, random.choice([len(self.flushed), *self.sizes]))

    def _with(self, writes: list[tuple[int, bytes]], nbytes: int) -> bytes:
        data = bytearray(self.flushed)
        for at, part in writes:
            data += bytes(max(0, at + len(part) - len(data)))
            data[at : at + len(part)] = part
        data += bytes(max(0, nbytes - len(data)))
        return bytes(data[:nbytes])

    def flush(self) -> None:
        self.flushed, self.pending, self.sizes = self.now(), [], []


class Disk:
    """A folder, and what was done in it step by step."""

    def __init__(self, folder: Path, before: dict[str, bytes], log: Path) -> None:
        """before: the files in the folder at the start, which the disk has; by their names."""
        self._root = str(folder)
        self.before = before
        self.steps = list(self._read(log.read_bytes()))

    def _read(self, log: bytes) -> Iterator[Step]:
        names = {name: number for number, name in enumerate(self.before, 1)}
        inodes: dict[int, int] = {}  # by the number of the time that a file was open
        position = 0
        while position < len(log):
            what = LINE.match(log, position)[1].decode()  # type: ignore[index]
            position += len(what) + 1
            if what in ("data", "size", "sync"):
                end = log.index(b"\n", position)
                opened, *numbers = map(int, log[position:end].split())
                position = end + 1
                n = numbers[1] if what == "data" else 0
                yield Step(what, inodes[opened], at=numbers[0] if numbers else 0, data=log[position : position + n])
                position += n
                continue
            if what == "open":
                space = log.index(b" ", position)
                opened, is_new = int(log[position:space]), log[space + 1] == ord("1")
                position = space + 3
            paths = []
            while log[position] != ord("\n"):
                end = log.index(b"\0", position)
                paths.append(os.path.relpath(log[position:end].decode(), self._root))
                position = end + 1
            position += 1
            if what == "open":
                if is_new:
                    names[paths[0]] = len(self.before) + opened
                    yield Step("create", names[paths[0]], paths[0])
                inodes[opened] = names[paths[0]]
                continue
            if what in ("rename", "link"):
                names[paths[1]] = names.pop(paths[0]) if what == "rename" else names[paths[0]]
                yield Step(what, names[paths[1]], *paths)
            else:
                yield Step(what, FOLDER if what in ("mkdir", "rmdir") else 0, paths[0])

    def after_loss(self, at: int, random: Random) -> dict[str, bytes | None]:
        """What may be in the folder if power goes behind the first `at` steps: files, and None for folders."""
        files = {number: File(data) for number, data in enumerate(self.before.values(), 1)}
        names = {name: number for number, name in enumerate(self.before, 1)}
        pending: list[Step] = []
        for step in self.steps[:at]:
            if step.what == "data":
                files[step.file].pending.append((step.at, step.data))
            elif step.what == "size":
                files[step.file].sizes.append(step.at)
            elif step.what == "sync":
                files[step.file].flush()
            elif step.what == "syncdir":
                folder = "" if step.path == "." else step.path
                for change in [c for c in pending if os.path.dirname(c.to or c.path) == folder]:
                    _change(names, change)
                    pending.remove(change)
            else:
                if step.what == "create":
                    files[step.file] = File()
                pending.append(step)
        share = random.choice((0.0, 0.5, 1.0, random.random()))
        for change in pending:
            if random.random() < share:
                _change(names, change)
        there = {name: None if file == FOLDER else files[file].after_loss(random) for name, file in names.items()}
        return {name: data for name, data in there.items() if _is_in_folders(name, names)}


def _change(names: dict[str, int], step: Step) -> None:
    if step.what in ("rename", "unlink", "rmdir"):
        names.pop(step.path, None)
    if step.what in ("rename", "link"):
        names[step.to] = step.file
    elif step.what in ("create", "mkdir"):
        names[step.path] = step.file


def _is_in_folders(name: str, names: dict[str, int]) -> bool:
    folder = os.path.dirname(name)
    return not folder or (names.get(folder) == FOLDER and _is_in_folders(folder, names))


def make(folder: Path, there: dict[str, bytes | None]) -> None:
    """Puts a folder into a state of `after_loss()`, whatever was there. Files that are the same keep their times."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif there.get(path.name) is None or there[path.name] != path.read_bytes():
            path.unlink()
    for name, data in sorted(there.items()):
        if data is None:
            (folder / name).mkdir()
        elif not (folder / name).exists():
            (folder / name).write_bytes(data)
