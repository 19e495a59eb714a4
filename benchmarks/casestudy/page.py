# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A case study as a page for a browser, and as a document with its plots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .inside import Plot, escape, facts, nbytes, packaged, page
from .results import REACH, Answers, CaseStudy, Split

TITLE = "A case study: the kernel on a specialised corpus"
STYLES = ["_core/page.css", "reports/report.css"]  # of the package
LINES = ["main", "other", "reference", "dashed", "dotted"]  # of the predictors, in their order
MANY_COLUMNS = 5  # more take the width of the page


class Section(NamedTuple):
    """A table and what it says; the first column is text."""

    name: str
    text: str
    heads: list[str]
    rows: list[list[str]]


class Figure(NamedTuple):
    file: str
    name: str
    text: str
    svg: str


def casestudy_page(study: CaseStudy) -> str:
    split = study.splits[0]
    kernel = split.predictors[0]
    seen = kernel.groups[split.groups.index(f"last {REACH} seen")]
    figures = [
        ("words of the corpus", f"{study.corpus.words:,}"),
        ("right on training contexts with one follower", _percent(study.training.one_follower_accuracy)),
        ("of all training positions", _percent(study.training.one_follower / study.training.positions)),
        ("log-loss above its optimum, bits", f"{study.training.log_loss - study.training.entropy:.1e}"),
        ("right outside, everything answered", _percent(kernel.groups[0].accuracy)),
        (f"right outside where the last {REACH} words were seen", _percent(seen.accuracy)),
        ("of all test positions", _percent(seen.coverage)),
    ]
    about = f'<p class="faint">{escape(_about(study))}</p>'
    header = f"<header><h1>{escape(TITLE)}</h1>\n{about}\n{facts(figures)}</header>"
    plots = "".join(
        f'<figure class="card"><figcaption><b>{escape(f.name)}</b> {escape(f.text)}</figcaption>{f.svg}</figure>\n'
        for f in figures_of(study)
    )
    body = f"{header}\n<main>\n{plots}{''.join(map(_html, sections(study)))}</main>"
    return page(TITLE, body, STYLES).replace("</style>", f"{_own_style()}</style>", 1)


def casestudy_document(study: CaseStudy) -> str:
    """Markdown; the plots are files beside it, named as in `figures_of()`."""
    parts = [
        f"# {TITLE}", _plain(_about(study)),
        "Everything below was written by `python benchmarks/casestudy -o FOLDER`, which took "
        f"{study.seconds:.0f} seconds of processor time.",
    ]  # fmt: skip
    for section in sections(study):
        parts += [f"## {section.name}", _plain(section.text), _markdown(section)]
    for figure in figures_of(study):
        parts += [f"## {figure.name}", figure.text, f"![{figure.name}]({figure.file})"]
    return "\n\n".join(parts) + "\n"


def svg_file(svg: str) -> str:
    """A plot as a file of its own, in the light colours of the pages."""
    style = "".join(map(packaged, STYLES)) + _own_style()
    rules = "".join(line for line in style.splitlines() if line.startswith("svg ") and "{" in line)
    for name, value in re.findall(r"(--[\w-]+): (#\w+);", style.partition("@media")[0]):
        rules = rules.replace(f"var({name})", value)
    start = '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"'
    ground = f'<style>{rules}</style><rect width="100%" height="100%" fill="#ffffff"/>'
    return svg.replace("<svg", start, 1).replace(">", f">{ground}", 1) + "\n"


def _own_style() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def _about(study: CaseStudy) -> str:
    corpus, unknown = study.corpus, study.splits[0].unknown
    return (
        f"{corpus.title}. {corpus.documents:,} documents, {corpus.words:,} words ({nbytes(corpus.bytes)}), "
        "punctuation marks and "
        f"ends of paragraphs included; each paragraph once only. Words seen once in a training part are one word, "
        "<unk>, which "
        f"makes {_percent(unknown)} of the first split's test words; guessing it counts as wrong. The kernel looks "
        f"back {REACH} words. "
        "An accuracy says nothing without its coverage, the share of positions that it is of."
    )


# ---- tables


def sections(study: CaseStudy) -> list[Section]:
    result = [_training(study)]
    for split in study.splits:
        result += [_accuracies(split), _costs(split), _radii(split)]
    return [*result, _features(study)]


