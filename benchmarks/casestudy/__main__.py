# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Measures the kernel on Python's own documentation, or on files of one's own, beside other predictors.

    python benchmarks/casestudy [TEXT ...] [-o OUT]

On all of the documentation it takes some two minutes. docs/casestudy.md is what it wrote.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

if (
    not __package__
):  # started as a folder: its modules are those of the package "casestudy", which is beside the scripts
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import pylm
from casestudy.inside import check_output, nbytes
from casestudy.page import casestudy_document, casestudy_page, figures_of, svg_file
from casestudy.results import CaseStudy, Split
from casestudy.study import casestudy

FILES = ("casestudy.html", "casestudy.json", "casestudy.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 for an error, which is explained on standard error."""
    options = _parser().parse_args(arguments)
    try:
        run(options)
    except (pylm.PylmError, OSError) as error:
        print(f"casestudy: error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="casestudy", description="Measure the kernel beside other predictors.")
    parser.add_argument(
        "texts", metavar="TEXT", nargs="*",
        help="files to take instead of Python's documentation, each a document, with empty lines between paragraphs",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="OUT",
        help="the page to write; or a folder, which gets the page, its figures as JSON, and a document with plots",
    )  # fmt: skip
    parser.add_argument(
        "--size", metavar="N", help="take so much of the corpus only, such as 300K; about 2 MB unless given"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use; changes nothing but the times")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def run(options: argparse.Namespace) -> None:
    output, texts = options.output, options.texts
    is_folder = output is not None and Path(output).is_dir()
    for path in [Path(output) / name for name in FILES] if is_folder else [output] if output else []:
        check_output(str(path), [Path(text) for text in texts])
    study = casestudy(texts or None, size=options.size, threads=options.threads)
    files = _files(study, Path(output)) if is_folder else {output: casestudy_page(study)} if output else {}
    for name, content in files.items():
        Path(name).write_bytes(content.encode())
    if options.json:
        print(json.dumps(study.as_dict()))
        return
    print(summary(study))
    for name in files:
        print(f"wrote {name}")


def _files(study: CaseStudy, folder: Path) -> dict[str, str]:
    """Everything that goes into a folder: names and contents."""
    forms = [casestudy_page(study), json.dumps(study.as_dict()) + "\n", casestudy_document(study)]
    contents = dict(zip(FILES, forms, strict=True))
    contents |= {figure.file: svg_file(figure.svg) for figure in figures_of(study)}
    return {str(folder / name): content for name, content in contents.items()}


def summary(study: CaseStudy) -> str:
    """The main figures, for a terminal."""
    corpus, t = study.corpus, study.training
    coverage = f"{t.one_follower / t.positions:.1%}"
    lines = [
        corpus.title,
        f"{corpus.documents:,} documents, {corpus.words:,} words",
        "",
        "on the training text, with a large tau",
        f"  contexts with one follower  {t.one_follower_accuracy:.2%} right; {coverage} of the positions",
        f"  log-loss                    {t.log_loss:.6f} bits a word, the least possible is {t.entropy:.6f}:",
        f"  {'':<27} {'equal up to rounding' if t.equal else 'NOT equal'}",
    ]
    for split in study.splits:
        lines += ["", f"outside it, {split.name}: right, of the positions answered", *_table(split)]
    best = study.features.approximations[-1]
    lines += [
        "",
        f"random features, D = {best.dimension:,}",
        f"  error {best.error:.3f}, against {study.features.expansion_error:.0e} of the exact tables, which take "
        f"{nbytes(study.features.expansion_bytes)}",
    ]  # fmt: skip
    return "\n".join(lines)


def _table(split: Split) -> list[str]:
    """A line for each predictor, with a column for each group of positions."""
    names = [name.replace("last ", "").replace(", one follower", ", one") for name in split.groups]
    lines = [("", [*names, "perplexity"])]
    lines.append(("coverage", [f"{answers.coverage:.1%}" for answers in split.predictors[0].groups]))
    for p in split.predictors:
        perplexity = "none" if p.perplexity is None else f"{p.perplexity:.2f}"
        lines.append((p.name, [*(f"{a.accuracy:.1%}" if a.answered else "none" for a in p.groups), perplexity]))
    widths = [max(len(row[i]) for _, row in lines if i < len(row)) for i in range(len(names) + 1)]
    return [
        f"  {name:<20}" + "".join(f"  {cell:>{n}}" for cell, n in zip(row, widths, strict=False)) for name, row in lines
    ]


if __name__ == "__main__":
    sys.exit(main())
