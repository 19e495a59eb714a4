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

from .._core.files import is_device
from .._core.tokenizer import is_external
from .._info import ModelInfo
from .._model import Model
from .._train import adapt, train
from ..errors import ArgumentError
from ..kernel.settings import KernelOptions
from ..sources.file import SUFFIX
from ..store.store import build
from ..training.options import NUMBERS, LayerOptions, SymbolOptions, TrainOptions
from .common import (
    Commands,
    add_dask,
    add_model,
    check_output,
    load_model,
    named,
    nbytes,
    numbers,
    peak_rss_bytes,
    takes_bytes,
    text_source,
    unit_of,
)

WORD_OPTIONS: dict[str, dict[str, Any]] = {
    "--min-word-count": {
        "type": int,
        "metavar": "N",
        "help": "words: those seen less often become <unk>; 2 unless given, but 1 with --min-count 1, or if the text "
        "has <unk> itself",
    },
    "--vocabulary-size": {
        "type": int,
        "metavar": "N",
        "help": "words: keep the most frequent ones, N symbols with <unk> and </s>",
    },
    "--vocabulary": {
        "metavar": "FILE",
        "help": "words: those of a file, one a line, and no others; a count behind a word is left out",
    },
    "--closed": {
        "action": "store_const",
        "const": True,
        "help": "words: an unknown one is <unk>, and costs no more than that; else it is spelled, unless the text has "
        "<unk> itself, or --size is below 491,520 bytes",
    },
}


def add_train(commands: Commands) -> None:
    parser = commands.add("train", _train, "train a model on text files")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="text files, each a document; - is standard input")
    _add_settings(parser)


def add_build(commands: Commands) -> None:
    parser = commands.add("build", _build, "train a model on what is in a store")
    parser.add_argument("store", metavar="STORE", help="what `pylm count` wrote")
    _add_settings(parser)


