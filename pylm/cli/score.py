# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm score`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

from .._core.prediction import NATS_PER_COST
from .._model import Model
from .common import STDIN, Commands, add_model, add_tau, as_str, load_model, quoted, without_line_end

BASES = {"e": 1.0, "2": math.log(2), "10": math.log(10)}


def add_score(commands: Commands) -> None:
    parser = commands.add(
        "score",
        _score,
        "say how probable texts are, a line each: the natural logarithm of the probability, how many symbols, how many "
        "of them are unknown words, and, if the model spells these, what of the logarithm their letters are; with tabs "
        "between",
    )
    add_model(parser)
    parser.add_argument(
        "texts",
        metavar="TEXT",
        nargs="*",
        help="the texts; without any, and for -, every line of standard input is one, and answered at once",
    )
    parser.add_argument("--context", metavar="TEXT", default="", help="what stands before each of them")
    parser.add_argument(
        "--no-eos",
        action="store_true",
        help="a text may go on: no line end is scored behind it. For alternatives within a line; of words only",
    )
    parser.add_argument("--base", choices=BASES, default="e", help="of the logarithm, instead of the natural one")
    parser.add_argument(
        "--each-word",
        action="store_true",
        help="a line for each word, and an empty one behind each text: the word, its logarithm, how many symbols right "
        "before it are the longest context in which training saw it, and, if it is unknown, <unk> and how much of the "
        "logarithm is of its letters; of bytes and pieces, for each symbol",
    )
    add_tau(parser)


def _score(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        for text in _texts(options.texts):
            score = _words if options.each_word else _whole
            print(score(model, text, options), flush=True)


def _texts(arguments: list[str]) -> Iterator[str | bytes]:
    for argument in arguments or [STDIN]:
        if argument == STDIN:
            yield from map(without_line_end, sys.stdin.buffer)
        else:
            yield argument


def _whole(model: Model, text: str | bytes, options: argparse.Namespace) -> str:
    image = model._image
    symbols = image.symbols(text, not options.no_eos)
    letters = -image.spelled(text, symbols).cost * NATS_PER_COST / BASES[options.base]
    logprob = model.score(symbols, context=options.context) / BASES[options.base] + letters
    unknown = symbols.count(image.unknown) if image.has_unknown else 0
    if options.json:
        found = {"logprob": logprob, "symbols": len(symbols), "unknown": unknown, "spelling": letters}
        return json.dumps({"text": as_str(text), **found})
    return f"{logprob:.6f}\t{len(symbols)}\t{unknown}" + (f"\t{letters:.6f}" if image.spelling else "")


def _words(model: Model, text: str | bytes, options: argparse.Namespace) -> str:
    scores = model.word_scores(text, context=options.context, add_eos=not options.no_eos)
    base = BASES[options.base]
    words: list[dict[str, Any]] = [
        {**word._asdict(), "logprob": word.logprob / base, "spelling": word.spelling / base} for word in scores
    ]
    if options.json:
        whole = {
            "logprob": sum(word["logprob"] for word in words),
            "symbols": len(words),
            "unknown": sum(word["unknown"] for word in words),
            "spelling": sum(word["spelling"] for word in words),
        }
        return json.dumps({"text": as_str(text), **whole, "words": words})
    lines = [
        f"{quoted(word['text'])}\t{word['logprob']:.6f}\t{'-' if word['matched'] is None else word['matched']}"
        + ("\t<unk>" if word["unknown"] else "")
        + (f"\t{word['spelling']:.6f}" if word["unknown"] and model._image.spelling else "")
        for word in words
    ]
    return "".join(f"{line}\n" for line in lines)
