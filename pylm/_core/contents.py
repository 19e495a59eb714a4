# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What is in a file that is given as a text: compressed files are unpacked, UTF-16 becomes UTF-8, and what is no text
is refused, unless bytes are wanted. What a file is, its bytes say; its name does not matter."""

from __future__ import annotations

import codecs
import errno
import io
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ..errors import MissingPackageError, TextFormatError
from .arguments import path_of
from .optional import compression
from .text import IN_MEMORY, SLICE, Bytes, Path, read_file, shorter

SAMPLE = 1 << 20  # bytes looked at, at the beginning
PART = 1 << 24  # bytes of a large text that are read at once

MOST_FREE = 1 << 28  # bytes that the compressed files of a source may unpack to together, however short they are
MOST_GROWTH = 200  # longer ones, as many times their size; text has 3 to 20
MOST_TIMES = 3  # a file may be compressed

# By the first bytes of a file: how it is compressed.
COMPRESSED = {b"\x1f\x8b\x08": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # behind "BZh9": a block, or the end

BYTE_ORDER_MARKS = {  # the longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

ARCHIVE = "unpack it first"
OTHER = "save its text as a file of its own"
AS_BYTES = (
    "to have its bytes as they are, train with --tokenizer bytes or count with --documents bytes (in Python "
    "tokenizer='bytes', documents='bytes')"
)
# By the bytes at a place: what a file is, and what to do.
FOREIGN = (
    (0, b"\x93pylm\r\n\x1a", "a model or a layer of pylm", "give the text"),
    (0, b"\x93pylS\r\n\x1a", "a store of pylm", "`pylm build` (in Python pylm.build()) makes a model of it"),
    (0, b"\x93pylT\r\n\x1a", "a sources file of pylm", "give the text"),
    (0, b"\x93pylmov", "what a state of pylm learned", "give the text"),
    (0, b"\x93pylmpe", "what a keyboard of pylm learned", "give the text"),
    (0, b"PK\3\4", "a zip archive, or a document in one", ARCHIVE),
    (0, b"PK\5\6", "an empty zip archive", ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", ARCHIVE),
    (0, b"Rar!\x1a\7", "a rar archive", ARCHIVE),
    (257, b"ustar", "a tar archive", ARCHIVE),
    (0, b"\x1f\x9d", "compressed by compress", ARCHIVE),
    (0, b"\4\x22\x4d\x18", "compressed by lz4", ARCHIVE),
    (0, b"LZIP\1", "compressed by lzip", ARCHIVE),
    (0, b"PAR1", "a parquet file", "count it with documents='parquet' (--documents parquet)"),
    (0, b"%PDF-", "a PDF", OTHER),
    (0, b"{\\rtf", "a document in RTF", OTHER),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document", OTHER),
    (0, b"\x89PNG\r\n\x1a\n", "an image (PNG)", "give a text"),
    (0, b"\xff\xd8\xff", "an image (JPEG)", "give a text"),
    (0, b"GIF89a", "an image (GIF)", "give a text"),
    (0, b"\x7fELF", "a program (ELF)", "give a text"),
)


class LargeText:
    """A plain text in a file, too large to be held in memory: it is read part by part."""

    def __init__(self, path: Path, nbytes: int) -> None:
        self._path, self._nbytes = path, nbytes

    def parts(self) -> Iterator[tuple[bytes, bool]]:
        """The parts in order, and whether each is the last. Raises OSError if the file has become shorter."""
        with open(self._path, "rb") as file:
            left = self._nbytes
            while left:
                data = file.read(min(PART, left))
                if not data:
                    raise shorter(self._path)
                left -= len(data)
                yield data, not left


def large_text(path: Path, *, binary: bool = False) -> LargeText | None:
    """The text of a file if it is large and is read as it is; else None. Raises OSError and TextFormatError."""
    with open(path_of("path", path), "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or info.st_size <= IN_MEMORY:
            return None
        head = file.read(SAMPLE)
    if not is_plain(head):
        return None
    if not binary:
        check_text(head, os.fspath(path))
    return LargeText(path, info.st_size)


class Unpacked:
    """What the compressed files of one source have unpacked to so far, all of them together."""

    def __init__(self) -> None:
        self._n_files = self._nbytes = self._unpacked_nbytes = 0

    def begin(self, nbytes: int) -> None:
        """One more file, of so many bytes, is unpacked; a file in it that is compressed again is none."""
        self._n_files += 1
        self._nbytes += nbytes

    def add(self, nbytes: int, name: str) -> None:
        """So many bytes more came out of it. TextFormatError if that is too much."""
        self._unpacked_nbytes += nbytes
        if self._unpacked_nbytes <= max(MOST_FREE, MOST_GROWTH * self._nbytes):
            return
        what = "its" if self._n_files == 1 else f"with the {self._n_files - 1} compressed files before it,"
        raise TextFormatError(
            f"{name}: {what} {self._nbytes:,} bytes unpack to more than {MOST_FREE:,}, and more than {MOST_GROWTH} "
            f"times as many, which text does not; if it is one that you trust, {ARCHIVE}"
        )


def text_of_file(path: Path, *, binary: bool = False, unpacked: Unpacked | None = None) -> Bytes:
    """The text of a file; see `text_in()`. Raises OSError with the path; IsADirectoryError for a folder."""
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "this is a folder; give one file in it", os.fspath(path))
    return text_in(read_file(path), os.fspath(path), binary=binary, unpacked=unpacked)


def text_in(data: Bytes, name: str, *, binary: bool = False, unpacked: Unpacked | None = None) -> Bytes:
    """The text in the bytes of a file: unpacked, in UTF-8, without a byte order mark.

    binary   bytes are wanted: what is no text is taken as it is, too.
    unpacked what the other files of the source have unpacked to; None: there are none.

    Raises TextFormatError, which begins with the name of the file, for what is no text or damaged; and
    MissingPackageError.
    """
    unpacked = unpacked or Unpacked()
    for i in range(MOST_TIMES):
        if kind := _compression(bytes(data[:16])):
            if i == 0:
                unpacked.begin(len(data))
            data = _unpacked(data, kind, name, unpacked)
    if _compression(bytes(data[:16])):
        raise TextFormatError(f"{name}: this is compressed more than {MOST_TIMES} times; {ARCHIVE}")
    head = bytes(data[:SAMPLE])
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            data = _decoded(data, encoding, name, binary)
            head = bytes(data[:SAMPLE])
            break
    if not binary:
        check_text(head, name)
    return data


def is_plain(head: bytes) -> bool:
    """Whether a file that begins so is read as it is: neither compressed nor with a byte order mark."""
    return not _compression(head) and not head.startswith(tuple(BYTE_ORDER_MARKS))


def check_text(head: bytes, name: str) -> None:
    """TextFormatError if a file that begins so is no text in UTF-8. Single bytes that are not UTF-8 are let pass."""
    for at, magic, what, advice in FOREIGN:
        if head.startswith(magic, at):
            raise TextFormatError(f"{name}: this is no text but {what}; {advice}")
    nul = head.find(0)
    if nul >= 0:
        raise TextFormatError(f"{name}: {_binary(head, nul)}")
    if head.isascii():
        return
    beyond = [c for c in codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head) if c > "\x7f"]
    wrong = sum("\udc80" <= c <= "\udcff" for c in beyond)
    if 2 * wrong > len(beyond):
        raise TextFormatError(
            f"{name}: this is text in another encoding than UTF-8, such as Latin-1; convert it, for example by `iconv "
            f"-f WINDOWS-1252 -t UTF-8`, or in Python give [path.read_text('latin-1')]; {AS_BYTES}"
        )


def lines_of_stream(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The lines of a text that is read once, as `text_in()` gives it; one after the other, unless it has to be
    unpacked or decoded."""
    head = file.read(1 << 16)
    if not is_plain(head):
        yield from io.BytesIO(text_in(head + file.read(), name))
        return
    check_text(head, name)
    yield from io.BytesIO(head + file.readline())
    yield from file


