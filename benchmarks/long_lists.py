# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A model whose lists of successors are longer than 4 GiB: it opens, and says what was counted.

    python benchmarks/long_lists.py [--millions 1000] [--folder FOLDER] [--memory 4G] > results.md

Real texts of a few GB do not have so many pairs of neighbours that differ; numbers at random do. So 65,536 ids follow
each other by chance, and their pairs are counted. FOLDER needs 20 bytes an id.

200 ids, chosen by chance, are looked for once more in all that was trained on. What the model says followed them must
be the same numbers. With 1,000 million ids, some lie beyond the first 4 GiB.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import pylm
from pylm._core.counts import successors

N_IDS, DOCUMENT, N_ASKED = 65_536, 1_000_000, 200


def documents(millions: int) -> Iterator[np.ndarray]:
    for seed in range(millions):
        yield np.random.default_rng(seed).integers(0, N_IDS, DOCUMENT, np.uint32)


def counted(millions: int, asked: np.ndarray) -> np.ndarray:
    """How often each id followed each of those asked for."""
    row = np.full(N_IDS, -1)
    row[asked] = np.arange(len(asked))
    counts = np.zeros(len(asked) * N_IDS, np.int64)
    for ids in documents(millions):
        rows = row[ids[:-1]]
        counts += np.bincount((rows * N_IDS + ids[1:])[rows >= 0], minlength=len(counts))
    return counts.reshape(len(asked), N_IDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, default=1000, help="of ids")
    parser.add_argument("--folder", type=Path, help="for the model and temporary files")
    parser.add_argument("--memory", default="4G")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, began = Path(folder) / "model", time.process_time()
        model = pylm.train(
            documents(options.millions),
            tokenizer="ids",
            symbols=pylm.SymbolOptions(ids=N_IDS, topics=False, voice=False),
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
        asked = np.random.default_rng(options.millions).permutation(N_IDS)[:N_ASKED]
        expected = counted(options.millions, asked)
        for id, counts in zip(asked, expected, strict=True):
            found = successors(model._image, array("I", [int(id)]), 1)
            if dict(found) != {int(i): int(counts[i]) for i in np.flatnonzero(counts)}:
                raise SystemExit(f"what followed {id} is wrong")
        print(f"{N_ASKED} ids: {int(expected.sum()):,} successors, all as counted; {model.perplexity([1, 2, 3]):.0f}")


if __name__ == "__main__":
    main()
