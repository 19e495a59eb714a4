# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm draft`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from .._core.documents import document
from .._model import Model
from ..decoders.drafter import CONFIDENCE, DRAFT_MEMORY, MOST_DRAFTED
from ..drafting import drafters, measure_drafts
from ..errors import ArgumentError
from .common import STDIN, Commands, add_model, as_str, load_model, text_source

Exchange = tuple[list[int], list[int]]


def add_draft(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add(
        "draft",
        _draft,
        "say what drafts of this model save a large one: tokens a step, and drafted ones, beside prompt lookup and, "
        "where arctic-inference is installed, suffix decoding",
    )
    add_model(parser)
    parser.add_argument(
        "exchanges",
        nargs="?",
        default=STDIN,
        metavar="FILE",
        help='a line each, {"prompt": ..., "output": ...}: texts, or lists of ids; standard input unless given',
    )
    parser.add_argument("--most", type=int, default=MOST_DRAFTED, metavar="N", help="ids of a draft")
    parser.add_argument(
        "--confidence",
        type=float,
        default=CONFIDENCE,
        metavar="P",
        help="a draft goes on as long as all of it is right with this probability; 0: to the end",
    )
    parser.add_argument(
        "--memory", metavar="SIZE", default=DRAFT_MEMORY, help="bytes to learn in; about 16M unless given"
    )


def _draft(options: argparse.Namespace) -> None:
    with load_model(options) as model:
        exchanges = list(_exchanges(model, as_str(document(text_source(options.exchanges)))))
        drafter = model.drafter(memory=options.memory, most=options.most, confidence=options.confidence)
        if not options.json:
            print(f"{'':<16} tokens a step   drafted a step   right   ms a step")
        for name, each in drafters(drafter, most=options.most):
            found = measure_drafts(each, exchanges)
            steps = max(found.steps, 1)
            if options.json:
                print(json.dumps({"drafter": name, **found._asdict(), "tokens_a_step": found.tokens_a_step}))
                continue
            right = found.accepted / found.drafted if found.drafted else 0.0
            print(
                f"{name:<16} {found.tokens_a_step:13.2f} {found.drafted / steps:16.2f} {right:7.0%} "
                f"{found.milliseconds:11.3f}"
            )


def _exchanges(model: Model, text: str) -> Iterator[Exchange]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            prompt, output = fields["prompt"], fields["output"]
        except (ValueError, TypeError, KeyError):
            raise ArgumentError(
                f'line {number} should be {{"prompt": ..., "output": ...}} in JSON, not {line[:60]!r}'
            ) from None
        yield model.encode(prompt), model.encode(output)
