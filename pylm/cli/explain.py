# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The commands `pylm explain` and `pylm report`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

from .common import (
    STDIN, add_command, add_model, add_tau, as_str, check_output, load_model, text_argument, text_source, unit_of,
    visible,
)  # fmt: skip
from .._core.native import ffi, lib
from .._core.text import map_file
from ..errors import ArgumentError
from ..explain.mix import Explanation, Part
from ..explain.kernel import KernelExplanation
from ..reports.report import report
from .._state import DEFAULT_MEMORY

BAR = 10  # columns
LEAST_NAME = 16
FOR, AGAINST = "█", "░"
BLUE, ORANGE, PLAIN = "\x1b[34m", "\x1b[33m", "\x1b[0m"


def add_explain(commands: Any) -> None:
    parser = add_command(
        commands, "explain", _explain, "say what a token's probability is made of, or those of a whole text"
    )
    add_model(parser)
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="?", help="the text before the token; - is standard input"
    )
    parser.add_argument("--token", metavar="T", help="the token; the most probable one unless given")
    parser.add_argument("-k", type=int, metavar="K", default=5, help="how many probable tokens to name")
    parser.add_argument("--text", metavar="FILE", help="explain every token of a text file; - is standard input")
    parser.add_argument("--html", metavar="OUT", help="with --text: write a page to look at in a browser")
    _add_adapt(parser)
    add_tau(parser)


def add_report(commands: Any) -> None:
    parser = add_command(commands, "report", _report, "show how well a model predicts a text, and where it does not")
    add_model(parser)
    parser.add_argument("text", metavar="TEXT", help="text file; - is standard input")
    parser.add_argument("-o", "--output", metavar="OUT", help="the page to write, to look at in a browser")
    parser.add_argument(
        "--positions", type=int, metavar="N", default=1000,
        help="places of the text at which all probabilities are looked at; 0: none",
    )  # fmt: skip
    _add_adapt(parser)


def _add_adapt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--adapt", action="store_true", help="learn from the text while reading it")
    parser.add_argument(
        "--memory", metavar="SIZE", default=DEFAULT_MEMORY,
        help="with --adapt: bytes to learn in, such as 16K; about 1M unless given",
    )  # fmt: skip


# ---- commands


def _explain(options: argparse.Namespace) -> None:
    if (options.context is None) == (options.text is None):
        raise ArgumentError("give a CONTEXT whose next token to explain, or a whole text with --text FILE")
    if options.text is not None:
        _explain_text(options)
        return
    if options.html:
        raise ArgumentError("--html shows a whole text: give it with --text FILE")
    context = text_argument(options.context)
    with load_model(options) as model:
        state = model.state(adapt=options.adapt, memory=options.memory)
        state.feed(context)
        explanation = state.explain(options.token, options.k)
    if options.json:
        print(json.dumps({"context": as_str(context), **explanation.as_dict()}))
    else:
        show = kernel_table if isinstance(explanation, KernelExplanation) else table
        print(show(explanation, shutil.get_terminal_size().columns, colours=sys.stdout.isatty()))


def _explain_text(options: argparse.Namespace) -> None:
    if options.json == bool(options.html):
        raise ArgumentError("say how to explain a whole text: --html OUT writes a page, --json prints every token")
    if options.token is not None:
        raise ArgumentError("--token is for a CONTEXT; with --text every token of the text is explained")
    source = text_source(options.text)
    if options.html:
        check_output(options.html, [source])
    with load_model(options) as model:
        text = source if isinstance(source, bytes) else map_file(source)
        if options.json:
            explanations = model.explain_text(text, adapt=options.adapt, memory=options.memory, k=options.k)
            print(json.dumps({"tokens": [explanation.as_dict() for explanation in explanations]}))
            return
        name = "standard input" if options.text == STDIN else os.path.basename(options.text)
        html = model.explain_page(text, title=f"{name}, explained", adapt=options.adapt, memory=options.memory)
    write_page(options.html, html)
    print(f"wrote {options.html}")


def _report(options: argparse.Namespace) -> None:
    if not options.output and not options.json:
        raise ArgumentError("say where to write the page, with -o OUT.html; or --json prints the figures")
    source = text_source(options.text)
    if options.output:
        check_output(options.output, [source])
    title = "standard input" if options.text == STDIN else os.path.basename(options.text)
    with load_model(options) as model:
        found = report(
            model, source, title=title, adapt=options.adapt, memory=options.memory, positions=options.positions
        )
    if options.output:
        write_page(options.output, found.html)
    if options.json:
        print(json.dumps(found.as_dict()))
        return
    print(f"{found.tokens:,} {unit_of(found.model)}")
    print(f"perplexity         {found.perplexity:.2f}")
    print(f"guessed right      {found.accuracy:.1%}")
    print(f"calibration error  {found.top.ece:.2%}, where chance alone would make {found.top.chance:.2%}")
    print(f"wrote {options.output}")


