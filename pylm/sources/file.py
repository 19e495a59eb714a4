# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Where passages stand in the training text. docs/sources.md says what counts as a passage."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._core.mapping import open_bytes
from .._core.native import check, ffi, lib
from .._core.progress import Progress, new_task, run
from .._core.text import Bytes, Path, as_bytes
from ..errors import SourcesError

SUFFIX = ".sources"  # what the name of a model's sources file ends with
MIN_WORDS = 8  # words: shorter passages stand in many texts that know nothing of each other
QUICKLY_VERIFIED = 1 << 20  # bytes
BATCH = 4096  # passages looked for at once
MOST_RANKED = 1000  # places of an n-gram of which the first are given
AROUND = 60  # bytes of an excerpt on either side
SHORT_NBYTES = 1 << 12  # of a text that is split in one go

AGAIN = "train it again with --sources (in Python, sources=True)"


@dataclass(frozen=True)
class Source:
    """A place in the training text where a passage stands."""

    text: str  #: the passage, as it stands in the text that was asked about
    words: int  #: of the passage
    document: str  #: name of a file, as it was given; "text 1"; or of a store's document, "sha256:..."
    offset: int  #: bytes from the beginning of the document
    line: int  #: 1 for the first


@dataclass(frozen=True)
class Place:
    """A place in the training text, and what stands there."""

    document: str  #: as in a `Source`
    offset: int  #: bytes from the beginning of the document
    line: int  #: 1 for the first
    excerpt: str  #: whole words of the document there, and around it, with one space between them


@dataclass(frozen=True)
class Passage:
    """A passage of a text that stands in the training text, and is not a part of a longer one."""

    text: str
    words: int
    begin: int  #: where it is in the text: ``text[begin:end]``. Of bytes, files and ids in bytes
    end: int
    places: int  #: how often it stands in the training text
    sources: tuple[Source, ...]  #: the first of them, in the order of the documents


@dataclass(frozen=True)
class Trace:
    """What of a text stands in the training text; from `Model.trace()`."""

    passages: list[Passage]  #: in the order of the text; they may overlap
    words: int  #: of the text
    found: int  #: of them, words in passages
    min_words: int  #: words of the shortest passage looked for

    @property
    def share(self) -> float:
        """How much of the text stands in the training text, in words, from 0 to 1."""
        return self.found / self.words if self.words else 0.0

    @property
    def longest(self) -> int:
        """Words of the longest passage; 0 if there is none."""
        return max((passage.words for passage in self.passages), default=0)


