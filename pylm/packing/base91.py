# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""basE91: bytes as printable ASCII characters, 13 or 14 bits in two of them (base.sourceforge.net/base91, J. Henke)."""

from __future__ import annotations

from ..errors import PacketError

ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,./:;<=>?@[]^_`{|}~"'
VALUES = {character: value for value, character in enumerate(ALPHABET)}
SMALL = 88  # two characters hold 13 bits, and a fourteenth where the thirteen are no more than this


def to_base91(data: bytes) -> str:
    """Bytes as text without spaces, some 23 % longer."""
    found: list[str] = []
    bits = n = 0
    for byte in data:
        bits |= byte << n
        n += 8
        if n > 13:
            width = 13 if bits & 8191 > SMALL else 14
            high, low = divmod(bits & ((1 << width) - 1), 91)
            found += ALPHABET[low], ALPHABET[high]
            bits >>= width
            n -= width
    if n:
        high, low = divmod(bits, 91)
        found.append(ALPHABET[low])
        if n > 7 or high:
            found.append(ALPHABET[high])
    return "".join(found)


def from_base91(text: str) -> bytes:
    """The bytes of such a text; PacketError for other characters."""
    try:
        values = [VALUES[character] for character in text]
    except KeyError as error:
        raise PacketError(f"{error.args[0]!r} is no character of basE91; was this made with --base91?") from None
    data, bits, n = bytearray(), 0, 0
    for low, high in zip(values[::2], values[1::2], strict=False):
        value = low + 91 * high
        bits |= value << n
        n += 13 if value & 8191 > SMALL else 14
        while n > 7:
            data.append(bits & 255)
            bits >>= 8
            n -= 8
    if len(values) % 2:
        data.append((bits | values[-1] << n) & 255)
    return bytes(data)
