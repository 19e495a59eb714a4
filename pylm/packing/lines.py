# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Packets one behind the other, each with its length before it: 7 bits a byte, the lowest first, the highest bit set
where more follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ..errors import PacketError
from .packets import MOST_NBYTES


def with_length(packet: bytes) -> bytes:
    """A packet behind its length."""
    n, head = len(packet), bytearray()
    while n > 127:
        head.append(n & 127 | 128)
        n >>= 7
    head.append(n)
    return bytes(head) + packet


def packets_of(file: BinaryIO) -> Iterator[bytes]:
    """The packets in a file; PacketError where it ends within one, or has a longer one than there are."""
    while first := file.read(1):
        n, shift, byte = first[0] & 127, 7, first[0]
        while byte & 128:
            following = file.read(1)
            if not following or shift > 21:
                raise PacketError("there is a length that is none; was this made with --lines, without --base91?")
            byte = following[0]
            n |= (byte & 127) << shift
            shift += 7
        packet = file.read(n) if n <= MOST_NBYTES + 1 else b""
        if len(packet) != n:
            raise PacketError(f"the end of a packet of {n:,} bytes is missing; was this made with --lines?")
        yield packet
