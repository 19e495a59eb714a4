# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The store file: documents in the order of their SHA-256, in blocks. docs/store.md says what every byte means."""

from __future__ import annotations

import hashlib
import operator
import os
import struct
import sys
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

from .._core.optional import compression
from .._core.progress import starting_threads
from .._core.text import Bytes, Path
from ..errors import ArgumentError, StoreDamagedError, StoreFormatError, StoreVersionError, TooLargeError

MAGIC = b"\x93pylS\r\n\x1a"  # as a model's: no transfer as text leaves it intact
VERSION = 1
PLAIN, BZIP2 = 0, 1  # coding: plain is for segments, which are read once and soon
LEVEL = 9
MOST_FREE = 1 << 28  # bytes that a block may unpack to, however short it is
MOST_GROWTH = 4096  # a longer one, as many times what it is compressed to; text has 3 to 20
BLOCK_SHIFT = 64 - 20  # a document ends its block with a probability of its length / 2^20: see ends_block()
SLICE = 1 << 18  # bytes packed or unpacked at once, so that Ctrl-C works within 0.1 s
BEGINNING = 256  # bytes of a document that is only listed
HEAD = struct.Struct("<8sIIQQQQQQ32s32s")
BLOCK = struct.Struct("<QQQQQQ32s32s32s32s")
CHECKSUM_NBYTES = 32  # at the end of both
DIGEST_NBYTES = 32  # of a document


class Document(NamedTuple):
    digest: bytes  # SHA-256 of the text: what the document is known by, and its place in a store
    text: Bytes
    copies: int


class Entry(NamedTuple):
    """A document that is listed: all but its text."""

    digest: bytes
    nbytes: int
    copies: int
    begins: bytes  # the first BEGINNING bytes


class Totals(NamedTuple):
    """What blocks and stores say about their documents. Fields add up."""

    documents: int = 0  # different ones
    copies: int = 0  # all
    nbytes: int = 0  # of different ones
    total_nbytes: int = 0  # of all

    def plus(self, other: Totals) -> Totals:
        return Totals(*map(sum, zip(self, other, strict=False)))


def digest_of(text: Bytes) -> bytes:
    return hashlib.sha256(text).digest()


def ends_block(digest: bytes, nbytes: int) -> bool:
    """Whether a block ends behind this document, which depends on nothing else: so stores of the same documents
    have the same blocks however they came about, and a change of one document changes one block or two. Blocks
    have 1 MiB on average."""
    return int.from_bytes(digest[24:], "big") < (nbytes + 16) << BLOCK_SHIFT


# ---- reading


class Block:
    """One block of a store. Its head is known; its documents are read and decoded when they are asked for."""

    def __init__(self, name: str, data: _Content, position: int, coding: int) -> None:
        self._name, self._coding, self._data = name, coding, data
        if position + BLOCK.size > len(data):
            raise self._damaged()
        self.head = data.read(position, BLOCK.size)
        coded_nbytes, self._raw_nbytes, *totals, self.first, self.last, self.contents, checksum = BLOCK.unpack(
            self.head
        )
        self.totals = Totals(*totals)
        self._at, self.end = position + BLOCK.size, position + BLOCK.size + coded_nbytes
        if self.end > len(data):
            raise self._damaged()
        self._checksum = checksum

    def coded(self) -> memoryview:
        """What its documents are written as; StoreDamagedError if a bit is another than when it was written."""
        coded = self._data.read(self._at, self.end - self._at)
        checksum = hashlib.sha256(self.head[:-CHECKSUM_NBYTES])
        checksum.update(coded)
        if checksum.digest() != self._checksum:
            raise self._damaged()
        return memoryview(coded)

    def documents(self) -> list[Document]:
        """The documents in their order; StoreDamagedError, TooLargeError."""
        unpacked = self._begin()
        sizes, copies = self._numbers(unpacked)
        text = memoryview(unpacked.rest())
        documents, position = [], 0
        for size, count in zip(sizes, copies, strict=True):
            document = text[position : position + size]
            documents.append(Document(digest_of(document), document, count))
            position += size
        if position != len(text):
            raise self._damaged()
        self._check_contents([Entry(d.digest, len(d.text), d.copies, b"") for d in documents])
        return documents

    def entries(self) -> list[Entry]:
        """The same without their texts, of which a slice is in memory at a time."""
        unpacked = self._begin()
        entries = []
        for size, count in zip(*self._numbers(unpacked), strict=True):
            digest, begins, left = hashlib.sha256(), b"", size
            while left:
                piece = unpacked.read(left)
                if not piece:
                    raise self._damaged()
                digest.update(piece)
                begins += bytes(piece[: BEGINNING - len(begins)])
                left -= len(piece)
            entries.append(Entry(digest.digest(), size, count, begins))
        if unpacked.read(1):
            raise self._damaged()
        self._check_contents(entries)
        return entries

    def _begin(self) -> _Unpacked:
        coded = self.coded()
        if self._raw_nbytes != 16 * self.totals.documents + self.totals.nbytes:
            raise self._damaged()
        if self._coding == BZIP2:
            check_growth(self._name, self._raw_nbytes, len(coded))
        return _Unpacked(coded, self._coding, self._raw_nbytes, self._damaged)

    def _numbers(self, unpacked: _Unpacked) -> tuple[array[int], array[int]]:
        """How long each document is, and how many copies there are."""
        n = self.totals.documents
        numbers = _numbers(unpacked.take(16 * n))
        sizes, copies = numbers[:n], numbers[n:]
        if len(numbers) != 2 * n or 16 * n + sum(sizes) != self._raw_nbytes:
            raise self._damaged()
        return sizes, copies

    def _check_contents(self, entries: list[Entry]) -> None:
        digests = [entry.digest for entry in entries]
        if (
            not digests
            or (digests[0], digests[-1]) != (self.first, self.last)
            or not all(map(operator.lt, digests, digests[1:]))
            or _contents(entries) != self.contents
            or _totals((entry.nbytes, entry.copies) for entry in entries) != self.totals
        ):
            raise self._damaged()

    def _damaged(self) -> StoreDamagedError:
        return damaged(self._name)