class SourcesFile:
    """A checked view of a sources file. Never changes, so threads may share it."""

    def __init__(self, path: Path, model: Any, copy: bool | None = None) -> None:
        """`model` is the pylm_model that it must belong to; `copy` as in `open_bytes()`. The checksum of all of it is
        compared only if it is small. Raises SourcesError and OSError."""
        self.path = os.fspath(path)
        try:
            data = open_bytes(path, copy)
        except FileNotFoundError:
            raise SourcesError(f"{self.path}: no such file, so where passages stand is not known; {AGAIN}") from None
        self._buffer = ffi.from_buffer(data)  # keeps the data alive
        self._view = ffi.new("pylm_sources *")
        self._check(lib.pylm_sources_open(self._view, self._buffer, len(self._buffer)))
        if len(self._buffer) <= QUICKLY_VERIFIED:
            self.verify()
        if not lib.pylm_sources_belong(self._view, model):
            raise SourcesError(
                f"{self.path}: these are the sources of another model; put those of this one in their place, or {AGAIN}"
            )
        info = ffi.new("pylm_sources_info *")
        lib.pylm_sources_describe(self._view, info)
        self.kept: dict[str, Any] = {}  # what others found out of it, for as long as it is open
        self.nbytes: int = info.file_nbytes
        self.n_documents: int = info.n_documents
        self.n_words: int = info.n_words

    def verify(self) -> None:
        """SourcesError unless it is what was written."""
        self._check(lib.pylm_sources_verify(self._view))

    def _check(self, status: int) -> None:
        if status != lib.PYLM_OK:
            raise SourcesError(f"{self.path}: {_refusal(status)}")

    def trace(self, text: str | Bytes, min_words: int, k: int, bar: Progress) -> Trace:
        """All passages of at least so many words, each with its first k places."""
        data = as_bytes(text)
        words = _split(data)
        found = list(self._find(data, words, min_words, bar))
        spans = [_span(words, passage) for passage in found]
        index = _indices(text, data, (at for span in spans for at in span))
        passages = []
        for passage, (begin, end) in zip(found, spans, strict=False):
            content = _cut(text, data, begin, end)
            sources = tuple(self._places(passage, content, k))
            passages.append(Passage(content, passage.words, index[begin], index[end], passage.places, sources))
        return Trace(passages, len(words), _covered(found), min_words)

    def find(self, text: str | Bytes, k: int, bar: Progress) -> list[Source]:
        """The first k places, those of the longest passages first."""
        data = as_bytes(text)
        result: list[Source] = []
        words = _split(data)
        for passage in sorted(self._find(data, words, 1, bar), key=lambda passage: -passage.words):
            if len(result) == k:
                break
            content = _cut(text, data, *_span(words, passage))
            result.extend(self._places(passage, content, k - len(result)))
        return result

    def count(self, text: str | Bytes) -> int:
        """How often the words of a text stand in a row."""
        data = as_bytes(text)
        passage, content = ffi.new("pylm_passage *"), ffi.from_buffer(data)
        check(lib.pylm_sources_count(self._view, content, *_split_once(content), passage))
        n: int = passage.n_places
        return n

    def longest(self, text: str | Bytes, min_count: int) -> tuple[Found, str]:
        """The longest suffix that stands so often, and its text."""
        data = as_bytes(text)
        passage, content = ffi.new("pylm_passage *"), ffi.from_buffer(data)
        words, n = _split_once(content)
        check(lib.pylm_sources_longest_suffix(self._view, content, words, n, min_count, passage))
        found = Found(passage.first_word, passage.n_words, passage.n_places, passage.rank)
        return found, _cut(text, data, *_span(words, found)) if found.words else ""

    def followers(self, found: Found, k: int) -> Iterator[tuple[str, int]]:
        """The k most frequent ones, each with its count; "" is the end of a document."""
        followers, n = ffi.new("pylm_follower[]", min(k, found.places)), ffi.new("uint64_t *")
        check(lib.pylm_sources_followers(self._view, [found], followers, len(followers), n))
        for follower in followers[0 : n[0]]:
            yield ffi.buffer(follower.word, follower.nbytes)[:].decode("utf-8", "replace"), follower.n_places

    def draw(self, found: Found, number: int) -> Drawn:
        """What follows at the number-th place."""
        follower = ffi.new("pylm_follower *")
        check(lib.pylm_sources_follower_at(self._view, [found], number, follower))
        space, nbytes = follower.space_nbytes, follower.nbytes
        text = ffi.buffer(follower.word - space, space + nbytes)[:]
        (place,) = self.some_places(Found(0, found.words, 1, follower.rank), nbytes, 1)
        return Drawn(text[:space], text[space:], place)

    def some_places(self, found: Found, nbytes: int, k: int) -> Iterator[Place]:
        """Up to k places of a passage of some bytes, in the order of documents, of the first ones in that of ranks."""
        ranked = found._replace(places=min(found.places, MOST_RANKED))
        for document, offset, line in self._raw_places(ranked, k):
            yield self.place(document, offset, line, nbytes)

    def place(self, number: int, offset: int, line: int, nbytes: int) -> Place:
        """A place in a document, with an excerpt around some bytes."""
        before, behind = self.around(number, offset, offset + nbytes)
        return Place(self._name(number), offset, line, " ".join((before + behind).split()))

    def around(self, number: int, begin: int, end: int) -> tuple[str, str]:
        """What stands before a byte of a document, and from it to some bytes behind another one; in whole words."""
        text = self.text(number)
        first, last = max(0, begin - AROUND), min(len(text), end + AROUND)
        before, here, behind = text[first:begin], text[begin:end], text[end:last]
        if first and not before[:1].isspace():
            before = before.partition(b" ")[2]
        if last < len(text):
            behind = behind.rpartition(b" ")[0]
        return before.decode("utf-8", "replace"), (here + behind).decode("utf-8", "replace")

    def text(self, number: int) -> Any:
        """Of a document: a buffer, to be used while this is there."""
        document = self._document(number)
        return ffi.buffer(document.text, document.text_nbytes)

    def _document(self, number: int) -> Any:
        document = ffi.new("pylm_document *")
        check(lib.pylm_sources_document(self._view, number, document))
        return document

    def neighbour(self, number: int, offset: int) -> tuple[str, int, int, str, str]:
        """A place between two words of a document: its name, the byte, the line, and what stands before and behind."""
        line = self.text(number)[:offset].count(b"\n") + 1
        before, behind = self.around(number, offset, offset)
        return self._name(number), offset, line, " ".join(before.split()), " ".join(behind.split())

    def _find(self, data: Bytes, words: Any, min_words: int, bar: Progress) -> Iterator[Found]:
        text, task, n = ffi.from_buffer(data), new_task(), ffi.new("uint64_t *")
        query = ffi.new("pylm_query *", [text, words, len(words), min_words, 0, 0])
        batch = ffi.new("pylm_passage[]", min(BATCH, len(words)))
        call = (self._view, query, batch, len(batch), n)
        while query.next < len(words):
            if len(words) < BATCH:
                check(lib.pylm_sources_trace(*call, ffi.NULL))
            else:
                check(run(lambda: lib.pylm_sources_trace(*call, task), task, bar.show))
            for i in range(n[0]):
                yield Found(batch[i].first_word, batch[i].n_words, batch[i].n_places, batch[i].rank)

    def _places(self, found: Found, content: str, k: int) -> Iterator[Source]:
        for document, offset, line in self._raw_places(found, k):
            yield Source(content, found.words, self._name(document), offset, line)

    def _raw_places(self, found: Found, k: int) -> list[tuple[int, int, int]]:
        """The first k of them: document, offset and line."""
        places, n = ffi.new("pylm_place[]", min(k, found.places)), ffi.new("uint64_t *")
        check(lib.pylm_sources_places(self._view, [found], places, len(places), n))
        return [(place.document, place.offset, place.line) for place in places[0 : n[0]]]

    def _name(self, number: int) -> str:
        document = self._document(number)
        return os.fsdecode(ffi.buffer(document.name, document.name_nbytes)[:])


