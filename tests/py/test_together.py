"""Short calls, and many at once: exactly what the long way gives."""

from __future__ import annotations

import copy
import math
import threading
from array import array
from typing import Any

import numpy as np
import pytest
from conftest import get
from texts import make_text

import pylm
from pylm._core import many
from pylm._core.arguments import MAX_WINDOW

READ = make_text(200, seed=9)
NEXT = make_text(60, seed=10)
KERNEL = pylm.train([make_text(2000, seed=1)], tokenizer="words", kernel=pylm.KernelOptions(reach=2))


def pair(model: pylm.Model, learn: bool, text: str = READ) -> tuple[pylm.State, pylm.State]:
    """Two states that have read and learned the same."""
    one, other = model.state(learn=learn, memory="64K"), model.state(learn=learn, memory="64K")
    one.feed(text)
    other.feed(text)
    return one, other


def same(one: pylm.State, other: pylm.State) -> bool:
    """Whether two states have read and learned the same, as far as anybody can see."""
    return (
        np.array_equal(one.distribution(exact=True), other.distribution(exact=True))
        and one._last == other._last
        and one.words == other.words
        and one.next(4) == other.next(4)
        and one.feed("zorkmid papapa ") == other.feed("zorkmid papapa ")
        and np.array_equal(one.distribution(exact=True), other.distribution(exact=True))
    )


# ---- one id


@pytest.mark.parametrize("learn", [False, True])
def test_id_by_id_is_as_all_at_once(model: pylm.Model, learn: bool) -> None:
    one, other = pair(model, learn)
    ids = model.encode(NEXT)
    expected = other.logprobs(ids)
    assert [one.feed([symbol]) for symbol in ids] == expected.tolist()
    assert same(one, other)
    assert one.feed((ids[0],)) == other.feed(array("I", ids[:1]))  # no list


@pytest.mark.parametrize("call", ["feed", "score"])
def test_a_wrong_id_changes_nothing(model: pylm.Model, call: str) -> None:
    one, other = pair(model, True)
    n = model.n_symbols
    for wrong, error, message in [
        ([n], pylm.ArgumentError, f"id {n} at position 0 is out of range"),
        ([1, n + 5], pylm.ArgumentError, "at position 1 is out of range"),
        ([-1], pylm.ArgumentError, "negative"),
        ([2, -1], pylm.ArgumentError, "negative"),
        ([1 << 32], pylm.ArgumentError, r"above 2\^32 - 1"),
        ([1 << 80], pylm.ArgumentError, r"above 2\^32 - 1"),
        ([1.0], TypeError, "text must be a text"),
        ([3, 1.5], TypeError, "text must be a text"),
        ([None], TypeError, "text must be a text"),
        (["papapa"], TypeError, "give one text at a time"),
        (5, TypeError, "text must be a text"),
    ]:
        for ids in (wrong, tuple(wrong)) if isinstance(wrong, list) else (wrong,):
            with pytest.raises(error, match=message):
                getattr(one, call)(ids)
    assert one.feed([True]) == other.feed([1])  # Python's bool is an int
    assert one.feed([np.int64(2)]) == other.feed([2])
    assert same(one, other)


def test_what_was_read_last_has_bounds(words_model: pylm.Model) -> None:
    state = words_model.state()
    state._last = array("I", [1]) * (2 * MAX_WINDOW)
    state.feed([5])
    assert len(state._last) == MAX_WINDOW and state._last[-1] == 5


