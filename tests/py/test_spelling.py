# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Words that a word model does not know are spelled."""

from __future__ import annotations

import copy
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm._core.native import ffi, lib
from pylm._core.new_words import NewWords
from pylm.cli import main

TEXT = make_text(3000, seed=3)
SPELLED = "papapa zorkmid tepapa\nzorkmids kipapa\n"


@pytest.fixture(scope="module")
def model() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words")


@pytest.fixture(scope="module")
def closed() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words", symbols=pylm.SymbolOptions(closed=True))


def test_both_costs_are_said(model: pylm.Model, closed: pylm.Model) -> None:
    """What it costs that a word is unknown is as in a closed model; its letters come to that."""
    open_, shut = model.evaluate(SPELLED), closed.evaluate(SPELLED)
    assert (open_.unknown, open_.symbols, open_.unknown_bits) == (shut.unknown, shut.symbols, shut.unknown_bits)
    assert shut.spelling_bits == 0 and open_.spelling_bits > 2 * 8
    assert open_.bits == shut.bits + open_.spelling_bits
    assert open_.perplexity == shut.perplexity
    assert open_.perplexity_without_unknown == shut.perplexity_without_unknown
    assert open_.bits_per_byte == open_.bits / len(SPELLED)


def test_every_way_to_score_agrees(model: pylm.Model) -> None:
    expected = -model.evaluate(SPELLED).bits * math.log(2)
    words = model.word_scores(SPELLED)
    assert model.score(SPELLED) == pytest.approx(expected)
    assert model.logprobs(SPELLED).sum() == pytest.approx(expected)
    assert model.score_batch([SPELLED, "", SPELLED])[::2] == pytest.approx([expected] * 2)
    assert [x.sum() for x in model.logprobs_batch([SPELLED, "zorkmid"])] == pytest.approx(
        [expected, model.score("zorkmid")]
    )
    assert sum(word.logprob for word in words) == pytest.approx(expected)
    assert np.allclose([word.logprob for word in words], model.logprobs(SPELLED))
    assert [word.text for word in words if word.spelling] == ["zorkmid", "zorkmids"]
    assert all(
        (word.unknown == (word.spelling < 0) and word.spelling > word.logprob) or not word.unknown for word in words
    )
    for learn in (False, True):
        assert model.state(learn=learn).feed(SPELLED) == pytest.approx(model.state(learn=learn).logprobs(SPELLED).sum())
    assert model.state().feed(SPELLED) == pytest.approx(expected)
    assert model.score(SPELLED, context="zorkmid") == pytest.approx(model.logprobs(SPELLED, context="zorkmid").sum())


def test_ids_have_no_letters(model: pylm.Model, closed: pylm.Model) -> None:
    ids = model.encode(SPELLED)
    assert model.score(ids) == closed.score(ids) == closed.score(SPELLED, add_eos=False)
    assert model.evaluate(ids).spelling_bits == 0


def test_every_text_has_one_probability(model: pylm.Model) -> None:
    """Other white space is the same text; another word is another one, "<unk>" too."""
    assert model.score("papapa  zorkmid\ttepapa") == model.score("papapa zorkmid tepapa")
    different = {model.score(f"papapa {word}") for word in ("zorkmid", "zorkmidd", "Zorkmid", "<unk>", "é", "e\u0301")}
    assert len(different) == 6


def test_what_is_like_rare_words_costs_less(model: pylm.Model) -> None:
    made_up = "tekipa"
    assert model.id_of(made_up) is None
    scores = [model.word_scores(word)[0].spelling for word in (made_up, "xjqzvw")]
    assert scores[0] > scores[1] + 5


def test_letters_and_the_rest_sum_to_one() -> None:
    """Of all words of up to three letters out of two, those that are known have no part."""
    texts = ["a b ab ba aab a b ab ba a b ab ba bb bb abb baa a b"]
    model = pylm.train(texts, tokenizer="words")
    spelling, words = model._image.spelling, [""]
    total = 0.0
    for _ in range(9):
        words = [word + letter for word in words for letter in "ab"]
        unknown = [word.encode() for word in words if model.id_of(word) is None]
        total += sum(2.0 ** -(cost / 65536) for cost in spelling.costs(unknown))
        assert total <= 1
    assert total > 0.5


def test_long_texts_and_long_words(model: pylm.Model) -> None:
    """In slices, and where one word is more than a slice."""
    text = "papapa zorkmid tepapa\n" * 30_000
    found = model.evaluate(text)
    assert found.unknown == 30_000
    assert found.spelling_bits == 30_000 * model.evaluate("zorkmid").spelling_bits
    word = "q" * 300_000
    assert model.word_scores(word)[0].spelling == pytest.approx(
        model.score(word) - model.score(model.encode(word, add_eos=True))
    )


