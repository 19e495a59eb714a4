# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm filter`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .._core.files import replacing
from .._model import load
from ..errors import ArgumentError
from ..selecting.selector import Selected, Selector, select
from .common import Commands, add_threads, as_str, check_output


def add_filter(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("filter", _filter, "keep those of many texts that are like some texts")
    parser.add_argument("pool", metavar="POOL", nargs="+", help="files or folders to choose from")
    parser.add_argument(
        "--like", metavar="TEXT", action="append", default=[], help="a text that they are to be like; may come again"
    )
    parser.add_argument(
        "--general", metavar="MODEL", help="instead of --like: a model of texts of all kinds, with one of the next two"
    )
    parser.add_argument(
        "--layer",
        metavar="LAYER",
        action="append",
        default=[],
        help="a layer on it, from `pylm adapt`, of texts that are wanted; given again: on that one",
    )
    parser.add_argument(
        "--in-domain", metavar="MODEL", help="a model of texts that are wanted, with the vocabulary of --general"
    )
    parser.add_argument("--keep", metavar="N", help="how many to keep, or a share such as 10%%")
    parser.add_argument(
        "--below", type=float, metavar="X", help="keep those with a lower difference, in bits a byte, such as 0 or -0.2"
    )
    parser.add_argument(
        "--scores",
        action="store_true",
        help="write the difference and a tab before each; without --keep and --below, all",
    )
    parser.add_argument(
        "--documents",
        choices=("lines", "paragraphs"),
        default="lines",
        help="what is kept or not: lines, or paragraphs between blank lines",
    )
    add_threads(parser)
    parser.add_argument(
        "-o", "--output", dest="to", metavar="FILE", help="where to write them; standard output unless given"
    )


def _filter(options: argparse.Namespace) -> None:
    if options.keep is None and options.below is None and not options.scores:
        raise ArgumentError(
            "say what is kept: --keep N, --keep 10% or --below X; or --scores for all with their scores"
        )
    paths = [Path(name) for name in options.pool]
    if options.to is not None:
        check_output(options.to, [*paths, *map(Path, options.like)])
    found = select(
        paths,
        _selector(options) or [Path(name) for name in options.like],
        keep=None if options.keep is None else _keep(options.keep),
        below=options.below,
        documents=options.documents,
        threads=options.threads,
    )
    if options.to is None:
        _write(found, sys.stdout.buffer, options)
        return
    with replacing(options.to) as file:
        _write(found, file, options)


def _selector(options: argparse.Namespace) -> Selector | None:
    """Of models that are there; None: one is trained."""
    given = bool(options.layer) + (options.in_domain is not None)
    if options.like:
        if given or options.general is not None:
            raise ArgumentError("--like trains its models: leave --general, --layer and --in-domain out, or --like")
        return None
    if options.general is None or given != 1:
        raise ArgumentError("say what the texts are to be like: --like TEXT; or --general MODEL with --layer LAYER")
    in_domain = load(options.general, layers=options.layer) if options.layer else load(options.in_domain)
    return Selector(in_domain, load(options.general))


def _keep(text: str) -> float:
    try:
        keep = float(text[:-1]) / 100 if text.endswith("%") else int(text)
    except ValueError:
        keep = 0
    if keep <= 0 or (isinstance(keep, float) and keep >= 1):
        raise ArgumentError(f"--keep must be a number of texts, from 1, or a share such as 10%, not {text!r}")
    return keep


def _write(found: Any, file: Any, options: argparse.Namespace) -> None:
    gap = b"\n\n" if options.documents == "paragraphs" and not options.json else b"\n"
    for selected in found:
        file.write(_line(selected, options) + gap)


def _line(selected: Selected, options: argparse.Namespace) -> bytes:
    if options.json:
        whole = {"text": as_str(selected.text), "score": selected.score, "number": selected.number}
        return json.dumps(whole).encode()
    return b"%.4f\t%s" % (selected.score, selected.text) if options.scores else selected.text
