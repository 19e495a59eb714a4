# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Short texts to packets and back; see pylm_pack.h. `Model.compress()` and `State.compress()` do this."""

from __future__ import annotations

from typing import Any

from .._core.arguments import integer, wrong_type
from .._core.image import Image
from .._core.native import check, ffi, lib
from .._core.text import Bytes, text_bytes
from ..errors import ArgumentError, PacketError

MOST_NBYTES = 1 << 16  # of a text: one C call, which Ctrl-C waits for, takes a tenth of a second or two
NAMED = b"\xfe"  # a packet that begins with this has the model's fingerprint behind it

_SAYS = {
    lib.PYLM_ERR_BASE: "this packet was made with another model: take the model of the other end",
    lib.PYLM_ERR_VERSION: "this is a packet of a newer pylm, or none at all",
    lib.PYLM_ERR_DAMAGED: "this packet is damaged, or was made with another model, or in another state",
}


def needs_packing(image: Image) -> None:
    """Refuses models that cannot pack; ArgumentError."""
    image.needs_mix("compressing")
    if image.is_words or image.is_external:
        what = "words, which do not give white space back" if image.is_words else "a tokenizer that is not pylm's"
        raise ArgumentError(
            f"this is a model of {what}; to compress, train one with tokenizer='pieces' or tokenizer='bytes' "
            f"(--tokenizer pieces)"
        )
    if image.info.n_trees > 1:
        raise ArgumentError(
            f"this model has {image.info.n_trees} trees, and compressing needs the decisions of one; train it with "
            f"trees=1 (--trees 1), which is usual"
        )


def name_of(image: Image) -> bytes:
    """What stands before a packet that names its model."""
    return NAMED + int(lib.pylm_fingerprint(image.model)).to_bytes(4, "little")


def pack(image: Image, state: Any, text: str | Bytes, fingerprint: bool = False) -> bytes:
    """The packet of a text, which the state reads, and its end."""
    data = text_bytes("text", text)
    n = len(data)
    if n > MOST_NBYTES:
        raise ArgumentError(
            f"a message of {n:,} bytes is longer than {MOST_NBYTES:,}; pylm.pack_archive() takes texts of any length"
        )
    needs_packing(image)
    packet, nbytes = ffi.new("unsigned char[]", n + 1), ffi.new("uint64_t *", n + 1)
    check(lib.pylm_pack(image.model, state, ffi.from_buffer(data), n, image.work, packet, nbytes))
    return (name_of(image) if fingerprint else b"") + bytes(ffi.buffer(packet, nbytes[0]))


def unpack(image: Image, state: Any, packet: Bytes, most: int = MOST_NBYTES) -> bytes:
    """The text of a packet, which the state reads, and its end; PacketError."""
    if not isinstance(packet, (bytes, bytearray, memoryview)):
        raise wrong_type("packet", "bytes", packet)
    most = integer("most", most, 1, MOST_NBYTES)
    needs_packing(image)
    text, nbytes = ffi.new("unsigned char[]", most), ffi.new("uint64_t *", most)
    status = lib.pylm_unpack(image.model, state, ffi.from_buffer(packet), len(packet), image.work, text, nbytes)
    if status == lib.PYLM_ERR_SPACE:
        raise PacketError(
            f"this packet has a text of more than {most:,} bytes, or is damaged; most= says how long one may be"
        )
    if status in _SAYS:
        raise PacketError(_SAYS[status])
    check(status)
    return bytes(ffi.buffer(text, nbytes[0]))
