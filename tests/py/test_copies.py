"""Copies and pickles of states, keyboards and models: the same at first, and nothing shared from then on."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from texts import make_text

import pylm

READ = make_text(400, seed=9)
WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "method": lambda x: x.copy(),
}


@pytest.fixture(params=WAYS)
def copied(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    return WAYS[request.param]


@pytest.mark.parametrize("learn", [True, False])
def test_states(model: pylm.Model, copied: Callable[[Any], Any], learn: bool) -> None:
    state = model.state(learn=learn, memory="64K")
    state.feed(READ[:600])
    other = copied(state)
    before = other.distribution()
    assert (other.learns, other.memory) == (state.learns, state.memory)
    assert other.generate(20, seed=4, repetition_penalty=1.5) == state.generate(20, seed=4, repetition_penalty=1.5)
    state.feed(READ[600:])
    np.testing.assert_array_equal(other.distribution(), before)  # what the original learns is its own
    again = copied(other)
    other.feed("tepapa " * 50)
    np.testing.assert_array_equal(again.distribution(), before)
    fresh = model.state(learn=learn, memory="64K")
    fresh.feed(READ[:600])
    assert again.feed(READ[600:]) == fresh.feed(READ[600:])


def test_what_was_learned_stays_when_a_text_begins(words_model: pylm.Model, copied: Callable[[Any], Any]) -> None:
    state = words_model.state(learn=True, memory=16384)
    state.feed(READ)
    state.start()
    other = copied(state)
    assert other.feed(READ) == state.feed(READ)


def test_states_of_layers_and_kernels(copied: Callable[[Any], Any]) -> None:
    base = pylm.train([READ], tokenizer="words")
    layer = pylm.adapt(base, [make_text(200, seed=3)])
    kernel = pylm.train([READ], tokenizer="words", kernel=pylm.KernelOptions(reach=2)).kernel(tau=2.5)
    for model in (layer, kernel):
        state = model.state()
        state.feed("papapa tepapa")
        np.testing.assert_array_equal(copied(state).distribution(), state.distribution())


def test_models(model: pylm.Model) -> None:
    for twin in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.score(READ) == model.score(READ)
        twin.close()
    assert model.n_symbols  # closing a copy closes nothing else


def test_kernels_keep_their_settings() -> None:
    kernel = pylm.train([READ], tokenizer="words", kernel=pylm.KernelOptions(reach=3)).kernel(2.5, [3, 2, 1])
    for twin in (copy.copy(kernel), pickle.loads(pickle.dumps(kernel))):
        assert twin.info.kernel == kernel.info.kernel
        assert twin.score(READ) == kernel.score(READ)


def test_model_and_states_are_pickled_with_one_model() -> None:
    model = pylm.train([READ], tokenizer="words")
    states = [model.state() for _ in range(5)]
    both = pickle.dumps((model, states))
    assert len(both) < 1.1 * len(pickle.dumps(model)) + 10_000
    again, others = pickle.loads(both)
    assert all(state._image is again._image for state in others)


@pytest.mark.parametrize("name", ["words", "bytes"])
def test_keyboards(name: str, copied: Callable[[Any], Any], request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(f"{name}_model")
    keyboard = pylm.Keyboard(model, memory="64K")
    keyboard.learn("papapa kipapa papapa kipapa")
    keyboard.accept("kipapa", "papapa")
    other = copied(keyboard)
    before = keyboard.suggest("papapa")
    assert other.suggest("papapa") == before and other.memory == keyboard.memory
    keyboard.learn("papapa tepapa " * 20)
    assert other.suggest("papapa") == before
    other.forget("papapa kipapa papapa kipapa")
    with pytest.raises(pylm.ArgumentError, match="not learned"):
        other.forget("papapa kipapa papapa kipapa")
    keyboard.forget("papapa kipapa papapa kipapa")
