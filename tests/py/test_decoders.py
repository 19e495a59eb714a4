# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What decoders ask: branches of states, the best paths of lattices."""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm

READ = make_text(300, seed=9)


@pytest.mark.parametrize("learn", [False, True])
def test_a_branch_scores_as_the_state_would(model: pylm.Model, learn: bool) -> None:
    state = model.state(learn=learn, memory="64K")
    state.feed(READ)
    before = state.distribution()
    branch = state.branch()
    here = branch.copy()
    ids = model.encode("papapa tepapa kipapa papapa")
    p = branch.distribution()
    assert np.array_equal(p, before)
    for symbol in ids:
        expected = math.log(branch.distribution()[symbol])
        longer, logprob = branch.after(symbol)
        assert logprob == pytest.approx(expected, abs=2e-3)
        assert branch.score(symbol) == logprob == branch.scores([symbol, ids[0]])[0]
        assert branch.step(symbol) == logprob
        assert longer == branch and hash(longer) == hash(branch) and longer.key == branch.key
        assert np.array_equal(longer.distribution(), branch.distribution())
    assert branch != here and branch != "papapa"
    assert np.array_equal(here.distribution(), before) and np.array_equal(state.distribution(), before)
    assert [n.id for n in here.next(3)] == [n.id for n in state.next(3)]


def test_branches_agree_by_their_last_symbols(model: pylm.Model) -> None:
    branch = model.state().branch()
    assert 1 <= branch.reach <= 16
    symbols = model.encode("papapa tepapa kipapa " * 9)[: branch.reach]
    one, other = branch.after(3)[0], branch.after(5)[0]
    assert one != other
    for symbol in symbols:
        one, other = one.after(symbol)[0], other.after(symbol)[0]
    assert one == other and len({one, other}) == 1


def test_texts_and_mistakes(words_model: pylm.Model) -> None:
    branch = words_model.state().branch()
    for text in ("papapa tepapa", "papapa zorkmid", ""):
        assert branch.score(text) == pytest.approx(words_model.score(text, add_eos=False))
    assert branch.score(np.int64(3)) == branch.score(3) == branch.score([3])
    for token in (-1, words_model.n_symbols, [words_model.n_symbols]):
        with pytest.raises(pylm.ArgumentError, match="id"):
            branch.step(token)
    for token in (None, 2.5, ["a"], object()):
        with pytest.raises((TypeError, pylm.ArgumentError), match="token"):
            branch.step(token)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tokens must be several"):
        branch.scores("papapa")


def test_new_words_of_a_state() -> None:
    """What a state has learned need not be spelled, and a branch learns nothing."""
    model = pylm.train([make_text(3000, seed=3)], tokenizer="words")
    state = model.state(learn=True)
    first = state.branch().score("zorkmid")
    state.feed("zorkmid papapa ")
    branch = state.branch()
    assert branch.score("zorkmid") > first + 5
    branch.step("frotz frotz")
    assert state.words == {"zorkmid": 1}


# ---- lattices


def text_of(model: pylm.Model, words: list[str]) -> str:
    return " ".join(words) if model.info.tokenizer == "words" else "".join(" " + word for word in words)


def test_best_paths_are_the_best(model: pylm.Model) -> None:
    """Against all paths, one by one."""
    if model.info.tokenizer == "external":
        pytest.skip("parts of its texts cannot be encoded one by one")
    rng = random.Random(4)
    words = sorted(set(READ.split()))[:60]
    lattice, columns = pylm.Lattice(), []
    for node in range(4):
        columns.append([(rng.choice(words), rng.uniform(-1, 3)) for _ in range(3)])
        for word, cost in columns[-1]:
            lattice.add(node, node + 1, text_of(model, [word]), cost)
    encoded = {word: model.encode(text_of(model, [word])) for column in columns for word, _ in column}
    for weight in (1.0, 0.375, 0.0):
        expected = []
        for path in itertools.product(*columns):
            ids = [symbol for word, _ in path for symbol in encoded[word]]
            cost = -model.score(ids, context="papapa") if weight else 0.0
            expected.append(sum(own for _, own in path) + weight * cost)
        found = model.best_paths(lattice, 10, context="papapa", beam=200, weight=weight, merge=16, add_eos=False)
        assert [path.cost for path in found] == pytest.approx(sorted(expected)[:10], abs=1e-3)
        best = found[0]
        assert best.text == text_of(model, [str(lattice.arcs[i].text).strip() for i in best.arcs])
        own = sum(lattice.arcs[i].cost for i in best.arcs)
        if weight:
            assert best.cost == pytest.approx(own + weight * best.model_cost)
        one = model.best_paths(lattice, context="papapa", beam=200, weight=weight, merge=16, add_eos=False)
        assert one == found[:1]