class _Content:
    """The bytes of a store, read where they are asked for: what becomes of the file meanwhile ends in an error, where a
    map would end the process."""

    def __init__(self, name: str, path: Path | None, data: Bytes | None) -> None:
        self._name, self._lock = name, Lock()
        if data is not None or path is None:
            self._file: BinaryIO | None = None
            self._data = memoryview(data or b"")
            self._nbytes = len(self._data)
            return
        self._file = open(path, "rb")  # noqa: SIM115 - closed by close()
        self._nbytes = os.fstat(self._file.fileno()).st_size

    def __len__(self) -> int:
        return self._nbytes

    def read(self, position: int, n: int) -> Bytes:
        """So many bytes from a position on, which are there unless the file became shorter: StoreDamagedError."""
        if self._file is None:
            return self._data[position : position + n]
        with self._lock:
            if self._file.closed:
                raise ArgumentError(f"{self._name}: this store was closed; open it again")
            self._file.seek(position)
            data = self._file.read(n)
        if len(data) < n:
            raise damaged(self._name)
        return data

    def close(self) -> None:
        if self._file is not None:
            with self._lock, suppress(OSError):  # it was only read
                self._file.close()
        self._data = memoryview(b"")

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:  # else opening has failed
            self.close()


class _Unpacked:
    """The bytes of a block, slice by slice; no more than `nbytes` of them and one."""

    def __init__(self, coded: memoryview, coding: int, nbytes: int, damaged: Callable[[], StoreDamagedError]) -> None:
        self._coded, self._at, self._left, self._damaged = coded, 0, nbytes + 1, damaged
        self._unpacker: Any = None if coding == PLAIN else compression("bz2").BZ2Decompressor()

    def read(self, n: int) -> Bytes:
        """The next bytes, n or less; none at the end."""
        n = min(n, SLICE, self._left)
        piece: Bytes
        if self._unpacker is None:
            piece = self._coded[self._at : self._at + n]
            self._at += len(piece)
        else:
            piece = self._unpacked(n)
        self._left -= len(piece)
        return piece

    def _unpacked(self, n: int) -> bytes:
        piece = b""
        try:
            while n and not piece and not self._unpacker.eof:
                more = self._coded[self._at : self._at + SLICE] if self._unpacker.needs_input else b""
                self._at += len(more)
                if self._unpacker.needs_input and not len(more):
                    break
                piece = self._unpacker.decompress(more, n)
        except (OSError, ValueError, EOFError):
            raise self._damaged() from None
        return piece

    def take(self, n: int) -> bytearray:
        """The next n bytes; fewer at the end."""
        taken = bytearray()
        while piece := self.read(n - len(taken)):
            taken += piece
        return taken

    def rest(self) -> bytearray:
        """All that follows."""
        return self.take(self._left)


