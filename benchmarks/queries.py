# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Time of single questions to a model, from Python: median over contexts taken from a text. Those that speed.py asks
are not among them.

python benchmarks/queries.py MODEL TEXT
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pylm

N = 300


def median_microseconds(call: Callable[[list[int]], object], contexts: list[list[int]]) -> float:
    times = []
    for context in contexts:
        began = time.process_time_ns()
        call(context)
        times.append(time.process_time_ns() - began)
    return statistics.median(times) / 1000


def main() -> None:
    began = time.perf_counter()
    model = pylm.load(sys.argv[1])
    print(f"load: {(time.perf_counter() - began) * 1000:.1f} ms")
    began = time.perf_counter()
    pylm.load(sys.argv[1], verify=True)
    print(f"load, all of it compared: {(time.perf_counter() - began) * 1000:.1f} ms")
    ids = model.encode(Path(sys.argv[2]).read_bytes()[:200_000])
    step = max(1, (len(ids) - 20) // N)
    contexts = [ids[i : i + 12] for i in range(0, len(ids) - 20, step)][:N]
    for name, call in (
        ("next(k=1)", lambda context: model.next(context, 1)),
        ("next(k=50)", lambda context: model.next(context, 50)),
        ("explain, k = 1", lambda context: model.explain(context, k=1)),
        ("explain, k = 5", model.explain),
        ("generate 20 symbols", lambda context: model.generate_ids(context, 20, seed=1)),
    ):
        print(f"{name}: {median_microseconds(call, contexts):.0f} µs")


if __name__ == "__main__":
    main()
