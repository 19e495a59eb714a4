# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The page of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._core.page import escape, facts, page, percent
from .plot import Plot

if TYPE_CHECKING:
    import numpy as np

    from .figures import Calibration, Figures

POINTS = 400  # of the line over the text, at most
WINDOW = 50  # tokens: the least that it is smoothed over
SMALLEST = 1e-6  # probability, where the plot of all of them ends


def report_page(report: Figures) -> str:
    parts = [
        _over_the_text(report),
        _top(report),
        _all(report.all),
        f"<div>{_orders(report)}{_model(report)}</div>",
        _parts(report),
        _hardest(report),
        _hardest_kinds(report),
    ]
    title = f"{report.title}, as the model predicts it"
    return page(
        title, f"{_header(report, title)}\n<main>\n{''.join(parts)}</main>", ["_core/page.css", "reports/report.css"]
    )


def _header(report: Figures, title: str) -> str:
    figures = [
        ("tokens", f"{report.tokens:,}"),
        ("bits a token", f"{report.bits / report.tokens:.3f}"),
        *([("of them, spelling", f"{report.spelling_bits / report.tokens:.3f}")] if report.spelling_bits else []),
        ("perplexity", f"{report.perplexity:.2f}"),
        ("bits a byte", f"{report.bits / max(report.bytes, 1):.4f}"),
        ("guessed right", f"{report.accuracy:.1%}"),
        ("calibration error", f"{report.top.ece:.2%}"),
    ]
    how = (
        "It learned from every token after it had been scored."
        if report.learned
        else "It learned nothing from the text."
    )
    return f'<header><h1>{escape(title)}</h1>\n<p class="faint">{how}</p>\n{facts(figures)}</header>'


# ---- plots


def _figure(name: str, text: str, plot: str, whole: bool = False) -> str:
    return (
        f'<figure class="card{" whole" if whole else ""}"><figcaption><b>{escape(name)}</b> {escape(text)}'
        f"</figcaption>{plot}</figure>\n"
    )


def smoothed(costs: Sequence[float] | np.ndarray, window: int) -> list[tuple[float, float]]:
    """Means over windows that lie one behind the other, each at its middle."""
    result: list[tuple[float, float]] = []
    for begin in range(0, len(costs), window):
        piece = costs[begin : begin + window]
        if len(piece) * 2 >= window or not result:
            result.append((begin + len(piece) / 2, float(sum(piece) / len(piece))))
    return result


