# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""An explanation of one token as a table for a terminal."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from ..explain.kernel import KernelExplanation
from ..explain.mix import Explanation, Part
from .common import quoted

BAR = 10  # columns
LEAST_NAME = 16
FOR, AGAINST = "█", "░"
BLUE, ORANGE, PLAIN = "\x1b[34m", "\x1b[33m", "\x1b[0m"


def table(explanation: Explanation, columns: int, colours: bool) -> str:
    """An explanation for a terminal of so many columns."""
    parts = sorted(explanation.parts, key=lambda part: (part.kind != "even", -abs(part.bits)))
    notable = [part for part in parts if part.total or abs(part.bits) >= 0.005]
    most = max((abs(part.bits) for part in notable if part.kind != "even"), default=1.0)
    rows = [("bits", "", "seen", "log-odds", "weight")] + [_figures(part, most) for part in notable]
    widths, room = _layout(rows, columns)
    names = ["because of"] + [_name(part, room, explanation.trees) for part in notable]
    lines = [_title(explanation), "", *_lines(rows, widths, names, colours)]
    lines.append(f"{-explanation.bits:+8.2f}  log2 of the probability")
    unknown = [part.name for part in parts if part.kind == "context" and not part.total]
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        lines += ["", f"not known: {_fitted(unknown[0], columns - 25)}{more}"]
    if explanation.topic:
        lines += ["", *textwrap.wrap(f"topic: {explanation.topic.made_of}", columns, subsequent_indent="  ")]
    return "\n".join(lines + _close(explanation))


def kernel_table(explanation: KernelExplanation, columns: int, colours: bool) -> str:
    """The same of a kernel."""
    notable = explanation.notable()
    rows = [("share", "", "seen", "distance", "weight", "of all")]
    rows += [
        (
            f"{part.share:.1%}",
            _bar(part.share, notable[0].share),
            part.seen,
            f"{part.distance:.2f}",
            f"{part.weight:.1e}",
            f"{part.weight_share:.1%}",
        )
        for part in notable
    ]
    widths, room = _layout(rows, columns)
    names = ["because of"] + [_fitted(part.name, room) for part in notable]
    lines = [_title(explanation), "", *_lines(rows, widths, names, colours)]
    others = [part for part in explanation.parts if part.total and part not in notable]
    if others:
        lines.append(f"{sum(part.share for part in others):8.1%}  {len(others)} more patterns")
    return "\n".join(lines + _close(explanation))


def _layout(rows: Sequence[tuple[str, ...]], columns: int) -> tuple[list[int], int]:
    """How wide the columns before the names are, and how much room is left."""
    widths = [8, BAR, *(max(len(row[i]) for row in rows) for i in range(2, len(rows[0])))]
    return widths, max(columns - sum(widths) - 2 * len(widths), LEAST_NAME)


def _lines(rows: Sequence[tuple[str, ...]], widths: list[int], names: list[str], colours: bool) -> Iterator[str]:
    for row, name in zip(rows, names, strict=False):
        cells = [f"{row[i]:<{widths[i]}}" if i == 1 else f"{row[i]:>{widths[i]}}" for i in range(len(row))]
        if colours and row[1]:
            cells[1] = f"{BLUE if row[1][0] == FOR else ORANGE}{cells[1]}{PLAIN}"
        yield "  ".join([*cells, name])


def _close(explanation: Explanation | KernelExplanation) -> list[str]:
    lines = [f"{prediction.probability:8.2%}  {quoted(prediction.text)}" for prediction in explanation.next]
    return ["", "came close", *lines]


def _title(explanation: Explanation | KernelExplanation) -> str:
    text = f"{quoted(explanation.token)}   probability {explanation.probability:.3g}, {explanation.bits:.2f} bits"
    if isinstance(explanation, Explanation) and any(part.learned for part in explanation.parts):
        text += f"; {explanation.learned_bits:+.2f} bits learned from the text so far"
    return text


def _figures(part: Part, most: float) -> tuple[str, ...]:
    """Bits, bar, counts, log-odds, weight."""
    bits = f"{part.bits:+.2f}"
    if part.kind in ("even", "constant", "average"):
        return bits, "" if part.kind == "even" else _bar(part.bits, most), "", "", ""
    return bits, _bar(part.bits, most), part.seen, f"{part.log_odds:+.1f}", f"{part.weight:.2f}"


def _bar(bits: float, most: float) -> str:
    """Full blocks for what makes the token more probable, light ones for what makes it less so."""
    return (FOR if bits > 0 else AGAINST) * round(BAR * abs(bits) / most)


def _name(part: Part, room: int, trees: int) -> str:
    before = "this text: " if part.learned else ""
    behind = f" (tree {part.tree})" if trees > 1 and part.kind != "average" else ""
    return before + _fitted(part.name, room - len(before) - len(behind)) + behind


def _fitted(name: str, room: int) -> str:
    """A name in so many columns: with fewer symbols of each class, then without what is far from the token."""
    if _width(name) > room:
        name = re.sub(r"\[(\S+) [^]]*\]", r"[\1 …]", name)
    if _width(name) > room:
        while _width(name) > max(room - 1, 1):
            name = name[1:]
        name = "…" + name
    return name


def _width(text: str) -> int:
    """Columns that a terminal shows a text in."""
    wide = (2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))
    return sum(wide)
