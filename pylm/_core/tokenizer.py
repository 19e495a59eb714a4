# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""External tokenizers: a tokenizer.json and the `tokenizers` package, which is imported when first needed."""

from __future__ import annotations

import json
import os
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ArgumentError, MissingPackageError, TooLargeError
from .text import Bytes

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

    TokenizerSource: TypeAlias = str | os.PathLike[str] | Tokenizer

MAX_SYMBOLS = 1 << 24
SLICE = 1 << 18  # bytes of text encoded at once: about 0.2 s, so that Ctrl-C works between two
OVERLAP = 1 << 12  # bytes that a slice and the next have in common
AGREEING = 16  # tokens in a row that both must find there
BYTE_TOKEN = re.compile("<0x([0-9A-F]{2})>")
NO_CHARACTER = "\ufffd"  # what bytes are decoded as that are no character, or not yet


def is_external(tokenizer: object) -> bool:
    """Whether a setting names or is an external tokenizer: a path, or an object of the `tokenizers` package."""
    if isinstance(tokenizer, str):
        return tokenizer.endswith(".json") or os.path.isfile(tokenizer)
    return isinstance(tokenizer, os.PathLike) or hasattr(tokenizer, "to_str")


def open_tokenizer(source: TokenizerSource | PlainIds) -> ExternalTokenizer | PlainIds:
    """Reads what `is_external()` accepts. Raises OSError for files."""
    if isinstance(source, PlainIds):
        return source
    if isinstance(source, (str, os.PathLike)):
        return ExternalTokenizer(Path(source).read_bytes(), os.fspath(source))
    try:
        content = source.to_str().encode()
    except Exception as error:
        raise ArgumentError(f"the tokenizer cannot be saved, but it must travel in the model: {error}") from None
    return ExternalTokenizer(content, "the tokenizer")


class PlainIds:
    """A vocabulary of ids that mean nothing here: 0 to n - 1, without texts."""

    content = b""

    def __init__(self, n: int) -> None:
        self._n = n

    def texts(self) -> list[bytes]:
        """Of every id: none."""
        return [b""] * self._n

    def slices(self, text: Bytes) -> Iterator[tuple[array[int], int]]:
        """Refuses a text."""
        raise ArgumentError("with tokenizer='ids' every document is ids, integers, and not a text")

    def decode(self, symbols: array[int]) -> str:
        """Refuses as well."""
        raise ArgumentError("ids have no text in this model")


