# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command trace."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._core.documents import document
from .._core.files import replacing
from .._core.text import Bytes
from .._model import load
from ..sources.file import MIN_WORDS, SUFFIX, Passage, Trace
from ..sources.page import page
from .common import STDIN, Commands, check_output, takes_bytes, text_source


def add_trace(commands: Commands) -> None:
    parser = commands.add("trace", _trace, "mark what of a text stands, word for word, in the training text")
    parser.add_argument("model", metavar="MODEL", help="trained with --sources")
    parser.add_argument("text", metavar="TEXT", help="text file; - is standard input")
    parser.add_argument("--min-words", type=int, metavar="N", default=MIN_WORDS, help="words of the shortest passage")
    parser.add_argument("-k", type=int, metavar="K", default=3, help="places to list for each passage at most")
    parser.add_argument("--list", action="store_true", help="list the passages only, without the text around them")
    parser.add_argument("--html", metavar="FILE", help="also write it as a page to look at")


def _trace(options: argparse.Namespace) -> None:
    if options.html:
        check_output(options.html, [Path(options.text), Path(options.model), Path(options.model + SUFFIX)])
    with load(options.model) as model:
        binary = takes_bytes(model)
        text = document(text_source(options.text, binary=binary), binary=binary)
        trace = model.trace(text, min_words=options.min_words, k=options.k)
    if options.html:
        title = f"What of {options.text if options.text != STDIN else 'the text'} stands in the training text"
        with replacing(options.html) as file:
            file.write(page(title, summary(trace), parts_of(text, trace.passages), trace).encode())
    if options.json:
        print(json.dumps(as_dict(trace)))
        return
    if not options.list:
        for number, part in parts_of(text, trace.passages):
            print(f"[{number}: {part}]" if number else part, end="")
        print("\n")
    for number, passage in enumerate(trace.passages, 1):
        print(describe(number, passage, with_text=options.list))
    print(summary(trace))


def as_dict(trace: Trace) -> dict[str, Any]:
    passages = [asdict(passage) for passage in trace.passages]
    for passage in passages:
        for source in passage["sources"]:
            del source["text"], source["words"]  # those of the passage
    return {
        "words": trace.words,
        "found": trace.found,
        "share": trace.share,
        "min_words": trace.min_words,
        "longest": trace.longest,
        "passages": passages,
    }


def parts_of(text: Bytes, passages: list[Passage]) -> Iterator[tuple[int, str]]:
    """The text in parts, each with the number of its passage, 0 for none. Where two passages overlap, the second goes
    on behind the first. Line ends at the very end are left out."""
    at = 0
    for number, passage in enumerate(passages, 1):
        begin = max(at, passage.begin)
        begin += len(text[begin : passage.end]) - len(bytes(text[begin : passage.end]).lstrip())
        yield 0, _text(text[at:begin])
        yield number, _text(text[begin : passage.end])
        at = passage.end
    yield 0, _text(text[at:]).rstrip("\n")


def describe(number: int, passage: Passage, with_text: bool) -> str:
    """A passage and its places, a line each."""
    n = passage.places
    lines = [f"{number}: {passage.words:,} words, in {n:,} place{'s' if n != 1 else ''}"]
    if with_text:
        lines.append(f"   {' '.join(passage.text.split())}")
    lines += [f"   {source.document}, line {source.line:,} (byte {source.offset:,})" for source in passage.sources]
    if n > len(passage.sources) > 0:
        lines.append("   ...")
    return "\n".join(lines)


def summary(trace: Trace) -> str:
    if not trace.passages:
        return (
            f"the text has {trace.words:,} words, and no passage of {trace.min_words:,} or more of them stands in the "
            "training text; --min-words finds shorter ones"
        )
    return (
        f"{trace.share:.1%} of {trace.words:,} words stand in the training text, in passages of {trace.min_words:,} or "
        f"more; the longest has {trace.longest:,}"
    )


def _text(part: Bytes) -> str:
    return bytes(part).decode("utf-8", "replace")
