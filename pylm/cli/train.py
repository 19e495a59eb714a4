# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""`pylm train` and `pylm build`: two ways to a model, with the same options."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .common import (
    add_command, add_model, check_output, load_model, nbytes, numbers, peak_rss_bytes, text_source, unit_of,
)  # fmt: skip
from .._core.tokenizer import is_external
from .._model import Model
from ..sources.file import SUFFIX
from ..store.store import build
from .._train import NUMBERS, adapt, train

SETTINGS = (
    "tokenizer", "threads", "min_count", "trees", "classes", "max_order", "pieces", "size", "memory", "profile",
    "output", "sources", "predictor", "reach", "distances", "class_distances",
)  # fmt: skip
LAYER_SETTINGS = ("threads", "min_count", "max_order", "size", "memory", "profile", "output")


def add_train(commands: Any) -> None:
    parser = add_command(commands, "train", _train, "train a model on text files")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="text files, each a document; - is standard input")
    _add_settings(parser)


def add_build(commands: Any) -> None:
    parser = add_command(commands, "build", _build, "train a model on what is in a store")
    parser.add_argument("store", metavar="STORE", help="what `pylm count` wrote")
    _add_settings(parser)


def add_adapt(commands: Any) -> None:
    parser = add_command(commands, "adapt", _adapt, "fit a layer to texts of some domain, on top of a model; takes seconds")
    add_model(parser, help="of one tree; the layer has its vocabulary")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="text files, each a document; - is standard input")
    parser.add_argument("-o", "--output", metavar="LAYER", required=True, help="layer file to write")
    _add_common(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="model file to write")
    parser.add_argument(
        "--tokenizer", type=_tokenizer, metavar="NAME|FILE", default="auto",
        help="what is predicted: bytes (any file), words between white space, or pieces of words (any file); "
        "auto: pieces from 3 MB of text on, else bytes; or a file, the tokenizer.json of a vocabulary to share",
    )  # fmt: skip
    parser.add_argument(
        "--trees", type=int, metavar="N", default=1,
        help="all but bytes: average so many models, 1 to 8: better, slower, larger",
    )  # fmt: skip
    parser.add_argument("--classes", type=int, metavar="N", help="all but bytes: classes of symbols, 2 to 1024")
    parser.add_argument("--pieces", type=int, metavar="N", help="pieces: size of the vocabulary, 256 to 2^20")
    parser.add_argument(
        "--predictor", choices=["mix", "kernel"], default="mix",
        help="kernel: radial basis functions around every position of the text, in closed form",
    )  # fmt: skip
    parser.add_argument("--reach", type=int, metavar="N", help="kernel: symbols that it looks back, 1 to 6; 3 unless given")
    parser.add_argument(
        "--distances", type=numbers, metavar="T,...",
        help="kernel: what another symbol one back, two back, ... adds to the distance; chosen unless given",
    )  # fmt: skip
    parser.add_argument(
        "--class-distances", type=_class_distances, metavar="U,...",
        help="kernel: what one of the same class adds; none: the same",
    )  # fmt: skip
    parser.add_argument(
        "--sources", action="store_true",
        help="also write MODEL.sources, of which `pylm trace` learns what of a text stands in the training text; it "
        "holds that text, and takes some 1.7 bytes for a byte of it",
    )  # fmt: skip
    _add_common(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    """Settings of models and layers."""
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use; does not change the model")
    parser.add_argument(
        "--min-count", type=int, metavar="N", default=2,
        help="leave out contexts seen less often; 1 keeps all: larger and slightly better",
    )  # fmt: skip
    parser.add_argument("--max-order", type=int, metavar="N", help="longest context in symbols, 0 to 12")
    parser.add_argument(
        "--profile", choices=["best", "fast"], default="best",
        help="fast: contexts without gaps only, as n-gram models have: quicker, much smaller, less exact",
    )  # fmt: skip
    parser.add_argument(
        "--size", metavar="N", help="the best model of at most so many bytes: 64K, 3M, 1.5MB or a plain number"
    )
    parser.add_argument(
        "--memory", metavar="SIZE",
        help="memory to use at most, about, such as 500M; half of what is free unless given; does not change the model",
    )  # fmt: skip


def _class_distances(text: str) -> list[float] | bool:
    return False if text == "none" else numbers(text)


def _tokenizer(name: str) -> str:
    if name not in NUMBERS and not is_external(name):
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NUMBERS)}, nor a file")
    return name


def _train(options: argparse.Namespace) -> None:
    texts = [text_source(text) for text in options.texts]
    _make(options, texts, lambda settings: train(texts, **settings))


def _build(options: argparse.Namespace) -> None:
    _make(options, [Path(options.store)], lambda settings: build(options.store, **settings))


def _adapt(options: argparse.Namespace) -> None:
    texts = [text_source(text) for text in options.texts]
    check_output(options.output, [*texts, Path(options.model)])
    began, cpu_began = time.perf_counter(), time.process_time()
    with load_model(options) as model:
        layer = adapt(model, texts, **{name: getattr(options, name) for name in LAYER_SETTINGS})
    info = layer.info
    result = {
        "layer": options.output, "bytes": info.training["bytes"], "text_symbols": info.training["symbols"],
        "contexts": info.contexts, "layer_bytes": info.bytes, "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu_began, "peak_rss_bytes": peak_rss_bytes(),
    }  # fmt: skip
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"adapted to {nbytes(result['bytes'])} of text ({result['text_symbols']:,} {unit_of(info)}) in "
        f"{result['seconds']:.1f} s\nwrote {options.output}: {nbytes(info.bytes)}, {info.contexts:,} contexts"
    )


def _make(options: argparse.Namespace, sources: list[Any], make: Callable[[dict[str, Any]], Model]) -> None:
    """Makes a model, writes it, and says what it is."""
    check_output(options.output, sources)
    if options.sources:
        check_output(options.output + SUFFIX, sources)
    began, cpu_began = time.perf_counter(), time.process_time()
    model = make({name: getattr(options, name) for name in SETTINGS})
    info = model.info
    result = {
        "model": options.output, "tokenizer": info.tokenizer, "bytes": info.training["bytes"],
        "text_symbols": info.training["symbols"], "vocabulary": info.symbols, "contexts": info.contexts,
        "model_bytes": info.bytes, "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu_began, "peak_rss_bytes": peak_rss_bytes(),
    }  # fmt: skip
    if options.sources:
        result |= {"sources": options.output + SUFFIX, "sources_bytes": info.sources_bytes}
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"trained on {nbytes(result['bytes'])} of text ({result['text_symbols']:,} {unit_of(info)}) in "
        f"{result['seconds']:.1f} s\n"
        f"wrote {options.output}: {nbytes(info.bytes)}, {info.contexts:,} contexts, vocabulary of "
        f"{info.symbols:,} {unit_of(info)}"
    )
    if options.sources:
        print(f"wrote {result['sources']}: {nbytes(info.sources_bytes)}; whoever has it can read the text")
