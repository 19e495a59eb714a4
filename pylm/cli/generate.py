# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The commands `pylm next` and `pylm generate`."""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from typing import Any

from .._core.arguments import DEFAULT_MEMORY
from .._core.contents import text_of_file
from .._model import Model, load
from ..decoding.constraints import Constraint, OneOf, Prefix, Regex, Schema
from ..decoding.options import TEMPERATURE, TOP_K, TOP_P
from ..errors import ArgumentError
from .common import Commands, add_model, add_tau, as_str, load_model, quoted, text_argument

# ---- arguments


def add_next(commands: Commands) -> None:
    parser = commands.add("next", _next, "list the most probable next symbols")
    add_model(parser)
    parser.add_argument(
        "context",
        metavar="CONTEXT",
        help="the text before them, which may end anywhere; - is standard input, without its last line end",
    )
    parser.add_argument("-k", type=int, metavar="K", default=5, help="how many")
    add_tau(parser)
    parser.add_argument(
        "--radius",
        type=float,
        metavar="R",
        help="of a kernel: none, unless the training text comes as near as this; 0: has the same context",
    )
    _add_constraints(parser)
    _add_contrast(parser)


def add_generate(commands: Commands) -> None:
    parser = commands.add("generate", _generate, "continue a text")
    add_model(parser)
    parser.add_argument(
        "--prompt",
        metavar="TEXT",
        default="",
        help="the text to continue, which may end anywhere; - is standard input, without its last line end",
    )
    parser.add_argument("--max-new-tokens", type=int, metavar="N", default=100, help="symbols to generate at most")
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        default=TEMPERATURE,
        help="1: as the model says; 0: always the most probable symbol",
    )
    parser.add_argument("--top-k", type=int, metavar="K", default=TOP_K, help="among the k most probable; 0: all")
    parser.add_argument(
        "--top-p", type=float, metavar="P", default=TOP_P, help="among those that together reach p; 1: all"
    )
    parser.add_argument("--min-p", type=float, metavar="P", default=0.0, help="with at least this share of the best")
    parser.add_argument(
        "--repetition-penalty",
        type=float,
        metavar="X",
        default=1.0,
        help="multiplies the cost of symbols seen lately; 1: none",
    )
    parser.add_argument("--repetition-window", type=int, metavar="N", default=64, help="how many count as seen lately")
    parser.add_argument(
        "--stop",
        metavar="TEXT",
        action="append",
        help="end before this text, or in a word model this symbol, such as </s>; may be given again",
    )
    parser.add_argument(
        "--unknown",
        action="store_true",
        help="let unknown words come as often as the model says, with letters at random if it spells, else <unk>",
    )
    parser.add_argument(
        "--ignore-eos",
        action="store_true",
        help="where a text ends, begin another one in a new line; a model of one running text knows no end",
    )
    parser.add_argument(
        "--learn",
        metavar="FROM",
        nargs="?",
        const="all",
        choices=["all", "prompt"],
        help="learn from the prompt and then from every second symbol written; `--learn prompt`: from the prompt only",
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        default=DEFAULT_MEMORY,
        help="with --learn: bytes to learn in, such as 16K; about 1M unless given",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same text")
    add_tau(parser)
    _add_constraints(parser)
    _add_contrast(parser)
    best = parser.add_argument_group("the most probable texts, instead of one by chance")
    best.add_argument("--best", type=int, metavar="N", help="list the n best, each with log(probability)")
    best.add_argument(
        "--beam", type=int, metavar="N", help="beginnings kept at each step; 2 n, 8 at least, unless given"
    )
    best.add_argument(
        "--diverse",
        action=argparse.BooleanOptionalAction,
        help="no two begin with the same symbol; so it is unless given, but not within a constraint",
    )


def _add_constraints(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the text may be", "One of these; it limits what comes behind the prompt.")
    one = group.add_mutually_exclusive_group()
    one.add_argument("--regex", metavar="PATTERN", help="what this regular expression matches as a whole")
    one.add_argument("--one-of", metavar="TEXT", nargs="+", help="one of these texts")
    one.add_argument("--one-line-of", metavar="FILE", help="one of the lines of a file")
    one.add_argument("--prefix", metavar="TEXT", help="what begins so")
    one.add_argument("--schema", metavar="FILE", help="JSON that this JSON Schema allows")


def _add_contrast(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what this model prefers more than another one does")
    group.add_argument("--contrast", metavar="MODEL", help="the other one, of the same vocabulary")
    group.add_argument(
        "--contrast-weight",
        type=float,
        metavar="W",
        default=1.0,
        help="what counts is log p - W log q, q being the other's probability",
    )
    group.add_argument(
        "--contrast-alpha",
        type=float,
        metavar="A",
        default=0.1,
        help="among symbols with at least this share of the best one's p",
    )


def _constraint(options: argparse.Namespace) -> Constraint | None:
    if options.regex is not None:
        return Regex(options.regex)
    if options.one_of is not None:
        return OneOf(options.one_of)
    if options.one_line_of is not None:
        lines = bytes(text_of_file(options.one_line_of)).splitlines()
        return OneOf(line for line in lines if line)
    if options.prefix is not None:
        return Prefix(options.prefix)
    if options.schema is not None:
        return Schema(bytes(text_of_file(options.schema)))
    return None


def _open(files: ExitStack, options: argparse.Namespace) -> tuple[Model, dict[str, Any]]:
    """The model, and the settings about another one."""
    model, settings = files.enter_context(load_model(options)), {}
    if options.contrast is not None:
        settings = {
            "contrast": files.enter_context(load(options.contrast)),
            "contrast_weight": options.contrast_weight,
            "contrast_alpha": options.contrast_alpha,
        }
    return model, settings


# ---- commands


def _next(options: argparse.Namespace) -> None:
    context, constraint = text_argument(options.context), _constraint(options)
    with ExitStack() as files:
        model, contrast = _open(files, options)
        if contrast and constraint:
            raise ArgumentError("--contrast lists what may come next by itself; leave the constraint out")
        unknown = options.radius is not None and model.nearest(context, 0).distance > options.radius
        if unknown:
            best: Any = []
        elif contrast:
            best = model.contrast(context, k=options.k, **contrast)
        else:
            best = model.next(context, options.k, constraint=constraint)
    if options.json:
        print(json.dumps({"context": as_str(context), "next": [prediction._asdict() for prediction in best]}))
        return
    if unknown:
        print("unknown: the training text comes nowhere as near as that")
    for prediction in best:
        other = f"  {prediction.other:8.2%}" if contrast else ""
        print(f"{prediction.probability:8.2%}{other}  {quoted(prediction.text)}")


def _generate(options: argparse.Namespace) -> None:
    prompt = text_argument(options.prompt)
    with ExitStack() as files:
        model, contrast = _open(files, options)
        if options.best is not None:
            if contrast:
                raise ArgumentError("--best lists what is most probable by itself; leave out --contrast")
            _best(options, model, prompt)
            return
        if options.diverse is not None:
            raise ArgumentError("--diverse is about several texts: give --best N, too")
        pieces = model.stream(
            prompt,
            options.max_new_tokens,
            temperature=options.temperature,
            top_k=options.top_k,
            top_p=options.top_p,
            min_p=options.min_p,
            repetition_penalty=options.repetition_penalty,
            repetition_window=options.repetition_window,
            seed=options.seed,
            ignore_eos=options.ignore_eos,
            **contrast,
            **_common(options),
        )
        if options.json:
            print(json.dumps({"prompt": as_str(prompt), "text": "".join(pieces)}))
            return
        print(as_str(prompt), end="", flush=True)
        for piece in pieces:
            print(piece, end="", flush=True)
        print()


def _common(options: argparse.Namespace) -> dict[str, Any]:
    """What `stream()` and `beam_search()` both take."""
    return {
        "stop": options.stop,
        "learn": True if options.learn == "all" else "prompt" if options.learn else False,
        "memory": options.memory,
        "unknown": options.unknown,
        "constraint": _constraint(options),
    }


def _best(options: argparse.Namespace, model: Model, prompt: str | bytes) -> None:
    found = model.beam_search(
        prompt, options.max_new_tokens, n=options.best, beam=options.beam, diverse=options.diverse, **_common(options)
    )
    if options.json:
        print(json.dumps({"prompt": as_str(prompt), "best": [continuation._asdict() for continuation in found]}))
        return
    for continuation in found:
        print(f"{continuation.logprob:9.3f}  {quoted(continuation.text)}")