class StoreFile:
    """A store that is read, and its head checked. Blocks are checked when their turn comes."""

    def __init__(self, path: Path | None, data: Bytes | None = None) -> None:
        self.name = "the store" if path is None else os.fspath(path)
        self._data = _Content(self.name, path, data)
        head = bytes(self._data.read(0, min(HEAD.size, len(self._data))))
        if head[: len(MAGIC)] != MAGIC:
            what = "the file is empty" if not len(head) else "this is not a pylm store"
            raise StoreFormatError(f"{self.name}: {what}; only what `pylm count` or pylm.count() wrote can be opened")
        if len(head) >= 12 and int.from_bytes(head[8:12], "little") != VERSION:
            found = int.from_bytes(head[8:12], "little")
            raise StoreVersionError(
                f"{self.name}: a store of format version {found}; this pylm reads version {VERSION}: count the texts "
                f"again, or use the pylm that wrote it"
            )
        if len(head) < HEAD.size:
            raise damaged(self.name)
        _, _, self.coding, self.nbytes, self.n_blocks, *totals, self.contents, checksum = HEAD.unpack(head)
        self.totals = Totals(*totals)
        if hashlib.sha256(head[:-CHECKSUM_NBYTES]).digest() != checksum or self.coding not in (PLAIN, BZIP2):
            raise damaged(self.name)
        if len(self._data) < self.nbytes:
            raise StoreDamagedError(f"{self.name}: the end of the store is missing; copy the file again, completely")
        if len(self._data) > self.nbytes:
            raise StoreDamagedError(f"{self.name}: something was added at the end of the store; copy the file again")

    def blocks(self) -> Iterator[Block]:
        """All blocks in order; StoreDamagedError if they are not in order or not those that the head speaks of."""
        position, last, totals, contents = HEAD.size, b"", Totals(), hashlib.sha256()
        for _ in range(self.n_blocks):
            block = Block(self.name, self._data, position, self.coding)
            if block.first <= last or block.last < block.first:
                raise damaged(self.name)
            yield block
            position, last = block.end, block.last
            totals = totals.plus(block.totals)
            contents.update(block.contents)
        if position != self.nbytes or totals != self.totals or contents.digest() != self.contents:
            raise damaged(self.name)

    def documents(self) -> Iterator[Document]:
        for block in self.blocks():
            yield from block.documents()

    def entries(self) -> Iterator[Entry]:
        for block in self.blocks():
            yield from block.entries()

    def copies(self, digests: Collection[bytes]) -> dict[bytes, int]:
        """How many copies there are of each of these documents. Only blocks that may have one are decoded."""
        wanted, found = sorted(digests), dict.fromkeys(digests, 0)
        for block in self.blocks():
            begin = bisect_left(wanted, block.first)
            if begin < len(wanted) and wanted[begin] <= block.last:
                found.update((e.digest, e.copies) for e in block.entries() if e.digest in found)
        return found

    def close(self) -> None:
        """What was read of it stays."""
        self._data.close()


def damaged(name: str) -> StoreDamagedError:
    return StoreDamagedError(f"{name}: the store is damaged; copy the file again, or count the texts again")


def check_growth(name: str, nbytes: int, coded_nbytes: int) -> None:
    """TooLargeError for a block that would unpack to more than any text does."""
    if nbytes > MOST_FREE and nbytes > MOST_GROWTH * coded_nbytes:
        raise TooLargeError(
            f"{name}: a part of {coded_nbytes:,} bytes unpacks to {nbytes:,}, more than {MOST_GROWTH:,} times as many, "
            f"which no text does; leave out the document that repeats one thing all over, or divide it"
        )