# ---- encodings


def _binary(head: bytes, nul: int) -> str:
    n, even, odd = len(head) // 2 + 1, head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.4 * n and min(even, odd) < 0.1 * n:
        code = "UTF-16LE" if odd > even else "UTF-16BE"
        return f"this looks like {code} without a byte order mark; convert it, for example `iconv -f {code} -t UTF-8`"
    return f"this is no text: byte {nul} is NUL; if it is text in UTF-16, convert it to UTF-8; {AS_BYTES}"


def _decoded(data: Bytes, encoding: str, name: str, binary: bool) -> Bytes:
    if encoding == "utf-8-sig":
        return bytes(data[len(codecs.BOM_UTF8) :])
    try:
        return bytes(data).decode(encoding).encode()
    except UnicodeDecodeError as error:
        if binary:
            return data
        raise TextFormatError(
            f"{name}: this begins as {encoding.upper()} does, but byte {error.start} is wrong; copy the file again"
        ) from None


# ---- compression


def _compression(head: bytes) -> str | None:
    for magic, kind in COMPRESSED.items():
        if head.startswith(magic) and (kind != "bzip2" or head[4:10] in BZIP2_BLOCKS):
            return kind
    return None


def _unpacked(data: Bytes, kind: str, name: str, unpacked: Unpacked) -> Bytes:
    import tempfile  # here: it is slow to import, and hardly ever needed

    opened, errors = _unpacker(kind, name)
    file: Any = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - a map keeps what it needs of it
    with file:
        try:
            with opened(_Bytes(data)) as packed:
                while part := packed.read(SLICE):
                    unpacked.add(len(part), name)
                    file.write(part)
        except errors as error:
            if isinstance(error, OSError) and error.errno:  # of the disk
                raise
            raise TextFormatError(
                f"{name}: this is compressed by {kind}, but damaged, or its end is missing; copy it again ({error})"
            ) from None
        nbytes = file.tell()
        if nbytes <= IN_MEMORY:
            file.seek(0)
            return bytes(file.read())
        file.flush()
        return mmap.mmap(file.fileno(), nbytes, access=mmap.ACCESS_READ)


class _Bytes(io.RawIOBase):
    """Bytes as a file, without a copy of them."""

    def __init__(self, data: Bytes) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._data[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def _unpacker(kind: str, name: str) -> tuple[Callable[[Any], Any], tuple[type[Exception], ...]]:
    """What opens a file compressed so, and what it raises if that is damaged."""
    if kind == "gzip":
        import gzip
        import zlib

        return (lambda file: gzip.GzipFile(fileobj=io.BufferedReader(file, SLICE))), (EOFError, OSError, zlib.error)
    if kind == "bzip2":
        bz2 = compression("bz2")
        return (lambda file: bz2.BZ2File(io.BufferedReader(file, SLICE))), (EOFError, OSError, ValueError)
    if kind == "xz":
        lzma = compression("lzma")
        return (lambda file: lzma.LZMAFile(io.BufferedReader(file, SLICE))), (EOFError, lzma.LZMAError)
    zstd = _zstd(name)
    return (lambda file: zstd.ZstdFile(io.BufferedReader(file, SLICE))), (EOFError, zstd.ZstdError)


def _zstd(name: str) -> Any:
    from importlib import import_module

    for package in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(package)
        except ImportError:
            continue
    raise MissingPackageError(
        f"{name}: this is compressed by zstd, which needs one more package: pip install 'pylm-engine[zstd]'; or unpack "
        f"it first"
    )