def test_bytes_that_are_no_text(model: pylm.Model) -> None:
    for word in (b"\xff\xfe", b"a\0b", "読む".encode()):
        (found,) = model.word_scores(word, add_eos=False)
        assert found.unknown and -math.inf < found.spelling < 0


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["a b c <unk> a b c d"], {}),
        ([TEXT], {"size": "400K"}),
        ([TEXT], {"symbols": pylm.SymbolOptions(closed=True)}),
        (["word word"], {}),
    ],
    ids=["<unk> in the text", "size", "closed", "one word"],
)
def test_closed(texts: list[str], options: dict) -> None:
    model = pylm.train(texts, tokenizer="words", **options)
    assert model.info.spelling_bytes == 0 and model.info.training["words_that_spell"] == 0
    assert model.info.training["closed_vocabulary"]
    assert model.evaluate("zorkmid").spelling_bits == 0
    assert model.word_scores("zorkmid")[0].logprob == model.score(model.encode("zorkmid"), add_eos=False)


@pytest.mark.parametrize("tokenizer", ["bytes", "pieces", "auto"])
def test_closed_is_for_words(tokenizer: str) -> None:
    with pytest.raises(pylm.ArgumentError, match="closed is for words: add tokenizer='words'"):
        pylm.train(["a b"], tokenizer=tokenizer, symbols=pylm.SymbolOptions(closed=True))


def test_a_given_size_has_it_in_it() -> None:
    model = pylm.train([TEXT * 20 + make_text(30_000, seed=9)], tokenizer="words", size="500K")
    assert 0 < model.info.spelling_bytes <= 25_000 and model.info.bytes <= 500_000


def test_all_kinds_of_word_models() -> None:
    given = pylm.SymbolOptions(vocabulary=["papapa", "tepapa"])
    for options in (
        {"symbols": pylm.SymbolOptions(vocabulary_size=20)},
        {"symbols": pylm.SymbolOptions(min_word_count=1)},
        {"symbols": given},
        {"min_count": 1},
        {"profile": "fast"},
        {"profile": "best"},
        {"kernel": pylm.KernelOptions(reach=2)},
    ):
        model = pylm.train([TEXT], tokenizer="words", **options)
        found = model.evaluate(SPELLED)
        assert found.spelling_bits > 0, options
        assert model.score(SPELLED) == pytest.approx(-found.bits * math.log(2)), options


def test_layers_spell_as_their_model_does(model: pylm.Model, tmp_path: Path) -> None:
    layer = pylm.adapt(model, [make_text(3000, seed=12)])
    assert layer.info.spelling_bytes == model.info.spelling_bytes
    assert layer.evaluate(SPELLED).spelling_bits == model.evaluate(SPELLED).spelling_bits