def add_adapt(commands: Commands) -> None:
    parser = commands.add("adapt", _adapt, "fit a layer to texts of some domain, on top of a model; takes seconds")
    add_model(parser, help="of one tree; the layer has its vocabulary")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="text files, each a document; - is standard input")
    parser.add_argument("-o", "--output", metavar="LAYER", required=True, help="layer file to write")
    _add_common(parser)
    for option, settings in WORD_OPTIONS.items():
        parser.add_argument(option, **{**settings, "help": argparse.SUPPRESS})


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="model file to write")
    parser.add_argument(
        "--tokenizer",
        type=_tokenizer,
        metavar="NAME|FILE",
        default="auto",
        help="what is predicted: bytes (any file), words between white space that come twice or more (the others "
        "become <unk>), or pieces of words (any file); "
        "auto: pieces from 3 MB of text on, else bytes; or a file, the tokenizer.json of a vocabulary to share",
    )
    parser.add_argument(
        "--trees",
        type=int,
        metavar="N",
        default=1,
        help="all but bytes: average so many models, 1 to 8: better, slower, larger",
    )
    parser.add_argument("--classes", type=int, metavar="N", help="all but bytes: classes of symbols, 2 to 1024")
    parser.add_argument("--pieces", type=int, metavar="N", help="pieces: size of the vocabulary, 256 to 2^20")
    for option, settings in WORD_OPTIONS.items():
        parser.add_argument(option, **settings)
    parser.add_argument(
        "--no-text-end",
        dest="text_end",
        action="store_false",
        help="documents are parts of one text; else several of them end, and so does what is generated",
    )
    parser.add_argument(
        "--no-topics",
        dest="topics",
        action="store_false",
        help="contexts only; else a large text also teaches what the words before say: hundreds, in bytes a few",
    )
    parser.add_argument(
        "--no-voice",
        dest="voice",
        action="store_false",
        help="contexts speak one by one only, for a device whose engine leaves out what they say together",
    )
    parser.add_argument(
        "--no-layout",
        dest="layout",
        action="store_false",
        help="bytes: no contexts by column, byte above and shape, for a device whose engine leaves them out",
    )
    parser.add_argument(
        "--predictor",
        choices=["mix", "kernel"],
        default="mix",
        help="kernel: radial basis functions around every position of the text, in closed form",
    )
    parser.add_argument(
        "--reach", type=int, metavar="N", help="kernel: symbols that it looks back, 1 to 6; 3 unless given"
    )
    parser.add_argument(
        "--distances",
        type=numbers,
        metavar="T,...",
        help="kernel: what another symbol one back, two back, ... adds to the distance; chosen unless given",
    )
    parser.add_argument(
        "--class-distances",
        type=_class_distances,
        metavar="U,...",
        help="kernel: what one of the same class adds; none: the same",
    )
    parser.add_argument(
        "--sources",
        action="store_true",
        help="also write MODEL.sources, of which `pylm trace` learns what of a text stands in the training text; it "
        "holds that text, and takes some 1.7 bytes for a byte of it",
    )
    add_dask(
        parser,
        "count on a Dask cluster, of this machine or of a scheduler such as tcp://10.0.0.1:8786; all else is done "
        "here; does not change the model",
    )
    _add_common(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    """Settings of models and layers."""
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use; does not change the model")
    parser.add_argument(
        "--min-count",
        type=_min_count,
        metavar="N[,N...]",
        default=2,
        help="leave out contexts seen less often; 1 keeps all, also words seen once: larger and slightly better. "
        "2,2,3: one number for each order, the last one for all above",
    )
    parser.add_argument("--max-order", type=int, metavar="N", help="longest context in symbols, 0 to 12")
    parser.add_argument(
        "--profile",
        choices=["standard", "fast", "best"],
        default="standard",
        help="fast: contexts without gaps only, as n-gram models have: quicker, much smaller, less exact; best: two "
        "trees: twice as large and slow, a twentieth less perplexity; not of bytes, nor with --size",
    )
    parser.add_argument(
        "--size", metavar="N", help="the best model of at most so many bytes: 64K, 3M, 1.5MB or a plain number"
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        help="memory to use at most, about, such as 500M; half of what is free unless given; does not change the model",
    )


def _min_count(text: str) -> int | list[int]:
    try:
        counts = [int(x) for x in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, nor several with commas between them") from None
    return counts if len(counts) > 1 else counts[0]


def _class_distances(text: str) -> list[float] | bool:
    return False if text == "none" else numbers(text)


def _tokenizer(name: str) -> str:
    if name not in NUMBERS and not is_external(name):
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NUMBERS)}, nor a file")
    return name


# ---- options


def _layer_options(options: argparse.Namespace) -> LayerOptions:
    return {
        "threads": options.threads,
        "min_count": options.min_count,
        "max_order": options.max_order,
        "size": options.size,
        "memory": options.memory,
        "profile": options.profile,
    }


def _train_options(options: argparse.Namespace) -> TrainOptions:
    return {
        **_layer_options(options),
        "tokenizer": options.tokenizer,
        "dask": options.dask,
        "symbols": SymbolOptions(
            trees=options.trees,
            classes=options.classes,
            pieces=options.pieces,
            min_word_count=options.min_word_count,
            vocabulary_size=options.vocabulary_size,
            vocabulary=options.vocabulary,
            closed=bool(options.closed),
            text_end=options.text_end,
            topics=options.topics,
            voice=options.voice,
            layout=options.layout,
        ),
        "kernel": _kernel_options(options),
    }


def _kernel_options(options: argparse.Namespace) -> KernelOptions | None:
    if options.predictor == "kernel":
        return KernelOptions(reach=options.reach, distances=options.distances, class_distances=options.class_distances)
    if options.reach is not None or options.distances is not None or options.class_distances is not None:
        raise ArgumentError("--reach and --distances are for a kernel: add --predictor kernel")
    return None


