# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Rates of scoring PTB's validation text in one process, one thread: pylm's models, and KenLM's where its Python module
is installed; then a batch on one and on two threads.

    pylm train PTB-TRAIN -o default.pylm --tokenizer words
    pylm train PTB-TRAIN -o fast.pylm --tokenizer words --profile fast
    python benchmarks/rates.py PTB-VALID default.pylm fast.pylm [KENLM-MODEL ...]

Everything is timed in turn, RUNS times; medians of CPU time. Turning text into symbols is included on both sides.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pylm

RUNS = 9


def kenlm_scorer(path: str, lines: list[str]) -> Callable[[], float]:
    import kenlm

    model = kenlm.Model(path)
    return lambda: sum(model.score(line) for line in lines)


def main() -> None:
    text = Path(sys.argv[1])
    lines = [line.strip() for line in text.read_text().splitlines()]
    n = sum(len(line.split()) + 1 for line in lines)
    scorers: dict[str, Callable[[], object]] = {}
    for path in sys.argv[2:]:
        if path.endswith(".pylm"):
            model = pylm.load(path)
            whole = text.read_text()
            scorers[path] = lambda model=model, whole=whole: model.score(whole)
            ids = model.encode(whole, add_eos=True)
            scorers[path + " (ids)"] = lambda model=model, ids=ids: model.score(ids)
        else:
            scorers[path] = kenlm_scorer(path, lines)
    times: dict[str, list[float]] = {name: [] for name in scorers}
    for _ in range(RUNS):
        for name, score in scorers.items():
            began = time.process_time()
            score()
            times[name].append(time.process_time() - began)
    for name, values in times.items():
        print(f"{name}: {statistics.median(values) / n * 1e6:.3f} µs a word")
    model = pylm.load(sys.argv[2])
    batch = [line + "\n" for line in lines] * 4
    walls: dict[int, list[float]] = {1: [], 2: []}
    ids = [model.encode(line) for line in batch]
    for _ in range(RUNS):
        for threads, values in walls.items():
            began = time.perf_counter()
            model.score_batch(ids, threads=threads, progress=False)
            values.append(time.perf_counter() - began)
    one, two = (statistics.median(values) for values in walls.values())
    print(f"batch of {len(batch)} lines: {one:.3f} s on one thread, {two:.3f} s on two, {one / two:.2f} x")


main()
