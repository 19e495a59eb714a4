# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The commands on stores: count, merge, store, add, forget."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .._core.contents import lines_of_stream
from .._core.documents import documents, listed
from .._core.files import is_device, replacing
from ..errors import ArgumentError
from ..store.shards import DOCUMENTS, lines
from ..store.store import Store, StoreInfo, count, merge
from ..store.unfinished import parts_exist
from .common import STDIN, Commands, add_dask, check_output, named, nbytes, peak_rss_bytes, quoted, text_source

SHOWN = 60  # bytes of a document in a list


def add_store_commands(commands: Commands) -> None:
    parser = commands.add("count", _count, "count text files into a store, of which models are built")
    _add_texts(parser)
    _add_output(parser)
    _add_counting(parser)

    parser = commands.add("merge", _merge, "put stores together into one")
    parser.add_argument("stores", metavar="STORE", nargs="+", help="what `pylm count` wrote")
    _add_output(parser)
    add_dask(parser, "merge on a Dask cluster, whose workers must find the stores under the same names")
    _add_threads(parser)

    parser = commands.add("store", _store, "say what is in a store")
    parser.add_argument("store", metavar="STORE")
    parser.add_argument("--list", action="store_true", help="list the documents: SHA-256, copies, bytes, beginning")
    parser.add_argument("--verify", action="store_true", help="read all of it, and say if anything is damaged")

    parser = commands.add("add", _add, "add text files to a store")
    parser.add_argument("store", metavar="STORE")
    _add_texts(parser)
    _add_counting(parser)

    parser = commands.add("forget", _forget, "take documents out of a store, as if they had never been in it")
    parser.add_argument("store", metavar="STORE")
    _add_texts(parser, "*")
    _add_documents(parser)
    parser.add_argument(
        "--sha256",
        metavar="HASH",
        action="append",
        default=[],
        help="or the document of this SHA-256, as `pylm store --list` says it; may be given again",
    )
    _add_threads(parser)


def _add_texts(parser: argparse.ArgumentParser, number: str = "+") -> None:
    parser.add_argument("texts", metavar="TEXT", nargs=number, help="text files, or parquet files; - is standard input")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="STORE", required=True, help="store to write")


def _add_documents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--documents",
        choices=DOCUMENTS,
        default="files",
        help="what is a document: a file, a line that is not blank, a text in a column of a parquet file, or a file of "
        "any bytes",
    )
    parser.add_argument("--column", metavar="NAME", help="of parquet files; may be left out if only one has texts")


def _add_counting(parser: argparse.ArgumentParser) -> None:
    _add_documents(parser)
    add_dask(
        parser,
        "count on a Dask cluster, of this machine or of a scheduler such as tcp://10.0.0.1:8786; its workers must find "
        "the files under the same names",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="give up what else was being counted into this store and never finished"
    )
    _add_threads(parser)


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use; does not change the store")


# ---- commands


def _count(options: argparse.Namespace) -> None:
    check_output(options.output, [Path(text) for text in options.texts])
    began = time.perf_counter()
    with _store_output(options.output) as path, _explained(path):
        store = count(_source(options), path, **_settings(options), dask=options.dask, fresh=options.fresh)
        _report(options, store, began, "counted")


def _add(options: argparse.Namespace) -> None:
    began, store = time.perf_counter(), Store(options.store)
    with _explained(options.store):
        store.add(_source(options), **_settings(options), dask=options.dask, fresh=options.fresh)
    _report(options, store, began, "added")


def _merge(options: argparse.Namespace) -> None:
    check_output(options.output, [])
    began = time.perf_counter()
    with _store_output(options.output) as path:
        store = merge(list(map(Path, options.stores)), path, dask=options.dask, threads=options.threads)
        _report(options, store, began, "merged")


def _forget(options: argparse.Namespace) -> None:
    if not options.texts and not options.sha256:
        raise ArgumentError("say what to forget: texts, or --sha256")
    began, store = time.perf_counter(), Store(options.store)
    store.forget(_source(options), **_settings(options), sha256=options.sha256)
    _report(options, store, began, "forgotten")


def _store(options: argparse.Namespace) -> None:
    store = Store(options.store)
    if options.verify:
        store.verify()
    listed = _listed(store) if options.list else iter(())
    if options.json:
        each = {"list": list(listed)} if options.list else {}
        print(json.dumps({"store": options.store, **store.info.as_dict(), **each}))
        return
    for row in listed:
        print(f"{row['sha256']} {row['copies']:>5,} {row['bytes']:>12,}  {row['begins']}")
    if not options.list:
        print(describe(store.info))
    if options.verify:
        print("everything in it is as it was written")


def _source(options: argparse.Namespace) -> Any:
    """The documents on the command line; lines of standard input one after the other, as they come."""
    if options.documents == "lines" and STDIN in options.texts:
        return _Lines(options.texts)
    return [text_source(text, binary=options.documents == "bytes") for text in options.texts]


class _Lines:
    """The lines that are not blank of files and of standard input: each a text of its own."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def __iter__(self) -> Iterator[bytes]:
        for name in self._names:
            if name == STDIN:
                yield from (line for line in lines_of_stream(sys.stdin.buffer, "standard input") if line.strip())
                continue
            for text in documents(listed([Path(name)])):
                yield from map(bytes, lines(text))


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    streamed = options.documents == "lines" and STDIN in options.texts
    kind = "files" if streamed else options.documents
    return {"documents": kind, "column": options.column, "threads": options.threads}


@contextmanager
def _explained(store: str) -> Iterator[None]:
    """Says after Ctrl-C that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        if parts_exist(store):
            print(f"pylm: what was counted is kept in {store}.parts; do the same again to go on", file=sys.stderr)
        raise


@contextmanager
def _store_output(output: str) -> Iterator[str]:
    """Where to write a store that goes to `output`: for standard output and other devices to a temporary file, since it
    is not written from start to end. The device gets it when all is done."""
    if not is_device(output):
        yield output
        return
    with TemporaryDirectory(prefix="pylm-") as folder:
        path = os.path.join(folder, "store")
        yield path
        with replacing(output) as file, open(path, "rb") as store:
            shutil.copyfileobj(store, file)


def _report(options: argparse.Namespace, store: Store, began: float, done: str) -> None:
    info, seconds = store.info, time.perf_counter() - began
    name = named(getattr(options, "output", store.path))
    if options.json:
        facts = {"seconds": seconds, "peak_rss_bytes": peak_rss_bytes()}
        print(json.dumps({"store": name, **info.as_dict(), **facts}))
        return
    print(f"{done} in {seconds:.1f} s\n{name} has {_documents(info)} in {nbytes(info.bytes)}")


def describe(info: StoreInfo) -> str:
    """A store in words, one fact a line."""
    ratio = f", {info.bytes / info.total_bytes:.2f} bytes a byte of text" if info.total_bytes else ""
    return (
        f"holds       {_documents(info)}\n"
        f"size        {nbytes(info.bytes)}{ratio}, format version {info.format_version}\n"
        f"contents    {info.contents}"
    )


def _documents(info: StoreInfo) -> str:
    different = f", {info.documents:,} of them different," if info.documents != info.copies else ""
    return f"{info.copies:,} document{'s' if info.copies != 1 else ''}{different} of {nbytes(info.total_bytes)}"


def _listed(store: Store) -> Iterator[dict[str, Any]]:
    for entry in store.entries():
        begins = quoted(entry.begins[:SHOWN].decode("utf-8", "replace"))
        yield {"sha256": entry.sha256, "copies": entry.copies, "bytes": entry.nbytes, "begins": begins}
