# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command line: `pylm` or `python -m pylm`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import __version__
from ._text import as_bytes, map_file
from ._tokenizer import is_external
from .errors import ArgumentError, PylmError
from .model import Model, ModelInfo, load
from .state import DEFAULT_MEMORY
from .train import NUMBERS, train

STDIN = "-"
INTERRUPTED = 130  # what shells use for a program ended by Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns the exit status: 0; 1 for an error, which is explained on standard error; 2
    for a wrong command line; 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("pylm: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `pylm ... | head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"pylm: error: {_explain(error)}", file=sys.stderr)
        return 1
    except (PylmError, MemoryError) as error:
        print(f"pylm: error: {error or 'out of memory'}", file=sys.stderr)
        return 1
    return 0


def _explain(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


# ---- arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pylm", description="A language model made of counts: train, score, predict, generate.",
        epilog="Begin with: pylm demo",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"pylm {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_train(commands)
    _add_eval(commands)
    _add_next(commands)
    _add_generate(commands)
    info = _add(commands, "info", _info, "say what a model is, after checking every byte of it")
    info.add_argument("model", metavar="MODEL")
    _add(commands, "demo", _demo, "train on Python's own manual and show what comes out; takes seconds")
    return parser


def _add(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    if name != "demo":
        parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def _add_train(commands: Any) -> None:
    parser = _add(commands, "train", _train, "train a model on text files")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="text files, each a document; - is standard input")
    parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="model file to write")
    parser.add_argument(
        "--tokenizer", type=_tokenizer, metavar="NAME|FILE", default="auto",
        help="what is predicted: bytes (any file), words between white space, or pieces of words (any file); "
        "auto: pieces from 3 MB of text on, else bytes; or a file, the tokenizer.json of a vocabulary to share",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use; does not change the model")
    parser.add_argument(
        "--min-count", type=int, metavar="N", default=2,
        help="leave out contexts seen less often; 1 keeps all: larger and slightly better",
    )  # fmt: skip
    parser.add_argument("--max-order", type=int, metavar="N", help="longest context in symbols, 0 to 12")
    parser.add_argument(
        "--trees", type=int, metavar="N", default=1,
        help="all but bytes: average so many models, 1 to 8: better, slower, larger",
    )  # fmt: skip
    parser.add_argument("--classes", type=int, metavar="N", help="all but bytes: classes of symbols, 2 to 1024")
    parser.add_argument("--pieces", type=int, metavar="N", help="pieces: size of the vocabulary, 256 to 2^20")
    parser.add_argument(
        "--size", metavar="N", help="the best model of at most so many bytes: 64K, 3M, 1.5MB or a plain number"
    )


def _tokenizer(name: str) -> str:
    if name not in NUMBERS and not is_external(name):
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NUMBERS)}, nor a file")
    return name


def _add_eval(commands: Any) -> None:
    parser = _add(commands, "eval", _eval, "say how well a model predicts a text")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("text", metavar="TEXT", help="text file; - is standard input")
    parser.add_argument(
        "--adapt", action="store_true", help="learn from every symbol of the text after it has been scored"
    )
    parser.add_argument(
        "--memory", metavar="SIZE", default=DEFAULT_MEMORY,
        help="with --adapt: bytes to learn in, such as 16K; about 1M unless given",
    )  # fmt: skip


def _add_next(commands: Any) -> None:
    parser = _add(commands, "next", _next, "list the most probable next symbols")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("context", metavar="CONTEXT", help="the text before them; - is standard input")
    parser.add_argument("-k", type=int, metavar="K", default=5, help="how many")


def _add_generate(commands: Any) -> None:
    parser = _add(commands, "generate", _generate, "continue a text")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--prompt", metavar="TEXT", default="", help="the text to continue; - is standard input")
    parser.add_argument("--max-new-tokens", type=int, metavar="N", default=100, help="symbols to generate at most")
    parser.add_argument(
        "--temperature", type=float, metavar="T", default=0.8,
        help="0: always the most probable symbol; 1: as the model says",
    )  # fmt: skip
    parser.add_argument("--top-k", type=int, metavar="K", default=40, help="among the k most probable; 0: all")
    parser.add_argument("--top-p", type=float, metavar="P", default=0.95, help="among those that together reach p")
    parser.add_argument("--min-p", type=float, metavar="P", default=0.0, help="with at least this share of the best")
    parser.add_argument(
        "--repetition-penalty", type=float, metavar="X", default=1.0,
        help="multiplies the cost of symbols seen lately; 1: none",
    )  # fmt: skip
    parser.add_argument("--repetition-window", type=int, metavar="N", default=64, help="how many count as seen lately")
    parser.add_argument("--stop", metavar="TEXT", action="append", help="end before this text; may be given again")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same text")


# ---- commands


