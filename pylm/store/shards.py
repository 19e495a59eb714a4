# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Files to be counted, cut into shards: what is counted at once, by one process, into one segment.

A shard says where its documents are, not what they are, so it can be sent anywhere where the files are.
"""

from __future__ import annotations

import mmap
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from .._core.contents import SAMPLE, Unpacked, check_text, is_plain, text_in, text_of_file
from .._core.text import Bytes, Path, read_file
from ..errors import ArgumentError, MissingPackageError
from .file import PLAIN, Document, StoreFile, StoreWriter, digest_of
from .merging import merge_into

DOCUMENTS = ("files", "lines", "parquet", "bytes")
WHOLE = ("files", "bytes")  # of them: a file is a document
SHARD_NBYTES = 1 << 24  # of text: some ten times as much memory where lines are short
SHARD_FILES = 10_000
MANY_SHARDS = 128  # of more text, shards are larger, since their segments are open at once when they are merged
TALLY_NBYTES = 1 << 26  # of memory, before documents are written to a segment
BATCH_ROWS = 1000  # of a parquet file, decoded at once


class File(NamedTuple):
    """A file as it was when the shards were made."""

    path: str  # absolute
    nbytes: int
    changed: int  # when, in nanoseconds

    def check(self) -> None:
        """ArgumentError if the file has changed since; FileNotFoundError."""
        if look_at(self.path) != self:
            raise ArgumentError(
                f"{self.path} changed while it was being counted, or is another file on a Dask worker than here; count "
                f"again when it is complete, and the same everywhere"
            )


class Piece(NamedTuple):
    """A part of a file: the bytes of lines, or the row groups of a parquet file, from `begin` to `end`."""

    file: File
    begin: int
    end: int
    nbytes: int  # of text, or nearly; for progress


class Shard(NamedTuple):
    documents: str  # one of DOCUMENTS
    column: str | None  # of parquet files
    pieces: list[Piece]

    @property
    def nbytes(self) -> int:
        return sum(piece.nbytes for piece in self.pieces)


def look_at(path: Path) -> File:
    """Raises OSError with the path, for example FileNotFoundError."""
    info = os.stat(path)
    return File(os.path.abspath(path), info.st_size, info.st_mtime_ns)


def is_regular(path: Path) -> bool:
    return stat.S_ISREG(os.stat(path).st_mode)


# ---- cutting


def cut(paths: Iterable[Path], documents: str, column: str | None, shard_nbytes: int = SHARD_NBYTES) -> list[Shard]:
    """The shards of files, the same whatever order the files are named in.

    Raises ArgumentError, OSError for files that are not there, MissingPackageError for parquet files.
    """
    files = sorted(map(look_at, paths))
    shard_nbytes = max(shard_nbytes, sum(file.nbytes for file in files) // MANY_SHARDS)
    shard_files = max(SHARD_FILES, len(files) // MANY_SHARDS)
    pieces = {"files": _whole, "lines": _ranges, "parquet": _row_groups, "bytes": _whole}[documents]
    shards: list[Shard] = []
    room = n = 0
    for file in files:
        for piece in pieces(file, column, shard_nbytes):
            if room <= 0 or n == shard_files:
                shards.append(Shard(documents, column, []))
                room, n = shard_nbytes, 0
            shards[-1].pieces.append(piece)
            room, n = room - piece.nbytes, n + 1
    return shards


def _whole(file: File, _column: str | None, _nbytes: int) -> Iterator[Piece]:
    yield Piece(file, 0, file.nbytes, file.nbytes)


def _ranges(file: File, _column: str | None, nbytes: int) -> Iterator[Piece]:
    with open(file.path, "rb") as opened:
        if not is_plain(opened.read(16)):  # where its lines begin is not known
            nbytes = max(file.nbytes, 1)
    for begin in range(0, file.nbytes, nbytes):
        end = min(begin + nbytes, file.nbytes)
        yield Piece(file, begin, end, end - begin)


def _row_groups(file: File, column: str | None, nbytes: int) -> Iterator[Piece]:
    """Row groups, as many as fill a shard at once; a large one is never cut."""
    with _open_parquet(file.path) as parquet:
        i = _column_number(parquet, column, file.path)
        begin = size = 0
        for group in range(parquet.metadata.num_row_groups):
            size += parquet.metadata.row_group(group).column(i).total_uncompressed_size
            if size >= nbytes or group + 1 == parquet.metadata.num_row_groups:
                yield Piece(file, begin, group + 1, size)
                begin, size = group + 1, 0


def _open_parquet(path: str) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPackageError(
            "parquet files need the package pyarrow: pip install 'pylm-engine[parquet]'"
        ) from None
    try:
        return pyarrow.parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid:
        raise ArgumentError(f"{path}: this is not a parquet file, or a part of it is missing") from None


def _column_number(parquet: Any, column: str | None, path: str) -> int:
    """The number of a column in the file, checked to be one of texts. None: of the only one there is."""
    import pyarrow.types as types

    def is_text(kind: Any) -> bool:
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return any(
            test(kind) for test in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
        )

    texts = [field.name for field in parquet.schema_arrow if is_text(field.type)]
    names = ", ".join(texts) or "none"
    if column is None and len(texts) != 1:
        raise ArgumentError(f"{path}: say which column has the texts, by column (--column); there are: {names}")
    name = texts[0] if column is None else column
    if name not in texts:
        raise ArgumentError(f"{path} has no column {name!r} of texts; there are: {names}")
    return [parquet.schema.column(i).path for i in range(len(parquet.schema))].index(name)


# ---- reading


def texts_of(shard: Shard) -> Iterator[tuple[Bytes, int]]:
    """The documents of a shard, each with the number of bytes of the shard that it takes up."""
    unpacked = Unpacked()
    for piece in shard.pieces:
        if shard.documents in WHOLE:
            yield _whole_text(piece.file, shard.documents == "bytes", unpacked), piece.nbytes
        elif shard.documents == "lines":
            yield from _lines_of(piece, unpacked)
        else:
            yield from _rows(piece, shard.column)


def _lines_of(piece: Piece, unpacked: Unpacked) -> Iterator[tuple[Bytes, int]]:
    """The lines of a file that begin in a piece of it; b"" for a blank one. Only that piece is read, unless the file
    has to be unpacked or decoded, and then is one piece."""
    name = piece.file.path
    with open(name, "rb") as file:
        head = file.read(SAMPLE)
        if not is_plain(head):
            data = text_of_file(name, unpacked=unpacked)
            yield from _lines_from(data, 0, len(data))
            return
        check_text(head, name)
        at = piece.begin
        file.seek(max(at - 1, 0))
        if at:
            at += len(file.readline()) - 1
        while at < piece.end and (line := file.readline()):
            yield line if line.strip() else b"", len(line)
            at += len(line)


def _whole_text(file: File, binary: bool, unpacked: Unpacked) -> Bytes:
    return text_in(read_file(file.path), file.path, binary=binary, unpacked=unpacked)


def lines(data: Bytes) -> Iterator[Bytes]:
    """The lines of a text that are not blank, with their ends."""
    data = data if isinstance(data, (bytes, bytearray, mmap.mmap)) else bytes(data)
    for line, _ in _lines_from(data, 0, len(data)):
        if len(line):
            yield line


def _lines_from(data: Any, begin: int, end: int) -> Iterator[tuple[Bytes, int]]:
    """The lines that begin from `begin` to `end`; b"" for a blank one."""
    if begin:
        begin = data.find(b"\n", begin - 1) + 1 or len(data)
    while begin < min(end, len(data)):
        stop = data.find(b"\n", begin) + 1 or len(data)
        line = bytes(data[begin:stop])
        yield line if line.strip() else b"", stop - begin
        begin = stop


def _rows(piece: Piece, column: str | None) -> Iterator[tuple[Bytes, int]]:
    with _open_parquet(piece.file.path) as parquet:
        name = parquet.schema.column(_column_number(parquet, column, piece.file.path)).path
        for batch in parquet.iter_batches(BATCH_ROWS, row_groups=list(range(piece.begin, piece.end)), columns=[name]):
            for text in batch.column(0).to_pylist():
                data = b"" if text is None else text.encode() if isinstance(text, str) else text
                yield data, len(data)


# ---- counting


class Tally:
    """Documents counted in memory, until they are written as a segment."""

    def __init__(self) -> None:
        self._documents: dict[bytes, Document] = {}
        self.nbytes = 0  # of different documents, and what it takes to keep them

    def add(self, text: Bytes) -> None:
        digest = digest_of(text)
        known = self._documents.get(digest)
        if known is None:
            self._documents[digest] = Document(digest, text, 1)
            self.nbytes += len(text) + 256
        else:
            self._documents[digest] = known._replace(copies=known.copies + 1)

    def write(self, file: BinaryIO) -> None:
        """Writes a segment: a store, but not compressed."""
        with StoreWriter(file, PLAIN) as writer:
            for digest in sorted(self._documents):
                writer.add(self._documents[digest])
            writer.finish()


def _segment_of(tally: Tally) -> StoreFile:
    """A segment in a temporary file, which is gone when nobody looks at it any more."""
    with tempfile.TemporaryFile() as file:
        tally.write(file)
        file.flush()
        return StoreFile(None, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def count_shard(shard: Shard, file: BinaryIO, step: Callable[[int], None]) -> None:
    """Writes the segment of a shard. `step` is called with how many bytes were read since the last time.

    Raises ArgumentError if a file is not what it was when the shard was made, or changes meanwhile; OSError.
    """
    tally, unreported, segments = Tally(), 0, []
    for text, nbytes in texts_of(shard):
        if tally.nbytes >= TALLY_NBYTES:
            segments.append(_segment_of(tally))
            tally = Tally()
        if len(text) or shard.documents in WHOLE:  # blank lines and empty rows are no documents
            tally.add(text)
        unreported += nbytes
        if unreported > 1 << 18:
            step(unreported)
            unreported = 0
    step(unreported)
    if segments:
        with StoreWriter(file, PLAIN) as writer:
            merge_into(writer, [*segments, _segment_of(tally)], lambda _: None)
            writer.finish()
    else:
        tally.write(file)
    for changed in {piece.file for piece in shard.pieces}:
        changed.check()  # at the very end: large files are read once more when they are written
