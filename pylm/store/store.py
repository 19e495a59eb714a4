# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Stores: texts counted once, that can be put together, changed, and built into models."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import check_options, described, path_of, several, wrong_type
from .._core.files import exclusive, target_of
from .._core.progress import Progress
from .._core.text import TEXT_TYPES, Bytes, Path, Source, as_bytes
from .._model import Model
from ..errors import ArgumentError
from ..training.options import TrainOptions
from ..training.trainer import train_with
from .counting import Steps, count_into, texts_of_source, write_store
from .distributed import cluster
from .file import VERSION, StoreFile, digest_of
from .options import CountOptions, DocumentKind

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._core.cluster import Scheduler


@dataclass(frozen=True)
class StoreInfo:
    """What is in a store."""

    documents: int  # different ones
    copies: int  # all of them
    text_bytes: int  # of different documents
    total_bytes: int  # of all
    bytes: int  # of the file
    contents: str  # SHA-256 of what is in it; stores with the same documents have the same
    format_version: int = VERSION

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


class StoredDocument(NamedTuple):
    """A document of a store; from `Store.documents()`."""

    sha256: str  # of the text, hexadecimal
    text: bytes
    copies: int


class StoredEntry(NamedTuple):
    """A document of a store, but for its text; from `Store.entries()`."""

    sha256: str  # of the text, hexadecimal
    nbytes: int  # of the text
    copies: int
    begins: bytes  # the first 256 bytes


