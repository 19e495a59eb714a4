# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm report`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from ..errors import ArgumentError
from ..reports.report import report
from .common import (
    STDIN,
    Commands,
    add_learn,
    add_model,
    check_output,
    load_model,
    named,
    takes_bytes,
    text_source,
    unit_of,
    write_page,
)


def add_report(commands: Commands) -> None:
    parser = commands.add("report", _report, "show how well a model predicts a text, and where it does not")
    add_model(parser)
    parser.add_argument("text", metavar="TEXT", help="text file; - is standard input")
    parser.add_argument("-o", "--output", metavar="OUT", help="the page to write, to look at in a browser")
    parser.add_argument(
        "--positions",
        type=int,
        metavar="N",
        default=1000,
        help="places of the text at which all probabilities are looked at; 0: none",
    )
    add_learn(parser)


def _report(options: argparse.Namespace) -> None:
    if not options.output and not options.json:
        raise ArgumentError("say where to write the page, with -o OUT.html; or --json prints the figures")
    if options.output:
        check_output(options.output, [Path(options.text)])
    title = "standard input" if options.text == STDIN else os.path.basename(options.text)
    with load_model(options) as model:
        source = text_source(options.text, binary=takes_bytes(model))
        found = report(
            model, source, title=title, learn=options.learn, memory=options.memory, positions=options.positions
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
    print(f"wrote {named(options.output)}")
