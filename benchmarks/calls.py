# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Time of short calls from Python, one by one and many at once: median CPU time over parts of a text.

python benchmarks/calls.py MODEL TEXT
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pylm

N_IDS, N_STATES, N_PARTS = 9000, 300, 15


def report(name: str, call: Callable[[Any], object], arguments: Sequence[Any], asked: int = 1) -> None:
    """Prints the median over parts of the arguments. `asked`: what a call asks for, when it is for many at once."""
    n, times = len(arguments) // N_PARTS, []
    for i in range(N_PARTS):
        part = arguments[i * n : (i + 1) * n]
        began = time.process_time_ns()
        for argument in part:
            call(argument)
        times.append((time.process_time_ns() - began) / (len(part) * asked))
    print(f"{name}: {statistics.median(times) / 1000:.2f} µs")


def one_by_one(model: pylm.Model, ids: list[int], words: list[str]) -> None:
    single = [[symbol] for symbol in ids]
    for learn in (False, True):
        state = model.state(learn=learn)
        state.feed(ids[:2000])
        report(f"State.feed([id]), learn={learn}", state.feed, single)
    state = model.state()
    report("State.feed() of 5 ids", state.feed, [ids[i : i + 5] for i in range(0, len(ids), 5)])
    report("State.feed() of a word", state.feed, words)
    report("State.score([id])", state.score, single)
    report("State.score() of a word", state.score, words)
    branch = state.branch()
    report("Branch.after(id)", branch.after, ids)
    report("Branch.step(id)", branch.step, ids)
    report("Branch.score(id)", branch.score, ids)
    short = [" ".join(words[i : i + 4]) for i in range(0, len(words), 4)]
    report("Model.score() of 4 words", model.score, short)


def at_once(model: pylm.Model, ids: list[int], words: list[str]) -> None:
    state, states = model.state(), []
    for i in range(N_STATES):
        state.feed(ids[i * 20 : i * 20 + 20])
        states.append(state.copy())
    hundreds = [ids[i : i + 100] for i in range(0, len(ids), 100)]
    report("State.scores() of 100 ids, each", state.scores, hundreds, 100)
    report("State.scores() of 100 words, each", state.scores, [words[i : i + 100] for i in range(0, 9000, 100)], 100)
    rounds = [ids[i : i + N_STATES] for i in range(0, len(ids), N_STATES)]
    rounds = [part for part in rounds if len(part) == N_STATES]
    report(
        f"State.feed([id]) of {N_STATES} states in turn, each",
        lambda part: [one.feed([symbol]) for one, symbol in zip(states, part, strict=True)],
        rounds,
        N_STATES,
    )
    report(
        f"Model.feed_batch() of {N_STATES} states, each", lambda part: model.feed_batch(states, part), rounds, N_STATES
    )
    report(f"State.next(5) of {N_STATES} states in turn, each", lambda _: [s.next(5) for s in states], rounds, N_STATES)
    report(f"Model.next_batch(5) of {N_STATES} states, each", lambda _: model.next_batch(states, 5), rounds, N_STATES)


def main() -> None:
    model, text = pylm.load(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")
    ids, words = model.encode(text[:400_000])[:N_IDS], text.split()[:N_IDS]
    one_by_one(model, ids, words)
    at_once(model, ids, words)


if __name__ == "__main__":
    main()