class Found(NamedTuple):
    """A pylm_passage."""

    first: int
    words: int
    places: int
    rank: int


class Drawn(NamedTuple):
    """A word behind a place of an n-gram."""

    space: bytes  # in front of it
    word: bytes  # empty at the end of a document
    place: Place  # of the n-gram


def _refusal(status: int) -> str:
    """Why a file cannot be opened, and what to do."""
    return {
        lib.PYLM_ERR_FOREIGN: "this is not a sources file of pylm",
        lib.PYLM_ERR_VERSION: "sources of another format version; use the pylm that wrote them",
        lib.PYLM_ERR_TRUNCATED: "the end of the sources is missing; copy the file again, completely",
    }.get(status, "the sources are damaged; copy the file again") + f", or {AGAIN}"


def _split(data: Bytes) -> Any:
    """The words of a text: pylm_span[]."""
    text = ffi.from_buffer(data)
    words = ffi.new("pylm_span[]", lib.pylm_split_words(text, len(text), ffi.NULL, 0))
    lib.pylm_split_words(text, len(text), words, len(words))
    return words


def _split_once(content: Any) -> tuple[Any, int]:
    """The same of char[], and how many there are; faster for a short text, with more room than is needed."""
    words = ffi.new("pylm_span[]", min(len(content), SHORT_NBYTES))
    n = lib.pylm_split_words(content, len(content), words, len(words))
    if n > len(words):
        words = ffi.new("pylm_span[]", n)
        lib.pylm_split_words(content, len(content), words, n)
    return words, n


def split_words(text: str | Bytes) -> list[bytes]:
    """The words of a text."""
    data = as_bytes(text)
    return [bytes(data[word.begin : word.end]) for word in _split(data)]


def _span(words: Any, found: Found) -> tuple[int, int]:
    return words[found.first].begin, words[found.first + found.words - 1].end


def _cut(text: str | Bytes, data: Bytes, begin: int, end: int) -> str:
    errors = "surrogateescape" if isinstance(text, str) else "replace"
    return bytes(data[begin:end]).decode("utf-8", errors)


def _indices(text: str | Bytes, data: Bytes, offsets: Iterable[int]) -> dict[int, int]:
    """Where bytes of the text are in it, as it was given."""
    indices, at, index = {}, 0, 0
    for offset in sorted(offsets):
        part = data[at:offset] if isinstance(text, str) else b""
        index = index + len(str(part, "utf-8", "surrogateescape")) if isinstance(text, str) else offset
        indices[offset], at = index, offset
    return indices


def _covered(found: list[Found]) -> int:
    """How many words are in passages."""
    n = reached = 0
    for passage in found:
        end = passage.first + passage.words
        n += end - max(reached, passage.first)
        reached = end
    return n
