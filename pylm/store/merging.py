# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Stores put together: one pass over all of them at once, in the order of the digests."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from .file import Block, Document, StoreFile, StoreWriter

END = b"\xff" * 33  # behind every digest
Between: TypeAlias = tuple[bytes, bytes | None]  # digests from the first on, below the second; None: to the end
ALL: Between = (b"", None)


class Cursor:
    """A place in a store, from which it is read on: document by document, or, at the start of a block that
    need not be looked into, block by block."""

    def __init__(self, store: StoreFile, between: Between) -> None:
        self.coding = store.coding
        self._begin, self._end = between[0], between[1] or END
        self._blocks = store.blocks()
        self._next: Block | None = next(self._blocks, None)
        self._block: Block | None = None
        self._documents: Iterator[Document] = iter(())
        self._document: Document | None = None
        self.digest = END  # of the document that comes next
        self._open_block()

    def whole_block(self) -> Block | None:
        """The block, if the cursor is at its start, and if it is not the last."""
        return self._block if self._next is not None else None

    def skip_block(self) -> None:
        self._open_block()

    def take(self) -> Document:
        """The next document. The cursor moves on."""
        if self._block is not None:
            self._open_documents(self._block)
        document = self._document
        assert document is not None
        self._document = next(self._documents, None)
        if self._document is None:
            self._open_block()
        else:
            self.digest = self._document.digest
        return document

    def _open_block(self) -> None:
        """Opens the next block that has something of what is wanted."""
        self._document = None
        while self._document is None:
            self._block = self._next
            self._next = next(self._blocks, None)
            if self._block is None or self._block.first >= self._end:
                self._block, self.digest = None, END
                return
            if self._begin <= self._block.first and self._block.last < self._end:
                self.digest = self._block.first
                return
            if self._block.last >= self._begin:
                self._open_documents(self._block)

    def _open_documents(self, block: Block) -> None:
        self._documents = (document for document in block.documents() if self._begin <= document.digest < self._end)
        self._block, self._document = None, next(self._documents, None)
        if self._document is not None:
            self.digest = self._document.digest


def merge_into(
    writer: StoreWriter,
    stores: Iterable[StoreFile],
    step: Callable[[int], None],
    without: Mapping[bytes, int] | None = None,
    between: Between = ALL,
) -> None:
    """Writes the documents of all stores, and as many copies of each as all of them have together.

    step      called with how many bytes of text have been dealt with since the last time.
    without   digests, and how many copies to leave out: no more than there are.
    between   only documents with these digests.
    """
    without = {} if without is None else without
    left_out = _Targets(without)
    heap = [(cursor.digest, i, cursor) for i, cursor in enumerate(Cursor(store, between) for store in stores)]
    heapq.heapify(heap)
    while heap and heap[0][0] != END:
        digest, i, cursor = heap[0]
        block = cursor.whole_block()
        free = block is not None and writer.takes_block(cursor.coding) and _others(heap) > block.last
        if block is not None and free and left_out.after(block.first) > block.last:
            writer.copy(block)
            cursor.skip_block()
            step(block.totals.nbytes)
            heapq.heapreplace(heap, (cursor.digest, i, cursor))
            continue
        copies = 0
        while heap[0][0] == digest:
            _, i, cursor = heap[0]
            document = cursor.take()
            copies += document.copies
            step(len(document.text))
            heapq.heapreplace(heap, (cursor.digest, i, cursor))
        copies -= without.get(digest, 0)
        if copies:
            writer.add(document._replace(copies=copies))


def _others(heap: list[tuple[bytes, int, Cursor]]) -> bytes:
    """The first digest of all cursors but the first."""
    return min((entry[0] for entry in heap[1:3]), default=END)


class _Targets:
    """Digests asked for in ascending order."""

    def __init__(self, digests: Iterable[bytes]) -> None:
        self._digests = sorted(digests, reverse=True)

    def after(self, digest: bytes) -> bytes:
        """The first target that is `digest` or behind it."""
        while self._digests and self._digests[-1] < digest:
            self._digests.pop()
        return self._digests[-1] if self._digests else END
