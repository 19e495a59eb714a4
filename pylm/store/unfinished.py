# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""STORE.parts: what has been counted already of a store that is not finished.

The folder holds a plan, which says what is being counted, and one segment for every shard that is done. Whoever
counts the same again goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from .._core.files import NEW, flush_folder, replacing, target_of
from ..errors import ArgumentError
from .file import StoreFile
from .shards import Shard

FOLDER = ".parts"
PLAN = "plan.json"
VERSION = 1
ATTEMPTS = 10  # to remove a folder; a worker of a run that was interrupted gives one more name to what it has written


class Parts:
    """The folder of one store; whoever uses it has the store's lock.

    plan     what is being counted, of `plan_of()`; None for what nobody can go on with.
    fresh    begin from nothing, whatever is there.

    ArgumentError if the folder holds segments of something else.
    """

    def __init__(self, store: str, plan: dict[str, Any] | None, fresh: bool) -> None:
        self.folder = Path(store + FOLDER)
        self._n_segments = 0 if plan is None else plan["shards"]
        if (self.folder / PLAN).exists() and not fresh:
            self._compare(plan, store)
        else:
            self.remove()  # a folder without a plan was being made, or removed, or could not be gone on with
            self.folder.mkdir()
            if plan is not None:
                with replacing(self.folder / PLAN) as file:
                    file.write(json.dumps(plan, indent=1).encode())
        for left in self.folder.glob(f"*{NEW}"):
            left.unlink(missing_ok=True)  # a worker of a run that was interrupted may be writing, and rename it now

    def _compare(self, plan: dict[str, Any] | None, store: str) -> None:
        try:
            found = json.loads((self.folder / PLAN).read_text("utf-8"))
        except ValueError:
            found = None
        if found == plan and plan is not None:
            return
        what = "something"
        if isinstance(found, dict) and {"files", "bytes", "documents"} <= found.keys():
            what = f"{found['files']} files ({found['bytes']} bytes, as {found['documents']})"
        raise ArgumentError(
            f"{self.folder} has what was counted of {what} and never finished; this is something else: other files, "
            f"other options, or {store} has changed. Finish that first, or give it up by fresh=True"
        )

    @staticmethod
    def segment(folder: Path, i: int) -> Path:
        return folder / f"{i:08}"

    def has(self, i: int) -> bool:
        """Whether a segment is there."""
        return self.segment(self.folder, i).exists()

    def missing(self) -> list[int]:
        """The segments that are not there yet."""
        return [i for i in range(self._n_segments) if not self.has(i)]

    def write(self, i: int, write: Callable[[BinaryIO], object]) -> None:
        """Writes a segment, as a whole or not at all."""
        with replacing(self.segment(self.folder, i)) as file:
            write(file)

    def append(self, write: Callable[[BinaryIO], object]) -> None:
        """Writes one segment more."""
        self.write(self._n_segments, write)
        self._n_segments += 1

    def stores(self) -> list[StoreFile]:
        """All segments."""
        return [StoreFile(self.segment(self.folder, i)) for i in range(self._n_segments)]

    def remove(self) -> None:
        """Removes the folder, its plan first, so that the rest is never taken for something to go on with."""
        if not self.folder.exists():
            return
        (self.folder / PLAN).unlink(missing_ok=True)
        flush_folder(self.folder)
        for _ in range(ATTEMPTS):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                return
        shutil.rmtree(self.folder)  # and say why not


def plan_of(shards: list[Shard], base: bytes | None) -> dict[str, Any]:
    """What is being counted, so that the same can be told from something else; the numbers are for people.

    base   contents of the store that it is added to, if any.
    """
    return {
        "pylm": VERSION,
        "documents": shards[0].documents if shards else "files",
        "files": len({piece.file for shard in shards for piece in shard.pieces}),
        "bytes": sum(shard.nbytes for shard in shards),
        "shards": len(shards),
        "sha256": hashlib.sha256(json.dumps(shards).encode()).hexdigest(),
        "base": base.hex() if base is not None else None,
    }


def parts_exist(store: str) -> bool:
    """Whether there is something to go on with."""
    return (Path(target_of(store) + FOLDER) / PLAN).exists()
