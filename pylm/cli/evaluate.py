# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm eval`."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from typing import Any

from .._model import Model
from ..kernel.coverage import Coverage
from .common import (
    Commands,
    add_learn,
    add_model,
    add_tau,
    add_threads,
    load_model,
    nbytes,
    takes_bytes,
    text_source,
    unit_of,
)


def add_eval(commands: Commands) -> None:
    parser = commands.add("eval", _eval, "say how well a model predicts a text")
    add_model(parser)
    parser.add_argument("text", metavar="TEXT", help="text file; - is standard input")
    parser.add_argument(
        "--no-eos", action="store_true", help="the text may go on: a last line without line end gets none"
    )
    add_learn(parser, "learn from every symbol of the text after it has been scored")
    add_threads(parser)
    add_tau(parser)
    parser.add_argument(
        "--radius",
        type=float,
        metavar="R",
        help="of a kernel: also say how often it is right where the training text comes as near as this; 0: where it "
        "has the same context",
    )
    parser.add_argument(
        "--min-positions", type=int, metavar="N", help="likewise, where at least so many positions of it are nearest"
    )


def _eval(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        text = text_source(options.text, binary=takes_bytes(model))
        settings = {"learn": options.learn, "memory": options.memory, "threads": options.threads}
        result = model.evaluate(text, add_eos=not options.no_eos, **settings)
        began = time.perf_counter()
        answers = _coverage(model, text, options)
        if answers:  # from a second pass
            result = replace(result, seconds=result.seconds + time.perf_counter() - began)
        unit = unit_of(model.info)
    if options.json:
        derived = ("perplexity", "perplexity_without_unknown", "bits_per_byte", "symbols_per_second")
        found: dict[str, Any] = {**vars(result), **{name: getattr(result, name) for name in derived}}
        if result.unknown == result.symbols:
            found["perplexity_without_unknown"] = None
        said = {name: getattr(answers, name) for name in ("answered", "coverage", "accuracy")} if answers else {}
        print(json.dumps({**found, **said}))
        return
    print(f"{result.symbols:,} {unit} ({nbytes(result.bytes)}) in {result.seconds:.2f} s")
    if result.unknown:
        print(f"unknown words     {result.unknown:,}, {result.unknown / result.symbols:.1%}")
    print(f"perplexity        {result.perplexity:.2f}")
    if result.unknown:
        print(f"without unknown   {result.perplexity_without_unknown:.2f}")
    spelling = result.spelling_bits / result.bytes
    print(f"bits per byte     {result.bits_per_byte:.4f}" + (f", spelling {spelling:.4f}" if spelling else ""))
    print(f"speed             {result.symbols_per_second:,.0f} {unit} a second")
    if answers:
        print(f"answered          {answers.coverage:.1%}, of which right {answers.accuracy:.1%}")


def _coverage(model: Model, text: Any, options: argparse.Namespace) -> Coverage | None:
    settings = {
        name: getattr(options, name) for name in ("radius", "min_positions") if getattr(options, name) is not None
    }
    return model.coverage(text, **settings) if settings else None