class ExternalTokenizer:
    """A tokenizer as its tokenizer.json says, but for what has no place here: it always encodes all of a text,
    adds no special tokens, and encodes the same text alike every time."""

    def __init__(self, content: bytes, subject: str) -> None:
        package = _package()
        try:
            tokenizer = package.Tokenizer.from_buffer(content)
        except Exception as error:
            raise ArgumentError(
                f"{subject}: not a tokenizer.json that tokenizers {package.__version__} can read ({error}); "
                f"save it with Tokenizer.save(), or upgrade tokenizers"
            ) from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        if getattr(tokenizer.model, "dropout", None):
            tokenizer.model.dropout = None
        self.content = content
        self._tokenizer: Tokenizer = tokenizer

    # ---- vocabulary

    def texts(self) -> list[bytes]:
        """The text of every id: what it adds to a text behind another token, as bytes if the tokenizer's tokens
        are bytes; b"" for an id that no token has."""
        ids = self._tokenizer.get_vocab(with_added_tokens=True)
        n = max(ids.values(), default=-1) + 1
        if not n:
            raise ArgumentError("the tokenizer has no tokens; train it first")
        if n > MAX_SYMBOLS:
            raise TooLargeError(f"the tokenizer has ids up to {n - 1}; a model takes ids below 2^24")
        result = [b""] * n
        text_of = self._text_of_tokens()
        for token, id in ids.items():
            result[id] = text_of(token, id)
        return result

    def _text_of_tokens(self) -> Any:
        kinds = _decoder_kinds(json.loads(self.content).get("decoder"))
        if "ByteLevel" in kinds:
            alphabet = _byte_level_alphabet()
            return lambda token, id: (
                bytes(alphabet[c] for c in token) if alphabet.keys() >= set(token) else token.encode()
            )
        before = self._plain_token()
        prefix = self.decode(before)

        def text_of(token: str, id: int) -> bytes:
            byte = BYTE_TOKEN.fullmatch(token)
            if byte and "ByteFallback" in kinds:
                return bytes.fromhex(byte[1])
            text = self.decode([*before, id])
            return (text[len(prefix) :] if text.startswith(prefix) else self.decode([id])).encode()

        return text_of

    def _plain_token(self) -> list[int]:
        """A token to put before others, one that stays what it is then; none if there is no such."""
        for id in range(self._tokenizer.get_vocab_size(with_added_tokens=True)):
            text = self.decode([id])
            if text.isalnum() and self.decode([id, id]).startswith(text):
                return [id]
        return []

    # ---- text to ids

    def slices(self, data: Bytes) -> Iterator[tuple[array[int], int]]:
        """The ids of a text in slices, and how many bytes are used up by then.

        The ids are those of the whole text. What a cut does to the tokens near it is not to be known, so a
        slice and the next overlap, and are joined where both have found the same tokens for a while.
        """
        text = memoryview(data).cast("B")
        begin, end, first = 0, _character(text, SLICE), 0
        left = self._encode(text, begin, end)
        while end < len(text):
            middle = _character(text, end - OVERLAP)
            right_end = _character(text, middle + SLICE)
            right = self._encode(text, middle, right_end)
            joint = _joint(left, right, len(_as_str(text, begin, middle)), len(_as_str(text, middle, end)))
            if joint is None:  # as in a text that is one long word: a longer slice, if need be all of it
                end = _character(text, 2 * end - begin)
                left = self._encode(text, begin, end)
                continue
            yield array("I", left.ids[first : joint[0]]), middle
            begin, end, first, left = middle, right_end, joint[1], right
        yield array("I", left.ids[first:]), len(text)

    def _encode(self, text: memoryview, begin: int, end: int) -> Encoding:
        characters = _as_str(text, begin, end)
        try:
            return self._tokenizer.encode(characters, add_special_tokens=False)
        except Exception as error:
            raise ArgumentError(f"the tokenizer cannot encode this text: {error}") from None

    # ---- ids to text

    def decode(self, ids: Iterable[int]) -> str:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text

    def continuation(self, prompt: Iterable[int], ids: Iterator[int]) -> Iterator[str]:
        """The text that ids add to a prompt as it grows, in whole characters.

        What a token adds may depend on the one before, and a character may need several. So the tokens since
        the last but one place where no character was begun are decoded again, and what is new is handed on.
        """
        window = list(prompt)
        shown, fresh, rest = len(self.decode(window).rstrip(NO_CHARACTER)), 0, ""
        for id in ids:
            window.append(id)
            text = self.decode(window)
            whole = text.rstrip(NO_CHARACTER)
            if len(whole) > shown:
                yield whole[shown:]
                shown = len(whole)
            rest = text[len(whole) :]
            if not rest:
                window = window[fresh:]
                fresh, shown = len(window), len(self.decode(window))
        if rest:
            yield rest


def _package() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise MissingPackageError(
            "the text of this vocabulary needs the tokenizers package: pip install 'pylm-engine[tokenizers]' "
            "(a model takes ids without it)"
        ) from None
    return tokenizers


def _decoder_kinds(decoder: Any) -> set[str]:
    if not decoder:
        return set()
    return {decoder["type"]}.union(*map(_decoder_kinds, decoder.get("decoders", [])))


def _byte_level_alphabet() -> dict[str, int]:
    """The characters by which byte-level tokenizers write bytes: visible ones themselves, others from U+0100."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(others)}


def _character(text: memoryview, at: int) -> int:
    """The start of the UTF-8 character that a byte is of, or the end of the text."""
    if at >= len(text):
        return len(text)
    while at and text[at] & 0xC0 == 0x80:
        at -= 1
    return at


def _as_str(text: memoryview, begin: int, end: int) -> str:
    try:
        return str(text[begin:end], "utf-8")
    except UnicodeDecodeError as error:
        raise ArgumentError(
            f"byte {begin + error.start} of the text is not UTF-8, but this vocabulary is of characters; convert "
            f"the text, for example by text.decode('utf-8', 'replace')"
        ) from None


def _joint(left: Encoding, right: Encoding, shift: int, shared: int) -> tuple[int, int] | None:
    """A token in the middle of what two encodings share, as its place in both: from there on they agree.

    shift    characters from the start of the left one to that of the right one.
    shared   characters that both have.
    """
    lefts = [(begin - shift, end - shift, id) for (begin, end), id in zip(left.offsets, left.ids, strict=True)]
    rights = [(begin, end, id) for (begin, end), id in zip(right.offsets, right.ids, strict=True)]
    i, j = (bisect_left(tokens, (shared // 2,)) for tokens in (lefts, rights))
    last = shared * 3 // 4
    while i + AGREEING <= len(lefts) and j < len(rights) and lefts[i][0] < last:
        if lefts[i : i + AGREEING] == rights[j : j + AGREEING]:
            return i, j
        if lefts[i] <= rights[j]:
            i += 1
        else:
            j += 1
    return None
