# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm ngrams`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from .._model import load
from ..sources.file import Place
from ..sources.ngrams import SourcedWord, Suffix
from .common import Commands, as_str, quoted, text_argument


def add_ngrams(commands: Commands) -> None:
    parser = commands.add("ngrams", _ngrams, "count words in the training text, and list what follows them there")
    parser.add_argument("model", metavar="MODEL", help="trained with --sources")
    parser.add_argument("context", metavar="TEXT", help="any number of words; - is standard input")
    parser.add_argument("-k", type=int, metavar="K", default=5, help="followers and places to list at most")
    parser.add_argument(
        "--min-count",
        type=int,
        metavar="N",
        help="how often the suffix must stand in the training text; 1 unless given, and 2 with --max-new-words",
    )
    parser.add_argument(
        "--max-new-words",
        type=int,
        metavar="N",
        help="continue the text by so many words, each drawn from behind the longest suffix, and name their places",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of --max-new-words: the same seed gives the same words")


def _ngrams(options: argparse.Namespace) -> None:
    text, least = text_argument(options.context), options.min_count
    with load(options.model) as model:
        sources = model.sources
        if options.max_new_words is not None:
            least = 2 if least is None else least
            words = sources.generate(text, options.max_new_words, min_count=least, seed=options.seed)
            if options.json:
                print(json.dumps({"prompt": as_str(text), "words": [asdict(word) for word in words]}))
            else:
                print(as_str(text) + "".join(word.text for word in words) + "\n\n" + _attribution(words))
            return
        found = sources.longest(text, min_count=1 if least is None else least, k=options.k)
        count = sources.count(text)
    if options.json:
        print(json.dumps({"text": as_str(text), "count": count, "longest": asdict(found)}))
        return
    print(_described(count, found))


def _described(count: int, found: Suffix) -> str:
    if not found.words:
        return "The whole stands 0 times in the training text, and its last word not often enough."
    lines = [
        f"The whole stands {_times(count)} in the training text, its last {found.words:,} "
        f"word{'s' if found.words > 1 else ''} {_times(found.count)}:\n",
        f"   {' '.join(found.text.split())}\n",
    ]
    lines += [
        f"{f.count:>7,} {f.count / found.count:>6.1%}  {quoted(f.text) if f.text else 'end of document'}"
        for f in found.followers
    ]
    lines += [""] * bool(found.places) + [f"{_where(place)}: {place.excerpt}" for place in found.places]
    return "\n".join(lines)


def _attribution(words: list[SourcedWord]) -> str:
    """A line for each word."""
    title = f"{'suffix':>6} {'count':>9}  word"
    return "\n".join(
        [title] + [f"{w.suffix:>6} {w.count:>9,}  {quoted(w.text.strip()):<20} {_where(w.place)}" for w in words]
    )


def _times(n: int) -> str:
    return f"{n:,} time{'s' if n != 1 else ''}"


def _where(place: Place) -> str:
    return f"{place.document}, line {place.line:,} (byte {place.offset:,})"
