# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The commands `pylm restore`, `pylm correct` and `pylm rescore`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import groupby

from .._core.documents import document
from ..errors import ArgumentError
from ..rescoring import Hypothesis, Weights, fit_weights, rescore
from ..restoring import BEAM, correct, restore
from .common import STDIN, Commands, add_model, as_str, load_model, text_source


def add_restore(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("restore", _restore, "give a text back its accents, capitals, spaces or punctuation")
    _add_text(parser)
    parser.add_argument(
        "--undo",
        required=True,
        metavar="CHANGE",
        help="what was lost: accents, case, punctuation, several with commas between them; or spaces",
    )


def add_correct(commands: Commands) -> None:
    """Adds the command."""
    _add_text(commands.add("correct", _correct, "correct the typing errors of a text"))


def add_rescore(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("rescore", _rescore, "choose among the hypotheses of a recogniser")
    _add_file(parser, "a line for each hypothesis: utterance, score, text, with tabs between them")
    parser.add_argument("--weight", type=float, default=1.0, metavar="X", help="of the model, beside the scores")
    parser.add_argument("--bonus", type=float, default=0.0, metavar="X", help="for each word")
    parser.add_argument(
        "--hotword", action="append", default=[], metavar="WORD=BOOST", help="a word that is expected; may come again"
    )
    parser.add_argument(
        "--fit",
        metavar="FILE",
        help="say which weight and bonus are best for these references instead: a line each, utterance, tab, text",
    )


def _add_file(parser: argparse.ArgumentParser, text: str) -> None:
    add_model(parser)
    parser.add_argument("text", nargs="?", default=STDIN, metavar="FILE", help=f"{text}; standard input unless given")


def _add_text(parser: argparse.ArgumentParser) -> None:
    _add_file(parser, "the text")
    parser.add_argument("--beam", type=int, default=BEAM, metavar="N", help="hypotheses kept at every word")


def _text_of(name: str) -> str:
    return as_str(document(text_source(name)))


def _print(found: str, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps({"text": found}))
    else:
        sys.stdout.write(found)


def _restore(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        _print(restore(model, _text_of(options.text), options.undo, beam=options.beam), options)


def _correct(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        _print(correct(model, _text_of(options.text), beam=options.beam), options)


def _rescore(options: argparse.Namespace) -> None:
    weights = Weights(options.weight, options.bonus, dict(map(_hotword, options.hotword)))
    lists = dict(_lists(_text_of(options.text)))
    with load_model(options) as model:
        if options.fit is not None:
            references = dict(_fields(line, 2) for line in _text_of(options.fit).splitlines() if line)
            missing = [name for name in lists if name not in references]
            if missing:
                raise ArgumentError(f"{options.fit}: there is no reference for {missing[0]}")
            fitted, errors = fit_weights(model, lists.values(), [references[name] for name in lists])
            found = {"weight": fitted.weight, "bonus": fitted.bonus, "word_error_rate": errors}
            text = f"--weight {fitted.weight:g} --bonus {fitted.bonus:g}    # word error rate {errors:.2%}"
            print(json.dumps(found) if options.json else text)
            return
        for name, best in zip(lists, rescore(model, lists.values(), weights), strict=True):
            chosen = best[0]
            line = {"utterance": name, "text": chosen.text, "total": chosen.total}
            print(json.dumps(line) if options.json else f"{name}\t{chosen.text}")


def _lists(text: str) -> Iterator[tuple[str, list[Hypothesis]]]:
    lines = [_fields(line, 3) for line in text.splitlines() if line]
    for name, group in groupby(lines, lambda fields: fields[0]):
        yield name, [Hypothesis(fields[2], _number(fields[1])) for fields in group]


def _fields(line: str, n: int) -> list[str]:
    fields = line.split("\t", n - 1)
    if len(fields) != n:
        raise ArgumentError(f"{line[:60]!r} should have {n} fields with tabs between them")
    return fields


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(f"{text!r} should be a score, a number") from None


def _hotword(text: str) -> tuple[str, float]:
    word, sign, boost = text.rpartition("=")
    if not sign or not word:
        raise ArgumentError(f"--hotword {text!r} should be a word and its boost, such as zorkmid=3")
    return word, _number(boost)
