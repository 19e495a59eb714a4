"""Scoring many texts at once: what each says alone, on any number of threads."""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm._core import progress as progress_module
from pylm._core.ahead import ahead
from pylm._core.progress import Progress

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


def test_texts_alone_are_encoded_where_they_are_scored(model: pylm.Model) -> None:
    """Without ids among them, they go another way: short ones in groups, long ones cut for several threads."""
    long = make_text(25_000, seed=5)
    assert len(long) > 2 * 65536
    texts = ["", *make_text(900, seed=2).split("\n"), b"\xff\n", "unheard-of", memoryview(b"so it"), long, "\n", ""]
    for context, add_eos in (("", True), ("so it was", False)):
        single = [model.score(text, context=context, add_eos=add_eos) for text in texts]
        for threads in (1, 2, 3):
            assert model.score_batch(texts, context=context, add_eos=add_eos, threads=threads) == single


def test_evaluate_on_several_threads(model: pylm.Model, tmp_path: Path) -> None:
    text = make_text(25_000, seed=6) + "unheard-of words"
    path = tmp_path / "text.txt"
    path.write_text(text)
    one, *others = [replace(model.evaluate(path, threads=threads), seconds=0) for threads in (1, 2, 3, None)]
    assert all(other == one for other in others)
    ids = model.encode(text, add_eos=True)
    assert (one.symbols, one.bytes, one.unknown) == (len(ids), len(text), ids.count(model._image.unknown))
    assert (one.unknown > 1) == (one.unknown_bits > 0) == (model.info.tokenizer == "words")
    assert one.bits == pytest.approx(-model.score(text) / math.log(2))
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    with pytest.raises(pylm.EmptyTextError):
        model.evaluate(empty)
    with pytest.raises(pylm.ArgumentError, match="threads"):
        model.evaluate(path, threads=0)


def test_long_texts_show_a_bar(model: pylm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, int, int]] = []
    monkeypatch.setattr(Progress, "show", lambda self, text, done, total, unit="": shown.append((text, done, total)))
    monkeypatch.setattr(progress_module, "POLL_SECONDS", 0.001)
    text = make_text(60_000, seed=7)
    model.evaluate(text, threads=1)
    model.score_batch([text[i : i + 1000] for i in range(0, len(text), 1000)], threads=1)
    assert {(label, total) for label, _, total in shown} == {("score", len(text))}
    assert all(0 <= done <= total for _, done, total in shown)


def test_an_interrupt_ends_scoring(model: pylm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "show", interrupted)
    monkeypatch.setattr(progress_module, "POLL_SECONDS", 0.001)
    texts = [make_text(200_000, seed=8)] * 5
    began = time.process_time()
    with pytest.raises(KeyboardInterrupt):
        model.score_batch(texts, threads=1)
    assert time.process_time() - began < 1


def test_work_ahead_keeps_the_order_and_raises() -> None:
    given: list[int] = []

    def items() -> Iterator[int]:
        for i in range(5):
            given.append(i)
            yield i

    found = ahead(items(), lambda i: i * i)
    assert next(found) == (0, 0) and given == [0, 1]
    assert list(found) == [(1, 1), (2, 4), (3, 9), (4, 16)]
    assert list(ahead([], str)) == []
    failing = ahead([1, 0, 2], lambda i: 1 // i)
    assert next(failing) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        next(failing)


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