def _numbers(data: Bytes) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(data[: len(data) // 8 * 8])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _numbers_bytes(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _contents(documents: Iterable[Document | Entry]) -> bytes:
    """What documents a block has: SHA-256 of their digests and copies. Says the same whatever the coding is."""
    return hashlib.sha256(b"".join(d.digest + d.copies.to_bytes(8, "little") for d in documents)).digest()


# ---- writing


class StoreWriter:
    """Writes a store into a file that can be read and sought, from documents in ascending order of digests.

    file      empty, and at its start.
    coding    PLAIN or BZIP2.
    threads   to compress with. Never changes the bytes.

    Use it in a `with`; finish() writes the head. What is not finished is no store.
    """

    def __init__(self, file: BinaryIO, coding: int = BZIP2, threads: int = 1) -> None:
        self._file, self._coding = file, coding
        self._documents: list[Document] = []
        self._totals, self._n_blocks, self._contents = Totals(), 0, hashlib.sha256()
        self._pool = ThreadPoolExecutor(threads, "pylm") if coding == BZIP2 else None
        self._waiting: deque[Future[list[Bytes]]] = deque()
        self._most_waiting = 2 * threads
        self._stopped = False
        file.write(bytes(HEAD.size))

    def add(self, document: Document) -> None:
        """Adds a document behind those that are there."""
        self._documents.append(document)
        if ends_block(document.digest, len(document.text)):
            self._end_block()

    def takes_block(self, coding: int) -> bool:
        """Whether a whole block of a store of this coding may be copied now: if a block begins here anyway."""
        return coding == self._coding and not self._documents

    def copy(self, block: Block) -> None:
        """Adds a block as it is. It must not be the last of its store, which may have no end of its own."""
        coded = block.coded()
        self._count(block.totals, block.contents)
        ready: Future[list[Bytes]] = Future()
        ready.set_result([block.head, coded])
        self._enqueue(ready)

    def finish(self) -> None:
        """Writes what is left, and the head."""
        if self._documents:
            self._end_block()
        while self._waiting:
            self._write_first()
        nbytes = self._file.tell()
        head = HEAD.pack(
            MAGIC, VERSION, self._coding, nbytes, self._n_blocks, *self._totals, self._contents.digest(), bytes(32)
        )[:-CHECKSUM_NBYTES]
        self._file.seek(0)
        self._file.write(head + hashlib.sha256(head).digest())
        self._file.seek(nbytes)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        self._stopped = True
        if self._pool is not None:  # who gives up does not wait for a block of bzip2, which may take seconds
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def _end_block(self) -> None:
        documents, self._documents = self._documents, []
        totals, contents = _totals((len(d.text), d.copies) for d in documents), _contents(documents)
        self._count(totals, contents)
        if self._pool is not None:
            with starting_threads():
                coded = self._pool.submit(self._encoded, documents, totals, contents)
            self._enqueue(coded)
        else:
            self._file.writelines(self._encoded(documents, totals, contents))

    def _count(self, totals: Totals, contents: bytes) -> None:
        self._totals = self._totals.plus(totals)
        self._contents.update(contents)
        self._n_blocks += 1

    def _enqueue(self, block: Future[list[Bytes]]) -> None:
        self._waiting.append(block)
        while len(self._waiting) > self._most_waiting:
            self._write_first()

    def _write_first(self) -> None:
        self._file.writelines(self._waiting.popleft().result())

    def _encoded(self, documents: list[Document], totals: Totals, contents: bytes) -> list[Bytes]:
        """The bytes of a block, its head first."""
        raw: list[Bytes] = [
            _numbers_bytes(array("Q", (len(d.text) for d in documents))),
            _numbers_bytes(array("Q", (d.copies for d in documents))),
            *(d.text for d in documents),
        ]
        raw_nbytes = sum(map(len, raw))
        coded = raw if self._coding == PLAIN else compressed(raw, lambda: self._stopped)
        if self._coding == BZIP2 and not self._stopped:
            check_growth("the new store", raw_nbytes, sum(map(len, coded)))
        head = BLOCK.pack(
            sum(map(len, coded)), raw_nbytes, *totals, documents[0].digest, documents[-1].digest, contents, bytes(32)
        )[:-CHECKSUM_NBYTES]
        checksum = hashlib.sha256(head)
        for piece in coded:
            checksum.update(piece)
        return [head + checksum.digest(), *coded]


def compressed(pieces: list[Bytes], stopped: Callable[[], bool]) -> list[Bytes]:
    """All pieces together by bzip2; how they are cut does not matter. Gives up when `stopped` says so."""
    compressor: Any = compression("bz2").BZ2Compressor(LEVEL)
    result: list[Bytes] = []
    for piece in pieces:
        view = memoryview(piece)
        for begin in range(0, len(view), SLICE):
            if stopped():
                return []
            result.append(compressor.compress(view[begin : begin + SLICE]))
    result.append(compressor.flush())
    return [piece for piece in result if len(piece)]


def _totals(documents: Iterable[tuple[int, int]]) -> Totals:
    """Of the bytes and the copies of each."""
    pairs = list(documents)
    return Totals(
        len(pairs),
        sum(copies for _, copies in pairs),
        sum(nbytes for nbytes, _ in pairs),
        sum(nbytes * copies for nbytes, copies in pairs),
    )