def test_the_end_of_a_line_counts(words_model: pylm.Model) -> None:
    lattice = pylm.Lattice([(0, 1, "papapa tepapa", 0.0)])
    closed, open_ = (words_model.best_paths(lattice, add_eos=end)[0].cost for end in (True, False))
    assert closed == pytest.approx(-words_model.score("papapa tepapa"), abs=1e-4)
    assert open_ == pytest.approx(-words_model.score("papapa tepapa", add_eos=False), abs=1e-4)


def test_unknown_words_are_spelled() -> None:
    model = pylm.train([make_text(3000, seed=3)], tokenizer="words")
    lattice = pylm.Lattice([(0, 1, "papapa", 0.0), (0, 1, "zorkmid", 0.0), (0, 1, "qzxvw", 0.0)])
    paths = model.best_paths(lattice, 3)
    assert paths[0].text == "papapa"
    for path in paths:
        assert path.cost == pytest.approx(-model.score(path.text), abs=1e-4)


def test_a_state_goes_on(model: pylm.Model) -> None:
    state = model.state(learn=True, memory="64K")
    state.feed(READ)
    before = state.distribution()
    lattice = pylm.Lattice([(0, 1, model.encode("papapa"), 0.0), (0, 1, model.encode("tepapa"), 0.1)])
    found = state.best_paths(lattice, 2, add_eos=False)
    assert found[0].model_cost == pytest.approx(-state.branch().score(lattice.arcs[found[0].arcs[0]].text), abs=1e-3)
    assert np.array_equal(state.distribution(), before)


def test_confusion_networks(words_model: pylm.Model) -> None:
    slots = [[("papapa", 0.1), ("tepapa", 0.2)], [("", 0.5), ("kipapa", 3.0)], [("tepapa", 0.0)]]
    lattice = pylm.Lattice.of_slots(slots)
    assert [arc[:2] for arc in lattice.arcs] == [(0, 1), (0, 1), (1, 2), (1, 2), (2, 3)]
    assert len(words_model.best_paths(lattice, 9)) == 4
    with pytest.raises(TypeError, match="slots must be several"):
        pylm.Lattice.of_slots(["papapa"])  # type: ignore[list-item]


def test_arcs_in_any_order_and_dead_ends(words_model: pylm.Model) -> None:
    lattice = pylm.Lattice(
        [(2, 5, "kipapa", 0.5), (0, 2, "papapa", -0.5), (0, 1, "tepapa", 0.0), (3, 5, "papapa", 0.0)]
    )
    (path,) = words_model.best_paths(lattice, 5)
    assert path.arcs == [1, 0] and path.text == "papapa kipapa"
    assert words_model.best_paths(pylm.Lattice([(0, 1, "a", 0.0), (2, 3, "b", 0.0)])) == []
    assert words_model.best_paths(pylm.Lattice()) == []
    empty = pylm.Lattice([(0, 1, "", 0.25)])
    assert words_model.best_paths(empty, add_eos=False)[0] == (
        "",
        [0],
        pytest.approx(0.25, abs=1e-4),
        pytest.approx(0, abs=1e-4),
    )


