# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Bytes: what the last words say about the next one."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import coder
import numpy as np
import pytest

import pylm
from pylm._core.native import lib

N_PHRASES = 6_000
ANIMALS = ["horse", "goat", "duck", "mole"]
METALS = ["iron", "zinc", "gold", "tin"]


def phrases(n: int, seed: int = 1) -> str:
    """Of many adjectives, half stand before animals and half before metals, with a word in between: so no context tells
    which, but for adjectives seen often with the same word in between."""
    numbers = np.random.Generator(np.random.PCG64(seed)).random((n, 3)).tolist()
    words = []
    for a, b, c in numbers:
        kind = int(120 * a)
        name = "".join(chr(ord("a") + kind // 5**k % 5) for k in range(3)) + "ish"
        words.append(f"{name} {'mnop'[int(4 * b)]} {(ANIMALS, METALS)[kind % 2][int(4 * c)]}{',.'[int(2 * c)]}\n")
    return "".join(words)


def trained(**options: Any) -> pylm.Model:
    text = phrases(N_PHRASES)
    return pylm.train([text], tokenizer="bytes", max_order=2, profile="fast", min_count=2000, **options)


@pytest.fixture(scope="module")
def model() -> pylm.Model:
    return trained()


def test_they_help(model: pylm.Model) -> None:
    plain = trained(symbols=pylm.SymbolOptions(topics=False))
    unseen = phrases(500, seed=2)
    assert model.evaluate(unseen).bits < 0.95 * plain.evaluate(unseen).bits
    assert not [part for part in plain.explain("abaish m ", b"g").parts if part.kind == "topic"]


def test_words_are_named(model: pylm.Model) -> None:
    for adjective, animal, metal in [("aaaish", "h", "i"), ("baaish", "i", "h")]:
        good, bad = (model.explain(f"The {adjective} o ", letter.encode()) for letter in (animal, metal))
        for explanation in (good, bad):
            topic = explanation.topic
            assert topic is not None
            assert topic.bits == sum(part.bits for part in explanation.parts if part.kind == "topic")
            assert topic.bits == topic.offset + sum(word.bits for word in topic.words) + topic.rest
            assert (adjective, 4) in [(word.token, word.back) for word in topic.words[:2]]
        share = {word.token: word.bits for word in good.topic.words}
        assert share[adjective] > {word.token: word.bits for word in bad.topic.words}[adjective]


def test_states_tell_what_they_have_read(model: pylm.Model) -> None:
    context = "aaaish n duck,\nbaaish o "
    expected = model.explain(context, b"z").topic
    state = model.state()
    state.feed(context)
    assert state.explain(b"z").topic == expected and state.copy().explain(b"z").topic == expected


def test_nothing_is_read_before_it_is_scored(model: pylm.Model) -> None:
    text = phrases(100, seed=3)
    half = len(text) // 2
    changed = text[:half] + "".join(sorted(text[half:]))
    assert (model.logprobs(text)[:half] == model.logprobs(changed)[:half]).all()


@pytest.mark.parametrize("learn", [False, True])
def test_coder_agrees(model: pylm.Model, learn: bool) -> None:
    ids = model.encode(phrases(40, seed=4))
    cost = -model.state(learn=learn).feed(ids) / math.log(2)

    def walk() -> tuple[coder.Distribution, coder.Push]:
        state = model.state(learn=learn)
        image = state._image
        return lambda: image.distribution_q62(state._state), lambda s: lib.pylm_state_push(image.model, state._state, s)

    bits = coder.encode(ids, *walk())
    assert len(bits) == pytest.approx(cost, rel=1e-4, abs=3)
    assert coder.decode(bits, len(ids), *walk()) == ids


def test_same_bytes_for_any_threads(model: pylm.Model, tmp_path: Path) -> None:
    paths = [tmp_path / f"{threads}.pylm" for threads in (1, 2, 7)]
    for path, threads in zip(paths, (1, 2, 7), strict=True):
        trained(threads=threads).save(path)
    assert all(a.read_bytes() == b.read_bytes() for a, b in pairwise(paths))


def test_what_was_learned_is_kept(model: pylm.Model, tmp_path: Path) -> None:
    state = model.state(learn=True)
    state.feed(phrases(20, seed=5) + "aaaish o ")
    state.save(tmp_path / "state")
    loaded = model.state(learn=True)
    loaded.load(tmp_path / "state")
    assert [loaded.explain(b).parts for b in (b"h", b"i")] == [state.explain(b).parts for b in (b"h", b"i")]


@pytest.mark.parametrize(
    "text", [bytes(range(256)) * 300, b"\0" * 70_000, b" " * 70_000, b"a" * 70_000, b"ab " * 30_000]
)
def test_texts_without_words(text: bytes) -> None:
    model = pylm.train([text], tokenizer="bytes", max_order=2, profile="fast")
    assert model.evaluate(text[:1000]).bits < 8000
