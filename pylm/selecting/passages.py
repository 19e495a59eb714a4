# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Passages of texts and of files, one after the other: what `pylm.select()` chooses from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Any

from .._core.arguments import described, wrong_type
from .._core.contents import Unpacked, text_of_file
from .._core.documents import total_nbytes
from .._core.progress import Progress
from .._core.text import TEXT_TYPES, Bytes, Source, as_bytes
from ..errors import ArgumentError

BLANK_LINES = re.compile(rb"\n[ \t\r]*\n\s*")
SHOWN_NBYTES = 1 << 18  # read between two looks at the progress
SHARES = 1 << 32


class Passages:
    """Passages that can be read several times.

    name        what the caller calls them.
    source      of `listed()`: a path, or several paths or texts.
    documents   "lines" or "paragraphs", of files.
    """

    def __init__(self, name: str, source: Source, documents: Any) -> None:
        if not isinstance(documents, str) or documents not in SPLITTERS:
            raise ArgumentError(f"documents must be 'lines' or 'paragraphs', not {described(documents)}")
        if isinstance(source, (str, os.PathLike)):
            source = [FilePath(source)]
        if isinstance(source, TEXT_TYPES) or not hasattr(source, "__iter__"):
            raise wrong_type(name, "the path of a file or several texts", source)
        if iter(source) is source:
            raise ArgumentError(f"{name} is read more than once: give the paths of files or a list, no generator")
        self._name, self._source, self._split = name, source, SPLITTERS[documents]

    def read(self, label: str, bar: Progress) -> Iterator[bytes]:
        """All of them, without the line end of a line. `label`: what is done with them, for the bar."""
        total, done, shown = total_nbytes(self._source), 0, 0
        for text in self._texts():
            done += len(text) + 1
            if done >= shown + SHOWN_NBYTES:
                shown = done
                bar.show(label, done, total and max(total, done), "B")
            yield text

    def _texts(self) -> Iterator[bytes]:
        unpacked = Unpacked()
        for i, item in enumerate(self._source):
            if isinstance(item, os.PathLike):
                yield from self._split(text_of_file(item, unpacked=unpacked))
            elif isinstance(item, TEXT_TYPES):
                yield bytes(as_bytes(item))
            else:
                raise wrong_type(f"{self._name}[{i}]", "a text (str or bytes) or a pathlib.Path", item)


def sampled(passages: Passages, nbytes: int, bar: Progress) -> list[bytes]:
    """Passages from all over, up to so many bytes of them, the same every time: in one pass, and in little memory. Each
    has a number by its place, and those with the smallest ones are taken, as many as there is room for."""
    found: list[tuple[int, int, bytes]] = []
    limit, size = SHARES, 0
    for i, text in enumerate(passages.read("sample", bar)):
        share = i * 0x9E3779B1 % SHARES  # spreads evenly (Knuth's multiplicative hash)
        if share < limit:
            found.append((share, i, text))
            size += len(text) + 1
        while size > 2 * nbytes and len(found) > 1:
            limit //= 2
            found = [one for one in found if one[0] < limit]
            size = sum(len(text) + 1 for _, _, text in found)
    result: list[tuple[int, bytes]] = []
    size = 0
    for _, i, text in sorted(found):
        if result and size + len(text) > nbytes:
            break
        result.append((i, text))
        size += len(text) + 1
    return [text for _, text in sorted(result)]


def _lines(data: Bytes) -> Iterator[bytes]:
    begin, find, nbytes = 0, _finder(data), len(data)
    while begin < nbytes:
        end = find(b"\n", begin)
        end = nbytes if end < 0 else end
        line = bytes(data[begin:end]).removesuffix(b"\r")
        if line and not line.isspace():
            yield line
        begin = end + 1


def _paragraphs(data: Bytes) -> Iterator[bytes]:
    begin = 0
    for gap in BLANK_LINES.finditer(data):
        text = bytes(data[begin : gap.start()]).strip(b"\r\n").rstrip()
        if text and not text.isspace():
            yield text
        begin = gap.end()
    rest = bytes(data[begin:]).strip(b"\r\n").rstrip()
    if rest and not rest.isspace():
        yield rest


def _finder(data: Any) -> Callable[[bytes, int], int]:
    find: Callable[[bytes, int], int] = data.find if hasattr(data, "find") else bytes(data).find
    return find


SPLITTERS: dict[str, Callable[[Bytes], Iterator[bytes]]] = {"lines": _lines, "paragraphs": _paragraphs}