# ---- commands


def _train(options: argparse.Namespace) -> None:
    texts = [text_source(text, binary=options.tokenizer == "bytes") for text in options.texts]
    _make(
        options, texts, lambda output, sources: train(texts, output=output, sources=sources, **_train_options(options))
    )


def _build(options: argparse.Namespace) -> None:
    _make(
        options,
        [Path(options.store)],
        lambda output, sources: build(options.store, output=output, sources=sources, **_train_options(options)),
    )


def _adapt(options: argparse.Namespace) -> None:
    for option in WORD_OPTIONS:
        if getattr(options, option[2:].replace("-", "_")) is not None:
            raise ArgumentError(f"a layer has the vocabulary of its model; leave {option} out")
    check_output(options.output, [*map(Path, options.texts), Path(options.model)])
    clock = _Clock()
    with load_model(options) as model:
        texts = [text_source(text, binary=takes_bytes(model)) for text in options.texts]
        layer = adapt(model, texts, output=options.output, **_layer_options(options))
    info = layer.info
    result = {
        "layer": options.output,
        "bytes": info.training["bytes"],
        "text_symbols": info.training["symbols"],
        "contexts": info.contexts,
        "layer_bytes": info.bytes,
        **clock.usage(),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"adapted to {_what_was_read(info)} in {result['seconds']:.1f} s")
    print(f"wrote {named(options.output)}: {nbytes(info.bytes)}, {info.contexts:,} contexts")


def _make(options: argparse.Namespace, inputs: list[Any], make: Callable[[str, bool], Model]) -> None:
    """Makes a model, writes it, and says what it is."""
    check_output(options.output, inputs)
    if options.sources and is_device(options.output):
        raise ArgumentError("--sources writes a file beside the model: give the name of a file to -o")
    if options.sources:
        check_output(options.output + SUFFIX, inputs)
    clock = _Clock()
    info = make(options.output, options.sources).info
    result = {
        "model": options.output,
        "tokenizer": info.tokenizer,
        "bytes": info.training["bytes"],
        "text_symbols": info.training["symbols"],
        "vocabulary": info.symbols,
        "contexts": info.contexts,
        "model_bytes": info.bytes,
        **clock.usage(),
    }
    if options.sources:
        result |= {"sources": options.output + SUFFIX, "sources_bytes": info.sources_bytes}
    if options.json:
        print(json.dumps(result))
        return
    print(f"trained on {_what_was_read(info)} in {result['seconds']:.1f} s")
    print(
        f"wrote {named(options.output)}: {nbytes(info.bytes)}, {info.contexts:,} contexts, vocabulary of "
        f"{info.symbols:,} {unit_of(info)}"
    )
    if info.training.get("words_left_out"):
        print(_what_was_left_out(options, info.training))
    if options.sources:
        print(f"wrote {result['sources']}: {nbytes(info.sources_bytes)}; whoever has it can read the text")


def _what_was_read(info: ModelInfo) -> str:
    return f"{nbytes(info.training['bytes'])} of text ({info.training['symbols']:,} {unit_of(info)})"


def _what_was_left_out(options: argparse.Namespace, training: dict[str, Any]) -> str:
    others = f"{training['words_left_out']:,} other words of the text became <unk>"
    others += ", and are spelled" if training["words_that_spell"] else ""
    if options.vocabulary or options.vocabulary_size or options.min_word_count:
        return others
    return f"{others}: they came once; --min-word-count 1 keeps them"


class _Clock:
    """What was used since it was made."""

    def __init__(self) -> None:
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    def usage(self) -> dict[str, Any]:
        """For JSON: seconds by the clock and of processors, and the most memory of the process so far."""
        return {
            "seconds": time.perf_counter() - self._began,
            "cpu_seconds": time.process_time() - self._cpu_began,
            "peak_rss_bytes": peak_rss_bytes(),
        }
