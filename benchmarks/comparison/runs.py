# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What run.py has written, by row."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any, NamedTuple

import protocol


class Point(NamedTuple):
    """A loss in nats a symbol, the mean of all seeds, and how far these are apart."""

    checkpoint: float  # CPU s: of the protocol for networks, else what it took
    cpu_seconds: float
    nats: float | None  # static; None: it learns always
    adaptive: float | None
    spread: float  # largest less least of the seeds' static losses; 0 for one seed


class Row(NamedTuple):
    row: str
    name: str
    is_network: bool
    runs: list[dict[str, Any]]  # a file each
    points: list[Point]

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def nbytes(self) -> int | None:
        found: int | None = self.runs[0]["bytes"]
        return found

    @property
    def speed(self) -> float | None:
        """Symbols scored a second."""
        speeds = [run["points"][-1].get("scored_per_cpu_second") for run in self.runs]
        return statistics.median(speeds) if all(speeds) else None


def read(folder: Path, text: str) -> dict[str, Row]:
    rows = {}
    for row, name in protocol.ROWS.items():
        files = sorted((folder / text).glob(f"{row}-[0-9]*.json"))
        runs = [json.loads(path.read_text("utf-8")) for path in files]
        if runs:
            name += f", order {runs[0]['order']}" if "order" in runs[0] else ""
            rows[row] = Row(row, name, row in protocol.NETWORKS, runs, _points(row, runs))
    return rows


def real_sample(folder: Path, text: str) -> dict[str, Any] | None:
    """The measures of real text, if they are there."""
    path = folder / text / "real.json"
    return json.loads(path.read_text("utf-8"))["sample"] if path.exists() else None


def _points(row: str, runs: list[dict[str, Any]]) -> list[Point]:
    n = min(len(run["points"]) for run in runs)
    points = []
    for i in range(n):
        found = [run["points"][i] for run in runs]
        seconds = statistics.mean(point["cpu_seconds"] for point in found)
        checkpoint = protocol.CHECKPOINTS[i] if row in protocol.NETWORKS else seconds
        nats = _each(found, "nats")
        spread = max(nats) - min(nats) if nats else 0.0
        points.append(Point(checkpoint, seconds, _mean(nats), _mean(_each(found, "adaptive_nats")), spread))
    return points


def _each(found: list[dict[str, Any]], what: str) -> list[float]:
    """Of all seeds; of none if one has none."""
    values = [value for point in found if (value := point.get(what)) is not None]
    return values if len(values) == len(found) else []


def _mean(values: list[float]) -> float | None:
    return statistics.mean(values) if values else None


def bits_per_byte(row: Row, nats: float) -> float:
    symbols_per_byte: float = row.runs[0]["valid_symbols"] / row.runs[0]["valid_bytes"]
    return nats / math.log(2) * symbols_per_byte
