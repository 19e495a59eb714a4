# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Archives: texts of any length, packed in blocks.

    magic | fingerprint | bytes to learn in     8, 4 and 8 bytes; numbers are little-endian
    block | packed | text | CRC-32 | packet     4 bytes that say a block begins, three numbers of 4 bytes
    ...
    end | bytes of the text | BLAKE2b           4, 8 and 16 bytes

Each block is a packet of its own, from the start of a text on. So threads share the work, and a damaged block is lost
alone. If the model learns while it reads, each block goes on where the one before it ended: that is shorter, takes one
thread, and a damaged block is lost with all behind it.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from .._core.arguments import DEFAULT_MEMORY, MAX_MEMORY, n_threads, parse_size
from .._core.image import Image
from .._core.native import lib
from .._core.progress import Progress, starting_threads
from .._core.reader import Reader, begin_to_learn, image_of, new_overlay
from .._core.text import Bytes, text_bytes
from ..errors import PacketError
from .packets import needs_packing, pack, unpack

MAGIC = b"\x93pylmar\1"  # the last byte is the version
BLOCK, END = b"\xfdblk", b"\xfdend"
BLOCK_NBYTES = 1 << 16  # of text
NEXT = re.compile(b"|".join(map(re.escape, (BLOCK, END))))
HEAD, SIZES, LENGTH = struct.Struct("<IQ"), struct.Struct("<III"), struct.Struct("<Q")
DIGEST_NBYTES = 16

Item = TypeVar("Item")


class LostPart(NamedTuple):
    """A part of an archive that was damaged."""

    begin: int  #: where in the text that could be read it is missing, a position in bytes
    nbytes: int  #: bytes of text that are missing; 0: that is not known


def pack_archive(
    model: Reader,
    text: str | Bytes,
    *,
    learn: bool = False,
    memory: int | str = DEFAULT_MEMORY,
    threads: int | None = None,
    progress: bool | None = None,
) -> bytes:
    """A text of any length as an archive, which `unpack_archive()` reads with the same model.

    learn     the model learns while it reads: shorter, on one thread; `memory` as in `Model.state()`.
    threads   None: one for each processor. The archive is the same for any number.
    progress  a bar on standard error; None: if that is a terminal.
    Raises ArgumentError for a model that does not compress: one of words, with several trees, or a kernel.
    """
    image, whole = image_of("model", model), memoryview(text_bytes("text", text))
    needs_packing(image)
    nbytes = parse_size("memory", memory, MAX_MEMORY) if learn else 0
    new_state = _states(image, nbytes)
    blocks = [whole[begin : begin + BLOCK_NBYTES] for begin in range(0, len(whole), BLOCK_NBYTES)]

    def packet_of(block: Bytes) -> bytes:
        return pack(image, new_state(), block)

    parts = [MAGIC, HEAD.pack(lib.pylm_fingerprint(image.model), nbytes)]
    with Progress(progress) as bar:
        packets = _each(packet_of, blocks, 1 if nbytes else n_threads(threads), bar, "compressing")
        for block, packet in zip(blocks, packets, strict=True):
            parts += BLOCK, SIZES.pack(len(packet), len(block), zlib.crc32(block)), packet
    parts += END, LENGTH.pack(len(whole)), _digest(whole)
    return b"".join(parts)


def unpack_archive(model: Reader, archive: Bytes, *, threads: int | None = None, progress: bool | None = None) -> bytes:
    """The text of an archive. Raises PacketError if it is damaged, or of another model; `salvage_archive()` reads what
    is left of a damaged one."""
    text, lost = salvage_archive(model, archive, threads=threads, progress=progress)
    if lost:
        raise PacketError(
            f"this archive is damaged behind the first {lost[0].begin:,} bytes of its text; get it again, or read what "
            f"is left with pylm.salvage_archive() (--salvage)"
        )
    return text


