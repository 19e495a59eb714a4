# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What pylm says of itself, checked on the texts of the comparison."""

from __future__ import annotations

import math
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common import package

N_EXPLAINED = 300  # symbols of the validation text
N_DOCUMENTS, DOCUMENT_NBYTES = 20, 5000  # of the training text, of which one is forgotten
PASSAGE = 8  # words in a row of the training text, whose places are asked for


def measured(model: package.Model, train: bytes, valid: bytes, tokenizer: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "parts_error_bits": parts_error(model, valid),
            "forgets": forgets(train, tokenizer, folder),
            "places_found": places_found(train, folder),
        }


def parts_error(model: package.Model, text: bytes) -> float:
    """How far the parts of an explanation and the score of the same symbol are apart at most, bits."""
    state, largest = model.state(), 0.0
    for symbol in model.encode(text)[:N_EXPLAINED]:
        explained = sum(part.bits for part in state.explain(symbol, k=1).parts)
        largest = max(largest, abs(explained - state.feed([symbol]) / math.log(2)))
    return largest


def forgets(text: bytes, tokenizer: str, folder: Path) -> bool:
    """Whether a model that has forgotten one of some documents is the one that never had it, byte for byte."""
    cuts = range(0, N_DOCUMENTS * DOCUMENT_NBYTES, DOCUMENT_NBYTES)
    documents = [text[at : at + DOCUMENT_NBYTES] for at in cuts]
    gone = documents[N_DOCUMENTS // 2]
    store = package.count(documents, folder / "all.store")
    store.forget([gone])
    never = package.count([document for document in documents if document is not gone], folder / "never.store")
    paths = [folder / "all.pylm", folder / "never.pylm"]
    for which, path in zip((store, never), paths, strict=True):
        which.build(output=path, tokenizer=tokenizer)
    return paths[0].read_bytes() == paths[1].read_bytes()


def places_found(text: bytes, folder: Path) -> float:
    """Of passages of the training text, the share whose places are all found, by a model with sources."""
    data = text[: N_DOCUMENTS * DOCUMENT_NBYTES]
    model = package.train([data], tokenizer="words", profile="fast", output=folder / "small.pylm", sources=True)
    words = data.split()
    there = Counter(b" ".join(words[i : i + PASSAGE]) for i in range(len(words) - PASSAGE + 1))
    asked = list(there)[::97]
    return sum(model.sources.count(passage) == there[passage] for passage in asked) / len(asked)
