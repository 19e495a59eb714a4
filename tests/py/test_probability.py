"""What makes a language model honest: one distribution that sums to one, costs that agree with it, and a
coder that really spends them and reads the text back."""

from __future__ import annotations

import math

import coder
import numpy as np
import pytest
from texts import random_numbers

import pylm
from pylm._core.native import ffi, lib

ONE = 1 << 62


def random_contexts(model: pylm.Model, text: str, n: int) -> list[list[int]]:
    """Contexts from a text, with random symbols, and of random symbols alone."""
    numbers, ids, contexts = random_numbers(5), model.encode(text), [[]]
    for i in range(n):
        begin = next(numbers) % (len(ids) - 12)
        context = ids[begin : begin + next(numbers) % 12]
        if i % 3 == 1:
            context.append(next(numbers) % model.n_symbols)
        elif i % 3 == 2:
            context = [next(numbers) % model.n_symbols for _ in range(i % 9)]
        contexts.append(context)
    return contexts


def q62(model: pylm.Model, context: list[int]) -> np.ndarray:
    return model._image.distribution_q62(model._state_after(context))


def test_distribution_sums_to_one(model: pylm.Model, test_text: str) -> None:
    for context in random_contexts(model, test_text, 60):
        exact = q62(model, context)
        assert exact.shape == (model.n_symbols,)
        assert sum(map(int, exact)) == ONE
        assert exact.min() > 0
        probabilities = model.distribution(context)
        assert probabilities.dtype == np.float64
        assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)


def test_costs_agree_with_distribution(model: pylm.Model, test_text: str) -> None:
    depth = model.info.depth
    cost, work = ffi.new("uint32_t *"), model._image.new_work()
    for context in random_contexts(model, test_text, 25):
        exact, state = q62(model, context), model._state_after(context)
        for symbol in range(0, model.n_symbols, 1 + model.n_symbols // 60):
            assert lib.pylm_cost(model._image.model, state, symbol, work, cost) == 0
            bits = 62 - math.log2(int(exact[symbol]))
            rounding = 2 ** (62 - 30) / int(exact[symbol])  # masses are rounded down at each node
            assert cost[0] / 65536 == pytest.approx(bits, abs=(depth + 3) / 65536 + rounding)


def test_logprobs_are_those_of_the_distribution(model: pylm.Model, test_text: str) -> None:
    ids = model.encode(test_text[:600], add_eos=True)
    logprobs = model.logprobs(ids)
    assert logprobs.dtype == np.float64 and logprobs.shape == (len(ids),)
    for i in range(0, len(ids), 1 + len(ids) // 40):
        assert logprobs[i] == pytest.approx(math.log(model.distribution(ids[:i])[ids[i]]), abs=1e-3)
    assert model.score(ids) == pytest.approx(logprobs.sum(), abs=1e-9)


SKEWED = b"a " * 100_000 + b" ".join(b"z%d" % (i // 2) for i in range(20_000))


def test_no_symbol_of_a_skewed_model_is_left_out() -> None:
    """Its rarest symbols have far less than 2^-62, and cost as much; the coder can code each of them."""
    model = pylm.train([SKEWED], tokenizer="words", threads=1)
    state = model.state()
    state.feed(SKEWED[:30_000])
    exact = model._image.distribution_q62(state._state)
    assert sum(map(int, exact)) == ONE and exact.min() == 1
    rarest = [int(symbol) for symbol in np.flatnonzero(exact == 1)]
    costs = [-float(state.copy().logprobs([symbol])[0]) / math.log(2) for symbol in rarest]
    assert max(costs) > 62  # to 1 from 0
    for symbol in rarest:
        bits = coder.encode([symbol], lambda: exact, lambda symbol: None)
        assert len(bits) <= 64
        assert coder.decode(bits, 1, lambda: exact, lambda symbol: None) == [symbol]


@pytest.mark.parametrize("tokenizer", ["bytes", "pieces"])
def test_every_symbol_of_a_skewed_model_packs(tokenizer: str) -> None:
    """Also where the coder of packets has to spend most on each of its decisions."""
    model = pylm.train([b"a" * 200_000], tokenizer=tokenizer, threads=1, profile="fast")
    rare = bytes(range(256)) * 2
    for text in [*(bytes((byte,)) for byte in range(256)), rare, b"a" * 999 + rare + b"a" * 999 + rare[::-1]]:
        assert model.decompress(model.compress(text)).encode("utf-8", "surrogateescape") == text


def test_coder_spends_what_the_score_says(model: pylm.Model, test_text: str) -> None:
    image = model._image
    ids = model.encode(test_text, add_eos=True)
    cost = image.score(image.new_state(), image.check_ids(ids)) / 65536

    def walk() -> tuple[coder.Distribution, coder.Push]:
        state = image.new_state()
        return lambda: image.distribution_q62(state), lambda s: lib.pylm_state_push(image.model, state, s)

    bits = coder.encode(ids, *walk())
    assert len(bits) == pytest.approx(cost, rel=1e-4, abs=3)  # 3: where the coder's last interval ends
    assert coder.decode(bits, len(ids), *walk()) == ids
    assert model.evaluate(test_text).bits == pytest.approx(cost, rel=1e-12)


def test_top_is_exact(model: pylm.Model, test_text: str) -> None:
    cost, work = ffi.new("uint32_t *"), model._image.new_work()
    for context in random_contexts(model, test_text, 12):
        state, costs = model._state_after(context), []
        for symbol in range(model.n_symbols):
            lib.pylm_cost(model._image.model, state, symbol, work, cost)
            costs.append((cost[0], symbol))
        costs.sort()
        for k in (1, 2, 5, 40, model.n_symbols, model.n_symbols + 10):
            best = model.next(context, k)
            assert [p.id for p in best] == [symbol for _, symbol in costs[:k]]
            assert [p.probability for p in best] == [2.0 ** -(c / 65536) for c, _ in costs[:k]]


def test_scores_do_not_depend_on_what_follows(model: pylm.Model, test_text: str) -> None:
    """Nothing is read before it is scored."""
    ids = model.encode(test_text[:800])
    whole = model.logprobs(ids)
    for n in (1, 7, len(ids) // 2):
        np.testing.assert_array_equal(model.logprobs(ids[:n]), whole[:n])
    np.testing.assert_array_equal(model.logprobs(ids[9:], context=ids[:9]), whole[9:])


def test_held_out_text_is_predicted_better_than_by_frequencies(bytes_model: pylm.Model, test_text: str) -> None:
    counts = np.bincount(np.frombuffer(test_text.encode(), np.uint8))
    shares = counts[counts > 0] / len(test_text)
    assert bytes_model.bits_per_byte(test_text) < 0.5 * -(shares * np.log2(shares)).sum()
