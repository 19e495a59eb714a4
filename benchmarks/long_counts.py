# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What 32 bits are too few for: lists of successors longer than 4 GiB, and texts of more than 2^32 symbols.

    python benchmarks/long_counts.py [--millions 1000] [--folder FOLDER] [--memory 4G] > results.md
    python benchmarks/long_counts.py --millions 4500 --ids 200 --often .6 > results.md

Real texts of a few GB do not have so many pairs of neighbours that differ; numbers at random do. So 65,536 ids follow
each other by chance, and their pairs are counted. With 1,000 million ids, some lie beyond the first 4 GiB. FOLDER needs
20 bytes an id. The second command has a text of 4,500 million ids, the first of which is the one next in 60 % of all
cases, and needs 10 bytes an id.

200 ids, chosen by chance, are looked for once more in all that was trained on. What the model says followed them must
be the same numbers; those of contexts that occur more than 2^31 times, divided by a power of two.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from array import array
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

import pylm
from pylm._core.counts import successors

DOCUMENT, N_ASKED = 1_000_000, 200
MOST = 2**31  # occurrences of a context whose counts are as they are


def document(n_ids: int, often: float, seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed)
    ids = numbers.integers(0, n_ids, DOCUMENT, np.uint32)
    ids[numbers.random(DOCUMENT, np.float32) < often] = 0
    return ids


def counted(documents: Iterator[np.ndarray], n_ids: int, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each id came, and how often it followed each of those asked for."""
    row = np.full(n_ids, -1)
    row[asked] = np.arange(len(asked))
    counts, all_counts = np.zeros(len(asked) * n_ids, np.int64), np.zeros(n_ids, np.int64)
    for ids in documents:
        rows = row[ids[:-1]]
        counts += np.bincount((rows * n_ids + ids[1:])[rows >= 0], minlength=len(counts))
        all_counts += np.bincount(ids, minlength=n_ids)
    return all_counts, counts.reshape(len(asked), n_ids)


def check(model: pylm.Model, context: list[int], counts: np.ndarray) -> None:
    """Whether the model says what was counted. What it had to divide is rounded up."""
    divisor = 1
    while counts.sum() // divisor > MOST:
        divisor *= 2
    found = dict(successors(model._image, array("I", context), len(context)))
    if found != {int(i): -int(-counts[i] // divisor) for i in np.flatnonzero(counts)}:
        raise SystemExit(f"what followed {context} is wrong")
    if divisor > 1:
        print(f"{context}: {counts.sum():,} occurrences, divided by {divisor}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, default=1000, help="of ids")
    parser.add_argument("--ids", type=int, default=65_536, help="different ones")
    parser.add_argument("--often", type=float, default=0.0, help="how often the first one comes instead of another")
    parser.add_argument("--folder", type=Path, help="for the model and temporary files")
    parser.add_argument("--memory", default="4G")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, began = Path(folder) / "model", time.process_time()
        make = partial(document, options.ids, options.often)
        model = pylm.train(
            map(make, range(options.millions)),
            tokenizer="ids",
            symbols=pylm.SymbolOptions(ids=options.ids, topics=False, voice=False),
            profile="fast",
            max_order=1,
            memory=options.memory,
            output=path,
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(
            f"{options.millions} million ids, {time.process_time() - began:.0f} CPU s, peak {peak / 1e9:.2f} GB, model "
            f"{path.stat().st_size / 2**30:.2f} GiB",
            flush=True,
        )
        asked = np.random.default_rng(options.millions).permutation(options.ids)[:N_ASKED]
        all_counts, expected = counted(map(make, range(options.millions)), options.ids, asked)
        check(model, [], all_counts)
        for id, counts in zip(asked, expected, strict=True):
            check(model, [int(id)], counts)
        print(f"{len(asked)} ids: {expected.sum():,} successors, all as counted; {model.perplexity([1, 2, 3]):.0f}")


if __name__ == "__main__":
    main()