def write_page(path: str, html: str) -> None:
    """Replaces a file as a whole or not at all."""
    data = html.encode()
    if lib.pylm_file_save(os.fsencode(path), data, len(data)):
        raise OSError(ffi.errno, os.strerror(ffi.errno), path)


# ---- one token as a table


def table(explanation: Explanation, columns: int, colours: bool) -> str:
    """An explanation for a terminal of so many columns."""
    parts = sorted(explanation.parts, key=lambda part: (part.kind != "even", -abs(part.bits)))
    told = [part for part in parts if part.total or abs(part.bits) >= 0.005]
    most = max((abs(part.bits) for part in told if part.kind != "even"), default=1.0)
    rows = [("bits", "", "seen", "log-odds", "weight")] + [_figures(part, most) for part in told]
    widths, room = _layout(rows, columns)
    names = ["because of"] + [_name(part, room, explanation.trees) for part in told]
    lines = [_title(explanation), "", *_lines(rows, widths, names, colours)]
    lines.append(f"{-explanation.bits:+8.2f}  log2 of the probability")
    unknown = [part.name for part in parts if part.kind == "context" and not part.total]
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        lines += ["", f"not known: {_fitted(unknown[0], columns - 25)}{more}"]
    return "\n".join(lines + _close(explanation))


def kernel_table(explanation: KernelExplanation, columns: int, colours: bool) -> str:
    """The same of a kernel."""
    told = explanation.told()
    rows = [("share", "", "seen", "distance", "weight", "of all")]
    rows += [
        (f"{part.share:.1%}", _bar(part.share, told[0].share), part.seen, f"{part.distance:.2f}", f"{part.weight:.1e}",
         f"{part.weight_share:.1%}") for part in told
    ]  # fmt: skip
    widths, room = _layout(rows, columns)
    names = ["because of"] + [_fitted(part.name, room) for part in told]
    lines = [_title(explanation), "", *_lines(rows, widths, names, colours)]
    others = [part for part in explanation.parts if part.total and part not in told]
    if others:
        lines.append(f"{sum(part.share for part in others):8.1%}  {len(others)} more patterns")
    return "\n".join(lines + _close(explanation))


def _layout(rows: list[tuple[str, ...]], columns: int) -> tuple[list[int], int]:
    """How wide the columns before the names are, and how much room is left."""
    widths = [8, BAR, *(max(len(row[i]) for row in rows) for i in range(2, len(rows[0])))]
    return widths, max(columns - sum(widths) - 2 * len(widths), LEAST_NAME)


def _lines(rows: list[tuple[str, ...]], widths: list[int], names: list[str], colours: bool) -> Iterator[str]:
    for row, name in zip(rows, names):
        cells = [f"{row[i]:<{widths[i]}}" if i == 1 else f"{row[i]:>{widths[i]}}" for i in range(len(row))]
        if colours and row[1]:
            cells[1] = f"{BLUE if row[1][0] == FOR else ORANGE}{cells[1]}{PLAIN}"
        yield "  ".join([*cells, name])


def _close(explanation: Explanation | KernelExplanation) -> list[str]:
    lines = [f"{prediction.probability:8.2%}  {visible(prediction.text)}" for prediction in explanation.next]
    return ["", "came close", *lines]


def _title(explanation: Explanation | KernelExplanation) -> str:
    text = f"{visible(explanation.token)}   probability {explanation.probability:.3g}, {explanation.bits:.2f} bits"
    if isinstance(explanation, Explanation) and any(part.adapts for part in explanation.parts):
        text += f"; {explanation.adaptation:+.2f} bits learned from the text so far"
    return text


def _figures(part: Part, most: float) -> tuple[str, ...]:
    """Bits, bar, counts, log-odds, weight."""
    bits = f"{part.bits:+.2f}"
    if part.kind in ("even", "constant", "average"):
        return bits, "" if part.kind == "even" else _bar(part.bits, most), "", "", ""
    return bits, _bar(part.bits, most), part.seen, f"{part.log_odds:+.1f}", f"{part.weight:.2f}"


def _bar(bits: float, most: float) -> str:
    """Full blocks for what makes the token more probable, light ones for what makes it less so."""
    return (FOR if bits > 0 else AGAINST) * round(BAR * abs(bits) / most)


def _name(part: Part, room: int, trees: int) -> str:
    before = "this text: " if part.adapts else ""
    behind = f" (tree {part.tree})" if trees > 1 and part.kind != "average" else ""
    return before + _fitted(part.name, room - len(before) - len(behind)) + behind


def _fitted(name: str, room: int) -> str:
    """A name in so many columns: with fewer symbols of each class, then without what is far from the token."""
    if _width(name) > room:
        name = re.sub(r"\[(\S+) [^]]*\]", r"[\1 …]", name)
    if _width(name) > room:
        while _width(name) > max(room - 1, 1):
            name = name[1:]
        name = "…" + name
    return name


def _width(text: str) -> int:
    """Columns that a terminal shows a text in."""
    wide = (2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))
    return sum(wide)
