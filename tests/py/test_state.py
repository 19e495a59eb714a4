"""States: reading on from call to call, and learning from what is read. Honest: what is scored has not been
learned yet, the distribution sums to one, and a coder spends what the score says and reads the text back."""

from __future__ import annotations

import math
from pathlib import Path

import coder
import numpy as np
import pytest
from texts import make_text

import pylm
from pylm._core.native import lib

MEMORY = 100_000  # with room for weights
READ = make_text(500, seed=9)  # neither trained on nor in other tests


def q62(state: pylm.State) -> np.ndarray:
    return state._image.distribution_q62(state._state)


def adapting(model: pylm.Model, memory: int = MEMORY) -> pylm.State:
    return model.state(learn=True, memory=memory)


def test_coder_spends_what_an_adapting_state_says(model: pylm.Model) -> None:
    text = READ[:1200] + READ[:600]
    ids = model.encode(text)
    cost = -adapting(model).feed(ids) / math.log(2)

    def walk() -> tuple[coder.Distribution, coder.Push]:
        state = adapting(model)
        return lambda: q62(state), lambda s: lib.pylm_state_push(state._image.model, state._state, s)

    bits = coder.encode(ids, *walk())
    assert len(bits) == pytest.approx(cost, rel=1e-4, abs=3)
    assert coder.decode(bits, len(ids), *walk()) == ids


def test_distribution_of_an_adapted_state(model: pylm.Model) -> None:
    state, ids = adapting(model), model.encode(READ)
    step = 1 + len(ids) // 25
    for begin in range(0, len(ids) - step, step):
        exact = q62(state)
        assert sum(map(int, exact)) == 1 << 62
        probability = state.distribution()[ids[begin]]
        assert state.logprobs(ids[begin : begin + step])[0] == pytest.approx(math.log(probability), abs=1e-3)
        costs = state._image.top(state._state, model.n_symbols)
        assert [p.id for p in state.next(7)] == [symbol for symbol, _ in costs[:7]]


