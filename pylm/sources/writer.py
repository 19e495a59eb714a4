# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Writing a sources file while a model is trained."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .._core.native import check, ffi, lib
from .._core.progress import Progress, new_task, run_with_errno
from .._core.text import Bytes, Path
from ..errors import TooLargeError

SHORT_NBYTES = 1 << 18  # of a document: written within a millisecond, so that no thread is worth it


class SourcesWriter:
    """Writes a sources file, which appears under its name when it is saved. Use it in a `with`."""

    def __init__(self, path: Path, called: Path | None = None) -> None:
        """`called`: the name of the file in messages, if it is another one."""
        self.path = os.fspath(path if called is None else called)
        pointer = ffi.new("pylm_sources_writer **")
        self._check(lib.pylm_sources_writer_new(pointer, os.fsencode(path)), ffi.errno)
        self._writer = ffi.gc(pointer[0], lib.pylm_sources_writer_free)

    def __enter__(self) -> SourcesWriter:
        return self

    def __exit__(self, *_: object) -> None:
        ffi.release(self._writer)

    def add(self, name: str, text: Bytes) -> None:
        """Adds a document."""
        data, title, writer = ffi.from_buffer(text), os.fsencode(name), self._writer
        if len(data) <= SHORT_NBYTES:
            status = lib.pylm_sources_writer_add(writer, title, len(title), data, len(data), ffi.NULL)
            self._check(status, ffi.errno)
        else:
            self._run(lambda task: lib.pylm_sources_writer_add(writer, title, len(title), data, len(data), task))

    def sort(self, bar: Progress) -> None:
        """After the last document. Takes a second for 20 MB."""
        writer = self._writer
        self._run(lambda task: lib.pylm_sources_writer_sort(writer, task), bar)

    def save(self, model: Any) -> None:
        """Completes the file: the sources of this pylm_model."""
        self._check(lib.pylm_sources_writer_save(self._writer, model, ffi.NULL), ffi.errno)

    def _run(self, call: Callable[[Any], int], bar: Progress | None = None) -> None:
        task = new_task()
        status, error = run_with_errno(lambda: call(task), task, bar.show if bar else lambda *_: None)
        self._check(status, error)

    def _check(self, status: int, error: int) -> None:
        if status == lib.PYLM_ERR_FILE:
            raise OSError(error, os.strerror(error), self.path)
        if status == lib.PYLM_ERR_LARGE:
            raise TooLargeError("sources take less than 4 GB of text; train without them")
        check(status)
