# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Checks what trace finds in a large text against a plain search, and measures what sources cost.

    python benchmarks/sources.py TEXT OTHER-TEXT

TEXT, for example 20 MB, is cut into documents at line ends. Passages of it are planted among words that it does not
have, with other white space; each must be found. OTHER-TEXT, for example 1 MB, is traced as it is; every passage found
must be in TEXT, and every run of 8 words that is in TEXT must be within a passage.
"""

from __future__ import annotations

import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pylm
from pylm._core.progress import Progress
from pylm.sources.writer import SourcesWriter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "py"))
from plain_search import normalised, words_of

LEAST = 8
N_DOCUMENTS = 500
N_PLANTED = 1000
SPACES = [" ", "\n", "  ", " \t", "\r\n", "\n\n    ", "\u00a0"]


def cut(text: bytes) -> list[memoryview]:
    documents, at = [], 0
    while at < len(text):
        end = text.find(b"\n", at + len(text) // N_DOCUMENTS) + 1 or len(text)
        documents.append(memoryview(text)[at:end])
        at = end
    return documents


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def build(text: Path, path: Path) -> None:
    """Puts the sources of a text beside a model of another one: training would hide what they take. In a process of
    its own, for its memory."""
    model, documents = pylm.load(path), cut(text.read_bytes())
    peak, cpu, began = peak_mb(), time.process_time(), time.perf_counter()
    with SourcesWriter(f"{path}.sources") as writer:
        for i, document in enumerate(documents):
            writer.add(f"{i}.txt", document)
        writer.sort(Progress(False))
        writer.save(model._image.model)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    nbytes, size = sum(map(len, documents)), Path(f"{path}.sources").stat().st_size
    print(f"sources of {nbytes:,} bytes of text: {cpu:.2f} s CPU, {seconds:.2f} s; {size:,} bytes, "
          f"{size / nbytes:.2f} a byte of text; memory {peak_mb() - peak:.0f} MB", flush=True)  # fmt: skip


def planted(documents: list[bytes]) -> tuple[str, list[str]]:
    """A text with passages in it, and the passages, normalised."""
    numbers, parts, passages = random.Random(1), [], []
    while len(passages) < N_PLANTED:
        words = words_of(numbers.choice(documents))
        n = min(len(words), LEAST + int(numbers.expovariate(1 / 12)))
        if n < LEAST:
            continue
        begin = numbers.randrange(len(words) - n + 1)
        passages.append(" ".join(words[begin : begin + n]))
        parts += [f"zq{numbers.randrange(10**9)}x" for _ in range(numbers.randrange(1, 6))]
        parts += words[begin : begin + n]
    return "".join(part + numbers.choice(SPACES) for part in parts), passages


def check_planted(model: pylm.Model, documents: list[bytes], corpora: list[str]) -> None:
    text, passages = planted(documents)
    trace = model.trace(text, min_words=LEAST)
    found = [normalised(passage.text) for passage in trace.passages]
    missed = [passage for passage in passages if not any(f" {passage} " in f for f in found)]
    wrong = [f for f in found if not any(f in corpus for corpus in corpora)]
    n_words = sum(len(passage.split(" ")) for passage in passages)
    print(f"planted {len(passages)} passages of {n_words:,} words; missed: {len(missed)}; "
          f"found {len(found)}, wrong: {len(wrong)}")  # fmt: skip
    assert not missed and not wrong and trace.found == n_words


def check_other(model: pylm.Model, other: bytes, corpora: list[str]) -> None:
    cpu = time.process_time()
    trace = model.trace(other, min_words=LEAST)
    seconds = time.process_time() - cpu
    wrong = [p for p in trace.passages if not any(normalised(p.text) in corpus for corpus in corpora)]
    words = words_of(other)
    windows: dict[str, list[int]] = {}
    for i in range(len(words) - LEAST + 1):
        windows.setdefault(" ".join(words[i : i + LEAST]), []).append(i)
    there = set()  # beginnings of windows that are in TEXT
    for corpus in corpora:
        known = corpus.split(" ")[1:-1]
        for i in range(len(known) - LEAST + 1):
            there.update(windows.get(" ".join(known[i : i + LEAST]), ()))
    covered, at, i = set(), 0, 0
    for p in trace.passages:
        at += len(words_of(other[i : p.begin])) if p.begin >= i else -len(words_of(other[p.begin : i]))
        i = p.begin
        covered.update(range(at, at + p.words - LEAST + 1))
    print(f"other text: {len(words):,} words, {len(trace.passages)} passages, wrong: {len(wrong)}, "
          f"{len(there)} runs of {LEAST} words in both, missed: {len(there - covered)}, "
          f"too many: {len(covered - there)}")  # fmt: skip
    print(f"            {seconds:.2f} s CPU, {seconds / len(words) * 1e6:.2f} µs a word; share {trace.share:.2%}")
    assert not wrong and covered == there


def milliseconds(call: Callable[[bytes], object], texts: list[bytes]) -> str:
    times = []
    for text in texts:
        began = time.process_time_ns()
        call(text)
        times.append((time.process_time_ns() - began) / 1e6)
    return f"{statistics.median(times):.2f} ms, at most {max(times):.2f}"


def main() -> None:
    if sys.argv[1] == "--build":
        build(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    text, other = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes()
    documents = [bytes(document) for document in cut(text)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pylm"
        pylm.train([b"some text"], output=path)
        subprocess.run([sys.executable, __file__, "--build", sys.argv[1], path], check=True)
        model = pylm.load(path)
        measure(model, text, other)
        corpora = [normalised(document) for document in documents]
        check_planted(model, documents, corpora)
        check_other(model, other, corpora)


def measure(model: pylm.Model, text: bytes, other: bytes) -> None:
    new = re.findall(rb"(?:\S+\s+){100}", other)[:300]
    known = re.findall(rb"(?:\S+\s+){100}", text[: 10**7])[::60]
    model.trace(new[0])
    print(f"trace of 100 words: new {milliseconds(model.trace, new)}; known {milliseconds(model.trace, known)}")
    print(f"sources of 12 words: {milliseconds(model.sources.find, [b' '.join(part.split()[:12]) for part in new])}")
    cpu = time.process_time()
    trace = model.trace(text, k=1)
    seconds = time.process_time() - cpu
    print(f"trace of the text itself: {seconds:.2f} s CPU, {len(trace.passages)} passages, share {trace.share}")
    assert trace.share == 1


if __name__ == "__main__":
    main()
