# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Measures questions about n-grams of a large text: counts, longest suffixes and followers.

    python benchmarks/ngrams.py FOLDER [--text TEXT] [--asked OTHER-TEXT]

The sources of TEXT are written to FOLDER, beside a small model: a question does not depend on the model. Without TEXT
those of the last time are asked. Half of the n-grams are from TEXT, at random places; the contexts are from OTHER-TEXT,
which should not be in TEXT. Each question is asked once, so that no answer is in the cache; the table gives medians.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pylm
from pylm._core.mapping import open_bytes
from pylm._core.native import ffi, lib
from pylm._core.progress import Progress
from pylm.sources.writer import SourcesWriter

N_QUESTIONS = 2000
LENGTHS = [1, 2, 3, 5, 8]  # words of n-grams
CONTEXT = 40  # words


def build(text: bytes, model: Path) -> None:
    """Writes the sources of a text, in documents of some 100,000 bytes."""
    small, cpu = pylm.train([b"some text"], output=model), time.process_time()
    with SourcesWriter(f"{model}.sources") as writer:
        at = 0
        while at < len(text):
            end = text.find(b"\n\n", at + 100_000) + 2
            end = end if end > 1 else len(text)
            writer.add(f"{at}.txt", text[at:end])
            at = end
        writer.sort(Progress(False))
        writer.save(small._image.model)
    print(f"sources of {len(text):,} bytes: {time.process_time() - cpu:.1f} s CPU")


def microseconds(call: Callable[[Any], object], questions: Iterable[Any]) -> list[float]:
    times = []
    for question in questions:
        began = time.perf_counter_ns()
        call(question)
        times.append((time.perf_counter_ns() - began) / 1000)
    return sorted(times)


def row(name: str, c: list[float], python: list[float]) -> None:
    print(f"| {name} | {statistics.median(c):.1f} | {c[len(c) * 99 // 100]:.1f} "
          f"| {statistics.median(python):.1f} | {python[len(python) * 99 // 100]:.1f} |")  # fmt: skip


class InC:
    """The same questions as C asks them: the text in memory, room for the answer, one call; here through cffi."""

    def __init__(self, path: str) -> None:
        self.data = ffi.from_buffer(open_bytes(path, None))
        self.view, self.n = ffi.new("pylm_sources *"), ffi.new("uint64_t *")
        assert lib.pylm_sources_open(self.view, self.data, len(self.data)) == lib.PYLM_OK
        self.passage, self.followers = ffi.new("pylm_passage *"), ffi.new("pylm_follower[]", 5)

    def question(self, text: bytes) -> tuple[Any, Any, int]:
        """The text, its words and their number."""
        data, words = ffi.from_buffer(text), ffi.new("pylm_span[]", len(text))
        return data, words, lib.pylm_split_words(data, len(data), words, len(words))

    def count(self, question: tuple[Any, Any, int]) -> None:
        lib.pylm_sources_count(self.view, *question, self.passage)

    def longest(self, question: tuple[Any, Any, int]) -> None:
        lib.pylm_sources_longest_suffix(self.view, *question, 1, self.passage)

    def longest_with_followers(self, question: tuple[Any, Any, int]) -> None:
        lib.pylm_sources_longest_suffix(self.view, *question, 1, self.passage)
        lib.pylm_sources_followers(self.view, self.passage, self.followers, 5, self.n)


def parts(text: bytes, n_words: int, numbers: random.Random) -> list[bytes]:
    """Words in a row, at random places."""
    found = []
    while len(found) < N_QUESTIONS:
        words = text[(at := numbers.randrange(len(text))) : at + 30 * (n_words + 2)].split()[1:-1]
        if len(words) >= n_words:
            found.append(b" ".join(words[:n_words]))
    return found


def measure(model: Path, asked: bytes | None) -> None:
    sources, c, numbers = pylm.load(model).sources, InC(f"{model}.sources"), random.Random(1)
    ffi.buffer(c.data)[:]  # every page was read once
    info = ffi.new("pylm_sources_info *")
    lib.pylm_sources_describe(c.view, info)
    text = ffi.buffer(c.data)[80 : 80 + info.text_nbytes]
    print(f"{len(text):,} bytes, {sources.words:,} words\n")
    print("| µs a question | C, median | 99 % | Python, median | 99 % |\n| --- | ---: | ---: | ---: | ---: |")
    for n in LENGTHS:
        there = parts(text, n, numbers)
        questions = there[: N_QUESTIONS // 2] + [b" ".join(x.split()[::-1]) for x in there[N_QUESTIONS // 2 :]]
        numbers.shuffle(questions)
        cut = N_QUESTIONS // 2  # C and Python get different ones: neither finds the cache warm
        in_c = [c.question(x) for x in questions[:cut]]
        python = microseconds(sources.count, questions[cut:])
        row(f"count, {n} word{'s' * (n > 1)}", microseconds(c.count, in_c), python)
    for name, content in (("new text", asked), ("text that is there", text)):
        if content is not None:
            contexts = parts(content, CONTEXT, numbers)
            in_c, rest = [c.question(x) for x in contexts[::2]], contexts[1::2]
            python = microseconds(lambda x: sources.longest(x, k=0), rest[::2])
            row(f"longest suffix of {CONTEXT} words, {name}", microseconds(c.longest, in_c[::2]), python)
            python = microseconds(lambda x: sources.longest(x, k=5), rest[1::2])
            both = microseconds(c.longest_with_followers, in_c[1::2])
            row("the same, with 5 followers (Python: and places)", both, python)
    frequent = microseconds(lambda x: sources.longest(x, k=5), [b"the", b"of", b"in", b"of the", b"in the"])
    print(f"\nlongest() of the most frequent words, with 5 followers and places: at most {frequent[-1]:,.0f} µs")
    began, words = time.process_time(), sources.generate("The city is", 1000, min_count=20, seed=1)
    print(f"generate(): {(time.process_time() - began) / len(words) * 1e6:.0f} µs a word")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--asked", type=Path)
    options = parser.parse_args()
    model = options.folder / "ngrams.pylm"
    if options.text:
        build(options.text.read_bytes(), model)
    measure(model, options.asked.read_bytes() if options.asked else None)


if __name__ == "__main__":
    main()
