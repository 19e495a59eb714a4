# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Longest time from Ctrl-C to the end of a training, over many moments of it.

python benchmarks/interrupt.py TEXT TOKENIZER [SIZE]
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
from pathlib import Path

import pylm

MOMENTS = 25


def main() -> None:
    path, tokenizer, size = Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
    began = time.perf_counter()
    pylm.train(path, tokenizer=tokenizer, size=size)
    whole, worst = time.perf_counter() - began, 0.0
    for i in range(MOMENTS):
        pressed = []

        def press() -> None:
            pressed.append(time.perf_counter())  # noqa: B023
            _thread.interrupt_main()

        timer = threading.Timer(whole * (i + 0.5) / MOMENTS * 0.95, press)
        timer.start()
        try:
            pylm.train(path, tokenizer=tokenizer, size=size)
        except KeyboardInterrupt:
            worst = max(worst, time.perf_counter() - pressed[0])
        else:
            timer.cancel()
    print(f"training takes {whole:.1f} s; interrupted at {MOMENTS} moments it ended within {worst:.3f} s")


if __name__ == "__main__":
    main()
