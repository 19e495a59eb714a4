# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the commands of the command line share."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from .._core.arguments import DEFAULT_MEMORY
from .._core.contents import text_in
from .._core.files import STDOUT, is_device, is_stdout, target_of
from .._core.native import save_file
from .._core.text import Bytes, as_bytes
from .._info import ModelInfo
from .._model import Model, load
from ..errors import ArgumentError

STDIN = "-"


def terminal_columns() -> int:
    """The width of the terminal, 80 where it does not say: Python 3.10 gives 0 then."""
    return shutil.get_terminal_size().columns or 80


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Says what an option is unless given, where that is something and its help does not say it by itself."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False, "") or action.default == [] or "unless given" in (action.help or ""):
            return action.help
        return super()._get_help_string(action)


class Commands:
    """The commands of a parser, in groups."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(
            prog=parser.prog, dest="command", metavar="COMMAND", required=True, help=argparse.SUPPRESS
        )
        self._groups: dict[str, list[tuple[str, str]]] = {}
        self._group: list[tuple[str, str]] = []

    def begin_group(self, title: str) -> None:
        """The commands that are added from now on belong together."""
        self._group = self._groups.setdefault(title, [])

    def add(self, name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        """A parser for a command, which `run` carries out."""
        self._group.append((name, text))
        parser = self._parsers.add_parser(
            name, description=text[0].upper() + text[1:] + ".", formatter_class=HelpFormatter
        )
        parser.set_defaults(run=run, parser=parser)
        if name != "demo":
            parser.add_argument("--json", action="store_true", help="print one JSON object")
        return parser

    def summary(self) -> str:
        """All commands, a line or two each, under the titles of their groups."""
        width = max(len(name) for group in self._groups.values() for name, _ in group)
        room = max(terminal_columns() - 2, 40)
        parts = []
        for title, group in self._groups.items():
            lines = [title]
            for name, text in group:
                lines += textwrap.wrap(
                    f"{name:<{width}}  {text}", room, initial_indent="  ", subsequent_indent=" " * (width + 4)
                )
            parts.append("\n".join(lines))
        return "\n\n".join(parts)


def add_model(parser: argparse.ArgumentParser, **settings: Any) -> None:
    """The arguments of a command on a model: `load_model()` opens it."""
    parser.add_argument("model", metavar="MODEL", **settings)
    parser.add_argument(
        "--layer",
        metavar="LAYER",
        action="append",
        dest="layers",
        default=argparse.SUPPRESS,
        help="a layer on it, from `pylm adapt`; given again: on that one",
    )
    parser.add_argument(
        "--words",
        metavar="FILE",
        type=Path,
        default=argparse.SUPPRESS,
        help="words that a model of words does not have: a line each; behind a tab a count, or like EXAMPLE",
    )


def load_model(options: argparse.Namespace, verify: bool | None = None) -> Model:
    """With its layers, and as --tau says where there is that."""
    model = load(options.model, layers=getattr(options, "layers", []), verify=verify)
    tau, words = getattr(options, "tau", None), getattr(options, "words", None)
    model = model if tau is None else model.kernel(tau)
    return model if words is None else model.with_words(words)


def text_source(name: str, *, binary: bool = False) -> Any:
    """What a TEXT on the command line stands for: a path, or the text on standard input; of any bytes if wanted."""
    return _standard_input(binary) if name == STDIN else Path(name)


def text_argument(argument: str) -> str | bytes:
    """A text on the command line itself, or standard input. What `echo` ends a line with is not a part of it."""
    return without_line_end(bytes(_standard_input(binary=True))) if argument == STDIN else argument


def without_line_end(text: bytes) -> bytes:
    """A text without one line end at its end, if it has one."""
    return text.removesuffix(b"\n").removesuffix(b"\r") if text.endswith(b"\n") else text


def _standard_input(binary: bool) -> Bytes:
    return text_in(sys.stdin.buffer.read(), "standard input", binary=binary)


def takes_bytes(model: Model) -> bool:
    """Whether any bytes are texts for a model."""
    return model.info.tokenizer == "bytes"


def as_str(text: str | bytes) -> str:
    """A text for JSON and for terminals: what is not UTF-8 becomes U+FFFD."""
    return bytes(as_bytes(text)).decode("utf-8", "replace")


@contextmanager
def messages_apart(options: argparse.Namespace) -> Iterator[None]:
    """Where a command writes its output to standard output, which may be called "-", everything else that it prints
    goes to standard error."""
    apart = False
    for name in ("output", "html", "arpa"):
        value = getattr(options, name, None)
        if value == STDIN:
            setattr(options, name, STDOUT)
        apart = apart or (bool(value) and is_stdout(getattr(options, name)))
    if not apart:
        yield
        return
    if sys.stdout is not None and sys.stdout.isatty():
        raise ArgumentError("standard output is a terminal; write to a file, or put > FILE behind the command")
    with redirect_stdout(sys.stderr):
        yield


def named(output: str) -> str:
    """What an output is called in messages."""
    return "standard output" if output == STDOUT else output


def check_output(output: str, texts: Sequence[Any]) -> None:
    """What would make writing the output fail should be said before the work, not after it."""
    if is_device(output):
        return
    path = Path(target_of(output))
    if not path.parent.is_dir():
        raise ArgumentError(f"cannot write {output}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise ArgumentError(f"cannot write {output}: it is a folder; give the name of a file in it")
    if not os.access(path.parent, os.W_OK):
        raise ArgumentError(f"cannot write {output}: no permission to write into the folder {path.parent}")
    for text in texts:
        if isinstance(text, Path) and path.exists() and text.exists() and path.samefile(text):
            raise ArgumentError(f"{output} is one of the texts; give the output another name")


def peak_rss_bytes() -> int | None:
    """The most memory that this process has used so far; None where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def numbers(text: str) -> list[float]:
    """Numbers with commas between them."""
    return [float(x) for x in text.split(",")]


def add_learn(parser: argparse.ArgumentParser, text: str = "learn from the text while reading it") -> None:
    """The arguments of a command whose state may learn."""
    parser.add_argument("--learn", action="store_true", help=text)
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        default=DEFAULT_MEMORY,
        help="with --learn: bytes to learn in, such as 16K; about 1M unless given",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use; all unless given")


def add_tau(parser: argparse.ArgumentParser) -> None:
    """The argument of a command that a kernel answers; `load_model()` looks at it."""
    parser.add_argument(
        "--tau", type=float, metavar="X", help="of a kernel: how quickly what is far away counts less; 1 unless given"
    )


def unit_of(info: ModelInfo) -> str:
    """What the symbols of a model are called."""
    return "tokens" if info.tokenizer == "external" else info.tokenizer


def nbytes(n: int) -> str:
    """A number of bytes for people."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n} bytes"


def write_page(path: str, html: str) -> None:
    """Replaces a file as a whole or not at all."""
    data = html.encode()
    save_file(path, data, len(data))


def quoted(text: str) -> str:
    """A symbol as it stands in a list: spaces and control characters as Python writes them."""
    plain = text.isprintable() and text.strip() == text and text
    return text if plain else repr(text)


def add_dask(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("--dask", metavar="ADDRESS", nargs="?", const=True, type=_address, help=help)


def _address(text: str) -> str:
    if not re.search(r"://|:\d+$", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address of a scheduler, such as tcp://10.0.0.1:8786; if it is a text, put --dask behind it"
        )
    return text