def test_copies_and_files(model: pylm.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "m.pylm")
    for other in (pylm.load(tmp_path / "m.pylm"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.score(SPELLED) == model.score(SPELLED)


def test_pruned_models_spell(model: pylm.Model) -> None:
    pruned = pylm.prune(model, [TEXT], keep=50).model
    assert pruned.evaluate(SPELLED).spelling_bits == model.evaluate(SPELLED).spelling_bits


def test_the_number_of_threads_does_not_matter(model: pylm.Model) -> None:
    for threads in (1, 2, 7):
        other = pylm.train([TEXT], tokenizer="words", threads=threads)
        assert other._image.content() == model._image.content()
        assert other.score_batch([SPELLED] * 3, threads=threads) == model.score_batch([SPELLED] * 3)


# ---- generation


def test_unknown_words_are_made_up(model: pylm.Model) -> None:
    texts = [model.generate(max_new_tokens=200, seed=seed, unknown=True) for seed in range(5)]
    assert texts == [model.generate(max_new_tokens=200, seed=seed, unknown=True) for seed in range(5)]
    assert all("<unk>" not in text for text in texts)
    made_up = {word for text in texts for word in text.split() if model.id_of(word) is None}
    assert made_up
    known = [model.generate(max_new_tokens=200, seed=seed) for seed in range(5)]
    assert not {word for text in known for word in text.split() if model.id_of(word) is None}


def test_without_chance_words_are_made_up_as_well(model: pylm.Model) -> None:
    """The most probable letters may be those of a known word, again and again."""
    words = model._image.spelling.at_random(0, 1)
    first = [next(words) for _ in range(3)]
    assert len(set(first)) == 1 and (first[0] == b"<unk>" or model.id_of(first[0].decode()) is None)


def test_closed_models_write_unk(closed: pylm.Model) -> None:
    texts = [closed.generate(max_new_tokens=200, seed=seed, unknown=True) for seed in range(5)]
    assert any("<unk>" in text for text in texts)


# ---- explained, reported


def test_explanations_show_the_word(model: pylm.Model) -> None:
    found = model.explain_text(SPELLED)
    words = model.word_scores(SPELLED)
    assert [e.token for e in found] == [word.text for word in words]
    for explanation, word in zip(found, words, strict=True):
        assert -explanation.spelling_bits * math.log(2) == pytest.approx(word.spelling)
        assert explanation.logprob == pytest.approx(word.logprob - word.spelling)
    page = model.explain_page(SPELLED)
    assert "bits more, by its letters" in page and "zorkmid" in page


def test_reports_have_a_line(model: pylm.Model) -> None:
    report = pylm.report(model, SPELLED)
    found = model.evaluate(SPELLED)
    assert report.spelling_bits == found.spelling_bits and report.bits == pytest.approx(found.bits)
    (part,) = [part for part in report.parts if part.kind == "spelling"]
    assert part.bits == -found.spelling_bits
    assert {"zorkmid", "zorkmids"} <= {hard.token for hard in report.hardest}
    assert "letters of unknown words" in report.html and "of them, spelling" in report.html


# ---- the command line


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main(arguments) == status
        return "".join(capsys.readouterr())

    return run


def test_the_command_line_says_both(run) -> None:
    Path("t.txt").write_text(TEXT)
    Path("s.txt").write_text(SPELLED)
    run("train", "t.txt", "-o", "m.pylm", "--tokenizer", "words")
    found = pylm.load("m.pylm").evaluate(SPELLED)
    said = run("eval", "m.pylm", "s.txt")
    assert f"bits per byte     {found.bits_per_byte:.4f}, spelling {found.spelling_bits / found.bytes:.4f}\n" in said
    out = json.loads(run("eval", "m.pylm", "s.txt", "--json"))
    assert out["spelling_bits"] == found.spelling_bits and out["perplexity"] == found.perplexity
    run("train", "t.txt", "-o", "c.pylm", "--tokenizer", "words", "--closed")
    assert "spelling" not in run("eval", "c.pylm", "s.txt")
    assert len(run("score", "c.pylm", "zorkmid").split("\t")) == 3
    assert run("train", "t.txt", "-o", "x.pylm", "--closed", status=1).startswith("pylm: error: --closed is for words")
    said = run("adapt", "m.pylm", "t.txt", "-o", "l.layer", "--closed", status=1)
    assert said == "pylm: error: a layer has the vocabulary of its model; leave --closed out\n"


# ---- states learn words


def test_a_word_that_comes_again_costs_less(model: pylm.Model) -> None:
    state = model.state(learn=True)
    first, second = (state.word_scores("zorkmid")[0].spelling for _ in range(2))
    assert first == model.word_scores("zorkmid")[0].spelling
    assert second == pytest.approx(
        math.log(1 / 3), abs=1e-4
    )  # of one occurrence, and one more for each word and for all
    assert state.words == {"zorkmid": 2}
    assert model.state().words == {} and model.state(learn=True, memory=1024).words == {}


def test_words_are_scored_before_they_are_learned(model: pylm.Model) -> None:
    """In one text as in many."""
    text = "zorkmid papapa grue zorkmid\ngrue zorkmid tepapa lamp\n"
    whole, parts = model.state(learn=True), model.state(learn=True)
    expected = sum(parts.feed(line + "\n") for line in text.splitlines())
    assert whole.feed(text) == pytest.approx(expected)
    assert whole.words == parts.words == {"grue": 2, "lamp": 1, "zorkmid": 3}
    found = model.evaluate(text, learn=True)
    assert -found.bits * math.log(2) == pytest.approx(expected)
    assert found.spelling_bits < model.evaluate(text).spelling_bits
    again = model.state(learn=True)
    assert sum(word.logprob for word in again.word_scores(text)) == pytest.approx(expected)
    assert again.words == whole.words


def test_what_may_follow_has_a_probability_of_one(model: pylm.Model) -> None:
    """What is in the list and what is new share what ``<unk>`` has."""
    state = model.state(learn=True)
    state.feed("zorkmid grue zorkmid lamp")
    shares = [2.0 ** -(share_of(state._words, word) / 65536) for word in (b"zorkmid", b"grue", b"lamp", b"new")]
    assert sum(shares) == pytest.approx(1, abs=1e-4)


def share_of(words: NewWords, word: bytes) -> int:
    cost = ffi.new("uint32_t *")
    lib.pylm_words_cost(words.memory, word, len(word), cost)
    return cost[0]


def test_learned_words_go_with_the_state(model: pylm.Model, tmp_path: Path) -> None:
    state = model.state(learn=True, memory="64K")
    state.feed("zorkmid grue ")
    state.save(tmp_path / "s")
    loaded = model.state(learn=True)
    loaded.load(tmp_path / "s")
    for other in (loaded, state.copy(), pickle.loads(pickle.dumps(state)), copy.deepcopy(state)):
        assert other.words == state.words and other.memory == state.memory == 64000
        assert other.feed("zorkmid") == pytest.approx(state.copy().feed("zorkmid"))
        assert state.words == {"grue": 1, "zorkmid": 1}
    state.start()
    assert state.words
    state.reset()
    assert state.words == {}
    before = loaded.words
    content = (tmp_path / "s").read_bytes()
    at = content.index(b"zorkmid")
    (tmp_path / "s").write_bytes(content[:at] + b"Z" + content[at + 1 :])
    with pytest.raises(pylm.ModelDamagedError, match="words in it are damaged"):
        loaded.load(tmp_path / "s")
    assert loaded.words == before


def test_rare_words_make_room(model: pylm.Model) -> None:
    state = model.state(learn=True, memory=8192)
    for i in range(300):
        state.feed(f"newword{i} often ")
    assert state.words["often"] == 300 and len(state.words) < 60
