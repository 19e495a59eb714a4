"""Ctrl-C in everything that takes long: how much processor time goes by until it is a KeyboardInterrupt.

Each call is interrupted after some processor time of this process (ITIMER_PROF), wherever it is then. It should take
0.2 s at most. The test allows five times as much, of processor time, which other processes do not add to. One moment
for each call, or several: PYLM_INTERRUPTS=all.
"""

from __future__ import annotations

import gc
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from texts import make_text

import pylm


def random_text(n_words: int) -> str:
    """Words of which some are frequent, in lines; nothing is repeated, which would be slow to sort and to compress."""
    numbers = (np.random.Generator(np.random.PCG64(1)).random(n_words) ** 3 * 5000).astype(int).tolist()
    names = [f"w{i}{' ' if i % 11 else chr(10)}" for i in range(5000)]
    return "".join([names[i] for i in numbers])


ALLOWED = 1.0  # CPU seconds
AFTER = (0.03, 0.1, 0.2, 0.4) if os.environ.get("PYLM_INTERRUPTS") == "all" else (0.1,)
LINES = make_text(9000, seed=5)
LONG = random_text(800_000)  # words, 5 MB
PARTS = [LONG[i : i + 16_384] for i in range(0, 4_000_000, 16_384)]
KERNEL = pylm.KernelOptions()
ONE: Any = {"threads": 1, "progress": False}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such timer")

_models: dict[str, pylm.Model] = {}


def model(tokenizer: str) -> pylm.Model:
    if tokenizer not in _models:
        _models[tokenizer] = pylm.train([LINES], tokenizer=tokenizer, **ONE)
    return _models[tokenizer]


def nothing(_: Path) -> None:
    pass


def words(_: Path) -> pylm.Model:
    return model("words")


def in_bytes(_: Path) -> pylm.Model:
    return model("bytes")


def packet(_: Path) -> bytes:
    return model("bytes").compress(LONG[:65_536])


def documents(folder: Path) -> list[Path]:
    """Files that are all different."""
    paths = [folder / f"{i}.txt" for i in range(4)]
    for i, path in enumerate(paths):
        path.write_text(f"{i} {LONG[i * 1000 : i * 1000 + 3_000_000]}")
    return paths


def stored(folder: Path) -> Path:
    pylm.count(documents(folder), folder / "s", **ONE)
    return folder / "s"


def with_sources(folder: Path) -> pylm.Model:
    return pylm.train([LINES], tokenizer="words", output=folder / "m", sources=True, **ONE)