def _train(options: argparse.Namespace) -> None:
    texts = [_text_source(text) for text in options.texts]
    _check_output(options.output, texts)
    began, cpu_began = time.perf_counter(), time.process_time()
    model = train(
        texts, tokenizer=options.tokenizer, threads=options.threads, min_count=options.min_count,
        trees=options.trees, classes=options.classes, max_order=options.max_order, pieces=options.pieces,
        size=options.size,
    )  # fmt: skip
    model.save(options.output)
    info = model.info
    result = {
        "model": options.output, "tokenizer": info.tokenizer, "bytes": info.training["bytes"],
        "text_symbols": info.training["symbols"], "vocabulary": info.symbols, "contexts": info.contexts,
        "model_bytes": info.bytes, "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu_began, "peak_rss_bytes": peak_rss_bytes(),
    }  # fmt: skip
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"trained on {nbytes(result['bytes'])} of text ({result['text_symbols']:,} {_unit(info)}) in "
        f"{result['seconds']:.1f} s\n"
        f"wrote {options.output}: {nbytes(info.bytes)}, {info.contexts:,} contexts, vocabulary of "
        f"{info.symbols:,} {_unit(info)}"
    )


def _eval(options: argparse.Namespace) -> None:
    with load(options.model) as model:
        result = model.evaluate(_text_source(options.text), adapt=options.adapt, memory=options.memory)
        unit = _unit(model.info)
    if options.json:
        derived = ("perplexity", "bits_per_byte", "symbols_per_second")
        print(json.dumps({**vars(result), **{name: getattr(result, name) for name in derived}}))
        return
    print(f"{result.symbols:,} {unit} ({nbytes(result.bytes)}) in {result.seconds:.2f} s")
    if result.unknown:
        print(f"unknown words     {result.unknown / result.symbols:.1%}")
    print(f"perplexity        {result.perplexity:.2f}")
    print(f"bits per byte     {result.bits_per_byte:.4f}")
    print(f"speed             {result.symbols_per_second:,.0f} {unit} a second")


def _next(options: argparse.Namespace) -> None:
    context = _text(options.context)
    with load(options.model) as model:
        best = model.next(context, options.k)
    if options.json:
        print(json.dumps({"context": _as_str(context), "next": [prediction._asdict() for prediction in best]}))
        return
    for prediction in best:
        print(f"{prediction.probability:8.2%}  {visible(prediction.text)}")


def _generate(options: argparse.Namespace) -> None:
    prompt = _text(options.prompt)
    with load(options.model) as model:
        pieces = model.stream(
            prompt, options.max_new_tokens, temperature=options.temperature, top_k=options.top_k,
            top_p=options.top_p, min_p=options.min_p, repetition_penalty=options.repetition_penalty,
            repetition_window=options.repetition_window, stop=options.stop, seed=options.seed,
        )  # fmt: skip
        if options.json:
            print(json.dumps({"prompt": _as_str(prompt), "text": "".join(pieces)}))
            return
        print(_as_str(prompt), end="", flush=True)
        for piece in pieces:
            print(piece, end="", flush=True)
        print()


def _info(options: argparse.Namespace) -> None:
    with load(options.model, verify=True) as model:
        info = model.info
    print(json.dumps(info.as_dict()) if options.json else describe(info))


def _demo(options: argparse.Namespace) -> None:
    from .demo import run

    run()


# ---- what commands share


def _text_source(name: str) -> Any:
    return sys.stdin.buffer.read() if name == STDIN else Path(name)


def _text(argument: str) -> str | bytes:
    return sys.stdin.buffer.read() if argument == STDIN else argument


def _as_str(text: str | bytes) -> str:
    return bytes(as_bytes(text)).decode("utf-8", "replace")


def _check_output(output: str, texts: Sequence[Any]) -> None:
    """What would make writing the model fail should be said before the training, not after it."""
    path = Path(output)
    if not path.parent.is_dir():
        raise ArgumentError(f"cannot write {output}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise ArgumentError(f"cannot write {output}: it is a folder; give the name of a file in it")
    if not os.access(path.parent, os.W_OK):
        raise ArgumentError(f"cannot write {output}: no permission to write into the folder {path.parent}")
    for text in texts:
        if isinstance(text, Path) and path.exists() and text.exists() and path.samefile(text):
            raise ArgumentError(f"{output} is one of the texts; give the model another name")


def peak_rss_bytes() -> int | None:
    """The most memory that this process has used so far; None where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def describe(info: ModelInfo) -> str:
    """A model in words, one fact a line."""
    training = info.training
    lines = [
        ("predicts", f"{_unit(info)}, vocabulary of {info.symbols:,}"),
        ("size", f"{nbytes(info.bytes)}, format version {info.format_version}"),
        ("contexts", f"{info.contexts:,} in {info.templates} templates"),
        ("trees", f"{info.trees}, up to {info.depth} decisions a symbol"),
    ]
    if info.tokenizer == "external":
        lines.append(("tokenizer", f"its own file, {nbytes(info.tokenizer_bytes)}"))
    if "bytes" in training:
        lines.append(
            ("trained on", f"{nbytes(training['bytes'])} in {training['documents']:,} documents by {training['trainer']}")
        )
    text = "\n".join(f"{name:<11} {value}" for name, value in lines)
    for i, tree in enumerate(training.get("trees", [])):
        text += f"\n\ncontexts of tree {i + 1}" if info.trees > 1 else "\n\ncontexts by template"
        for name, n in tree["contexts"].items():
            text += f"\n{n:>12,}  {name or '(none)'}"
    return text


def _unit(info: ModelInfo) -> str:
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
