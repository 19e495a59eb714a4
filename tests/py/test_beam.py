"""Beam search against all texts there are, and one model against another."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

import pylm
from pylm.cli import main


@pytest.fixture(scope="module")
def small() -> pylm.Model:
    """Few words, so that all texts can be gone through."""
    return pylm.train(
        ["a b c a b d\na b d c a a b\nd c b a\n" * 30], tokenizer="words", symbols=pylm.SymbolOptions(classes=3)
    )


def by_force(model: pylm.Model, context: str, length: int) -> list[tuple[float, tuple[int, ...]]]:
    """All sequences of so many symbols with the natural logs of their probabilities, best first."""
    sequences = list(itertools.product(range(model.n_symbols), repeat=length))
    prompt = model.encode(context)
    scores = model.score_batch([prompt + list(s) for s in sequences])
    given = model.score(prompt)
    return sorted(((score - given, s) for score, s in zip(scores, sequences, strict=True)), key=lambda x: (-x[0], x[1]))


@pytest.mark.parametrize("context", ["", "a b", "d c"])
def test_a_beam_as_wide_as_all_there_is_finds_the_best(small: pylm.Model, context: str) -> None:
    length, n = 3, 20
    expected = by_force(small, context, length)
    found = small.beam_search(context, length, n=n, beam=small.n_symbols**length, unknown=True, diverse=False)
    np.testing.assert_allclose([c.logprob for c in found], [score for score, _ in expected[:n]], atol=1e-4)
    assert [tuple(c.ids) for c in found] == [ids for _, ids in expected[:n]]
    assert len({c.text for c in found}) == n
    for c in found:
        assert c.logprob == pytest.approx(small.score(c.ids, context=context), abs=1e-3)


def by_hand(model: pylm.Model, context: list[int], n: int, beam: int) -> float:
    """The best that a beam of such a width finds. That of a wider one may be worse."""
    live: list[tuple[float, list[int]]] = [(0.0, [])]
    for _ in range(n):
        longer = []
        for score, ids in live:
            p = model.distribution(context + ids)
            longer += [(score + np.log(p[i]), [*ids, int(i)]) for i in np.argsort(-p, kind="stable")[:beam]]
        live = sorted(longer, key=lambda found: -found[0])[:beam]
    return live[0][0]


def test_a_narrow_beam_is_greedy(model: pylm.Model, test_text: str) -> None:
    prompt, plain = model.encode(test_text[:30]), {"unknown": True, "diverse": False}
    for unknown in (True, False):
        (found,) = model.beam_search(prompt, 8, n=1, beam=1, unknown=unknown)
        assert found.ids == model.generate_ids(prompt, 8, temperature=0, unknown=unknown)
        assert found.text == model.generate(prompt, 8, temperature=0, unknown=unknown)
    wider = model.beam_search(prompt, 8, n=3, **plain)
    assert wider[0].logprob == pytest.approx(by_hand(model, prompt, 8, 8), abs=1e-3)
    assert wider == model.beam_search(prompt, 8, n=3, **plain)
    assert [c.logprob for c in wider] == sorted((c.logprob for c in wider), reverse=True)
    assert wider[0].logprob == pytest.approx(model.score(wider[0].ids, context=prompt), abs=1e-3)


def test_a_stop_string_ends_a_text(small: pylm.Model) -> None:
    length, stop = 3, small.id_of("d")
    expected: dict[tuple[int, ...], float] = {}
    for score, ids in by_force(small, "a b", length):
        cut = ids[: ids.index(stop) + 1] if stop in ids else ids
        expected[cut] = np.logaddexp(expected.get(cut, -np.inf), score)
    best = sorted(expected.items(), key=lambda item: -item[1])[:12]
    found = small.beam_search("a b", length, n=12, beam=1000, stop="d", unknown=True, diverse=False)
    np.testing.assert_allclose([c.logprob for c in found], [score for _, score in best], atol=1e-3)
    assert all("d" not in c.text for c in found)


def test_within_a_constraint_it_is_exact(bytes_model: pylm.Model) -> None:
    constraint = pylm.Regex("[pt][aeé]k?")
    expected = {}
    for a, b in itertools.product("pt", ("a", "e", "é")):
        first = bytes_model.distribution("")
        p = first[ord(a)] / (first[ord("p")] + first[ord("t")])
        second = bytes_model.distribution(a)
        p *= second[b.encode()[0]] / sum(second[c.encode()[0]] for c in "aeé")  # the other byte of é is certain
        k = bytes_model.distribution(a + b)[ord("k")]
        expected |= {a + b + "k": p * k, a + b: p * (1 - k)}
    found = bytes_model.beam_search("", 9, n=50, constraint=constraint)
    assert {c.text: math.exp(c.logprob) for c in found} == pytest.approx(expected, rel=1e-3)
    assert sum(math.exp(c.logprob) for c in found) == pytest.approx(1, abs=1e-3)


def test_every_text_once() -> None:
    model = pylm.train(["the cat and the hat " * 60], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=280))
    found = model.beam_search("", 12, n=30, beam=60, constraint=pylm.OneOf(["the cat", "the hat"]))
    assert sorted(c.text for c in found) == ["the cat", "the hat"]


def test_settings_out_of_range(bytes_model: pylm.Model) -> None:
    for settings in ({"n": 0}, {"n": 5, "beam": 4}, {"n": 2, "beam": 1 << 17}):
        with pytest.raises(pylm.ArgumentError):
            bytes_model.beam_search("a", 3, **settings)
    assert [c.text for c in bytes_model.beam_search("a", 0)] == [""]


def test_a_state_stays_where_it_is(bytes_model: pylm.Model) -> None:
    state = bytes_model.state(learn=True)
    state.feed("papapa")
    before = state.next(3)
    assert state.beam_search(6, n=2) == state.beam_search(6, n=2)
    assert state.next(3) == before


# ---- one model against another


@pytest.fixture(scope="module")
def other() -> pylm.Model:
    return pylm.train(["tatata pipipi. " * 300])


def test_contrast_is_as_it_says(bytes_model: pylm.Model, other: pylm.Model) -> None:
    for weight, alpha in ((1, 0.1), (0.5, 0.01), (0, 0.5), (1, 0)):
        p, q = bytes_model.distribution("ta"), other.distribution("ta")
        plausible = [s for s in range(256) if p[s] >= alpha * p.max()]
        expected = sorted(plausible, key=lambda s: -(math.log(p[s]) - weight * math.log(q[s])))
        found = bytes_model.contrast("ta", other, 256, contrast_weight=weight, contrast_alpha=alpha)
        assert {c.id for c in found} == set(plausible)
        assert [c.id for c in found][:5] == expected[:5]
        for c in found:
            assert (c.probability, c.other) == pytest.approx((p[c.id], q[c.id]), rel=1e-3)


def test_generation_against_another_model(bytes_model: pylm.Model, other: pylm.Model) -> None:
    greedy = bytes_model.generate("ta", 20, temperature=0)
    assert bytes_model.generate("ta", 20, temperature=0, contrast=other, contrast_weight=0) == greedy
    text = bytes_model.generate("ta", 20, temperature=0, contrast=other)
    context = "ta"
    for character in text:
        assert bytes_model.contrast(context, other, 1)[0].text == character
        context += character
    constraint = pylm.OneOf(["ta", "pi", "ke"])
    assert {bytes_model.generate("", 9, contrast=other, constraint=constraint, seed=s) for s in range(20)} <= {
        "ta",
        "pi",
        "ke",
    }
    state = bytes_model.state()
    state.feed("ta")
    assert state.generate(20, temperature=0, contrast=other) == text


def test_another_vocabulary_is_refused(bytes_model: pylm.Model, words_model: pylm.Model, small: pylm.Model) -> None:
    for other in (words_model, small):
        with pytest.raises(pylm.ArgumentError, match="another vocabulary"):
            bytes_model.generate("a", contrast=other)
    with pytest.raises(pylm.ArgumentError, match="another vocabulary"):
        words_model.contrast("a", small)
    with pytest.raises(pylm.ArgumentError, match="contrast_alpha"):
        bytes_model.contrast("a", bytes_model, contrast_alpha=2)


# ---- command line


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, bytes_model, other):
    bytes_model.save(tmp_path / "bytes.pylm")
    other.save(tmp_path / "other.pylm")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, status: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        assert main(arguments) == status
        return tuple(capsys.readouterr())

    return run


def test_commands(run, bytes_model: pylm.Model, other: pylm.Model) -> None:
    Path("lines.txt").write_text("pa\nkié\n\n")
    Path("schema.json").write_text('{"type": "integer", "minimum": 10, "maximum": 12}')
    for options, constraint in (
        (["--regex", "[0-9]{2}"], pylm.Regex("[0-9]{2}")),
        (["--one-of", "pa", "kié"], pylm.OneOf(["pa", "kié"])),
        (["--one-line-of", "lines.txt"], pylm.OneOf(["pa", "kié"])),
        (["--prefix", "ki"], pylm.Prefix("ki")),
        (["--schema", "schema.json"], pylm.Schema({"type": "integer", "minimum": 10, "maximum": 12})),
    ):
        out = json.loads(run("generate", "bytes.pylm", "--prompt", "ta", "--seed", "3", "--json", *options)[0])
        assert out["text"] == bytes_model.generate("ta", seed=3, constraint=constraint)
        out = json.loads(run("next", "bytes.pylm", "ta", "--json", *options)[0])
        assert [tuple(p.values()) for p in out["next"]] == bytes_model.next("ta", constraint=constraint)
    out = json.loads(run("generate", "bytes.pylm", "--max-new-tokens", "4", "--best", "3", "--beam", "9", "--json")[0])
    assert [tuple(c.values()) for c in out["best"]] == bytes_model.beam_search("", 4, n=3, beam=9)
    lines = run("generate", "bytes.pylm", "--best", "2", "--one-of", "pa", "ki")[0].splitlines()
    assert len(lines) == 2 and lines[0].split()[1] in ("pa", "ki")
    out = json.loads(run("next", "bytes.pylm", "ta", "--contrast", "other.pylm", "--json")[0])
    assert [tuple(p.values()) for p in out["next"]] == bytes_model.contrast("ta", other)
    assert run("next", "bytes.pylm", "ta", "--contrast", "other.pylm")[0].count("%") >= 2
    out = run("generate", "bytes.pylm", "--contrast", "other.pylm", "--seed", "1", "--max-new-tokens", "9")[0]
    assert out == bytes_model.generate("", 9, contrast=other, seed=1) + "\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["generate", "bytes.pylm", "--regex", "("], "not a regular expression"),
        (["generate", "bytes.pylm", "--regex", r"[^\s\S]"], "allows nothing"),
        (["generate", "bytes.pylm", "--schema", "missing.json"], "missing.json: No such file"),
        (["generate", "bytes.pylm", "--one-of", "abc", "--max-new-tokens", "2"], "needs 3 symbols"),
        (["generate", "bytes.pylm", "--best", "2", "--contrast", "other.pylm"], "leave out --contrast"),
        (["generate", "bytes.pylm", "--best", "0"], "--best must be"),
        (["next", "bytes.pylm", "a", "--contrast", "other.pylm", "--prefix", "a"], "leave the constraint out"),
    ],
)
def test_errors_are_one_line(run, arguments: list[str], says: str) -> None:
    out, error = run(*arguments, status=1)
    assert out == "" and error.startswith("pylm: error: ") and error.count("\n") == 1
    assert says in error
