# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The commands `pylm distill` and `pylm related`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .common import add_command, as_str, check_output, nbytes, text_argument, text_source, unit_of, visible
from ..pruning import Comparison, Distillation, Quality, distill
from .._model import load
from ..related import MEASURES, Related

# ---- distill


def add_distill(commands: Any) -> None:
    parser = add_command(commands, "distill", _distill, "drop the contexts that a log of prompts does not need")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument(
        "--prompts", metavar="FILE", action="append", required=True,
        help="what the model is used for, a text file; - is standard input; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--keep", type=float, metavar="P", default=99.9,
        help="percentage of the predictions in the prompts that stay exactly as they are; 100 drops only what "
        "is never used",
    )  # fmt: skip
    parser.add_argument("--valid", metavar="FILE", help="another text to compare both models on")
    parser.add_argument("-o", "--output", metavar="SMALL", required=True, help="model file to write")
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use for comparing")


def _distill(options: argparse.Namespace) -> None:
    texts = [text_source(name) for name in options.prompts]
    check_output(options.output, [Path(options.model), *texts])
    valid = None if options.valid is None else text_source(options.valid)
    with load(options.model) as model:
        unit = unit_of(model.info)
        result = distill(
            model, texts, keep=options.keep, valid=valid, output=options.output, threads=options.threads
        )  # fmt: skip
    print(json.dumps(_as_dict(result, options.output)) if options.json else _as_text(result, options, unit))


def _as_dict(result: Distillation, output: str) -> dict[str, Any]:
    return {
        "model": output, "places": result.places, "given_up": result.given_up, "kept": result.kept,
        "bytes_before": result.bytes_before, "bytes_after": result.bytes_after,
        "prompts": _comparison_as_dict(result.prompts), "valid": _comparison_as_dict(result.valid),
        "templates": [asdict(template) | {"dropped": template.dropped} for template in result.templates],
    }  # fmt: skip


def _comparison_as_dict(comparison: Comparison | None) -> dict[str, Any] | None:
    def quality(q: Quality) -> dict[str, Any]:
        return asdict(q) | {"perplexity": q.perplexity, "accuracy": q.accuracy}

    if comparison is None:
        return None
    return {"before": quality(comparison.before), "after": quality(comparison.after)}


def _as_text(result: Distillation, options: argparse.Namespace, unit: str) -> str:
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
        lines.append(f"{t.contexts_before - t.contexts_after:>12,} of {t.contexts_before:>12,} {t.dropped:7.1%}  {name}")
    return "\n".join([*lines, "", f"wrote {options.output}: {nbytes(after)}"])


def _compared(comparison: Comparison) -> list[str]:
    before, after = comparison.before, comparison.after
    return [
        f"{'perplexity':<18}{before.perplexity:>12.2f}{after.perplexity:>12.2f}"
        f"  {after.perplexity / before.perplexity - 1:+.1%}",
        f"{'best guess right':<18}{before.accuracy:>12.2%}{after.accuracy:>12.2%}",
    ]


# ---- related


def add_related(commands: Any) -> None:
    parser = add_command(commands, "related", _related, "list the terms that stand near a term, or behind a context")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("term", metavar="TERM", help="a word, or several for a context; - is standard input")
    parser.add_argument("-k", type=int, metavar="K", default=10, help="how many")
    parser.add_argument(
        "--window", type=int, metavar="N",
        help="largest distance from the term, 1 to 4; both 1 and as far as the model counts unless given",
    )  # fmt: skip
    parser.add_argument(
        "--measure", choices=MEASURES, default="strength",
        help="strength: n_AB / sqrt(n_A n_B); pmi: log2 of n_AB by what it would be by chance",
    )  # fmt: skip
    parser.add_argument("--least", type=int, metavar="N", default=3, help="leave out terms with a smaller n_AB")


def _related(options: argparse.Namespace) -> None:
    term = text_argument(options.term)
    settings = {"measure": options.measure, "least": options.least}
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
        return f"{name}: nothing that came {options.least} times or more"
    title = f"{name} ({others[0].occurrences_of_other:,} occurrences)"
    lines = [title, f"{options.measure:>9}{'n_AB':>9}{'before':>9}{'behind':>9}{'n_B':>11}"]
    lines += [
        f"{o.score:>9.3f}{o.count:>9,}{o.before:>9,}{o.after:>9,}{o.occurrences:>11,}  {visible(o.term)}" for o in others
    ]
    return "\n".join(lines)
