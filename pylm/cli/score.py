# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm score`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from select import select
from typing import Any

from .._core.ahead import ahead
from .._core.prediction import NATS_PER_COST
from .._model import Model
from .common import STDIN, Commands, add_model, add_tau, add_threads, as_str, load_model, quoted

BATCH = 1 << 20  # bytes of lines that are scored at once
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
    add_threads(parser)


def _score(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        score = _words if options.each_word else _whole

        def said(texts: Sequence[str | bytes]) -> str:
            return "".join(f"{line}\n" for line in score(model, texts, options))

        for _, lines in ahead(_batches(options.texts), said):
            sys.stdout.write(lines)
            sys.stdout.flush()


def _batches(arguments: list[str]) -> Iterator[Sequence[str | bytes]]:
    for argument in arguments or [STDIN]:
        if argument == STDIN:
            yield from _lines(sys.stdin.buffer)
        else:
            yield [argument]


def _lines(file: Any) -> Iterator[list[bytes]]:
    """The lines that are there. Where no more are waiting, an empty batch comes next, for which the one before is
    said."""
    begun: list[bytes] = []  # parts of a line
    while data := file.read1(BATCH):
        lines = data.split(b"\n")
        begun.append(lines[0])
        if len(lines) > 1:
            lines[0], begun = b"".join(begun), [lines.pop()]
            yield [line.removesuffix(b"\r") for line in lines]
        if not _is_waiting(file):
            yield []
    if rest := b"".join(begun):
        yield [rest]


def _is_waiting(file: Any) -> bool:
    """Whether a file can be read at once. False where the system cannot say."""
    try:
        return bool(select([file], [], [], 0)[0])
    except (OSError, ValueError, TypeError):
        return False


def _whole(model: Model, texts: Sequence[str | bytes], options: argparse.Namespace) -> Iterator[str]:
    base, spells = NATS_PER_COST / BASES[options.base], model._image.spelling is not None
    scores = model._text_scores(texts, options.context, not options.no_eos, options.threads, False)
    for text, score in zip(texts, scores, strict=True):
        letters = -score.letters_q16 * base
        logprob = -score.cost_q16 * base + letters
        if options.json:
            found = {"logprob": logprob, "symbols": score.n_symbols, "unknown": score.n_unknown, "spelling": letters}
            yield json.dumps({"text": as_str(text), **found})
        else:
            line = f"{logprob:.6f}\t{score.n_symbols}\t{score.n_unknown}"
            yield f"{line}\t{letters:.6f}" if spells else line


def _words(model: Model, texts: Sequence[str | bytes], options: argparse.Namespace) -> Iterator[str]:
    return (_words_of(model, text, options) for text in texts)


def _words_of(model: Model, text: str | bytes, options: argparse.Namespace) -> str:
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