@pytest.mark.parametrize(
    ("arc", "message"),
    [
        ((1, 1, "a", 0.0), "from a node to a larger one"),
        ((2, 1, "a", 0.0), "from a node to a larger one"),
        ((-1, 1, "a", 0.0), "begin must be from 0"),
        ((0, 1 << 40, "a", 0.0), "end must be from 1"),
        ((0, 1, "a", math.inf), "cost must be a number"),
        ((0, 1, "a", math.nan), "cost must be a number"),
        ((0, 1, "a", 1e9), "cost must be a number"),
        ((0, 1, "a", "b"), "cost must be a number"),
    ],
)
def test_bad_arcs(arc: tuple[int, int, str, float], message: str) -> None:
    with pytest.raises(pylm.ArgumentError, match=message):
        pylm.Lattice([arc])


def test_bad_searches(words_model: pylm.Model) -> None:
    lattice = pylm.Lattice([(0, 1, "a", 0.0)])
    for name, value in (("n", 0), ("beam", 0), ("beam", 5000), ("weight", -1), ("weight", 300), ("merge", 17)):
        with pytest.raises(pylm.ArgumentError, match=name):
            words_model.best_paths(lattice, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"lattice must be a pylm\.Lattice"):
        words_model.best_paths([(0, 1, "a", 0.0)])  # type: ignore[arg-type]
    with pytest.raises(pylm.TooLargeError, match="too large"):
        words_model.best_paths(pylm.Lattice([(0, 1 << 31, "a", 0.0)]), 60000, beam=4096)
    with pytest.raises(TypeError):
        words_model.best_paths(pylm.Lattice([(0, 1, None, 0.0)]))  # type: ignore[list-item]


# ---- what coders and other tools need


def test_exact_distributions(model: pylm.Model) -> None:
    exact = model.distribution("papapa tepapa", exact=True)
    assert exact.dtype == np.uint64 and sum(exact.tolist()) == 1 << 62
    assert np.array_equal(exact * 2.0**-62, model.distribution("papapa tepapa"))
    state = model.state()
    state.feed(model.encode("papapa tepapa"))
    assert np.array_equal(state.distribution(exact=True), exact)


def test_constraints_at_a_state(words_model: pylm.Model) -> None:
    state = words_model.state()
    state.feed("papapa tepapa")
    constraint = pylm.OneOf(["papapa", "kipapa"])
    found = state.next(5, constraint=constraint)
    assert {p.text for p in found} == {"papapa", "kipapa"}
    assert sum(p.probability for p in found) == pytest.approx(1, abs=1e-4)  # costs are in 1/65536 bit
    assert found == words_model.next("papapa tepapa", 5, constraint=constraint)
    with pytest.raises(TypeError, match="constraint must be"):
        state.next(5, constraint="papapa")  # type: ignore[arg-type]


def test_plain_ids(tmp_path: Path) -> None:
    """Numbers that mean nothing here: no text, no tokenizer, no package."""
    rng = random.Random(1)
    documents = [np.array([rng.randrange(3) + 3 * (i % 7) for i in range(400)], np.uint16) for _ in range(5)]
    model = pylm.train(documents, tokenizer="ids", symbols=pylm.SymbolOptions(ids=30))
    assert (model.info.tokenizer, model.n_symbols) == ("external", 30)
    assert model.distribution(documents[0][:20]).sum() == pytest.approx(1)
    assert model.perplexity(documents[0]) < 5
    model.save(tmp_path / "ids.pylm")
    assert pylm.load(tmp_path / "ids.pylm").score([1, 4, 7]) == model.score([1, 4, 7])
    for call, message in (
        (lambda: model.score("a text"), "no tokenizer with it; pass ids"),
        (lambda: pylm.train(["a b"], tokenizer="ids", symbols=pylm.SymbolOptions(ids=30)), "every document is ids"),
        (lambda: pylm.train(documents, tokenizer="ids"), r"symbols=pylm.SymbolOptions\(ids=N\)"),
        (lambda: pylm.train(documents, tokenizer="ids", symbols=pylm.SymbolOptions(ids=20)), "out of range"),
        (lambda: pylm.train(["a b"], symbols=pylm.SymbolOptions(ids=20)), "add tokenizer='ids'"),
    ):
        with pytest.raises(pylm.ArgumentError, match=message):
            call()
