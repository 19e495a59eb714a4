# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How small other programs make a text, beside a model: those of them that are installed. `pylm compress --compare`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.image import Image
from .._core.reader import Reader, begin_to_learn, image_of, new_overlay
from .archive import pack_archive
from .packets import pack

if TYPE_CHECKING:
    from .._core.text import Bytes

WINDOW = 1 << 15  # bytes that deflate looks back
DICTIONARY_SIZES = (1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20)  # of zstd; the best of them is shown
Packer = Callable[[bytes], int]


class Packed(NamedTuple):
    """What one program made of a text."""

    program: str
    nbytes: int
    share: float  #: of the text's bytes


def compare(model: Reader, text: Bytes, *, lines: bool, memory: int = 0, dictionary: Bytes = b"") -> list[Packed]:
    """Sizes of a text by a model and by other programs, each at its best level; the smallest first.

    lines       each line is packed by itself.
    memory      bytes that the model learns in, from what it has packed so far; 0: it does not learn.
    dictionary  a text like it. Those that can are given a dictionary made of it.
    """
    image = image_of("model", model)
    raw = bytes(text)
    parts = raw.splitlines() if lines else [raw]
    total = sum(map(len, parts))
    found = [("pylm, learning" if memory else "pylm", _own(image, model, parts, lines, memory))]
    for name, packer in _others(bytes(dictionary)):
        found.append((name, sum(map(packer, parts))))
    best: dict[str, int] = {}
    for name, nbytes in found:
        best[name] = min(nbytes, best.get(name, nbytes))
    ranked = sorted(best.items(), key=lambda item: item[1])
    ranked.append(("as it is", total))
    return [Packed(name, nbytes, nbytes / total if total else 1.0) for name, nbytes in ranked]


def table(found: list[Packed]) -> str:
    """As lines for people."""
    width = max(len(row.program) for row in found)
    return "\n".join(f"{row.program:<{width}}  {row.nbytes:>13,} bytes  {row.share:6.1%}" for row in found)


def _own(image: Image, model: Reader, parts: list[bytes], lines: bool, memory: int) -> int:
    if not lines:
        return len(pack_archive(model, parts[0], learn=bool(memory), memory=memory or 1))
    if not memory:
        return sum(len(pack(image, image.new_state(), part)) for part in parts)
    state, overlay = image.new_state(), new_overlay(memory)
    begin_to_learn(image, state, overlay)
    total = sum(len(pack(image, state, part)) for part in parts)
    del overlay  # not before: the state points into it
    return total


def _others(dictionary: bytes) -> Iterator[tuple[str, Packer]]:
    yield from _xz()
    yield from _deflate(dictionary)
    yield from _zstd(dictionary)
    yield from _brotli()


def _xz() -> Iterator[tuple[str, Packer]]:
    """With no more memory than the text takes, else most of the time would go into that."""
    try:
        import lzma
    except ImportError:
        return

    def xz(text: bytes) -> int:
        lzma2 = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": max(len(text), 4096)}
        return len(lzma.compress(text, check=lzma.CHECK_NONE, filters=[lzma2]))

    yield "xz", xz


def _deflate(dictionary: bytes) -> Iterator[tuple[str, Packer]]:
    def deflate(text: bytes, given: bytes = b"") -> int:
        coder = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=given) if given else zlib.compressobj(9, wbits=-15)
        return len(coder.compress(text)) + len(coder.flush())

    yield "deflate", deflate
    if dictionary:
        yield "deflate, dictionary", lambda text: deflate(text, dictionary[-WINDOW:])


def _zstd(dictionary: bytes) -> Iterator[tuple[str, Packer]]:
    try:
        import zstandard  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return
    samples: list[Any] = [line + b"\n" for line in dictionary.splitlines()]
    yield "zstd -19", _zstd_packer(zstandard, None)
    for size in DICTIONARY_SIZES if samples else ():
        try:
            trained = zstandard.train_dictionary(size, samples)
        except zstandard.ZstdError:  # too little text for one of this size
            continue
        yield "zstd -19, dictionary", _zstd_packer(zstandard, trained)


def _zstd_packer(zstandard: Any, dictionary: Any) -> Packer:
    """Without the four bytes that every file of zstd begins with, and without what else messages do not need."""
    settings = zstandard.ZstdCompressionParameters.from_level(
        19, format=zstandard.FORMAT_ZSTD1_MAGICLESS, write_content_size=False, write_dict_id=False, write_checksum=False
    )
    coder = zstandard.ZstdCompressor(compression_params=settings, dict_data=dictionary)
    return lambda text: len(coder.compress(text))


def _brotli() -> Iterator[tuple[str, Packer]]:
    try:
        import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return
    yield "brotli -11", lambda text: len(brotli.compress(text, quality=11))
