# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm vocab`."""

from __future__ import annotations

import argparse
import json

from .common import Commands, add_model, load_model, quoted


def add_vocab(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("vocab", _vocab, "list the vocabulary of a model: a symbol a line, in the order of ids")
    add_model(parser)
    parser.add_argument(
        "--counts",
        action="store_true",
        help="the most frequent first, each with a tab and how often it came in training",
    )


def _vocab(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        texts, order = model.vocabulary(), list(range(model.n_symbols))
        counts = model.counts().tolist() if options.counts else []
        ends = model.info.ends
    if options.counts:
        order.sort(key=lambda i: (-counts[i], i))
    if options.json:
        symbols = [{"id": i, "text": texts[i], **({"count": counts[i]} if options.counts else {})} for i in order]
        print(json.dumps({"symbols": symbols}))
        return
    for i in order:
        if i != ends or texts[i] != "\0":
            print(f"{quoted(texts[i])}\t{counts[i]}" if options.counts else quoted(texts[i]))
        elif not options.counts:  # the end of a text is no word, but has a line, so that each line is an id
            print()
