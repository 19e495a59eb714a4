"""Related terms, against counts made of the text itself."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm.cli import main

TEXT = make_text(2500, seed=1)


def line_of(model: pylm.Model, text: str) -> list[int]:
    """The symbols of a text as they are counted: behind a line end."""
    assert model.info.begins is not None
    return [model.info.begins, *model.encode(text, add_eos=True)]


def pairs(symbols: list[int], window: int) -> dict[int, dict[int, list[int]]]:
    """of[a][b]: how often b stands before a and behind a, up to `window` places away. A symbol that has less than two
    symbols at a distance behind it makes a context there that is not kept (min_count=2)."""
    of: dict[int, dict[int, list[int]]] = {a: {} for a in symbols}
    for lag in range(1, window + 1):
        contexts = Counter(symbols[:-lag])
        for a, b in zip(symbols, symbols[lag:], strict=False):
            if contexts[a] > 1:
                of[a].setdefault(b, [0, 0])[1] += 1
                of[b].setdefault(a, [0, 0])[0] += 1
    return of


@pytest.fixture(scope="module", params=["words", "pieces", "two trees"])
def trained(request: pytest.FixtureRequest) -> pylm.Model:
    settings = {
        "pieces": {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=400)},
        "two trees": {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=2)},
    }
    return pylm.train([TEXT], **settings.get(request.param, {"tokenizer": "words"}))


@pytest.mark.parametrize("window", [1, 2, 4])
@pytest.mark.parametrize("measure", ["strength", "pmi"])
def test_against_counting(trained: pylm.Model, window: int, measure: str) -> None:
    symbols = trained.encode(TEXT, add_eos=True)
    frequency, counted = Counter(symbols), pairs(line_of(trained, TEXT), window)
    signs = {trained.info.begins, trained.id_of("<unk>")}  # a line end, also where it is no sign
    for a, n_a in list(frequency.items())[::29]:
        found = trained.related([a], 10**6, window=window, measure=measure, min_count=2)
        expected = {b: n for b, n in counted[a].items() if b not in signs | {a} and sum(n) >= 2}
        assert {r.id: [r.before, r.after] for r in found} == expected
        for r in found:
            assert (r.occurrences, r.occurrences_of_other) == (frequency[r.id], n_a)
            assert r.count == r.before + r.after and r.term == trained.text_of(r.id)
            score = r.count / math.sqrt(n_a * r.occurrences)
            if measure == "pmi":
                score = math.log2(r.count / (2 * window * n_a * r.occurrences / len(symbols)))
            assert r.score == pytest.approx(score, rel=1e-12)
        assert [(-r.score, r.id) for r in found] == sorted((-r.score, r.id) for r in found)
        assert found[:3] == trained.related([a], 3, window=window, measure=measure, min_count=2)


def test_contexts(trained: pylm.Model) -> None:
    symbols = line_of(trained, TEXT)
    signs = {trained.info.begins, trained.id_of("<unk>")}  # a line end, also where it is no sign
    common = Counter(itertools.pairwise(symbols)).most_common(5)
    for context, n in common:
        followers = Counter(c for a, b, c in zip(symbols, symbols[1:], symbols[2:], strict=False) if (a, b) == context)
        found = trained.related(context, 10**6, min_count=1)
        assert {r.id: r.after for r in found} == {c: n for c, n in followers.items() if c not in signs}
        assert all(r.before == 0 and r.occurrences_of_other == sum(followers.values()) for r in found)
        assert n == sum(followers.values()) or symbols[-2:] == list(context)
    seldom = next(pair for pair, n in Counter(itertools.pairwise(symbols)).items() if n == 1)
    assert trained.related(seldom) == []  # seen once, and not kept


def test_the_longest_context() -> None:
    model = pylm.train(["a b c d e f\nx b c d e g\n" * 20], tokenizer="words")
    assert [r.term for r in model.related("a b c d e", min_count=1)] == ["f"]


def test_terms_as_text(words_model: pylm.Model, train_text: str) -> None:
    term, other = train_text.split()[:2]
    assert words_model.related(term) == words_model.related([words_model.id_of(term)])
    assert words_model.related(f"{term} {other}", min_count=1) == words_model.related(
        words_model.encode(f"{term} {other}"), min_count=1
    )
    with pytest.raises(pylm.ArgumentError, match="does not know the word 'zzz'"):
        words_model.related(f"{term} zzz")


def test_pieces_may_have_their_space_with_them() -> None:
    model = pylm.train([TEXT], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=500))
    words = {
        text.strip() for text in map(model.text_of, range(model.n_symbols)) if text.startswith(" ") and len(text) > 3
    }
    word = next(word for word in sorted(words) if model.id_of(word) is None)
    assert model.related(word, min_count=1) == model.related([model.id_of(" " + word)], min_count=1) != []


def test_wrong_arguments(words_model: pylm.Model, bytes_model: pylm.Model) -> None:
    with pytest.raises(pylm.ArgumentError, match="single byte: train a model with tokenizer='words'"):
        bytes_model.related("a")
    for settings, message in (
        ({"k": 0}, "k must be"),
        ({"window": 0}, "window must be"),
        ({"window": 5}, "window must be"),
        ({"measure": "cosine"}, "measure must be"),
        ({"min_count": 0}, "min_count must be"),
        ({"window": "1"}, "window must be"),
    ):
        with pytest.raises(pylm.ArgumentError, match=message):
            words_model.related([5], **settings)
    with pytest.raises(pylm.ArgumentError, match="empty"):
        words_model.related("")
    with pytest.raises(pylm.ArgumentError, match="longer than what the model counts"):
        words_model.related([1] * 6)
    with pytest.raises(pylm.ArgumentError, match="single terms"):
        words_model.related([1, 2], window=2)
    with pytest.raises(pylm.ArgumentError, match="out of range"):
        words_model.related([words_model.n_symbols])


def test_models_that_count_less(words_model: pylm.Model) -> None:
    fast = pylm.train([TEXT], tokenizer="words", profile="fast")
    term = TEXT.split()[0]
    assert fast.related(term, min_count=1) == fast.related(term, window=1, min_count=1) != []
    with pytest.raises(pylm.ArgumentError, match="window must be from 1 to 1"):
        fast.related(term, window=2)
    alone = pylm.train([TEXT], tokenizer="words", profile="fast", max_order=0)
    with pytest.raises(pylm.ArgumentError, match="no counts of pairs"):
        alone.related(term)
    sized = pylm.train([TEXT], tokenizer="words", size="120K")
    assert sized.related(term, window=1, min_count=1) != []


def test_command(words_model: pylm.Model, train_text: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    model, term = str(tmp_path / "words.pylm"), train_text.split()[0]
    words_model.save(model)
    assert main(["related", model, term, "-k", "4", "--min-count", "1", "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    for name, window in (("adjacent", 1), ("near", 4)):
        assert out[name] == [vars(r) for r in words_model.related(term, 4, window=window, min_count=1)]
    assert main(["related", model, term, "--window", "2", "--measure", "pmi", "--min-count", "1"]) == 0
    first = words_model.related(term, 1, window=2, measure="pmi", min_count=1)[0]
    text = capsys.readouterr().out
    assert f"{first.score:.3f}" in text and first.term in text and f"{first.occurrences_of_other:,} occurrences" in text
    assert main(["related", model, term, "--min-count", "1000000"]) == 0
    assert "nothing that came 1000000 times or more" in capsys.readouterr().out
    assert main(["related", model, "zzz"]) == 1
    assert "does not know the word" in capsys.readouterr().err
