"""Scoring many texts at once: what each says alone, on any number of threads."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest
from texts import make_text

import pylm

KINDS = {
    "bytes": {},
    "words": {"tokenizer": "words"},
    "pieces": {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=300)},
}


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> pylm.Model:
    return pylm.train([make_text(3000, seed=1)], **KINDS[request.param])


def some_texts(model: pylm.Model) -> list[object]:
    return ["", make_text(900, seed=2), b"\xff\n", [0, 1, 0], np.array([2, 1]), make_text(3, seed=3), ""]


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_equals_one_by_one(model: pylm.Model, threads: int | None) -> None:
    texts = some_texts(model)
    for context in ("", "so it was"):
        single = [model.logprobs(text, context=context) for text in texts]
        many = model.logprobs_batch(texts, context=context, threads=threads)
        assert len(many) == len(texts)
        assert all(np.array_equal(a, b) for a, b in zip(single, many, strict=True))
        scores = model.score_batch(iter(texts), context=context, threads=threads)
        assert scores == [model.score(text, context=context) for text in texts]


def test_nothing(model: pylm.Model) -> None:
    assert model.score_batch([]) == [] and model.logprobs_batch([]) == []
    assert [len(array) for array in model.logprobs_batch([[], []])] == [0, 0]


def test_what_is_no_batch(model: pylm.Model) -> None:
    with pytest.raises(TypeError, match="put it into a list"):
        model.score_batch("one text")
    with pytest.raises(pylm.ArgumentError, match="text 1: .*out of range"):
        model.score_batch(["a", [1 << 20]])
    with pytest.raises(TypeError, match=r"texts\[0\] must be a text"):
        model.score_batch([3.5])
    with pytest.raises(pylm.ArgumentError, match="threads"):
        model.score_batch(["a"], threads=0)


def _score(model: pylm.Model, text: str, queue: object) -> None:
    queue.put(model.score_batch([text] * 3, threads=2))


def test_in_a_forked_process(model: pylm.Model) -> None:
    text = make_text(1500, seed=4)
    expected = model.score_batch([text] * 3, threads=2)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_score, args=(model, text, queue))
    process.start()
    assert queue.get(timeout=60) == expected
    process.join()
