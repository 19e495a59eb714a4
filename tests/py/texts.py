"""Texts that the tests make themselves, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

MASK = (1 << 64) - 1
LINE = 200  # words


def random_numbers(seed: int) -> Iterator[int]:
    """splitmix64."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        x = seed
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        yield x ^ (x >> 31)


def make_text(n_words: int, seed: int = 1, vocabulary: int = 400) -> str:
    """Sentences in which a word depends on the two before it, with a frequency that falls with the rank."""
    numbers = random_numbers(seed)
    words = ["".join("ptkmnslr"[i >> s & 7] + "aeiou"[(i >> s) % 5] for s in (0, 3, 6)) for i in range(vocabulary)]
    lines, line, a, b = [], [], 0, 0
    for _ in range(n_words):
        spread = next(numbers) % 1000 + 1
        c = (7 * a + 3 * b + (vocabulary * 20) // (spread + 20)) % vocabulary if spread > 250 else next(numbers) % 97
        line.append(words[c])
        a, b = b, c
        if next(numbers) % 9 == 0:
            lines.append(" ".join(line))
            line = []
    return "\n".join([*lines, " ".join(line)]) + "\n"


def two_topics(n: int, seed: int = 1) -> list[str]:
    """Lines of n words together. One line in two has words of x, the others of y; all have those of w."""
    numbers = np.random.Generator(np.random.PCG64(seed)).random((3, n)).tolist()
    words = [
        f"{'xy'[i // LINE % 2]}{int(12 * a)}" if c < 0.3 else f"w{int(12 * min(a, b))}"
        for i, (a, b, c) in enumerate(zip(*numbers, strict=True))
    ]
    return [" ".join(words[i : i + LINE]) for i in range(0, n, LINE)]


def byte_level(text: str, n: int) -> Any:
    """A tokenizer of n tokens as large models have them: pairs of bytes merged again and again."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=n, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer
