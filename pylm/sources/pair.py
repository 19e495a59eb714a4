# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A model and its sources, two files that belong together: both are complete before either has its name."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count

from .._core.files import flush_folder, target_of
from .._core.native import ffi, lib
from .._core.text import Path

NUMBERS = count(1000)  # of this process's temporary files: others than those that C uses


class Pair:
    """Two files that are written under temporary names, in a `with`, and then replaced one right after the other.

    Nothing makes two names change at once. So the sources come first, and each file says which model it is of: whoever
    is interrupted between the two has the old model as before, whose sources are refused as those of another model.
    """

    def __init__(self, model: Path, sources: Path) -> None:
        self.paths = os.fspath(model), os.fspath(sources)
        self._targets = [target_of(path) for path in self.paths]
        self.temporary = [_temporary(path) for path in self._targets]

    def replace(self) -> None:
        """Puts both in their places. OSError."""
        for temporary, target, path in reversed(list(zip(self.temporary, self._targets, self.paths, strict=True))):
            try:
                os.replace(temporary, target)
            except OSError as error:
                raise OSError(error.errno, error.strerror, path) from None
        for target in self._targets:
            with suppress(OSError):  # the files are there
                flush_folder(os.path.dirname(target) or ".")

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        for temporary in self.temporary:
            with suppress(OSError):
                os.unlink(temporary)


def _temporary(path: str) -> str:
    """A name beside `path` that no other file has. What processes that were killed left under such names is removed."""
    name = os.fsencode(path)
    room = ffi.new("char[]", len(name) + 64)
    lib.pylm_file_temporary(name, next(NUMBERS), room, len(room))
    temporary: str = os.fsdecode(ffi.string(room))
    return temporary
