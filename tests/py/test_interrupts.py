"""Ctrl-C in everything that takes long: how much processor time goes by until it is a KeyboardInterrupt.

One packet, one line that a keyboard learns, is one step: a second for a megabyte. They are short here.
Each call is interrupted after some processor time of this process (ITIMER_PROF), wherever it is then. It should take
0.2 s at most. The test allows five times as much, of processor time, which other processes do not add to. One moment for
each call, or PYLM_INTERRUPTS=all.
"""

from __future__ import annotations

import gc
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

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
AFTER = (0.03, 0.1, 0.2, 0.4, 0.8, 1.2) if os.environ.get("PYLM_INTERRUPTS") == "all" else (0.1,)
LINES = make_text(9000, seed=5)
LONG = random_text(800_000)  # words, 5 MB
ONE = {"threads": 1, "progress": False}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such timer")

_made: dict[str, object] = {}


def once(name: str, make: Callable[[], object]) -> object:
    """What several calls use."""
    if name not in _made:
        _made[name] = make()
    return _made[name]


def words() -> pylm.Model:
    return once("words", lambda: pylm.train([LINES], tokenizer="words", threads=1))  # type: ignore[return-value]


def in_bytes() -> pylm.Model:
    return once("bytes", lambda: pylm.train([LINES], tokenizer="bytes", threads=1))  # type: ignore[return-value]


def documents(folder: Path, n: int) -> list[Path]:
    """Files that are all different."""
    paths = [folder / f"{i}.txt" for i in range(n)]
    for i, path in enumerate(paths):
        path.write_text(f"{i} {LONG[i * 1000 : i * 1000 + 3_000_000]}")
    return paths


def stored(folder: Path) -> Path:
    pylm.count(documents(folder, 4), folder / "s", **ONE)
    return folder / "s"


def with_sources(folder: Path) -> pylm.Model:
    return pylm.train([LINES], tokenizer="words", output=folder / "m", sources=True, **ONE)


def learning() -> pylm.State:
    return in_bytes().state(learn=True)


# What is made before, and the call that is interrupted.
CALLS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "train bytes": lambda _: lambda: pylm.train([LONG], tokenizer="bytes", **ONE),
    "train words": lambda _: lambda: pylm.train([LONG], tokenizer="words", **ONE),
    "train pieces": lambda _: lambda: pylm.train([LONG], tokenizer="pieces", **ONE),
    "train a size": lambda _: lambda: pylm.train([LONG], tokenizer="words", size="60K", **ONE),
    "train a kernel": lambda _: lambda: pylm.train([LONG], tokenizer="words", kernel=pylm.KernelOptions(), **ONE),
    "train with sources": lambda f: lambda: pylm.train(
        [LONG], tokenizer="words", output=f / "m", sources=True, **ONE
    ),
    "train in little memory": lambda f: lambda: pylm.train(
        [LONG], tokenizer="words", output=f / "m", memory="200M", **ONE
    ),
    "adapt": lambda _: lambda m=words(): pylm.adapt(m, [LONG], **ONE),
    "prune": lambda _: lambda m=words(): pylm.prune(m, LONG, **ONE),
    "evaluate": lambda _: lambda m=in_bytes(): m.evaluate(LONG, threads=1, progress=False),
    "evaluate, learning": lambda _: lambda m=in_bytes(): m.evaluate(LONG, learn=True, progress=False),
    "score": lambda _: lambda m=in_bytes(): m.score(LONG),
    "score words": lambda _: lambda m=words(): m.word_scores(LONG),
    "score a batch": lambda _: lambda m=in_bytes(): m.score_batch([LONG[:9000]] * 500, threads=1),
    "encode": lambda _: lambda m=words(): m.encode(LONG * 4),
    "state": lambda _: lambda s=learning(): s.feed(LONG),
    "keyboard": lambda _: lambda k=pylm.Keyboard(words()): [k.learn(LONG[i : i + 9000]) for i in range(0, 4_000_000, 9000)],
    "generate": lambda _: lambda m=words(): m.generate("", 100_000),
    "generate, constrained": lambda _: lambda m=in_bytes(), c=pylm.Regex("[a-z]{40000}"): m.generate(
        "", 100_000, constraint=c
    ),
    "beam search": lambda _: lambda s=in_bytes().state(): s.beam_search(100_000),
    "regular expression": lambda _: lambda: [pylm.Regex(r"(\w|\d|\s){150}") for _ in range(20)],
    "schema": lambda _: lambda: [pylm.Schema({"type": "string", "maxLength": 2500}) for _ in range(20)],
    "explain a text": lambda _: lambda m=words(): m.explain_text(LONG[:100_000]),
    "compress": lambda _: lambda m=in_bytes(): [m.compress(LONG[:50_000]) for _ in range(99)],
    "decompress": lambda _: lambda m=in_bytes(), p=in_bytes().compress(LONG[:50_000]): [m.decompress(p) for _ in range(99)],
    "count": lambda f: lambda paths=documents(f, 4): pylm.count(paths, f / "s", **ONE),
    "count lines": lambda f: lambda paths=documents(f, 4): pylm.count(paths, f / "s", documents="lines", **ONE),
    "add": lambda f: lambda s=pylm.Store(stored(f)): s.add([LONG, LONG + "a", LONG + "b"], **ONE),
    "forget": lambda f: lambda s=pylm.Store(stored(f)): s.forget(f / "0.txt", **ONE),
    "merge": lambda f: lambda s=stored(f): pylm.merge([s, s], f / "t", **ONE),
    "build": lambda f: lambda s=stored(f): pylm.build(s, **ONE),
    "verify": lambda f: lambda s=pylm.Store(stored(f)): [s.verify(progress=False) for _ in range(99)],
    "trace": lambda f: lambda m=with_sources(f): [m.trace(LONG, progress=False) for _ in range(99)],
    "sources": lambda f: lambda m=with_sources(f): [m.sources.find(LONG) for _ in range(99)],
}  # fmt: skip


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
        call = CALLS[name](folder)
        gc.collect()
        found.append(Latency(call, after).seconds)
    print(f"{name}: {statistics.median(found):.2f}, at most {max(found):.2f} CPU seconds")  # for docs/reliability.md
    assert max(found) < ALLOWED, found


def test_it_would_be_noticed() -> None:
    """What cannot be interrupted: one step of Python that takes two seconds."""
    n = 10**6
    while True:
        began = time.process_time()
        sum(range(n))
        if time.process_time() - began > 2 * ALLOWED:
            break
        n *= 2
    assert Latency(lambda: sum(range(n)), 0.1).seconds > ALLOWED