def _over_the_text(report: Figures) -> str:
    window = max(WINDOW, -(-report.tokens // POINTS))
    points = smoothed(report.costs, window)
    mean = report.bits / report.tokens
    plot = Plot(
        1100,
        260,
        (0, max(report.tokens, 2)),
        (0, max(y for _, y in points) * 1.08 or 1),
        ("token of the text", "bits a token"),
    )
    plot.line([(0, mean), (report.tokens, mean)], "reference")
    plot.line(points if len(points) > 1 else [(0, mean), (report.tokens, mean)], "main")
    low, high = min(y for _, y in points), max(y for _, y in points)
    return _figure(
        "Surprise over the text",
        f"Mean of {window} tokens at a time; dashed, of all of them.",
        plot.svg(f"Bits a token over the text: from {low:.2f} to {high:.2f}, {mean:.2f} on average"),
        whole=True,
    )


def _top(report: Figures) -> str:
    plot = Plot(540, 400, (0, 1), (0, 1), ("predicted probability of the most probable token", "how often it came"))
    plot.line([(0, 0), (1, 1)], "reference")
    most = max(b.n for b in report.top.bins)
    for b in report.top.bins:
        if b.n:
            radius = 2.5 + 11 * (b.n / most) ** 0.5
            title = f"{b.n:,} predictions: {b.predicted / b.n:.1%} predicted, {b.observed / b.n:.1%} right"
            plot.dot(b.predicted / b.n, b.observed / b.n, radius, title)
    text = (
        f"On the dashed line a probability is true. Expected calibration error {report.top.ece:.2%}, in "
        f"{len(report.top.bins)} bins; chance alone would make {report.top.chance:.2%} on so many tokens. Areas are "
        "numbers of tokens."
    )
    return _figure("Calibration of the best guess", text, plot.svg(text))


def _all(calibration: Calibration) -> str:
    if not calibration.positions:
        return ""
    plot = Plot(
        540,
        400,
        (SMALLEST, 1),
        (SMALLEST, 1),
        ("predicted probability of any token", "how often it came"),
        logarithmic=True,
    )
    plot.line([(SMALLEST, SMALLEST), (1, 1)], "reference")
    for b in calibration.bins:
        if b.n and b.observed and b.predicted / b.n >= SMALLEST and b.observed / b.n >= SMALLEST:
            title = (
                f"{b.n:,} predictions of about {percent(b.predicted / b.n)}: {b.predicted:,.1f} should have come, "
                f"{b.observed:,} did"
            )
            plot.dot(
                b.predicted / b.n,
                min(b.observed / b.n, 1),
                2.5 + 9 * (b.observed / calibration.positions) ** 0.5,
                title,
            )
    text = (
        f"Every token of the vocabulary at {calibration.positions:,} positions, in bins of twice the probability of "
        "the one below. Areas are how many came; the fewer, the more chance moves a dot."
    )
    return _figure("Calibration of all probabilities", text, plot.svg(text))


# ---- tables


def _table(heads: Iterable[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; each head has a class for its column."""
    heads = list(heads)
    top = "".join(f'<th scope="col" class="{kind}">{escape(text)}</th>' for text, kind in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{kind}">{cell}</td>' for cell, (_, kind) in zip(row, heads, strict=False))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _section(name: str, text: str, table: str) -> str:
    return f'<section class="card"><h2>{escape(name)}</h2><p class="faint">{escape(text)}</p>{table}</section>\n'


def _bar(value: float, most: float, both_sides: bool = False) -> str:
    """A bar that begins at the left, or in the middle."""
    width = (50 if both_sides else 100) * abs(value) / max(most, 1e-9)
    left = 0.0 if not both_sides else 50 - width if value < 0 else 50
    return f'<span class="{"against" if value < 0 else "for"}" style="width:{width:.1f}%;left:{left:.1f}%"></span>'


def _orders(report: Figures) -> str:
    most = max(order.bits / order.tokens for order in report.orders)
    rows = [
        (f"{o.order}", f"{o.tokens / report.tokens:.1%}", f"{o.bits / o.tokens:.2f}", _bar(o.bits / o.tokens, most))
        for o in report.orders
    ]
    return _section(
        "Surprise by the longest context known",
        "How many of the last tokens the model had seen together in training.",
        _table([("tokens", ""), ("share of the text", ""), ("bits a token", ""), ("", "bar")], rows),
    )


def _parts(report: Figures) -> str:
    parts = [part for part in report.parts if part.kind != "even"]
    most = max(abs(part.bits) for part in parts)
    rows = [
        (
            escape(part.name),
            f"{part.bits / report.tokens:+.3f}".replace("-", "−"),
            _bar(part.bits, most, both_sides=True),
            f"{part.contexts:,}" if part.contexts else "",
            size(part.bytes) if part.bytes else "",
        )
        for part in sorted(parts, key=lambda part: -part.bits)
    ]
    even = -sum(part.bits for part in report.parts if part.kind == "even") / report.tokens
    return _section(
        "What the bits are saved by",
        f"Knowing nothing, a token would cost {even:.2f} bits. What each kind of context makes of it, on average: 1 "
        "is the previous token, c a class, d a coarse class, w a word; explain a token to see examples.",
        _table([("context", "name"), ("bits a token", ""), ("", "bar"), ("contexts", ""), ("size", "")], rows),
    )


def _hardest(report: Figures) -> str:
    rows = [
        (f"{h.bits:.1f}", f"{escape(h.context)} <b>{escape(h.token)}</b>", f"{h.position + 1:,}")
        for h in report.hardest
    ]
    return _section(
        "The most surprising tokens",
        "With the text before them.",
        _table([("bits", ""), ("", "before"), ("token", "")], rows),
    )


def _hardest_kinds(report: Figures) -> str:
    most = max(h.bits for h in report.hardest_kinds)
    rows = [
        (escape(h.token), f"{h.count:,}", f"{h.bits / h.count:.2f}", f"{h.bits / report.bits:.1%}", _bar(h.bits, most))
        for h in report.hardest_kinds
    ]
    return _section(
        "The tokens that cost most, all together",
        "Frequent ones, or hard ones, or both.",
        _table([("token", "name"), ("times", ""), ("bits each", ""), ("of the text", ""), ("", "bar")], rows),
    )


def _model(report: Figures) -> str:
    model = report.model
    contexts = sum(part.bytes for part in report.parts)
    spelling = 0 if model.layers else model.spelling_bytes
    sizes = [("contexts", contexts), ("tokenizer's file", model.tokenizer_bytes), ("spelling", spelling)]
    sizes.append(("vocabulary, trees, weights, topic vectors", model.bytes - sum(n for _, n in sizes)))
    rows = [(name, size(n), f"{n / model.bytes:.1%}", _bar(n, model.bytes)) for name, n in sizes if n]
    text = (
        f"Predicts {'tokens' if model.tokenizer == 'external' else model.tokenizer}, of which it knows "
        f"{model.symbols:,}. "
        f"{model.contexts:,} contexts in {model.templates} templates, {size(model.bytes)} in all"
        + (f"; trained on {size(model.training['bytes'])}." if "bytes" in model.training else ".")
    )
    return _section("The model", text, _table([("", "name"), ("size", ""), ("share", ""), ("", "bar")], rows))


def size(n: int) -> str:
    """A number of bytes for people."""
    return f"{n / 1e6:.1f} MB" if n >= 10**6 else f"{n / 1e3:.1f} KB" if n >= 1000 else f"{n} bytes"
