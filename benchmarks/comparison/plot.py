# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A plot of losses as SVG: a logarithmic axis below, a plain one at the side, a name at the end of each line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 60, 210, 14, 46  # margins; names stand in the right one
LINE = 15  # least distance of names
COLOURS = (
    "#0b6e4f", "#c1121f", "#3a5ba0", "#e07a1f", "#7b4fa3", "#8a6d3b", "#1b9aaa", "#d45d9b", "#5f6b6d", "#4a7c20",
    "#222222", "#a0522d", "#0080ff", "#b8860b", "#9d174d", "#00796b", "#6d4c41", "#5e35b1", "#827717",
)  # fmt: skip
STYLE = (
    "text{font:12px sans-serif;fill:#444}.grid{stroke:#e2e4e6}polyline{fill:none;stroke-width:2}"
    ".flat{stroke-dasharray:6 4}"
)


At = Callable[[float, float], tuple[float, float]]  # where a cost and a loss are


class Series(NamedTuple):
    name: str
    points: Sequence[tuple[float, float]]
    colour: int = 0  # its number; the same in all plots
    flat: bool = False  # one point, which more time does not change


def plot(series: Sequence[Series], labels: tuple[str, str], description: str) -> str:
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    low, high = math.log10(min(xs) / 1.3), math.log10(max(xs) * 1.3)
    margin = 0.05 * (max(ys) - min(ys)) or 0.1
    bottom, top = min(ys) - margin, max(ys) + margin

    def at(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (math.log10(x) - low) / (high - low) * (WIDTH - LEFT - RIGHT)
        return round(across, 1), round(TOP + (top - y) / (top - bottom) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [*_side(bottom, top, at, min(xs)), *_below(10**low, 10**high, at, top), *_labels(labels)]
    ends = sorted((at(*one.points[-1])[1], i) for i, one in enumerate(series))
    beside, last = {}, -math.inf
    for y, i in ends:
        last = beside[i] = max(y, last + LINE)
    for i, one in enumerate(series):
        parts += _drawn(one, [at(*point) for point in one.points], COLOURS[one.colour % len(COLOURS)], beside[i])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(description)}"><style>{STYLE}</style><rect width="100%" height="100%" fill="#ffffff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _drawn(one: Series, places: list[tuple[float, float]], colour: str, name_y: float) -> list[str]:
    parts = []
    line = [*places, (WIDTH - RIGHT, places[-1][1])] if one.flat else places
    kind = ' class="flat"' if one.flat else ""
    if len(line) > 1:
        points = " ".join(f"{x},{y}" for x, y in line)
        parts.append(f'<polyline{kind} stroke="{colour}" points="{points}"/>')
    for (x, y), (cost, loss) in zip(places, one.points, strict=True):
        title = escape(f"{one.name}: {loss:.4f} at {cost:,.4g}")
        parts.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"><title>{title}</title></circle>')
    name = f'<text x="{WIDTH - RIGHT + 10}" y="{name_y}" dy=".35em" style="fill:{colour}">{escape(one.name)}</text>'
    return [*parts, name]


def _side(bottom: float, top: float, at: At, x: float) -> Iterator[str]:
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100) if (top - bottom) / step <= 9)
    for i in range(math.ceil(bottom / step), math.floor(top / step) + 1):
        y = at(x, i * step)[1]
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{LEFT - 7}" y="{y}" dy=".35em" text-anchor="end">{i * step:.4g}</text>'


def _below(low: float, high: float, at: At, y: float) -> Iterator[str]:
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for factor in (1, 2, 5):
            value = factor * 10.0**power
            if low <= value <= high:
                x = at(value, y)[0]
                yield f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{value:,.10g}</text>'


def _labels(labels: tuple[str, str]) -> list[str]:
    across, up = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<text x="{across}" y="{HEIGHT - 8}" text-anchor="middle">{escape(labels[0])}</text>',
        f'<text transform="translate(14 {up}) rotate(-90)" text-anchor="middle">{escape(labels[1])}</text>',
    ]