def test_states_of_several_threads(words_model: pylm.Model) -> None:
    ids = words_model.encode(READ)[:200]
    expected = words_model.state().logprobs(ids).tolist()
    found: dict[int, list[float]] = {}

    def read(i: int) -> None:
        state = words_model.state()
        found[i] = [state.feed([symbol]) for symbol in ids]

    threads = [threading.Thread(target=read, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [expected] * 4


# ---- continuations of one state


def check_score(model: pylm.Model, learn: bool) -> None:
    state, before = pair(model, learn)
    ids = model.encode(NEXT)
    for text in ("papapa", "tepapa kipapa", "papapa zorkmid", "", ids[:1], ids[:7], (ids[0],), np.array(ids[:3])):
        for add_eos in (False, True):
            expected = state.copy().feed(text, add_eos=add_eos)
            found = state.score(text, add_eos=add_eos)
            n = len(model.encode(text, add_eos=add_eos))
            if n == 1 or not learn:
                assert found == expected
            assert math.isfinite(found) and (n or found == 0.0)
    continuations: list[Any] = ["papapa", ids[3], ids[:5], "zorkmid papapa", "", (ids[0], ids[1]), np.array(ids[:2])]
    continuations += [ids[i : i + i % 4] for i in range(9)]
    single = [[token] if isinstance(token, int) else token for token in continuations]
    for add_eos in (False, True):
        expected = [state.score(token, add_eos=add_eos) for token in single]
        assert state.scores(continuations, add_eos=add_eos) == expected
    assert state.scores(ids) == [state.score([symbol]) for symbol in ids] == state.scores(np.array(ids))
    assert state.scores(iter(ids[:3])) == state.scores(ids[:3])
    assert state.scores([]) == []
    assert same(state, before)


@pytest.mark.parametrize("learn", [False, True])
def test_score_is_what_feed_would_return(model: pylm.Model, learn: bool) -> None:
    check_score(model, learn)


def test_a_kernel(words_model: pylm.Model) -> None:
    check_score(KERNEL, False)
    states = [KERNEL.state(), KERNEL.state()]
    assert KERNEL.feed_batch(states, ["papapa", "tepapa kipapa"]) == [
        KERNEL.state().feed("papapa"),
        KERNEL.state().feed("tepapa kipapa"),
    ]


def test_score_knows_what_was_learned_and_learns_nothing(words_model: pylm.Model) -> None:
    state = words_model.state(learn=True)
    before = state.score("papapa zorkmid tepapa")
    state.feed("papapa zorkmid tepapa " * 3)
    after = state.score("papapa zorkmid tepapa")
    assert after > before + 5
    assert state.score("papapa zorkmid tepapa") == after  # also the second time
    step_by_step = state.branch()
    assert after == pytest.approx(sum(map(step_by_step.step, ["papapa", "zorkmid", "tepapa"])))


def test_mistakes_among_continuations(words_model: pylm.Model) -> None:
    state = words_model.state()
    n = words_model.n_symbols
    for wrong, error, message in [
        ("papapa", TypeError, "continuations must be several"),
        (5, TypeError, "continuations must be several"),
        ([1, n], pylm.ArgumentError, rf"continuations\[1\]: id {n} "),
        (["a", [1, n]], pylm.ArgumentError, rf"continuations\[1\]: id {n} at position 1"),
        ([[1], [2, -1]], pylm.ArgumentError, r"continuations\[1\]: an id is negative"),
        ([[1], -1], pylm.ArgumentError, r"continuations\[1\]: an id is negative"),
        ([[1], [2.5]], TypeError, r"continuations\[1\] must be"),
        ([1, 2.5], TypeError, r"continuations\[1\] must be"),
        ([[1], None], TypeError, r"continuations\[1\] must be"),
    ]:
        with pytest.raises(error, match=message):
            state.scores(wrong)  # type: ignore[arg-type]


def test_more_than_a_slice(bytes_model: pylm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """C calls are short enough for Ctrl-C: what is parted gives the same."""
    ids = bytes_model.encode(NEXT)
    texts = [ids[i : i + n] for i, n in enumerate([0, 3, 30, 5, 5, 0, 9, 11, 10, 1, 0])]
    one, other = pair(bytes_model, True)
    states, expected_states = zip(*(pair(bytes_model, i % 2 == 1, READ[i:]) for i in range(len(texts))), strict=True)
    expected = other.scores(texts), bytes_model.feed_batch(expected_states, texts)
    monkeypatch.setattr(many, "SCORE_SLICE", 10)
    assert (one.scores(texts), bytes_model.feed_batch(states, texts)) == expected
    assert same(one, other) and all(map(same, states, expected_states))


# ---- many states


def readers(model: pylm.Model) -> list[Any]:
    """Eight states, some of which learn, and two branches."""
    states = [pair(model, i % 3 == 1, READ[20 * i :])[0] for i in range(8)]
    return [*states, states[0].branch(), states[1].branch()]


@pytest.mark.parametrize("kind", ["ids", "mixed"])
def test_states_read_together_as_one_by_one(model: pylm.Model, kind: str) -> None:
    together, alone = readers(model), readers(model)
    ids = model.encode(NEXT)
    for round_ in range(3):
        tokens: list[Any] = ids[round_ * 10 : round_ * 10 + 10]
        if kind == "mixed":
            tokens[1:6] = ["papapa zorkmid ", "kipapa", ids[5:9], "", np.array(ids[2:4])]
            tokens[8:10] = ["zorkmid", "tepapa tepapa"]
        expected = [
            reader.step(token)
            if isinstance(reader, pylm.decoders.branch.Branch)
            else reader.feed([token] if isinstance(token, int) else token)
            for reader, token in zip(alone, tokens, strict=True)
        ]
        assert model.feed_batch(together, tokens) == pytest.approx(expected, rel=1e-12)
        if kind == "ids":
            assert model.next_batch(together, 3) == [reader.next(3) for reader in alone]
    assert model.next_batch(together, 4) == [reader.next(4) for reader in alone]
    assert all(map(same, together[:8], alone[:8]))
    assert [branch.key for branch in together[8:]] == [branch.key for branch in alone[8:]]


def test_texts_that_end(words_model: pylm.Model) -> None:
    states = [words_model.state(), words_model.state()]
    found = words_model.feed_batch(states, ["papapa", "tepapa"], add_eos=True)
    assert found == [words_model.score("papapa"), words_model.score("tepapa")]


def test_next_of_many(model: pylm.Model) -> None:
    """Also where a text may end within a symbol, and more than one C call."""
    states = [pair(model, False, READ[: 30 + i])[0] for i in range(150)]
    assert model.next_batch(states, 2) == [state.next(2) for state in states]
    assert model.next_batch(states[:2], 1 << 20) == [state.next(1 << 20) for state in states[:2]]
    assert model.next_batch([]) == [] == model.feed_batch([], [])


def test_nothing_is_read_if_something_is_wrong(words_model: pylm.Model) -> None:
    (one, before), other = pair(words_model, True), words_model.state()
    n, stranger = words_model.n_symbols, KERNEL.state()
    for states, texts, error, message in [
        ([one, other], [1], pylm.ArgumentError, "2 states, but 1 texts"),
        ([one, one], [1, 2], pylm.ArgumentError, "twice"),
        ([one, stranger], [1, 2], pylm.ArgumentError, r"states\[1\] is a state of another model"),
        ([one, words_model], [1, 2], TypeError, r"states\[1\] must be a state"),
        (one, [1], TypeError, "states must be several"),
        ([one, other], [1, n], pylm.ArgumentError, rf"texts\[1\]: id {n}"),
        ([one, other], [1, -1], pylm.ArgumentError, r"texts\[1\]: an id is negative"),
        ([one, other], ["papapa", [n]], pylm.ArgumentError, rf"texts\[1\]: id {n}"),
        ([one, other], [1, None], TypeError, r"texts\[1\] must be"),
        ([one, other], [1, 1.5], TypeError, r"texts\[1\] must be"),
        ([one], "papapa", TypeError, "texts must be several"),
    ]:
        with pytest.raises(error, match=message):
            words_model.feed_batch(states, texts)  # type: ignore[arg-type]
    with pytest.raises(pylm.ArgumentError, match="k must be from 1"):
        words_model.next_batch([one], 0)
    assert same(one, before)
    assert same(other, words_model.state())


def test_branches(words_model: pylm.Model) -> None:
    state = pair(words_model, True)[0]
    ids = words_model.encode(NEXT)
    branch = state.branch()
    tokens: list[Any] = [*ids, "papapa zorkmid", ids[:3], np.int64(4)]
    assert branch.scores(tokens) == pytest.approx([branch.after(token)[1] for token in tokens], rel=1e-12)
    assert branch.scores(ids) == [branch.score(symbol) for symbol in ids] == state.scores(ids)
    longer = [copy.copy(branch) for _ in range(5)]
    assert words_model.feed_batch(longer, ids[:5]) == [branch.after(symbol)[1] for symbol in ids[:5]]
    assert longer == [branch.after(symbol)[0] for symbol in ids[:5]]
    assert words_model.next_batch(longer, 2) == [branch.after(symbol)[0].next(2) for symbol in ids[:5]]


@pytest.mark.parametrize("name", ["words", "words with <unk>", "given words"])
def test_a_single_word_is_encoded_as_within_a_text(name: str) -> None:
    model = get(name)
    words = [*model.vocabulary(), "zorkmid", "<s>", "</s>", "<unk>", "\n", "papapa\n", "papapa\ttepapa", "a\u00a0b"]
    for word in words:
        assert model.encode(word) == model.encode(word.encode() + b" " * 2000)  # too long for the quick way
        assert model.encode(word) == model.encode(bytearray(word.encode()))