class Store:
    """A store file. It is read where it lies, so opening it is quick however large it is, and memory holds some
    megabytes of it at a time, or one document if that is larger.

    Iterating gives the texts, as bytes, in the order of their SHA-256; a text that is there twice comes twice.
    `text in store` asks for a document. Close it, or use it in a `with`, if the file is to be removed soon.

    Raises OSError, StoreFormatError, StoreVersionError, StoreDamagedError; reading it, also TooLargeError for a part
    that would unpack to more than 256 MiB and 4096 times what it takes in the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path_of("path", path)
        self._opened: StoreFile | None = StoreFile(self.path)

    def __repr__(self) -> str:
        state = "closed" if self._opened is None else f"{len(self)} documents"
        return f"<pylm.Store {self.path!r}: {state}>"

    @property
    def _file(self) -> StoreFile:
        if self._opened is None:
            raise ArgumentError("this store is closed")
        return self._opened

    def close(self) -> None:
        """Lets go of the file. Texts that somebody still has stay what they are."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def info(self) -> StoreInfo:
        """What is in it, by its head; nothing else is read."""
        return StoreInfo(*self._file.totals, self._file.nbytes, self._file.contents.hex())

    def __len__(self) -> int:
        return self._file.totals.copies

    def __iter__(self) -> Iterator[bytes]:
        return map(bytes, self.texts())

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, TEXT_TYPES):
            raise wrong_type("a document", "a text (str or bytes)", text)
        digest = digest_of(as_bytes(text))
        return self._file.copies([digest])[digest] > 0

    def texts(self) -> Iterator[Bytes]:
        """As iterating does, without copying: views into memory that lasts as long as they do."""
        for document in self._file.documents():
            for _ in range(document.copies):
                yield document.text

    def documents(self) -> Iterator[StoredDocument]:
        """Each different document once, with its SHA-256 and how many copies there are."""
        for digest, text, copies in self._file.documents():
            yield StoredDocument(digest.hex(), bytes(text), copies)

    def entries(self) -> Iterator[StoredEntry]:
        """Each different document once, without its text: quick to list, in little memory however large they are."""
        for digest, nbytes, copies, begins in self._file.entries():
            yield StoredEntry(digest.hex(), nbytes, copies, begins)

    def verify(self, *, progress: bool | None = None) -> None:
        """Reads everything; StoreDamagedError unless it is what was written."""
        with Progress(progress) as bar:
            step = Steps(bar, "verify", self.info.text_bytes)
            for entry in self._file.entries():
                step(entry.nbytes)

    def build(
        self,
        *,
        output: Path | None = None,
        sources: bool | Path = False,
        progress: bool | None = None,
        **options: Unpack[TrainOptions],
    ) -> Model:
        """Trains a model on the documents; see `pylm.build()`."""
        check_options("build", options, TrainOptions)
        return train_with(self._named_texts(), self.info.total_bytes, options, progress, output, sources)

    def _named_texts(self) -> Iterator[tuple[str | None, Bytes]]:
        """The texts, each different one once with a name."""
        for document in self._file.documents():
            yield f"sha256:{document.digest.hex()}", document.text
            for _ in range(document.copies - 1):
                yield None, document.text

    def add(self, source: Source, **options: Unpack[CountOptions]) -> None:
        """Adds documents, as if they had been counted with the others. Options are those of `pylm.count()`, and so
        is what it raises. The file is replaced as a whole; if that fails, it is as it was."""
        check_options("add", options, CountOptions)
        with self._replaced():
            count_into(self.path, source, add=True, **options)

    def forget(
        self,
        source: Source = (),
        *,
        sha256: Iterable[str] = (),
        documents: DocumentKind = "files",
        column: str | None = None,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> None:
        """Takes documents out, as if they had never been counted: one copy for every time that one is named.

        source      the documents, as for `pylm.count()`.
        sha256      or what they are known by, as `documents()` gives it.

        ArgumentError if one of them is not there, or not so often; then none is taken out.
        """
        digests = [sha256] if isinstance(sha256, str) else several("sha256", sha256, "SHA-256s")
        unwanted = Counter(map(_digest, digests))
        unwanted.update(map(digest_of, texts_of_source(source, documents, column)))
        path = target_of(self.path)
        with self._replaced(), exclusive(path):
            file = StoreFile(path)
            for digest, copies in file.copies(unwanted).items():
                _check_present(file.name, digest, copies, unwanted[digest])
            write_store(path, [file], threads, progress, without=unwanted)

    @contextmanager
    def _replaced(self) -> Iterator[None]:
        """Lets go of the file while it is replaced, as some systems want it, and opens what is there then."""
        self._file.close()
        try:
            yield
        finally:
            self._opened = StoreFile(self.path)


def _check_present(name: str, digest: bytes, copies: int, wanted: int) -> None:
    if not copies:
        raise ArgumentError(f"{name} has no document of SHA-256 {digest.hex()}; nothing was changed")
    if copies < wanted:
        raise ArgumentError(
            f"{name} has the document of SHA-256 {digest.hex()} {copies} times, not {wanted}; nothing was changed"
        )


def _digest(text: str) -> bytes:
    if not isinstance(text, str) or not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise ArgumentError(f"sha256 must be 64 hexadecimal digits, not {described(text)}")
    return bytes.fromhex(text)


def count(source: Source, output: Path, **options: Unpack[CountOptions]) -> Store:
    """Counts the documents of texts into a store: what `build()` makes models of.

    The same documents give the same file, to the last byte, in whatever order and in however many parts they are
    counted: `merge()` of the stores of the parts is the store of all.

    source      as for `train()`: the path of a file or folder, a list of paths, or an iterable of texts and
                pathlib.Paths.
    output      the store to write. A store of this name is replaced at the end, as a whole.

    Options, with what they are unless given:

    documents="files"  each file, or text, is a document. "lines": each line that is not blank, with its line
                end. "parquet": each text in a column of parquet files that is not empty (needs the package pyarrow).
                "bytes": as "files", but of any bytes: only models of bytes are made of these.
    column=None  of parquet files; None: the only one of texts.
    dask=None   count on Dask: True for a cluster on this machine, the address of a scheduler, or a Client. Its
                workers read the files, so these must be there under the same names, and so must this pylm (needs
                the package distributed). If they also see the folder of OUTPUT, no text goes through this computer.
    fresh=False  give up what else was being counted into this store and never finished.
    threads=None  to compress with; None: all processors. Does not change the store.
    progress=None  show a bar on standard error; None: if that is a terminal.

    Of files, what is counted is kept beside the store, in OUTPUT.parts, until all is: after an interruption of any kind
    the same call goes on from there. It takes as much room as the texts.
    Memory: 16 MB of text and what it takes to sort it, up to ten times that for short lines; of parquet files a row
    group; of a large document what it is compressed to.
    Raises ArgumentError, TextFormatError for files that are no texts, BusyError if somebody else is writing this store,
    MissingPackageError, and OSError for files.
    """
    check_options("count", options, CountOptions)
    count_into(path_of("output", output), source, **options)
    return Store(output)


def merge(
    stores: Iterable[Store | Path],
    output: Path,
    *,
    dask: Scheduler | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> Store:
    """Puts stores together into one: of each document as many copies as all of them have.

    output   the store to write, which may be one of them. A store of this name is replaced, as a whole.
    dask     merge on Dask, as for `count()`: workers that see the stores under the same names do most of it.
    threads, progress   as for `count()`.

    Raises what Store() raises, and BusyError if somebody else is writing the output; with dask also
    MissingPackageError, ArgumentError, and PylmError if workers are lost again and again.
    """
    if isinstance(stores, Store):
        raise wrong_type("stores", "several stores, or their paths", stores, "put it into a list")
    listed = several("stores", stores, "stores, or their paths")
    paths = [store.path if isinstance(store, Store) else path_of("stores", store) for store in listed]
    path = target_of(path_of("output", output))
    with exclusive(path):
        files = [StoreFile(store) for store in paths]
        if not files:
            raise ArgumentError("no stores to merge: name one or more")
        with cluster(dask) as client:
            write_store(path, files, threads, progress, client=client)
    return Store(output)


def build(
    store: Store | Path,
    *,
    output: Path | None = None,
    sources: bool | Path = False,
    progress: bool | None = None,
    **options: Unpack[TrainOptions],
) -> Model:
    """Trains a model on the documents of a store, as `train()` does on texts.

    store       a Store, or its path.
    output      where to write the model, as for `train()`.
    sources     as for `train()`. A store knows no names: documents are called "sha256:..."; copies are there once.
    progress    as for `train()`, and so are the options.

    Memory: as for `train()`, and one document. Raises what `train()` and Store() raise.
    """
    opened = store if isinstance(store, Store) else Store(path_of("store", store))
    return opened.build(output=output, sources=sources, progress=progress, **options)