def _training(study: CaseStudy) -> Section:
    t = study.training
    coverage = _percent(t.one_follower / t.positions)
    rows = [
        ["positions", f"{t.positions:,}"],
        [f"different contexts of {REACH} words", f"{t.contexts:,}"],
        ["positions whose context has one follower (coverage)", f"{t.one_follower:,} ({coverage})"],
        ["of these right", f"{t.one_follower_right:,} ({_percent(t.one_follower_accuracy)})"],
        ["least probability of such a follower", f"{t.least_probability:.7f}"],
        ["of all positions that anything which sees these contexts can get right", _percent(t.best_possible)],
        ["log-loss of all positions, bits a word", f"{t.log_loss:.7f}"],
        ["its optimum: entropy of the followers, bits a word", f"{t.entropy:.7f}"],
        ["largest difference of one position, bits", f"{t.largest_difference:.2e}"],
        ["rounding of a cost, bits", f"{t.rounding:.2e}"],
    ]  # fmt: skip
    verdict = "equal up to rounding" if t.equal else "NOT equal"
    text = (
        "On the text that it was trained on, in the limit of a large tau. 100 % is possible only for contexts with "
        "one follower; "
        "where several words followed the same context, no predictor can know which, and the least possible "
        "log-loss is the entropy of "
        f"what followed, that is, of counts. The kernel's log-loss and this optimum are {verdict}. Neither says how "
        "it does elsewhere."
    )
    return Section("The training text", text, ["", ""], rows)


def _accuracies(split: Split) -> Section:
    heads = ["positions", "coverage", *(p.name for p in split.predictors)]
    rows = [
        [name, _percent(split.predictors[0].groups[i].coverage), *(_right(p.groups[i]) for p in split.predictors)]
        for i, name in enumerate(split.groups)
    ]
    text = (
        f"Trained on {split.train_documents:,} documents, {split.train_words:,} words; tested on "
        f"{split.test_documents:,} others, "
        f"{split.test_words:,} words. How often the most probable word is the right one, all predictors on the same "
        "positions: all of them, and those "
        "whose last words stand together in the training text."
    )
    return Section(f"Outside the training text: {split.name}", text, heads, rows)


def _costs(split: Split) -> Section:
    rows = [
        [
            p.name, "none" if p.perplexity is None else f"{p.perplexity:.2f}", _right(p.groups[0]), nbytes(p.bytes),
            f"{p.train_seconds:.2f}", f"{1e6 * p.predict_seconds:.1f}",
        ]
        for p in split.predictors
    ]  # fmt: skip
    text = (
        f"Perplexity of all positions, over {split.vocabulary:,} words, <unk> included. Back-off to the longest "
        "suffix has no probabilities. "
        "Times are of the processor: of training, and of the most probable word at a position, called from Python; "
        "for the last three, which are "
        "plain numpy, the size is that of their arrays."
    )
    heads = ["predictor", "perplexity", "accuracy at coverage 100 %", "size", "training, CPU s", "µs a word"]
    return Section(f"Perplexity, size and time: {split.name}", text, heads, rows)


def _radii(split: Split) -> Section:
    distances = ", ".join(f"{t:.2f}" for t in split.distances)
    similar = ", ".join(f"{u:.2f}" for u in split.class_distances)
    rows = [
        [f"{r.radius:.2f}", f"{r.least:,}", _percent(r.answers.coverage), _percent(r.answers.accuracy)]
        for r in split.radii
    ]
    text = (
        "The kernel answers only where the nearest training position is as near as the radius, and at least so many "
        "are as near. A word that "
        f"differs adds {distances} to the distance, the nearest word first; one of the same class {similar}."
    )
    return Section(f"The kernel by radius: {split.name}", text, ["radius", "least", "coverage", "accuracy"], rows)


