# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A given vocabulary of words, from a file or from a program."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from .._core.arguments import wrong_type
from .._core.native import check, ffi, lib
from .._core.prediction import shown
from .._core.text import TEXT_TYPES, Bytes, Path, as_bytes
from ..errors import ArgumentError


def read_vocabulary(path: Path) -> list[bytes]:
    """The words of a vocabulary file: one a line. Blank lines are left out, and so is a number behind a word: `pylm
    vocab --counts` and other tools write how often it came. Raises ArgumentError and OSError."""
    words = []
    with open(path, "rb") as file:
        for i, line in enumerate(file, 1):
            parts = _text(line.removeprefix(b"\xef\xbb\xbf" if i == 1 else b"")).split()
            if len(parts) > 2 or (len(parts) == 2 and not parts[1].isdigit()):
                raise ArgumentError(
                    f"{os.fspath(path)}, line {i}: a vocabulary has one word a line, not {shown(line.strip())!r}"
                )
            words += [part.encode("utf-8", "surrogateescape") for part in parts[:1]]
    return words


def given_words(vocabulary: Path | Iterable[str | Bytes]) -> list[bytes]:
    """Each word once, in an order of its own, so that a set gives the same model in every process. "<s>", which other
    tools list, is no word: it is not predicted. Nor is the end of a text, which a model may list."""
    if isinstance(vocabulary, (str, os.PathLike)):
        words = read_vocabulary(vocabulary)
    else:
        if isinstance(vocabulary, TEXT_TYPES) or not isinstance(vocabulary, Iterable):
            raise wrong_type("vocabulary", "the path of a file or several words", vocabulary)
        words = [_word(word) for word in vocabulary]
    found = sorted(set(words) - {b"<s>", b"\0"})
    if not found:
        raise ArgumentError("the vocabulary has no word; give one or more, or leave it out")
    return found


def _word(word: object) -> bytes:
    if not isinstance(word, TEXT_TYPES):
        raise wrong_type("a word of the vocabulary", "a str or bytes", word)
    return bytes(as_bytes(word))


def _text(word: bytes) -> str:
    """To look for white space in it, which is that of Unicode."""
    return word.decode("utf-8", "surrogateescape")


def set_vocabulary(trainer: Any, words: list[bytes]) -> None:
    """Gives a trainer its words."""
    for word in words:
        if _text(word).split() != [_text(word)]:
            raise ArgumentError(f"a word of the vocabulary has no white space in it, and is not empty: {shown(word)!r}")
    joined, ends = b"".join(words), array("Q", accumulate(map(len, words)))
    pointers = ffi.from_buffer(joined), ffi.from_buffer("uint64_t[]", ends)
    check(lib.pylm_trainer_vocabulary(trainer, len(words), *pointers, ffi.NULL, 0))
