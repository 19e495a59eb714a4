# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm export`."""

from __future__ import annotations

import argparse
import json

from ..arpa import export_arpa
from .common import Commands, add_model, check_output, load_model, named


def add_export(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("export", _export, "write a model of words as n-grams, for other tools")
    add_model(parser)
    parser.add_argument(
        "--arpa", metavar="FILE", required=True, help="the file to write, in the ARPA format; - is standard output"
    )
    parser.add_argument("--order", type=int, default=5, metavar="N", help="words of the longest n-grams, 1 to 8")
    parser.add_argument(
        "--contexts",
        type=int,
        metavar="M",
        help="at most so many contexts of each length, the most frequent; all that the model has unless given",
    )


def _export(options: argparse.Namespace) -> None:
    check_output(options.arpa, [])
    with load_model(options) as model:
        counts = export_arpa(model, options.arpa, order=options.order, contexts=options.contexts)
    if options.json:
        print(json.dumps({"ngrams": counts}))
        return
    listed = ", ".join(f"{n:,} of {length}" for length, n in enumerate(counts, 1))
    print(f"wrote {named(options.arpa)}: n-grams by words: {listed}")
