# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""One measure of speed.py, in a process of its own, by the pylm or the KenLM of the Python that runs it. Works with
earlier versions of pylm as well.

    python -I benchmarks/speed_worker.py MEASURE MODEL TEXT

Each line of standard input asks for one turn, answered by a line of JSON: seconds a unit, "cpu" and "wall" (of
suggestions "mean" and "median", CPU time). "null" at once, if this version cannot do it.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PLACES, FED = 300, 5000  # places in a text, and symbols fed one by one
PART = 400_000  # bytes of a text that places are taken from
THREADS = 2  # of filtering

Turn = Callable[[], dict[str, float]]


def timed(call: Callable[[], object], n: float) -> dict[str, float]:
    """Seconds for each of n units."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return {"cpu": (time.process_time() - cpu) / n, "wall": (time.perf_counter() - wall) / n}


# ---- pylm


def ids_of(model: Any, text: str) -> list[int]:
    """Of the beginning of a text, its lines complete."""
    data = Path(text).read_bytes()[: PART if model.n_symbols > 20_000 else None]
    return list(model.encode(data[: data.rfind(b"\n") + 1]))


def learning(model: Any) -> Any:
    try:
        return model.state(learn=True)
    except TypeError:
        return model.state(adapt=True)  # as earlier versions called it


def score(model: Any, text: str) -> Turn:
    ids = ids_of(model, text)
    return lambda: timed(lambda: model.score(ids), len(ids))


def learn(model: Any, text: str) -> Turn:
    ids = ids_of(model, text)
    return lambda: timed(lambda: learning(model).feed(ids), len(ids))


def feed(model: Any, text: str) -> Turn:
    ids = ids_of(model, text)[:FED]

    def one_by_one() -> None:
        read = model.state().feed
        for symbol in ids:
            read([symbol])

    return lambda: timed(one_by_one, len(ids))


def places(model: Any, text: str) -> list[tuple[Any, int]]:
    """States all over a text, each with the symbol that comes."""
    ids, state, found, read = ids_of(model, text), model.state(), [], 0
    for i in range(0, len(ids) - 1, len(ids) // PLACES):
        state.feed(ids[read:i])
        found.append((state.copy(), ids[i]))
        read = i
    return found


def at_places(ask: Callable[[Any, int], object]) -> Callable[[Any, str], Turn]:
    def turns(model: Any, text: str) -> Turn:
        asked = places(model, text)
        return lambda: timed(lambda: [ask(state, symbol) for state, symbol in asked], len(asked))

    return turns


def score_one(state: Any, symbol: int) -> float:
    """What one continuation costs, while the state stays where it is: the shortest way that the version has."""
    if hasattr(state, "score"):
        return float(state.score([symbol]))
    return float(state.branch().score(symbol) if hasattr(state, "branch") else state.copy().feed([symbol]))


def begun_words(text: str) -> Iterator[tuple[str, str]]:
    """Words begun: what stands before them in their line, and their first letter."""
    for line in Path(text).read_text(encoding="utf-8").splitlines():
        words = line.split()
        for i in range(2, len(words), 5):
            if len(words[i]) > 2 and words[i].isalpha():
                yield " ".join(words[:i]) + " ", words[i][0]


def suggest(model: Any, text: str) -> Turn:
    import pylm

    keyboard, asked = pylm.Keyboard(model), list(itertools.islice(begun_words(text), PLACES))

    def turn() -> dict[str, float]:
        times = []
        for context, letter in asked:
            began = time.process_time_ns()
            keyboard.suggest(context, letter, 3)
            times.append((time.process_time_ns() - began) / 1e9)
        return {"mean": statistics.mean(times), "median": statistics.median(times)}

    return turn


def lines_of(text: str) -> list[bytes]:
    return [line for line in Path(text).read_bytes().split(b"\n") if line]


def filtering(model: Any, text: str) -> Turn:
    """The probability of each line of a file, reading included; a unit is a megabyte."""
    nbytes = Path(text).stat().st_size
    return lambda: timed(lambda: model.score_batch(lines_of(text), threads=THREADS, progress=False), nbytes / 1e6)


PYLM: dict[str, Callable[[Any, str], Turn]] = {
    "score": score,
    "learn": learn,
    "feed": feed,
    "one": at_places(score_one),
    "next": at_places(lambda state, _: state.next(5)),
    "distribution": at_places(lambda state, _: state.distribution()),
    "suggest": suggest,
    "filter": filtering,
}


# ---- KenLM


def kenlm_score(model: Any, text: str) -> Turn:
    """Of lines, their ends included; a unit is a word or an end."""
    lines = [line.strip() for line in Path(text).read_text(encoding="utf-8").splitlines()]
    n = sum(len(line.split()) + 1 for line in lines)
    return lambda: timed(lambda: [model.score(line) for line in lines], n)


def kenlm_filter(model: Any, text: str) -> Turn:
    """Of lines of pieces. A unit is a megabyte of the text from which they were made, whose length stands in the first
    line."""
    nbytes, lines = Path(text).read_text(encoding="utf-8").split("\n", 1)
    asked = lines.splitlines()
    return lambda: timed(lambda: [model.score(line) for line in asked], int(nbytes) / 1e6)


KENLM: dict[str, Callable[[Any, str], Turn]] = {"kenlm-score": kenlm_score, "kenlm-filter": kenlm_filter}


def main() -> None:
    measure, path, text = sys.argv[1:]
    try:
        if measure in KENLM:
            import kenlm

            turn = KENLM[measure](kenlm.Model(path), text)
        else:
            import pylm

            turn = PYLM[measure](pylm.load(path), text)
    except (ImportError, AttributeError):
        print("null", flush=True)
        return
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(turn()), flush=True)


if __name__ == "__main__":
    main()
