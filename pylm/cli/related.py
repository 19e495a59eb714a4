# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm related`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from .._model import load
from ..related import MEASURES, Related
from .common import Commands, as_str, quoted, text_argument


def add_related(commands: Commands) -> None:
    parser = commands.add("related", _related, "list the terms that stand near a term, or behind a context")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("term", metavar="TERM", help="a word, or several for a context; - is standard input")
    parser.add_argument("-k", type=int, metavar="K", default=10, help="how many")
    parser.add_argument(
        "--window",
        type=int,
        metavar="N",
        help="largest distance from the term, 1 to 4; both 1 and as far as the model counts unless given",
    )
    parser.add_argument(
        "--measure",
        choices=MEASURES,
        default="strength",
        help="strength: n_AB / sqrt(n_A n_B); pmi: log2 of n_AB by what it would be by chance",
    )
    parser.add_argument("--min-count", type=int, metavar="N", default=3, help="leave out terms with a smaller n_AB")


def _related(options: argparse.Namespace) -> None:
    term = text_argument(options.term)
    settings = {"measure": options.measure, "min_count": options.min_count}
    with load(options.model) as model:
        lists = {}
        if options.window is None:
            lists["adjacent"] = model.related(term, options.k, window=1, **settings)
        near = model.related(term, options.k, window=options.window, **settings)
        if near != lists.get("adjacent"):
            lists["near"] = near
    if options.json:
        found = {name: [asdict(other) for other in others] for name, others in lists.items()}
        print(json.dumps({"term": as_str(term), "measure": options.measure, **found}))
        return
    for i, (name, others) in enumerate(lists.items()):
        print(("\n" if i else "") + _table(name, others, options))


def _table(name: str, others: list[Related], options: argparse.Namespace) -> str:
    if not others:
        return f"{name}: nothing that came {options.min_count} times or more"
    title = f"{name} ({others[0].occurrences_of_other:,} occurrences)"
    lines = [title, f"{options.measure:>9}{'n_AB':>9}{'before':>9}{'behind':>9}{'n_B':>11}"]
    lines += [
        f"{o.score:>9.3f}{o.count:>9,}{o.before:>9,}{o.after:>9,}{o.occurrences:>11,}  {quoted(o.term)}" for o in others
    ]
    return "\n".join(lines)