def salvage_archive(
    model: Reader, archive: Bytes, *, threads: int | None = None, progress: bool | None = None
) -> tuple[bytes, list[LostPart]]:
    """What can be read of an archive, and which parts of it cannot. PacketError if it is none, or of another model."""
    image, data = image_of("model", model), memoryview(text_bytes("archive", archive))
    needs_packing(image)
    nbytes = _memory_of(image, data)
    new_state = _states(image, nbytes)

    def text_of(block: _Block) -> bytes | None:
        try:
            text = unpack(image, new_state(), block.packet, BLOCK_NBYTES)
        except PacketError:
            return None
        return text if zlib.crc32(text) == block.crc else None

    blocks, end = _blocks(data)
    parts: list[bytes] = []
    lost: list[LostPart] = []
    position = 0
    with Progress(progress) as bar:
        texts = _each(text_of, blocks, 1 if nbytes else n_threads(threads), bar, "decompressing")
        for block, text in zip(blocks, texts, strict=True):
            if block.is_behind_a_gap and not (lost and lost[-1].begin == position):
                lost.append(LostPart(position, 0))
            if text is None:
                lost.append(LostPart(position, min(block.n_text, BLOCK_NBYTES)))
            else:
                parts.append(text)
                position += len(text)
    whole = b"".join(parts)
    if not lost and end != (len(whole), _digest(whole)):
        lost.append(LostPart(position, 0))
    return whole, lost


def is_archive(data: Bytes) -> bool:
    """Whether bytes begin as an archive does, of any version."""
    return bytes(data[: len(MAGIC) - 1]) == MAGIC[:-1]


def _states(image: Image, nbytes: int) -> Callable[[], Any]:
    """Gives the state that a block begins in: a new one; if it learns, in `nbytes`, always the same."""
    if not nbytes:
        return image.new_state
    state, overlay = image.new_state(), new_overlay(nbytes)
    begin_to_learn(image, state, overlay)
    return lambda overlay=overlay: state  # type: ignore[misc]  # which needs its memory


def _each(
    call: Callable[[Item], bytes | None], items: Sequence[Item], threads: int, bar: Progress, says: str
) -> Iterator[Any]:
    """What `call` makes of each item, in their order."""
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    try:
        with starting_threads():
            made = pool.map(call, items)
        for done, found in enumerate(made, 1):
            bar.show(says, done, len(items))
            yield found
    finally:
        pool.shutdown(cancel_futures=True)


def _digest(text: Bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=DIGEST_NBYTES).digest()


def _memory_of(image: Image, data: memoryview) -> int:
    """Bytes that the model learned in, by the head of an archive, which is checked."""
    begin = len(MAGIC) + HEAD.size
    if not is_archive(data):
        raise PacketError("this is no archive of pylm; only what pylm.pack_archive() or `pylm compress` wrote is one")
    if data[len(MAGIC) - 1] != MAGIC[-1]:
        raise PacketError(f"this archive has version {data[len(MAGIC) - 1]}; this pylm reads version {MAGIC[-1]}")
    if len(data) < begin:
        raise PacketError("the end of this archive is missing")
    fingerprint, nbytes = HEAD.unpack(data[len(MAGIC) : begin])
    if fingerprint != lib.pylm_fingerprint(image.model):
        raise PacketError("this archive was made with another model: take the one that compressed it")
    if nbytes > MAX_MEMORY:
        raise PacketError("the head of this archive is damaged")
    return int(nbytes)


class _Block(NamedTuple):
    """A block as it stands in an archive."""

    packet: memoryview
    n_text: int
    crc: int
    is_behind_a_gap: bool


def _can_be(n_packet: int, n_text: int, _: int) -> bool:
    """Whether a block can have these sizes."""
    return n_packet <= BLOCK_NBYTES + 1 and n_text <= BLOCK_NBYTES


def _blocks(data: memoryview) -> tuple[list[_Block], tuple[int, bytes] | None]:
    """The blocks of an archive, and what its end says: the length and the digest; None: there is no end."""
    blocks: list[_Block] = []
    raw, at, gap = bytes(data), len(MAGIC) + HEAD.size, False
    behind = at  # of the beginning of the last block: from there, the next one is looked for if it is not in its place
    while True:
        sizes = raw[at + len(BLOCK) : at + len(BLOCK) + SIZES.size]
        is_block = raw.startswith(BLOCK, at) and len(sizes) == SIZES.size and _can_be(*SIZES.unpack(sizes))
        if raw.startswith(END, at) and len(raw) == at + len(END) + LENGTH.size + DIGEST_NBYTES:
            body = raw[at + len(END) :]
            return blocks, (LENGTH.unpack_from(body)[0], body[LENGTH.size :])
        if is_block:
            n_packet, n_text, crc = SIZES.unpack(sizes)
            begin, behind = at + len(BLOCK) + SIZES.size, at + 1
            at = begin + n_packet
            blocks.append(_Block(data[begin:at], n_text, crc, gap))
            gap = False
            continue
        found = NEXT.search(raw, behind)
        if not found:
            return blocks, None
        at, gap = found.start(), True
        behind = at + 1
