# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a system writes by itself: symbols drawn from its whole distributions, behind a line end, with one seed. It is
described as it came; nobody chose it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

import compressors
from generated import Corpus, loops
from texts import Text

N_WORDS = 250  # of which the different ones are counted
N_SHOWN = 500  # characters on the page
JUDGE_ORDER = 6  # of PPMd


def described(sample: str, text: Text) -> dict[str, Any]:
    """Measures of a sample, and its beginning."""
    train = text.paths[0].read_bytes()
    corpus, words = Corpus(train.decode(errors="replace")), sample.split()
    return {
        "words": len(words),
        "different": len(set(words[:N_WORDS])),
        "known": sum(word in corpus.ids for word in words) / max(len(words), 1),
        "copied": corpus.n_copied(words) / max(len(words), 1),
        "loops": loops(words),
        "judged_bits": _judged(sample.encode(), train),
        "shown": sample[:N_SHOWN],
    }


def _judged(sample: bytes, train: bytes) -> float | None:
    """Bits a byte under a model of another kind, which has read the training text and learns from the sample."""
    if importlib.util.find_spec("pyppmd") is None or not sample:
        return None
    both, alone = (compressors.ppmd(data, JUDGE_ORDER).nbytes for data in (train + b"\n" + sample, train))
    return 8 * (both - alone) / len(sample)
