# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Words that are given to a word model, which it did not have when it was trained; see pylm_lexicon.h."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..errors import ArgumentError, TextFormatError
from .arguments import described, integer, several, wrong_type
from .counts import frequencies
from .native import NONE, check, ffi, lib
from .text import read_file, text_bytes

if TYPE_CHECKING:
    from .image import Image

LIKE = "like "  # before an example in a file
MOST_DIGITS = 20  # of a count
MOST = lib.PYLM_MOST_NEW_WORDS
MOST_COUNT = lib.PYLM_MOST_NEW_WORD_COUNT


@dataclass(frozen=True)
class NewWord:
    """What is known about a new word."""

    like: str | None = None  #: a word of the model, in whose place it stands; None: in that of ``<unk>``
    count: int = 1  #: how often it came: it has its part of the place by that


if TYPE_CHECKING:
    WordsGiven: TypeAlias = Iterable[str] | Mapping[str, int | str | tuple[str | None, int] | NewWord | None]


class Lexicon(NamedTuple):
    """New words, in the order of their ids, and what the C library makes of them."""

    words: dict[str, NewWord]
    memory: Any  # of cffi; the model points into it


def words_given(words: WordsGiven) -> dict[str, NewWord]:
    """What a caller says about new words; ArgumentError, TypeError."""
    if isinstance(words, Mapping):
        return {_text("a word", word): _new_word(word, value) for word, value in words.items()}
    return {_text("a word", word): NewWord() for word in several("words", words, "words")}


def words_of_file(path: str) -> dict[str, NewWord]:
    """The words of a file: a line each, with what is known behind tabs, a count or "like" and an example."""
    try:
        text = bytes(read_file(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextFormatError(f"{path}: byte {error.start} is not UTF-8; convert the file") from None
    found: dict[str, NewWord] = {}
    for number, line in enumerate(text.split("\n"), 1):
        word, *fields = (field.strip() for field in line.split("\t"))
        if word:
            found[word] = _of_fields(fields, f"{path}, line {number}")
    return found


def _of_fields(fields: list[str], where: str) -> NewWord:
    like, count = None, 1
    for field in fields:
        if field.startswith(LIKE):
            like = field.removeprefix(LIKE).strip()
        elif field.isascii() and field.isdecimal() and len(field) <= MOST_DIGITS:
            count = integer(f"{where}: a count", int(field), 1, MOST_COUNT)
        elif field:
            raise ArgumentError(f'{where}: {described(field)} is neither a count nor an example such as "like London"')
    return NewWord(like, count)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value)
    return value


def _new_word(word: str, value: Any) -> NewWord:
    name = f"words[{word!r}]"
    if isinstance(value, NewWord):
        value = value.like, value.count
    if value is None or isinstance(value, str):
        return NewWord(value)
    if isinstance(value, tuple) and len(value) == 2:
        like = value[0] if value[0] is None else _text(f"{name}: an example", value[0])
        return NewWord(like, integer(f"{name}: a count", value[1], 1, MOST_COUNT))
    if hasattr(value, "__index__"):
        return NewWord(None, integer(name, value, 1, MOST_COUNT))
    raise wrong_type(name, "a count, an example, both as (example, count), or None", value)


def lexicon_of(image: Image, words: dict[str, NewWord]) -> Lexicon:
    """A lexicon of those words that an image without one does not have; ArgumentError."""
    if not image.is_words:
        raise ArgumentError("new words are for models of words; one of bytes or pieces has no words that it lacks")
    new = {word: what for word, what in words.items() if not _is_known(image, word)}
    if len(new) > MOST:
        raise ArgumentError(f"words: {len(new)} are too many; {MOST} are the most")
    texts, ends, like, counts = bytearray(), array("I"), array("I"), array("I")
    for word, known in new.items():
        texts += text_bytes("a word", word)
        ends.append(len(texts))
        like.append(NONE if known.like is None else _place(image, word, known.like))
        counts.append(known.count)
    given = ffi.new("pylm_new_words *")
    held = [ffi.from_buffer(bytes(texts)), *(ffi.from_buffer("uint32_t[]", column) for column in (ends, like, counts))]
    given.texts, given.text_ends, given.like, given.counts = held
    given.n, given.n_unknown = len(new), _n_unknown(image.root)
    nbytes = ffi.new("uint64_t *")
    memory = ffi.new("unsigned char[]", lib.pylm_lexicon_nbytes(given))
    check(lib.pylm_lexicon_make(image.model, given, memory, nbytes))
    return Lexicon(new, memory)


def _is_known(image: Image, word: str) -> bool:
    """Whether a word needs no place; ArgumentError for what is not one word."""
    data = bytes(text_bytes("a word", word))
    symbols = image.symbols(data, add_eos=False)
    if len(symbols) != 1 or data != data.strip() or (symbols[0] == image.line_end):
        raise ArgumentError(f"words: {described(word)} is not one word; words stand between white space")
    known = image.find(data) is not None
    if not known and len(data) > lib.PYLM_NEW_WORD_NBYTES:
        raise ArgumentError(f"words: {described(word)} is longer than {lib.PYLM_NEW_WORD_NBYTES} bytes")
    return known


def _n_unknown(image: Image) -> int:
    """How often an unknown word came in training."""
    if image.is_kernel:
        found: int = image.facts().get("words_left_out", 0)
        return found
    return frequencies(image)[image.unknown]


def _place(image: Image, word: str, example: str) -> int:
    symbol = image.find(text_bytes("an example", example))
    if symbol is None or symbol in (image.unknown, image.line_end):
        raise ArgumentError(f"words: {word!r} is to be like {example!r}, which is not a word that the model has")
    return symbol
