# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Generated symbols as text, handed on piece by piece as soon as each is certain."""

from __future__ import annotations

import codecs
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._core.arguments import MAX_U32, check_options, integer, wrong_type
from .._core.image import Image
from .._core.native import NONE, ffi, lib
from .._core.text import as_bytes
from .._core.tokenizer import NO_CHARACTER
from ..errors import ArgumentError
from .options import SamplingOptions
from .sampling import Continued, Sampler

if TYPE_CHECKING:
    from .._core.image import TextOrIds
    from .options import Stop
    from .prompt import Prompt

UNKNOWN = b"<unk>"
WHITE_SPACE = b" \t\r\n\v\f"


def generated(caller: str, image: Image, prompt: Prompt, n: int, options: SamplingOptions) -> Continued:
    """The symbols that go on after a prompt, n of them or fewer where the text ends."""
    check_options(caller, options, SamplingOptions)
    n = integer("max_new_tokens", n, 0, MAX_U32)
    return Sampler(image, **options).go_on(prompt, n)


def as_text(image: Image, continued: Continued, stop: Stop) -> Iterator[str]:
    """The text that a prompt goes on with, as it grows: whole characters."""
    stops = Stops(image, stop)
    continued = continued._replace(symbols=stops.before(continued.symbols))
    return as_characters(until_stop(texts(image, continued), stops.strings))


class Stops:
    """What ends a text: strings, and in a word model also symbols, such as ``</s>``, which stands for a line end."""

    def __init__(self, image: Image, stop: Stop) -> None:
        self.strings = stop_strings(stop)
        found = [image.find(string) for string in self.strings] if image.is_words else []
        self.symbols = {symbol for symbol in found if symbol is not None}

    def before(self, symbols: Iterator[int]) -> Iterator[int]:
        """Symbols up to one that ends the text."""
        for symbol in symbols:
            if symbol in self.symbols:
                return
            yield symbol


def stop_strings(stop: Stop) -> list[bytes]:
    if stop is None:
        return []
    takes = "a str, or several"
    if not hasattr(stop, "__iter__"):
        raise wrong_type("stop", takes, stop)
    strings = [stop] if isinstance(stop, (str, bytes)) else list(stop)
    result = []
    for string in strings:
        if not isinstance(string, (str, bytes)):
            raise wrong_type("stop", takes, string)
        if not string:
            raise ArgumentError("a stop string is empty; it would end every text before it begins")
        result.append(bytes(as_bytes(string)))
    return result


def last_before(image: Image, prompt: TextOrIds, symbols: array[int]) -> int:
    """What pylm_decode() is to put the continuation behind: no second space after a prompt that has one."""
    if not symbols:
        return NONE
    if isinstance(prompt, str):
        ends_in_space = bytes(as_bytes(prompt[-1])) in WHITE_SPACE
    else:
        ends_in_space = isinstance(prompt, (bytes, bytearray)) and bytes(prompt[-1:]) in WHITE_SPACE
    return NONE if image.is_words and ends_in_space else symbols[-1]


def texts(image: Image, continued: Continued) -> Iterator[bytes]:
    """The text that symbols add to a prompt, as it grows."""
    prompt, kept, symbols, n, spelled = continued
    before = prompt.read + prompt.rest[:kept]
    pieces: Iterator[bytes]
    if image.is_external:
        pieces = (text.encode() for text in image.external.continuation(before, symbols))
        n = len(_whole(image, prompt.symbols)) - len(_whole(image, before))
    else:
        pieces = _texts(image, symbols, last_before(image, prompt.text, before), spelled)
    return _without(pieces, n) if n > 0 else pieces


def _whole(image: Image, symbols: array[int]) -> bytes:
    """The text of an external tokenizer's symbols, but for a character that is not complete."""
    return image.external.decode(symbols).rstrip(NO_CHARACTER).encode()


def _without(pieces: Iterator[bytes], n: int) -> Iterator[bytes]:
    """A text but for its first n bytes."""
    for piece in pieces:
        if len(piece) > n:
            yield piece[n:]
        n = max(n - len(piece), 0)


def _texts(image: Image, symbols: Iterator[int], previous: int, spelled: Iterator[bytes] | None) -> Iterator[bytes]:
    for symbol in symbols:
        text = image.decode(array("I", (symbol,)), previous)
        if spelled is not None and symbol == image.unknown:
            text = text.replace(UNKNOWN, next(spelled))
        yield text
        previous = symbol


def until_stop(texts: Iterator[bytes], stops: list[bytes]) -> Iterator[bytes]:
    """A text as it grows, without a piece that may become a stop string; ends before one."""
    waiting = b""
    for text in texts:
        waiting += text
        n, found = _search_stops(waiting, stops)
        if n:
            yield waiting[:n]
        if found:
            return
        waiting = waiting[n:]
    if waiting:
        yield waiting


def _search_stops(text: bytes, stops: list[bytes]) -> tuple[int, bool]:
    """How much of the text can be handed on, and whether a stop string follows there."""
    found = ffi.new("int *")
    free, first = len(text), len(text) + 1
    for stop in stops:
        n: int = lib.pylm_stop_search(text, len(text), stop, len(stop), found)
        free = min(free, n)
        if found[0]:
            first = min(first, n)
    return (first, True) if first <= len(text) else (free, False)


def as_characters(pieces: Iterator[bytes]) -> Iterator[str]:
    """UTF-8 as str, a character as soon as its last byte is there."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        characters = decoder.decode(piece)
        if characters:
            yield characters
    rest = decoder.decode(b"", True)
    if rest:
        yield rest
