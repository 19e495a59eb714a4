# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How much generated text is like the text of the corpus, for several settings of the sampler.

    python benchmarks/generated.py TRAIN VALID MODEL

A model of any tokenizer, trained on TRAIN, continues prompts of 250 symbols from VALID, at places all over it. Beside
the generated texts stands what really follows there. Words are what stands between white space. Each setting generates
SEEDS times as many texts; what is shown are means. Columns:

    distinct    different words, of so many; `<unk>` is none of them
    copied      words in runs of 8 and more that stand in TRAIN word for word
    <unk>       share of the words
    loops       of 60 texts, those in which a run of 8 words stands more than twice
    topic       of the words that are not among the most frequent 300 of TRAIN: those that the prompt has
    known       words that TRAIN has
    H           Hellinger distance of the frequencies of words to those of VALID: 0: the same; 1: none in common. Of
                real text it is what the size of the sample makes it
    line        words of a line, characters of a line: means
    CPU         microseconds a symbol, or ms for 1,000
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import pylm

TEXTS, SEEDS, PROMPT, RUN, UNKNOWN = 60, 6, 250, 8, "<unk>"
FREQUENT = 300  # words that say nothing about a topic
SYMBOLS = {"words": 270, "pieces": 360, "bytes": 1500}  # of each text: some 250 words
SETTINGS: dict[str, dict[str, Any]] = {
    "as it is (temperature 1)": {},
    "temperature .9": {"temperature": 0.9},
    "temperature .8, top_k 40, top_p .95": {"temperature": 0.8, "top_k": 40, "top_p": 0.95},
    "learn": {"learn": True},
    "learn, temperature .97": {"learn": True, "temperature": 0.97},
    "learn from the prompt only": {"learn": "prompt"},
    "unknown": {"unknown": True},
}


class Corpus:
    """Runs of words of a text, by their hashes, and its words."""

    def __init__(self, text: str) -> None:
        words = text.split()
        self.ids: dict[str, int] = {}
        numbers = [self.ids.setdefault(word, len(self.ids)) for word in words]
        self._runs = np.unique(self._hashes(np.array(numbers, np.uint64)))
        self.frequent = {word for word, _ in Counter(words).most_common(FREQUENT)} | {UNKNOWN}

    @staticmethod
    def _hashes(numbers: np.ndarray) -> np.ndarray:
        result = np.zeros(max(len(numbers) - RUN + 1, 0), np.uint64)
        for i in range(RUN):
            result = (result ^ numbers[i : len(numbers) - RUN + 1 + i]) * np.uint64(0x9E3779B97F4A7C15)
            result ^= result >> np.uint64(29)
        return result

    def n_copied(self, words: list[str]) -> int:
        """How many words are in runs that stand in the corpus."""
        numbers = np.array([self.ids.get(word, len(self.ids) + i) for i, word in enumerate(words)], np.uint64)
        hashes = self._hashes(numbers)
        at = np.minimum(self._runs.searchsorted(hashes), len(self._runs) - 1)  # they are sorted
        found = self._runs[at] == hashes
        copied = np.zeros(len(words), bool)
        for begin in np.flatnonzero(found):
            copied[begin : begin + RUN] = True
        return int(copied.sum())


def loops(words: list[str]) -> bool:
    runs = Counter(tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))
    return max(runs.values(), default=0) > 2


def kept(texts: list[list[str]], prompts: list[list[str]], frequent: set[str]) -> float:
    """The share of words with a topic that the prompts have."""
    n = n_kept = 0
    for words, prompt in zip(texts, prompts, strict=True):
        topical, topic = [word for word in words if word not in frequent], set(prompt)
        n += len(topical)
        n_kept += sum(word in topic for word in topical)
    return n_kept / n


def hellinger(a: Counter[str], b: Counter[str]) -> float:
    n, m = sum(a.values()), sum(b.values())
    return float(np.sqrt(max(1 - sum(np.sqrt(a[word] / n * b[word] / m) for word in a), 0)))


class Real(NamedTuple):
    """What texts are compared with."""

    corpus: Corpus
    counts: Counter[str]
    prompts: list[list[str]]
    n: int  # words of which the different ones are counted


class Measures(NamedTuple):
    """The columns of some texts, one behind each prompt."""

    distinct: float
    copied: float
    unknown: float
    loops: float
    topic: float
    known: float
    distance: float
    line_words: float
    line_characters: float


def measures(texts: list[str], real: Real) -> Measures:
    corpus = real.corpus
    parts = [text.split() for text in texts]
    words = [word for part in parts for word in part]
    known = [word for word in words if word != UNKNOWN]
    lines = [line for text in texts for line in text.split("\n")[1:-1] if line.strip()]
    return Measures(
        len(set(known[: real.n])),
        sum(map(corpus.n_copied, parts)) / len(words),
        words.count(UNKNOWN) / len(words),
        sum(map(loops, parts)),
        kept(parts, real.prompts, corpus.frequent),
        float(np.mean([word in corpus.ids for word in words])),
        hellinger(Counter(known), real.counts),
        float(np.mean([len(line.split()) for line in lines])) if lines else 0,
        float(np.mean([len(line) for line in lines])) if lines else 0,
    )


def show(name: str, m: Measures, microseconds: str = "") -> None:
    line = f"{m.line_words:.1f}, {m.line_characters:.0f}" if m.line_words else ""
    print(
        f"| {name} | {m.distinct:,.0f} | {m.copied:.1%} | {m.unknown:.1%} | {m.loops:.3g} | {m.topic:.3f} "
        f"| {m.known:.1%} | {m.distance:.3f} | {line} | {microseconds} |",
        flush=True,
    )


def main() -> None:
    corpus = Corpus(Path(sys.argv[1]).read_text(errors="replace"))
    model = pylm.load(sys.argv[3])
    ids = model.encode(Path(sys.argv[2]).read_bytes())
    n_symbols = SYMBOLS[model.info.tokenizer]
    begins = np.linspace(PROMPT, len(ids) - n_symbols, TEXTS).astype(int)
    rest = np.ones(len(ids), bool)
    for begin in begins:
        rest[begin : begin + n_symbols] = False
    counts = Counter(word for word in model.decode(np.array(ids)[rest]).split() if word != UNKNOWN)
    expected = [model.decode(ids[begin : begin + n_symbols]) for begin in begins]
    n = int(0.9 * sum(len([word for word in text.split() if word != UNKNOWN]) for text in expected))
    real = Real(corpus, counts, [model.decode(ids[begin - PROMPT : begin]).split() for begin in begins], n)
    print(f"| {Path(sys.argv[3]).name} | distinct of {n:,} | copied | <unk> | loops | topic | known | H | line | CPU |")
    print("| --- " * 10 + "|")
    base = measures(expected, real)
    show("real text", base)
    for name, settings in SETTINGS.items():
        if "unknown" in settings and model.info.tokenizer != "words":
            continue
        began = time.process_time()
        samples = [
            [
                model.generate(ids[begin - PROMPT : begin], n_symbols, seed=TEXTS * sample + i, **settings)
                for i, begin in enumerate(begins)
            ]
            for sample in range(SEEDS)
        ]
        microseconds = (time.process_time() - began) * 1e6 / (SEEDS * TEXTS * n_symbols)
        mean = Measures(*np.mean([measures(texts, real) for texts in samples], axis=0))
        show(name, mean, f"{microseconds:.0f}")
        print(
            f"{name}: of real text {mean.distinct / base.distinct:.2f} of the different words, "
            f"{mean.topic / base.topic:.2f} of the topic",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
