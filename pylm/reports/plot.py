# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Plots as SVG that takes its colours from the page it stands in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from .._core.page import escape

LEFT, RIGHT, TOP, BOTTOM = 52, 12, 10, 40  # margins


class Plot:
    """One plot: axes, then what is drawn on them, in the units of the axes.

    x, y     the ends of the axes; of a logarithmic one above 0.
    labels   of the axes.
    """

    def __init__(
        self,
        width: int,
        height: int,
        x: tuple[float, float],
        y: tuple[float, float],
        labels: tuple[str, str],
        logarithmic: bool = False,
    ) -> None:
        self._width, self._height, self._x, self._y = width, height, x, y
        self._scale = math.log10 if logarithmic else float
        self._parts: list[str] = []
        self._axes(labels, _powers if logarithmic else ticks)

    def _axes(self, labels: tuple[str, str], marks: Callable[[float, float], list[float]]) -> None:
        right, bottom = self._width - RIGHT, self._height - BOTTOM
        for value in marks(*self._y):
            y = self._at_y(value)
            self._parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
            self._parts.append(f'<text x="{LEFT - 7}" y="{y}" dy=".35em" text-anchor="end">{_number(value)}</text>')
        for value in marks(*self._x):
            x = self._at_x(value)
            self._parts.append(f'<line class="grid" y1="{TOP}" y2="{bottom}" x1="{x}" x2="{x}"/>')
            self._parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{_number(value)}</text>')
        middle = (TOP + bottom) / 2
        self._parts.append(
            f'<text class="label" x="{(LEFT + right) / 2}" y="{self._height - 5}" text-anchor="middle">'
            f'{escape(labels[0])}</text><text class="label" transform="translate(11 {middle}) rotate(-90)" '
            f'text-anchor="middle">{escape(labels[1])}</text>'
        )

    def _at_x(self, value: float) -> float:
        low, high = map(self._scale, self._x)
        return round(LEFT + (self._scale(value) - low) / (high - low) * (self._width - LEFT - RIGHT), 1)

    def _at_y(self, value: float) -> float:
        low, high = map(self._scale, self._y)
        return round(
            self._height - BOTTOM - (self._scale(value) - low) / (high - low) * (self._height - TOP - BOTTOM), 1
        )

    def line(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """A line through points; `kind` is its class."""
        places = " ".join(f"{self._at_x(x)},{self._at_y(y)}" for x, y in points)
        self._parts.append(f'<polyline class="{kind}" points="{places}"/>')

    def dot(self, x: float, y: float, radius: float, title: str) -> None:
        """A dot with a tooltip."""
        self._parts.append(
            f'<circle cx="{self._at_x(x)}" cy="{self._at_y(y)}" r="{radius:.1f}"><title>{escape(title)}</title>'
            "</circle>"
        )

    def legend(self, lines: Iterable[tuple[str, str]]) -> None:
        """Names of lines with a piece of each, by its class, at the top right."""
        for i, (name, kind) in enumerate(lines):
            x, y = self._width - RIGHT - 190, TOP + 14 + 18 * i
            self._parts.append(f'<polyline class="{kind}" points="{x},{y} {x + 34},{y}"/>')
            self._parts.append(f'<text class="label" x="{x + 42}" y="{y}" dy=".35em">{escape(name)}</text>')

    def svg(self, description: str) -> str:
        """The plot; the description is for who cannot see it."""
        return (
            f'<svg viewBox="0 0 {self._width} {self._height}" role="img" aria-label="{escape(description)}">'
            f"{''.join(self._parts)}</svg>"
        )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, evenly spaced, some five."""
    if high <= low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / 5))
    step = power * next(factor for factor in (1, 2, 5, 10) if (high - low) / (power * factor) <= 7)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    return [10.0**i for i in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)]


def _number(value: float) -> str:
    if value and (abs(value) < 0.01 or abs(value) >= 1e7):
        return f"1e{round(math.log10(abs(value)))}" if value > 0 else f"{value:.0e}"
    return f"{value:,.10g}"
