# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm explain`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from .._core.documents import document
from ..errors import ArgumentError
from ..explain.kernel import KernelExplanation
from .common import (
    STDIN,
    Commands,
    add_learn,
    add_model,
    add_tau,
    as_str,
    check_output,
    load_model,
    named,
    takes_bytes,
    terminal_columns,
    text_argument,
    text_source,
    write_page,
)
from .explain_table import kernel_table, table


def add_explain(commands: Commands) -> None:
    parser = commands.add("explain", _explain, "say what a token's probability is made of, or those of a whole text")
    add_model(parser)
    parser.add_argument(
        "context",
        metavar="CONTEXT",
        nargs="?",
        help="the text before the token; - is standard input, without its last line end",
    )
    parser.add_argument("--token", metavar="T", help="the token; the most probable one unless given")
    parser.add_argument("-k", type=int, metavar="K", default=5, help="how many probable tokens to name")
    parser.add_argument("--text", metavar="FILE", help="explain every token of a text file; - is standard input")
    parser.add_argument("--html", metavar="OUT", help="with --text: write a page to look at in a browser")
    add_learn(parser)
    add_tau(parser)


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
        state = model.state(learn=options.learn, memory=options.memory)
        state.feed(context)
        explanation = state.explain(options.token, options.k)
    if options.json:
        print(json.dumps({"context": as_str(context), **explanation.as_dict()}))
    else:
        columns, colours = terminal_columns(), sys.stdout.isatty()
        if isinstance(explanation, KernelExplanation):
            print(kernel_table(explanation, columns, colours))
        else:
            print(table(explanation, columns, colours))


def _explain_text(options: argparse.Namespace) -> None:
    if options.json == bool(options.html):
        raise ArgumentError("say how to explain a whole text: --html OUT writes a page, --json prints every token")
    if options.token is not None:
        raise ArgumentError("--token is for a CONTEXT; with --text every token of the text is explained")
    if options.html:
        check_output(options.html, [Path(options.text)])
    with load_model(options) as model:
        binary = takes_bytes(model)
        text = document(text_source(options.text, binary=binary), binary=binary)
        if options.json:
            explanations = model.explain_text(text, learn=options.learn, memory=options.memory, k=options.k)
            print(json.dumps({"tokens": [explanation.as_dict() for explanation in explanations]}))
            return
        name = "standard input" if options.text == STDIN else os.path.basename(options.text)
        html = model.explain_page(text, title=f"{name}, explained", learn=options.learn, memory=options.memory)
    write_page(options.html, html)
    print(f"wrote {named(options.html)}")
