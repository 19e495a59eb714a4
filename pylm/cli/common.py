# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the commands of the command line share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._core.text import as_bytes
from ..errors import ArgumentError
from .._model import Model, ModelInfo, load

STDIN = "-"


def add_command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    """A parser for a command, which `run` carries out."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    if name != "demo":
        parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def add_model(parser: argparse.ArgumentParser, **settings: Any) -> None:
    """The arguments of a command on a model: `load_model()` opens it."""
    parser.add_argument("model", metavar="MODEL", **settings)
    parser.add_argument(
        "--layer", metavar="LAYER", action="append", dest="layers", default=argparse.SUPPRESS,
        help="a layer on it, from `pylm adapt`; given again: on that one",
    )  # fmt: skip


def load_model(options: argparse.Namespace, verify: bool | None = None) -> Model:
    """With its layers, and as --tau says where there is that."""
    model = load(options.model, layers=getattr(options, "layers", []), verify=verify)
    tau = getattr(options, "tau", None)
    return model if tau is None else model.kernel(tau)


def text_source(name: str) -> Any:
    """What a TEXT on the command line stands for: a path, or the bytes of standard input."""
    return sys.stdin.buffer.read() if name == STDIN else Path(name)


def text_argument(argument: str) -> str | bytes:
    """A text on the command line itself, or standard input."""
    return sys.stdin.buffer.read() if argument == STDIN else argument


def as_str(text: str | bytes) -> str:
    return bytes(as_bytes(text)).decode("utf-8", "replace")


def check_output(output: str, texts: Sequence[Any]) -> None:
    """What would make writing the output fail should be said before the work, not after it."""
    path = Path(output)
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


def add_tau(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tau", type=float, metavar="X", help="of a kernel: how quickly what is far away counts less; 1 unless given"
    )


def unit_of(info: ModelInfo) -> str:
    return "tokens" if info.tokenizer == "external" else info.tokenizer


def nbytes(n: int) -> str:
    """A number of bytes for people."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n} bytes"


def visible(text: str) -> str:
    """A symbol that can be seen: spaces and control characters as Python writes them."""
    plain = text.isprintable() and text.strip() == text and text
    return text if plain else repr(text)
