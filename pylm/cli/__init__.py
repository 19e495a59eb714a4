# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command line: `pylm` or `python -m pylm`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from .. import __version__
from .._cli_casestudy import add_casestudy
from .common import add_command, add_model, add_tau, load_model, nbytes, text_source, unit_of
from .prune import add_distill, add_related
from .explain import add_explain, add_report
from .generate import add_generate, add_next
from .keyboard import add_keyboard
from .store import add_store_commands
from .trace import add_trace
from .train import add_adapt, add_build, add_train
from ..errors import PylmError, SourcesError
from ..kernel.settings import Coverage, Kernel
from .._model import Model, ModelInfo
from ..sources.file import SUFFIX
from .._state import DEFAULT_MEMORY

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
    add_train(commands)
    add_adapt(commands)
    _add_eval(commands)
    add_next(commands)
    add_generate(commands)
    add_trace(commands)
    add_keyboard(commands)
    info = add_command(commands, "info", _info, "say what a model is, after checking every byte of it")
    add_model(info)
    add_explain(commands)
    add_related(commands)
    add_report(commands)
    add_casestudy(commands)
    add_store_commands(commands)
    add_build(commands)
    add_distill(commands)
    add_command(commands, "demo", _demo, "train on Python's own manual and show what comes out; takes seconds")
    return parser


def _add_eval(commands: Any) -> None:
    parser = add_command(commands, "eval", _eval, "say how well a model predicts a text")
    add_model(parser)
    parser.add_argument("text", metavar="TEXT", help="text file; - is standard input")
    parser.add_argument(
        "--adapt", action="store_true", help="learn from every symbol of the text after it has been scored"
    )
    parser.add_argument(
        "--memory", metavar="SIZE", default=DEFAULT_MEMORY,
        help="with --adapt: bytes to learn in, such as 16K; about 1M unless given",
    )  # fmt: skip
    add_tau(parser)
    parser.add_argument(
        "--radius", type=float, metavar="R",
        help="of a kernel: also say how often it is right where the training text comes as near as this; 0: where it "
        "has the same context",
    )  # fmt: skip
    parser.add_argument(
        "--least", type=int, metavar="N", help="likewise, where at least so many positions of it are nearest"
    )


# ---- commands


def _eval(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        text = text_source(options.text)
        result = model.evaluate(text, adapt=options.adapt, memory=options.memory)
        answers = _coverage(model, text, options)
        unit = unit_of(model.info)
    if options.json:
        derived = ("perplexity", "bits_per_byte", "symbols_per_second")
        said = {name: getattr(answers, name) for name in ("answered", "coverage", "accuracy")} if answers else {}
        print(json.dumps({**vars(result), **{name: getattr(result, name) for name in derived}, **said}))
        return
    print(f"{result.symbols:,} {unit} ({nbytes(result.bytes)}) in {result.seconds:.2f} s")
    if result.unknown:
        print(f"unknown words     {result.unknown / result.symbols:.1%}")
    print(f"perplexity        {result.perplexity:.2f}")
    print(f"bits per byte     {result.bits_per_byte:.4f}")
    print(f"speed             {result.symbols_per_second:,.0f} {unit} a second")
    if answers:
        print(f"answered          {answers.coverage:.1%}, of which right {answers.accuracy:.1%}")


def _coverage(model: Model, text: Any, options: argparse.Namespace) -> Coverage | None:
    settings = {name: getattr(options, name) for name in ("radius", "least") if getattr(options, name) is not None}
    return model.coverage(text, **settings) if settings else None


def _info(options: argparse.Namespace) -> None:
    with load_model(options, verify=True) as model:
        info = model.info
        problem = _check_sources(model, options.model)
    print(json.dumps(info.as_dict()) if options.json else describe(info) + problem)


def _check_sources(model: Model, path: str) -> str:
    """Checks every byte of the sources file, if there is one. Says if what is in its place is of no use."""
    if model.info.sources_bytes:
        model.verify_sources()
    elif os.path.exists(path + SUFFIX):
        try:
            model.verify_sources()
        except SourcesError as error:
            return f"\n\n{error}"
    return ""


def _demo(options: argparse.Namespace) -> None:
    from .demo import run

    run()


def _distances(kernel: Kernel) -> str:
    text = "distances " + ", ".join(f"{t:.2f}" for t in kernel.distances)
    return text + (", classes " + ", ".join(f"{u:.2f}" for u in kernel.class_distances) if kernel.class_distances else "")


def describe(info: ModelInfo) -> str:
    """A model in words, one fact a line."""
    training = info.training
    lines = [
        ("predicts", f"{unit_of(info)}, vocabulary of {info.symbols:,}"),
        ("size", f"{nbytes(info.bytes)}, format version {info.format_version}"),
        ("contexts", f"{info.contexts:,} in {info.templates} templates"),
        ("trees", f"{info.trees}, up to {info.depth} decisions a symbol"),
    ]
    if info.kernel:
        lines.insert(0, ("predictor", f"kernel, {_distances(info.kernel)}"))
    if info.layers:
        lines.append(("layer", f"number {info.layers} on the model, whose vocabulary and tree it has"))
    if info.tokenizer == "external":
        lines.append(("tokenizer", f"its own file, {nbytes(info.tokenizer_bytes)}"))
    if info.sources_bytes:
        lines.append(("sources", f"a file of their own, {nbytes(info.sources_bytes)}"))
    if "bytes" in training:
        lines.append(
            ("trained on", f"{nbytes(training['bytes'])} in {training['documents']:,} documents by {training['trainer']}")
        )
    before = ""
    if "distilled" in training:
        distilled = training["distilled"]
        lines.append(("distilled", f"for {distilled['keep']:g} % of a log of {distilled['log_symbols']:,} {unit_of(info)}"))
        before = ", before it was distilled"
    text = "\n".join(f"{name:<11} {value}" for name, value in lines)
    for i, tree in enumerate(training.get("trees", [])):
        text += f"\n\ncontexts of tree {i + 1}" if info.trees > 1 else "\n\ncontexts by template"
        text += before
        for name, n in tree["contexts"].items():
            text += f"\n{n:>12,}  {name or '(none)'}"
    return text


