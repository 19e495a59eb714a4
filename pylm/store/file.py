# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The store file: documents in the order of their SHA-256, in blocks. docs/store.md says what every byte means."""

from __future__ import annotations

import bz2
import hashlib
import operator
import os
import struct
import sys
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

from .._core.progress import starting_threads
from .._core.text import Bytes, Path
from ..errors import ArgumentError, StoreDamagedError, StoreFormatError, StoreVersionError

MAGIC = b"\x93pylS\r\n\x1a"  # as a model's: no transfer as text leaves it intact
VERSION = 1
PLAIN, BZIP2 = 0, 1  # coding: plain is for segments, which are read once and soon
LEVEL = 9
MOST_SHIFT = 21  # what bzip2 makes of a byte at most, and less than 2^21: zeros, 46 MB of 45 bytes
BLOCK_SHIFT = 64 - 20  # a document ends its block with a probability of its length / 2^20: see ends_block()
SLICE = 1 << 18  # bytes given to the compressor at once, so that Ctrl-C works within 0.1 s
HEAD = struct.Struct("<8sIIQQQQQQ32s32s")
BLOCK = struct.Struct("<QQQQQQ32s32s32s32s")
CHECKSUM_NBYTES = 32  # at the end of both


class Document(NamedTuple):
    digest: bytes  # SHA-256 of the text: what the document is known by, and its place in a store
    text: Bytes
    copies: int


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
        self._begin, self.end = position + BLOCK.size, position + BLOCK.size + coded_nbytes
        if self.end > len(data):
            raise self._damaged()
        self._checksum = checksum

    def coded(self) -> memoryview:
        """What its documents are written as; StoreDamagedError if a bit is another than when it was written."""
        coded = self._data.read(self._begin, self.end - self._begin)
        checksum = hashlib.sha256(self.head[:-CHECKSUM_NBYTES])
        checksum.update(coded)
        if checksum.digest() != self._checksum:
            raise self._damaged()
        return memoryview(coded)

    def documents(self) -> list[Document]:
        """The documents in their order; StoreDamagedError."""
        coded, n = self.coded(), self.totals.documents
        if self._raw_nbytes != 16 * n + self.totals.nbytes or self._raw_nbytes > len(coded) << MOST_SHIFT:
            raise self._damaged()
        raw = self._raw(coded)
        sizes = _numbers(raw[: 8 * n])
        copies = _numbers(raw[8 * n : 16 * n])
        if len(raw) != self._raw_nbytes or len(copies) != n or 16 * n + sum(sizes) != len(raw):
            raise self._damaged()
        documents, position = [], 16 * n
        for size, count in zip(sizes, copies, strict=False):
            text = raw[position : position + size]
            documents.append(Document(digest_of(text), text, count))
            position += size
        if _contents(documents) != self.contents or _totals(documents) != self.totals or not self._in_order(documents):
            raise self._damaged()
        return documents

    def _in_order(self, documents: list[Document]) -> bool:
        digests = [document.digest for document in documents]
        return (
            bool(digests)
            and (digests[0], digests[-1]) == (self.first, self.last)
            and all(map(operator.lt, digests, digests[1:]))
        )

    def _raw(self, coded: memoryview) -> memoryview:
        if self._coding == PLAIN:
            return coded
        try:
            return memoryview(bz2.BZ2Decompressor().decompress(coded, self._raw_nbytes + 1))
        except (OSError, ValueError, EOFError):
            raise self._damaged() from None

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

    def copies(self, digests: Collection[bytes]) -> dict[bytes, int]:
        """How many copies there are of each of these documents. Only blocks that may have one are decoded."""
        wanted, found = sorted(digests), dict.fromkeys(digests, 0)
        for block in self.blocks():
            begin = bisect_left(wanted, block.first)
            if begin < len(wanted) and wanted[begin] <= block.last:
                found.update((d.digest, d.copies) for d in block.documents() if d.digest in found)
        return found

    def close(self) -> None:
        """What was read of it stays."""
        self._data.close()


def damaged(name: str) -> StoreDamagedError:
    return StoreDamagedError(f"{name}: the store is damaged; copy the file again, or count the texts again")


def _numbers(data: memoryview) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(data[: len(data) // 8 * 8])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _numbers_bytes(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _contents(documents: list[Document]) -> bytes:
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

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _end_block(self) -> None:
        documents, self._documents = self._documents, []
        totals, contents = _totals(documents), _contents(documents)
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
        head = BLOCK.pack(
            sum(map(len, coded)), raw_nbytes, *totals, documents[0].digest, documents[-1].digest, contents, bytes(32)
        )[:-CHECKSUM_NBYTES]
        checksum = hashlib.sha256(head)
        for piece in coded:
            checksum.update(piece)
        return [head + checksum.digest(), *coded]


def compressed(pieces: list[Bytes], stopped: Callable[[], bool]) -> list[Bytes]:
    """All pieces together by bzip2; how they are cut does not matter. Gives up when `stopped` says so."""
    compressor: Any = bz2.BZ2Compressor(LEVEL)
    result: list[Bytes] = []
    for piece in pieces:
        view = memoryview(piece)
        for begin in range(0, len(view), SLICE):
            if stopped():
                return []
            result.append(compressor.compress(view[begin : begin + SLICE]))
    result.append(compressor.flush())
    return [piece for piece in result if len(piece)]


def _totals(documents: list[Document]) -> Totals:
    return Totals(
        len(documents),
        sum(d.copies for d in documents),
        sum(len(d.text) for d in documents),
        sum(len(d.text) * d.copies for d in documents),
    )
