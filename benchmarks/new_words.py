# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a word is worth that was given to a model once, with an example.

    python benchmarks/new_words.py MODEL TEXT

MODEL is one of words. Looked at are places of TEXT, which is new to the model, where the next word is a name: it has a
capital, and does not begin its sentence. At each a word that nobody knows is given to the model, "like" the one that
stands there, and takes its place. In a line: places, and how often the new word is among so many of all words, the
names that have rank 1 to 10 apart from all others.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import numpy as np

import pylm

PLACES, BEFORE, NEW = 2000, 60, "Zqxworth"
NAMED, AMONG = 10, (5, 10, 20, 30, 100)


def names(model: pylm.Model, text: str) -> list[tuple[str, str]]:
    """Places of a text: the words before, and the name."""
    found, ids = [], model.encode(text)
    texts = [model.text_of(symbol) for symbol in ids]
    step = max(len(ids) // (12 * PLACES), 1)
    for at in range(BEFORE, len(ids), step):
        word = texts[at]
        if word.isalpha() and word.istitle() and len(word) > 3 and texts[at - 1].islower():
            found.append((model.decode(ids[at - BEFORE : at]), word))
    return found


def rank(model: pylm.Model, context: str, symbol: int) -> int:
    """Of a symbol among all that may come, from 1."""
    p = model.distribution(context)
    return 1 + int(np.count_nonzero(p > p[symbol]))


def main() -> None:
    model, text = pylm.load(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")
    near, far = [], []
    for context, name in islice(names(model, text), PLACES):
        before, example = rank(model, context, model.encode(name)[0]), model.with_words({NEW: name})
        (near if before <= NAMED else far).append(rank(example, context, len(model)))
    for label, ranks in ((f"names of rank 1 to {NAMED}", near), ("other names", far)):
        shares = ", ".join(f"{np.mean(np.array(ranks) <= n):.1%} among {n}" for n in AMONG)
        middle = f"median rank {np.median(ranks):g}, {max(ranks)} at most"
        print(f"{label}: {len(ranks)} places; the new word: {middle}; {shares}")


if __name__ == "__main__":
    main()
