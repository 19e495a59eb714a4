# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm prune`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._model import load
from ..pruning import Comparison, Pruning, Quality, prune
from .common import Commands, check_output, named, nbytes, takes_bytes, text_source, unit_of


def add_prune(commands: Commands) -> None:
    parser = commands.add("prune", _prune, "drop the contexts that a log of prompts does not need")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument(
        "--prompts",
        metavar="FILE",
        action="append",
        required=True,
        help="what the model is used for, a text file; - is standard input; may be given again",
    )
    parser.add_argument(
        "--keep",
        type=float,
        metavar="P",
        default=99.9,
        help="percentage of the predictions in the prompts that stay exactly as they are; 100 drops only what "
        "is never used",
    )
    parser.add_argument("--valid", metavar="FILE", help="another text to compare both models on")
    parser.add_argument("-o", "--output", metavar="SMALL", required=True, help="model file to write")
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use for comparing")


def _prune(options: argparse.Namespace) -> None:
    check_output(options.output, [Path(options.model), *map(Path, options.prompts)])
    with load(options.model) as model:
        binary = takes_bytes(model)
        texts = [text_source(name, binary=binary) for name in options.prompts]
        valid = None if options.valid is None else text_source(options.valid, binary=binary)
        unit = unit_of(model.info)
        result = prune(model, texts, keep=options.keep, valid=valid, output=options.output, threads=options.threads)
    print(json.dumps(_as_dict(result, options.output)) if options.json else _as_text(result, options, unit))


def _as_dict(result: Pruning, output: str) -> dict[str, Any]:
    return {
        "model": output,
        "places": result.places,
        "given_up": result.given_up,
        "kept": result.kept,
        "bytes_before": result.bytes_before,
        "bytes_after": result.bytes_after,
        "prompts": _comparison_as_dict(result.prompts),
        "valid": _comparison_as_dict(result.valid),
        "templates": [asdict(template) | {"dropped": template.dropped} for template in result.templates],
    }


def _comparison_as_dict(comparison: Comparison | None) -> dict[str, Any] | None:
    def quality(q: Quality) -> dict[str, Any]:
        return asdict(q) | {"perplexity": q.perplexity, "accuracy": q.accuracy}

    if comparison is None:
        return None
    return {"before": quality(comparison.before), "after": quality(comparison.after)}


def _as_text(result: Pruning, options: argparse.Namespace, unit: str) -> str:
    before, after = result.bytes_before, result.bytes_after
    contexts = [sum(t.contexts_before for t in result.templates), sum(t.contexts_after for t in result.templates)]
    lines = [
        f"of {result.places:,} predictions in the prompts {result.places - result.given_up:,} ({result.kept:.2%}) "
        f"are exactly the same",
        "",
        f"{'':<18}{'before':>12}{'after':>12}",
        f"{'size':<18}{nbytes(before):>12}{nbytes(after):>12}  {after / before - 1:+.1%}",
        f"{'contexts':<18}{contexts[0]:>12,}{contexts[1]:>12,}  {contexts[1] / max(contexts[0], 1) - 1:+.1%}",
    ]
    for name, comparison in (("the prompts", result.prompts), (options.valid, result.valid)):
        if comparison is not None:
            lines += ["", f"on {name}, {comparison.before.symbols:,} {unit}", *_compared(comparison)]
    lines += ["", "contexts dropped, by template"]
    several = result.templates[-1].tree > 1
    for t in result.templates:
        name = (t.name or "(none)") + (f" (tree {t.tree})" if several else "")
        lines.append(
            f"{t.contexts_before - t.contexts_after:>12,} of {t.contexts_before:>12,} {t.dropped:7.1%}  {name}"
        )
    return "\n".join([*lines, "", f"wrote {named(options.output)}: {nbytes(after)}"])


def _compared(comparison: Comparison) -> list[str]:
    before, after = comparison.before, comparison.after
    return [
        f"{'perplexity':<18}{before.perplexity:>12.2f}{after.perplexity:>12.2f}"
        f"  {after.perplexity / before.perplexity - 1:+.1%}",
        f"{'best guess right':<18}{before.accuracy:>12.2%}{after.accuracy:>12.2%}",
    ]