# What is made before, in a folder, and the call that is interrupted.
Case = tuple[Callable[[Path], Any], Callable[[Any, Path], object]]
TEXT = "[a-z]{40000}"
CALLS: dict[str, Case] = {
    "train bytes": (nothing, lambda _, f: pylm.train([LONG], tokenizer="bytes", **ONE)),
    "train words": (nothing, lambda _, f: pylm.train([LONG], tokenizer="words", **ONE)),
    "train pieces": (nothing, lambda _, f: pylm.train([LONG], tokenizer="pieces", **ONE)),
    "train a size": (nothing, lambda _, f: pylm.train([LONG], tokenizer="words", size="100K", **ONE)),
    "train a kernel": (nothing, lambda _, f: pylm.train([LONG], tokenizer="words", kernel=KERNEL, **ONE)),
    "train with sources": (nothing, lambda _, f: pylm.train([LONG], output=f / "m", sources=True, **ONE)),
    "train in little memory": (nothing, lambda _, f: pylm.train([LONG], output=f / "m", memory="400M", **ONE)),
    "adapt": (words, lambda m, f: pylm.adapt(m, [LONG], **ONE)),
    "prune": (words, lambda m, f: pylm.prune(m, LONG, **ONE)),
    "evaluate": (in_bytes, lambda m, f: m.evaluate(LONG, threads=1, progress=False)),
    "evaluate, learning": (in_bytes, lambda m, f: m.evaluate(LONG, learn=True, progress=False)),
    "score": (in_bytes, lambda m, f: m.score(LONG)),
    "score words": (words, lambda m, f: m.word_scores(LONG)),
    "score a batch": (in_bytes, lambda m, f: m.score_batch([LONG[:9000]] * 500, threads=1)),
    "encode": (words, lambda m, f: [m.encode(LONG) for _ in range(99)]),
    "state": (lambda f: in_bytes(f).state(learn=True), lambda s, f: s.feed(LONG)),
    "keyboard": (lambda f: pylm.Keyboard(in_bytes(f)), lambda k, f: [k.learn(part) for part in PARTS]),
    "generate": (words, lambda m, f: m.generate("", 100_000)),
    "generate, constrained": (in_bytes, lambda m, f: m.generate("", 100_000, constraint=pylm.Regex(TEXT))),
    "beam search": (lambda f: in_bytes(f).state(), lambda s, f: s.beam_search(100_000)),
    "regular expression": (nothing, lambda _, f: [pylm.Regex(r"(\w|\d|\s){150}") for _ in range(20)]),
    "schema": (nothing, lambda _, f: [pylm.Schema({"type": "string", "maxLength": 2500}) for _ in range(20)]),
    "explain a text": (words, lambda m, f: m.explain_text(LONG[:100_000])),
    "compress": (in_bytes, lambda m, f: [m.compress(LONG[:65_536]) for _ in range(99)]),
    "decompress": (packet, lambda p, f: [in_bytes(f).decompress(p) for _ in range(99)]),
    "count": (documents, lambda paths, f: pylm.count(paths, f / "s", **ONE)),
    "count lines": (documents, lambda paths, f: pylm.count(paths, f / "s", documents="lines", **ONE)),
    "add": (stored, lambda s, f: pylm.Store(s).add([LONG, LONG + "a", LONG + "b"], **ONE)),
    "forget": (stored, lambda s, f: pylm.Store(s).forget(f / "0.txt", **ONE)),
    "merge": (stored, lambda s, f: pylm.merge([s, s], f / "t", **ONE)),
    "build": (stored, lambda s, f: pylm.build(s, **ONE)),
    "verify": (stored, lambda s, f: [pylm.Store(s).verify(progress=False) for _ in range(99)]),
    "trace": (with_sources, lambda m, f: [m.trace(LONG, progress=False) for _ in range(99)]),
    "sources": (with_sources, lambda m, f: [m.sources.find(LONG) for _ in range(99)]),
}


class Latency:
    """How long a call goes on after it was interrupted."""

    def __init__(self, call: Callable[[], object], after: float) -> None:
        previous = signal.signal(signal.SIGPROF, signal.default_int_handler)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, after)
        try:
            call()
        except KeyboardInterrupt:
            self.seconds = max(0.0, time.process_time() - began - after)
        else:
            pytest.fail(f"it ended before it could be interrupted, after {time.process_time() - began:.2f} CPU seconds")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, previous)


@pytest.mark.parametrize("name", CALLS)
def test_interrupted_soon(name: str, tmp_path: Path) -> None:
    found = []
    for i, after in enumerate(AFTER):
        folder = tmp_path / str(i)
        folder.mkdir()
        make, call = CALLS[name]
        made = make(folder)
        gc.collect()
        found.append(Latency(partial(call, made, folder), after).seconds)
    print(f"{name}: {statistics.median(found):.2f}, at most {max(found):.2f} CPU seconds")  # for docs/reliability.md
    assert max(found) < ALLOWED, found


def test_it_would_be_noticed() -> None:
    """What cannot be interrupted: one step of Python that takes two seconds."""
    n, seconds = 10**6, 0.0
    while seconds < 1.5 * ALLOWED:
        n = round(n * min(10, 2 * ALLOWED / max(seconds, 0.01)))
        began = time.process_time()
        sum(range(n))
        seconds = time.process_time() - began
    assert Latency(lambda: sum(range(n)), 0.1).seconds > ALLOWED
