# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Repeated documents: what a new draw from a list costs, against its entropy, and what accidental copies do.

python benchmarks/repeats.py [PTB-TRAIN]

The lists are made up here, and each is drawn from several times. With a path, 1,500 lines of that text are trained on,
once each and with copies, and 1,500 later lines are scored. What a document costs is -log of its probability, the end
included, in nats.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import pylm

TOKENIZERS = ("words", "pieces", "bytes")
N_LINES = 1500
N_DRAWN = 8  # times that a list is drawn from


def make_list(n: int, seed: int = 1) -> list[str]:
    """n different queries of one to four made-up words."""
    numbers = random.Random(seed)
    words = [
        "".join(numbers.choice("ptkmnslr") + numbers.choice("aeiou") for _ in range(2 + i % 3)) for i in range(300)
    ]
    texts: dict[str, None] = {}
    while len(texts) < n:
        texts[" ".join(numbers.choices(words, k=numbers.randint(1, 4)))] = None
    return list(texts)


def zipf(n: int) -> list[float]:
    weights = [1 / (i + 1) for i in range(n)]
    return [weight / sum(weights) for weight in weights]


def entropy(probabilities: Sequence[float]) -> float:
    return -sum(p * math.log(p) for p in probabilities)


def draws(texts: Sequence[str], probabilities: Sequence[float], n: int, seed: int = 2) -> list[str]:
    return random.Random(seed).choices(texts, probabilities, k=n)


def cost(model: pylm.Model, texts: Sequence[str], probabilities: Sequence[float]) -> float:
    """Nats that a new draw takes, on average."""
    return -sum(p * score for p, score in zip(probabilities, model.score_batch(texts), strict=True))


def uniform(n: int) -> list[float]:
    return [1 / n] * n


def lists(seed: int) -> Iterator[tuple[str, list[str], list[str], list[float]]]:
    """A name, documents to train on, the list that they are drawn from, and its probabilities."""
    queries = make_list(200)
    drawn = draws(queries, zipf(200), 3000, seed)
    yield "200 queries, 3,000 draws by Zipf's law", drawn, queries, zipf(200)
    for n in (10, 100, 1000, 10_000):
        texts = make_list(n)
        yield f"{n:,} documents, 3,000 draws", draws(texts, uniform(n), 3000, seed), texts, uniform(n)
    names = make_list(22, seed=3)
    yield "22 names, 5 times each", names * 5, names, uniform(22)
    replies = make_list(6, seed=4)
    yield "6 replies, 50 times each", replies * 50, replies, uniform(6)
    tail = make_list(2000, seed=5)
    yield "the queries, and 1,500 others once each", drawn + tail[500:], queries, zipf(200)
    large = "\n".join(make_list(5000, seed=6)) + "\n"
    yield "the queries, and one document of 80 KB", [*drawn, large], queries, zipf(200)


def show_lists() -> None:
    print("| nats a new draw | entropy | " + " | ".join(TOKENIZERS) + " |")
    print("| --- | ---: |" + " ---: |" * len(TOKENIZERS))
    for same in zip(*map(lists, range(2, 2 + N_DRAWN)), strict=True):
        name, _, texts, probabilities = same[0]
        means = [
            fmean(cost(pylm.train(drawn, tokenizer=tokenizer), texts, probabilities) for _, drawn, _, _ in same)
            for tokenizer in TOKENIZERS
        ]
        shown = " | ".join(f"{mean:.2f}" for mean in means)
        print(f"| {name} | {entropy(probabilities):.2f} | {shown} |", flush=True)


def copies(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    part = random.Random(7).sample(lines, len(lines) * 3 // 10)
    replies = make_list(40, seed=8)
    yield "once each", lines
    yield "each twice", lines * 2
    yield "30 % of them twice", lines + part
    yield "10 % of them twice", lines + part[: len(lines) // 10]
    yield "each three times", lines * 3
    yield "and as many draws from 40 replies, by Zipf's law", lines + draws(replies, zipf(40), len(lines))


def show_copies(path: Path) -> None:
    every = [line for line in path.read_text("utf-8").split("\n") if line.strip()]
    lines, new = every[:N_LINES], every[2 * N_LINES : 3 * N_LINES]
    print("\n| perplexity of new lines | " + " | ".join(TOKENIZERS) + " |")
    print("| --- |" + " ---: |" * len(TOKENIZERS))
    for name, documents in copies(lines):
        row = []
        for tokenizer in TOKENIZERS:
            model = pylm.train(documents, tokenizer=tokenizer, symbols=None)
            n = sum(len(model.encode(line, add_eos=True)) for line in new)
            row.append(f"{math.exp(-sum(model.score_batch(new)) / n):.4g}")
        print(f"| {N_LINES:,} lines, {name} | " + " | ".join(row) + " |", flush=True)


def main() -> None:
    show_lists()
    if len(sys.argv) > 1:
        show_copies(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