def _features(study: CaseStudy) -> Section:
    f = study.features
    rows = [
        [f"{a.dimension:,}", _share(a.error), _percent(a.same_best), _percent(a.negative), nbytes(a.bytes)]
        for a in f.approximations
    ]
    text = (
        f"A kernel without classes on {f.centres:,} positions, asked at {f.queries:,} test positions for all of "
        f"{f.vocabulary:,} words. Its "
        f"{1 << REACH} hash tables ({nbytes(f.expansion_bytes)} as a model) give every probability of the direct "
        "sum over all centres with a relative error of "
        f"{f.expansion_error:.1e} at most. Here each context is hashed into one of D signed buckets instead; the "
        "error is the length of the "
        "difference over the length of f, of the median query. On average over all ways to hash, its square falls "
        "as 1 / D; that of most queries falls sooner, since collisions with what is frequent are rare and make most "
        "of it. A table of a row for each bucket and a column for each word soon takes more than what it stands "
        "for. Estimates below zero are no probabilities."
    )
    return Section(
        "Random features", text, ["dimension D", "error", "same best word", "below zero", "size of the table"], rows
    )


def _right(answers: Answers) -> str:
    return _percent(answers.accuracy) if answers.answered else "none"


def _percent(p: float) -> str:
    """Never 100 % for what is not all of it."""
    return f"{100 * p:.1f} %" if p == 1 or p < 0.9995 else f"{100 * p:.4f} %"


def _share(x: float) -> str:
    return f"{x:.3f}" if x < 10 else f"{x:.1f}"


# ---- plots


def figures_of(study: CaseStudy) -> list[Figure]:
    result = [_curves(split, i) for i, split in enumerate(study.splits, 1)]
    return [*result, _error(study)]


def _curves(split: Split, number: int) -> Figure:
    plot = Plot(700, 400, (0, 100), (0, 100), ("coverage: positions answered, %", "accuracy: of these right, %"))
    for predictor, kind in zip(split.predictors, LINES, strict=True):
        plot.line([(100 * a.coverage, 100 * a.accuracy) for a in predictor.curve], kind)
    for r in split.radii:
        if r.least == 1:
            coverage, accuracy = r.answers.coverage, r.answers.accuracy
            what = f"radius {r.radius:.2f}: {_percent(coverage)} answered, {_percent(accuracy)} right"
            plot.dot(100 * coverage, 100 * accuracy, 3.5, what)
    plot.legend([(p.name, kind) for p, kind in zip(split.predictors, LINES, strict=True)])
    text = (
        f"Each predictor answers where it is most certain first ({split.name}); the dots are the kernel answering "
        "by its radius instead. "
        "A high accuracy is easy to have: answer less."
    )
    return Figure(f"casestudy-coverage-{number}.svg", f"Accuracy by coverage: {split.name}", text, plot.svg(text))


def _error(study: CaseStudy) -> Figure:
    found = [(a.dimension, a.error) for a in study.features.approximations if a.error > 0]
    d, e = found[0]
    lowest = min(e * (d / found[-1][0]) ** 0.5, *(y for _, y in found))
    plot = Plot(
        700, 400, (d / 2, 4 * found[-1][0]), (lowest / 1.5, 1.5 * max(y for _, y in found)),
        ("dimension D", "relative error of f"), logarithmic=True,
    )  # fmt: skip
    plot.line([(x, e * (d / x) ** 0.5) for x, _ in (found[0], found[-1])], "reference")
    plot.line(found, "main")
    for x, y in found:
        plot.dot(x, y, 3.5, f"D = {x:,}: {_share(y)}")
    plot.legend([("measured", "main"), ("as 1 / root of D", "reference")])
    text = f"Error of random features against the exact expansion, which is {1 << REACH} look-ups."
    return Figure("casestudy-features.svg", "Error by dimension", text, plot.svg(text))


# ---- forms


def _html(section: Section) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(
            f'<{tag} class="{"" if i else "name"}">{escape(cell)}</{tag}>' for i, cell in enumerate(cells)
        ) + "</tr>"  # fmt: skip

    whole = " whole" if len(section.heads) > MANY_COLUMNS else ""
    head, body = row(section.heads, "th"), "".join(row(cells, "td") for cells in section.rows)
    return (
        f'<section class="card{whole}"><h2>{escape(section.name)}</h2><p class="faint">{escape(section.text)}</p>'
        f"<table><thead>{head}</thead><tbody>{body}</tbody></table></section>\n"
    )


def _plain(text: str) -> str:
    """Text for Markdown, which would take <unk> for HTML."""
    return text.replace("<unk>", "`<unk>`")


def _markdown(section: Section) -> str:
    rows = [section.heads, ["---", *["---:"] * (len(section.heads) - 1)], *section.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