def test_nothing_is_learned_before_it_is_scored(model: pylm.Model) -> None:
    ids = model.encode(READ)
    whole = adapting(model).logprobs(ids)
    assert whole.dtype == np.float64 and whole.shape == (len(ids),)
    for n in (1, 7, len(ids) // 2):
        np.testing.assert_array_equal(adapting(model).logprobs(ids[:n]), whole[:n])
    in_parts = adapting(model)
    for begin in range(0, len(ids), 97):
        np.testing.assert_array_equal(in_parts.logprobs(ids[begin : begin + 97]), whole[begin : begin + 97])
    other_end = adapting(model).logprobs(ids[: len(ids) // 2] + ids[:5])
    np.testing.assert_array_equal(other_end[: len(ids) // 2], whole[: len(ids) // 2])


def test_it_learns(model: pylm.Model) -> None:
    state = model.state(learn=True)
    first = state.feed(READ)
    state.start()
    second = state.feed(READ)
    assert second > 0.75 * first  # log-probabilities, below 0
    state.reset()
    assert state.feed(READ) == first


def test_a_state_that_does_not_adapt_reads_as_the_model_does(model: pylm.Model) -> None:
    ids = model.encode(READ, add_eos=True)
    state = model.state()
    assert not state.learns and state.memory == 0
    np.testing.assert_array_equal(
        np.concatenate([state.logprobs(ids[:90]), state.logprobs(ids[90:])]), model.logprobs(ids)
    )
    assert state.next(3) == model.next(ids, 3)
    np.testing.assert_array_equal(state.distribution(), model.distribution(ids))
    settings = dict(seed=5, repetition_penalty=1.3)
    assert state.generate_ids(30, **settings) == model.generate_ids(ids, 30, **settings)
    state.start()
    assert state.feed(READ, add_eos=True) == model.score(READ)


def test_evaluate_adapts(model: pylm.Model) -> None:
    result = model.evaluate(READ, learn=True, memory=MEMORY)
    assert result.bits == pytest.approx(-adapting(model).feed(READ, add_eos=True) / math.log(2), rel=1e-12)
    assert model.perplexity(READ * 3, learn=True) < model.perplexity(READ * 3)
    assert model.bits_per_byte(READ * 3, learn=True) < model.bits_per_byte(READ * 3)


def test_generation_leaves_the_state_where_it_is(model: pylm.Model) -> None:
    state, other = adapting(model), adapting(model)
    state.feed(READ[:900])
    other.feed(READ[:900])
    text = state.generate(40, seed=3)
    assert text == "".join(state.stream(40, seed=3)) == other.generate(40, seed=3)
    ids = adapting(model)
    ids.feed(model.encode(READ[:900]))
    assert model.decode(ids.generate_ids(40, seed=3)).strip() == ids.generate(40, seed=3).strip()
    np.testing.assert_array_equal(q62(state), q62(other))
    assert state.feed(READ[900:]) == other.feed(READ[900:])


def test_save_and_load(model: pylm.Model, tmp_path: Path) -> None:
    state, file = adapting(model), tmp_path / "state"
    state.feed(READ[:900])
    state.save(file)
    assert state.memory == MEMORY
    assert file.stat().st_size == MEMORY + 8 * (model.info.spelling_bytes > 0)
    later = model.state(learn=True, memory=2000)
    later.load(file)
    assert later.memory == MEMORY
    copy = state.copy()
    assert later.feed(READ[900:]) == copy.feed(READ[900:]) == state.feed(READ[900:])
    later.save(file)
    state.save(tmp_path / "again")
    assert file.read_bytes() == (tmp_path / "again").read_bytes()


def test_a_copy_is_of_its_own(model: pylm.Model) -> None:
    state = adapting(model)
    state.feed(READ[:500])
    copy, plain = state.copy(), model.state().copy()
    before = q62(copy)
    state.feed(READ[500:])
    np.testing.assert_array_equal(q62(copy), before)
    assert plain.feed("") == 0.0 and not plain.learns


def test_small_memory_is_useful(words_model: pylm.Model) -> None:
    text = READ[:700] * 5 + READ  # it forgets what was not used lately
    plain = words_model.state().feed(text)
    costs = [adapting(words_model, memory).feed(text) for memory in (1000, 16384, 1 << 20)]
    assert plain < costs[1] < costs[2]


def test_errors(model: pylm.Model, words_model: pylm.Model, tmp_path: Path) -> None:
    with pytest.raises(pylm.ArgumentError, match="too small"):
        model.state(learn=True, memory=100)
    with pytest.raises(pylm.ArgumentError, match="memory must be"):
        model.state(learn=True, memory=0)
    with pytest.raises(pylm.ArgumentError, match="nothing to save"):
        model.state().save(tmp_path / "state")
    state, file = adapting(model), tmp_path / "state"
    state.feed(READ)
    before = q62(state)
    state.save(file)
    saved = file.read_bytes()
    for content, error in [
        (b"", pylm.ModelFormatError),
        (b"text", pylm.ModelFormatError),
        (b"\0" * 5000, pylm.ModelFormatError),
        (saved[:-1], pylm.ModelDamagedError),
        (saved[:200], pylm.ModelDamagedError),
    ]:
        file.write_bytes(content)
        with pytest.raises(error):
            state.load(file)
    other = pylm.train(["abc " * 30])
    other.state(learn=True).save(file)
    with pytest.raises(pylm.ArgumentError, match="another model"):
        state.load(file)
    with pytest.raises(FileNotFoundError):
        state.load(tmp_path / "missing")
    with pytest.raises(OSError):
        state.save(tmp_path / "missing" / "state")
    np.testing.assert_array_equal(q62(state), before)  # as it was
    with pytest.raises(pylm.ArgumentError):
        state.feed([model.n_symbols])
    with pytest.raises(TypeError):
        state.generate(5, heat=2)


def test_a_damaged_file_is_harmless(model: pylm.Model, tmp_path: Path) -> None:
    state, file = adapting(model, 6000), tmp_path / "state"
    state.feed(READ)
    state.save(file)
    noise = bytes(i * i * 31 >> 3 & 255 for i in range(6000))
    saved, n = file.read_bytes(), len(state._overlay)
    file.write_bytes(saved[:24] + noise[24:n] + saved[n:])
    state.load(file)
    assert math.isfinite(state.feed(READ))
    assert sum(map(int, q62(state))) == 1 << 62
