# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The commands `pylm compress` and `pylm decompress`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from .._core.arguments import MAX_MEMORY, parse_size
from .._core.files import replacing
from .._core.text import Bytes, read_file
from .._model import Model
from ..errors import ArgumentError, PacketError
from ..packing.archive import is_archive, pack_archive, salvage_archive, unpack_archive
from ..packing.base91 import from_base91, to_base91
from ..packing.lines import packets_of, with_length
from .common import STDIN, Commands, add_learn, add_model, check_output, load_model, nbytes


def add_compress(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("compress", _compress, "make a text small, for who has the same model: a file, or its lines")
    _add_arguments(parser, "the text", "learn from the text on the way, which makes it smaller still")
    parser.add_argument(
        "--fingerprint", action="store_true", help="with --lines: each message names the model, in five bytes more"
    )
    parser.add_argument(
        "--compare",
        action="store_true",
        help="write nothing, but say how small deflate and xz make it, and zstd and brotli if Python has them",
    )
    parser.add_argument(
        "--dictionary",
        metavar="TEXT",
        help="with --compare: a text that the others make a dictionary of, such as what the model was trained on",
    )


def add_decompress(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("decompress", _decompress, "give back what `pylm compress` made small, with the same model")
    _add_arguments(parser, "what it wrote", "with --lines: it was written with --learn, and the same --memory")
    parser.add_argument("--salvage", action="store_true", help="of a damaged file: write what can be read of it")


def _add_arguments(parser: argparse.ArgumentParser, text: str, learn: str) -> None:
    add_model(parser)
    parser.add_argument("file", nargs="?", default=STDIN, metavar="FILE", help=f"{text}; standard input unless given")
    parser.add_argument("-o", "--output", dest="to", metavar="FILE", default=STDIN, help="standard output unless given")
    parser.add_argument("--lines", action="store_true", help="each line is a message of its own")
    parser.add_argument("--base91", action="store_true", help="as printable characters; with --lines, a line each")
    parser.add_argument("--threads", type=int, metavar="N", help="one for each processor unless given")
    add_learn(parser, learn)


def _compress(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        if options.compare:
            _compare(model, options)
        elif options.lines:
            _write(options, _packed_lines(model, options), is_text=options.base91)
        else:
            text = _content(options.file)
            archive = pack_archive(model, text, learn=options.learn, memory=options.memory, threads=options.threads)
            content = to_base91(archive).encode() + b"\n" if options.base91 else archive
            _write(options, iter([content]), is_text=options.base91)
            _report(options, {"bytes": len(content), "text_bytes": len(text)})


def _compare(model: Model, options: argparse.Namespace) -> None:
    from ..packing.compare import compare, table

    text = _content(options.file)
    dictionary = read_file(options.dictionary) if options.dictionary else b""
    memory = parse_size("memory", options.memory, MAX_MEMORY) if options.learn else 0
    found = compare(model, text, lines=options.lines, memory=memory, dictionary=dictionary)
    print(json.dumps([row._asdict() for row in found]) if options.json else table(found))


def _packed_lines(model: Model, options: argparse.Namespace) -> Iterator[bytes]:
    reader = model.state(learn=True, memory=options.memory) if options.learn else model
    with _input(options.file) as file:
        for line in file:
            packet = reader.compress(line.removesuffix(b"\n"), fingerprint=options.fingerprint)
            yield to_base91(packet).encode() + b"\n" if options.base91 else with_length(packet)


def _decompress(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        if options.lines:
            if options.salvage:
                raise ArgumentError("--salvage is for files; with --lines, each line is read by itself")
            _write(options, _unpacked_lines(model, options), is_text=True)
            return
        content = bytes(_content(options.file))
        archive = from_base91(content.decode("ascii", "replace").strip()) if options.base91 else content
        if not is_archive(archive):
            name = "standard input" if options.file == STDIN else options.file
            raise PacketError(
                f"{name}: `pylm compress` did not write this with the same options; --lines and --base91 have to be "
                f"given again"
            )
        if options.salvage:
            text, lost = salvage_archive(model, archive, threads=options.threads)
        else:
            text, lost = unpack_archive(model, archive, threads=options.threads), []
        _write(options, iter([text]), is_text=True)
        for part in lost:
            size = f"{part.nbytes:,} bytes" if part.nbytes else "a part of unknown length"
            print(f"pylm: {size} of the text behind byte {part.begin:,} cannot be read", file=sys.stderr)
        _report(options, {"bytes": len(content), "text_bytes": len(text)})


def _unpacked_lines(model: Model, options: argparse.Namespace) -> Iterator[bytes]:
    reader = model.state(learn=True, memory=options.memory) if options.learn else model
    with _input(options.file) as file:
        for packet in _packets_of_lines(file) if options.base91 else packets_of(file):
            yield reader.decompress(packet).encode("utf-8", "surrogateescape") + b"\n"


def _packets_of_lines(file: BinaryIO) -> Iterator[bytes]:
    for line in file:
        yield from_base91(line.decode("ascii", "replace").rstrip("\r\n"))


def _report(options: argparse.Namespace, sizes: dict[str, int]) -> None:
    if options.to == STDIN:
        return
    if options.json:
        print(json.dumps({"output": options.to, **sizes}))
        return
    share = sizes["bytes"] / sizes["text_bytes"] if sizes["text_bytes"] else 1.0
    print(
        f"wrote {options.to}: {nbytes(sizes['text_bytes'])} of text, {nbytes(sizes['bytes'])} compressed, {share:.1%}"
    )


def _content(name: str) -> Bytes:
    return sys.stdin.buffer.read() if name == STDIN else read_file(name)


@contextmanager
def _input(name: str) -> Iterator[Any]:
    """Lines as soon as they come."""
    if name == STDIN:
        yield sys.stdin.buffer
    else:
        with open(name, "rb") as file:
            yield file


def _write(options: argparse.Namespace, parts: Iterator[bytes], is_text: bool) -> None:
    """Writes parts as they come: to standard output each at once, to a file that is replaced at the end."""
    if options.to != STDIN:
        check_output(options.to, [])
        with replacing(options.to) as file:
            file.writelines(parts)
        return
    if sys.stdout.isatty() and not is_text:
        raise ArgumentError(
            "standard output is a terminal; give -o FILE, put > FILE behind the command, or add --base91"
        )
    for part in parts:
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
