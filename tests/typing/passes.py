# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a program may write: mypy --strict has nothing to say about this file. It is never run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pylm
from pylm.errors import PylmError


def train(texts: list[str]) -> pylm.Model:
    fast: pylm.Model = pylm.train(texts, tokenizer="words", size="3M", profile="fast", progress=False)
    layer: pylm.Model = pylm.adapt(fast, texts, min_count=1, threads=2)
    options: pylm.TrainOptions = {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=2, classes=[20, 30])}
    trees: pylm.Model = pylm.train(Path("text.txt"), output="text.pylm", sources=True, **options)
    kernel: pylm.Model = pylm.train(texts, kernel=pylm.KernelOptions(reach=3, distances=[3, 2, 1]))
    small: pylm.Pruning = pylm.prune(trees, texts, keep=99.5)
    return max(fast, layer, kernel, small.model, key=lambda model: model.info.bytes)


def generate(model: pylm.Model, other: pylm.Model) -> Iterator[str]:
    options: pylm.SamplingOptions = {"temperature": 0.7, "seed": 1, "constraint": pylm.OneOf(["yes", "no"])}
    yield model.generate("It was", 50, stop="\n", **options)
    yield from model.stream(b"It was", top_k=3, contrast=other, contrast_weight=0.5)
    ids: list[int] = model.generate_ids([1, 2, 3], min_p=0.1)
    yield model.decode(ids)
    state: pylm.State = model.state(learn=True, memory="16K")
    yield state.generate(20, constraint=pylm.Regex("[a-z]+"), stop=["a", b"b"])
    for found in state.beam_search(5, n=3, beam=9, stop="."):
        yield found.text


def look(model: pylm.Model) -> float:
    explanation = model.explain("It was", "a")
    if isinstance(explanation, pylm.KernelExplanation):
        return explanation.tau
    evaluation: pylm.Evaluation = model.evaluate(Path("text.txt"), learn=True)
    return evaluation.perplexity + sum(part.bits for part in explanation.parts)


def count(paths: list[Path]) -> pylm.Model:
    try:
        store = pylm.count(paths, "texts.store", documents="lines", threads=2)
        store.add(paths, documents="lines", fresh=True)
    except (PylmError, pylm.errors.BusyError) as error:
        print(error, pylm.__version__)
    return pylm.build("texts.store", symbols=pylm.SymbolOptions(pieces=8000))
