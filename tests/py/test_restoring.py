# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts that get something back, and hypotheses of recognisers."""

from __future__ import annotations

import io
import json
import math
import random
from pathlib import Path

import pytest

import pylm
from pylm.cli import main
from pylm.decoders.alternatives import Edited
from pylm.rescoring import word_errors

PLACES, VERBS, ENDS = ["Paris", "Rome", "Zürich", "Málaga"], ["lives", "works", "café"], ["now.", "today,", "then"]


def sentence(rng: random.Random) -> str:
    who = rng.choice(["The bishop", "A bishop", "The doctor", "A teacher"])
    return f"{who} {rng.choice(VERBS)} in {rng.choice(PLACES)} {rng.choice(ENDS)}"


def sentences(n: int, seed: int) -> str:
    rng = random.Random(seed)
    return "\n".join(sentence(rng) for _ in range(n)) + "\n"


TEXT, OTHER = sentences(600, 1), sentences(20, 2)


@pytest.fixture(scope="module")
def model() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words")


@pytest.fixture(scope="module")
def letters() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="bytes")


def test_accents_and_case(model: pylm.Model) -> None:
    plain = OTHER.translate(str.maketrans("üáé", "uae"))
    assert plain != OTHER and pylm.restore(model, plain, "accents") == OTHER
    restored = pylm.restore(model, OTHER.lower(), "case")
    assert word_errors(restored, OTHER) == 0
    assert (
        pylm.restore(model, plain.lower(), "case, accents")
        == OTHER
        == pylm.restore(model, plain.lower(), ["case", "accents"])
    )
    assert pylm.restore(model, OTHER.upper(), str.lower) == OTHER


def test_white_space_stays(model: pylm.Model) -> None:
    assert pylm.restore(model, "  the bishop\tlives\r\n\n in zürich", "case") == "  The bishop\tlives\r\n\n in Zürich"
    assert pylm.restore(model, "", "case") == "" and pylm.restore(model, " \n", "accents") == " \n"


def test_punctuation(model: pylm.Model) -> None:
    bare = OTHER.replace(".", "").replace(",", "")
    restored = pylm.restore(model, bare, "punctuation")
    assert [word.strip(".,") for word in restored.split()] == bare.split()
    assert "now." in restored or "now" not in bare.split()


def test_unknown_words(model: pylm.Model) -> None:
    assert pylm.restore(model, "the zorkmid lives in rome", "accents") == "the zorkmid lives in rome"
    found = pylm.restore(model, "the bishop lives in (paris)", "case")
    assert found in ("The bishop lives in (Paris)", "the bishop lives in (Paris)")


def test_spaces(model: pylm.Model, letters: pylm.Model) -> None:
    for line in OTHER.splitlines()[:8]:
        glued = line.replace(" ", "")
        assert pylm.restore(model, glued, "spaces") == line
        assert pylm.restore(letters, glued, "spaces") == line
    assert pylm.restore(model, "thebishop\n\nlivesin\n", "spaces").count("\n") == 3
    assert pylm.restore(model, "\n", "spaces") == "\n" and pylm.restore(letters, "", "spaces") == ""
    assert pylm.restore(model, "Thezorkmidlives", "spaces").split()[-1] == "lives"


def test_correct(model: pylm.Model) -> None:
    wrong = (
        OTHER.replace("bishop", "bihsop").replace("lives", "livs").replace("teacher", "teachher").replace("now", "nov")
    )
    assert wrong != OTHER and pylm.correct(model, wrong) == OTHER
    assert pylm.correct(model, OTHER) == OTHER
    assert pylm.correct(model, "") == ""
    dear = pylm.EditModel(*[900.0] * 4)
    assert pylm.correct(model, wrong, edits=dear) == wrong


def test_edit_costs() -> None:
    edits = pylm.EditModel(1, 2, 3, 4, frozenset([("rn", "m")]), 0.5)
    for meant, typed, cost in (
        ("word", "word", 0),
        ("word", "wrd", 1),
        ("word", "wo", 2),
        ("word", "woord", 2),
        ("word", "ward", 3),
        ("word", "wrod", 4),
        ("barn", "bam", 0.5),
        ("bam", "barn", 0.5),
        ("ab", "cd", 6),
        ("a", "", 1),
    ):
        assert edits.cost(meant, typed) == cost, (meant, typed)
    pairs = [("word", "word")] * 90 + [("word", "wrd")] * 8 + [("word", "wrod")] * 2
    fitted = pylm.EditModel.fitted(pairs)
    assert fitted.delete < fitted.transpose < fitted.insert
    assert fitted.delete == pytest.approx(math.log(100 * 4 / 8.5))
    several = pylm.EditModel.fitted([("abcd", "axd"), ("abcd", "d"), ("abcd", "abcde"), ("abcd", "xxcd")])
    assert several.insert == pytest.approx(math.log(4 * 4 * 26 / 1.5)) and several.insert < several.substitute
    assert several.delete == several.transpose == pytest.approx(math.log(4 * 4 / 0.5))
    with pytest.raises(pylm.ArgumentError, match="examples"):
        pylm.EditModel.fitted([])


def test_all_words_near_are_found(model: pylm.Model) -> None:
    edited = Edited(model._image, pylm.EditModel())
    assert {"bishop"} <= {found.text for found in edited.of("bishp")}
    assert edited.of("bishop")[0] == ("bishop", 0.0, True)
    assert [found.text for found in edited.of("qqqqqqqq")] == ["qqqqqqqq"]
    long = "q" * 300_000  # with a letter less it is 300,000 words of as many letters
    assert [found.text for found in edited.of(long)] == [long]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: pylm.restore(m, "a", "tabs"), pylm.ArgumentError, "undo must be 'accents'"),
        (lambda m: pylm.restore(m, "a", 5), TypeError, "undo must be several"),
        (lambda m: pylm.restore(m, b"a", "case"), TypeError, "text must be a str"),
        (lambda m: pylm.restore(m, "a", "case", beam=0), pylm.ArgumentError, "beam"),
        (lambda m: pylm.restore("m", "a", "case"), TypeError, "model must be a pylm.Model"),
        (lambda m: pylm.correct(m, "a", edits=8), TypeError, "edits must be a pylm.EditModel"),
        (lambda m: pylm.EditModel(delete=-1), pylm.ArgumentError, "delete must be a number"),
        (lambda m: pylm.rescore(m, [[]]), pylm.ArgumentError, r"lists\[0\] has no hypotheses"),
        (lambda m: pylm.rescore(m, ["a"]), TypeError, "lists must be several"),
        (lambda m: pylm.rescore(m, [["a"]]), TypeError, "a hypothesis in lists must be a text and its score"),
        (lambda m: pylm.rescore(m, [[("a", math.nan)]]), pylm.ArgumentError, "the score of a hypothesis"),
        (lambda m: pylm.rescore(m, [[("a", 1.0)]], 3), TypeError, "weights must be a pylm.Weights"),
        (lambda m: pylm.Weights(hotwords=["a"]), TypeError, "hotwords must be words with a boost"),
        (lambda m: pylm.fit_weights(m, [[("a", 1.0)]], []), pylm.ArgumentError, "1 lists, 0 references"),
    ],
)
def test_mistakes(model: pylm.Model, call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(model)


def test_only_models_of_words(letters: pylm.Model) -> None:
    for call in (lambda: pylm.restore(letters, "a", "case"), lambda: pylm.correct(letters, "a")):
        with pytest.raises(pylm.ArgumentError, match="for models of words"):
            call()


# ---- rescoring

LISTS = [
    [pylm.Hypothesis("The bishop works in Rome now.", -1.0), ("The bishop works inn Rome now.", -0.5)],
    [("A teacher lifes in Paris then", -1.0), ("A teacher lives in Paris then", -1.2), ("A teacher", -1.1)],
]


def test_rescore(model: pylm.Model) -> None:
    found = pylm.rescore(model, LISTS)
    assert [best[0].text for best in found] == ["The bishop works in Rome now.", "A teacher lives in Paris then"]
    for one in found:
        for r in one:
            assert r.logprob == pytest.approx(model.score(r.text)) and r.total == pytest.approx(r.score + r.logprob)
        assert [r.total for r in one] == sorted((r.total for r in one), reverse=True)
    alone = pylm.rescore(model, LISTS, pylm.Weights(0.0))
    assert [best[0].text for best in alone] == ["The bishop works inn Rome now.", "A teacher lifes in Paris then"]
    hot = pylm.rescore(model, LISTS, pylm.Weights(0.0, 0.0, {"Rome": 1.0, "works": 1.0, "in": 3.0, "lives": 2.0}))
    assert [best[0].text for best in hot] == ["The bishop works in Rome now.", "A teacher lives in Paris then"]
    assert pylm.rescore(model, LISTS, pylm.Weights(0.0, -1.0))[1][0].text == "A teacher"
    assert pylm.rescore(model, []) == []


def test_fit(model: pylm.Model) -> None:
    references = ["The bishop works in Rome now.", "A teacher lives in Paris then"]
    weights, errors = pylm.fit_weights(model, LISTS, references)
    assert errors == 0 and weights.weight > 0
    assert word_errors("a b c", "a c") == 1 and word_errors("", "a b") == 2 and word_errors("b a", "a b") == 2


def test_commands(
    model: pylm.Model, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path / "m.pylm")
    name, file = str(tmp_path / "m.pylm"), tmp_path / "in.txt"
    file.write_text(OTHER.lower(), encoding="utf-8")
    assert main(["restore", name, str(file), "--undo", "case"]) == 0
    assert capsys.readouterr().out == OTHER
    file.write_text("The bihsop lives\n", encoding="utf-8")
    assert main(["correct", name, str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"text": "The bishop lives\n"}
    lines = [
        f"u{i}\t{h[1] if isinstance(h, tuple) else h.score}\t{h[0] if isinstance(h, tuple) else h.text}"
        for i, one in enumerate(LISTS)
        for h in one
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["rescore", name, str(file)]) == 0
    assert capsys.readouterr().out == "u0\tThe bishop works in Rome now.\nu1\tA teacher lives in Paris then\n"
    references = tmp_path / "ref.txt"
    references.write_text("u0\tThe bishop works in Rome now.\nu1\tA teacher lives in Paris then\n")
    assert main(["rescore", name, str(file), "--fit", str(references)]) == 0
    assert "word error rate 0.00%" in capsys.readouterr().out
    for content, arguments, message in (
        ("u0\t1\n", [], "should have 3 fields"),
        ("u0\tx\ttext\n", [], "should be a score"),
        ("u0\t1\ttext\n", ["--hotword", "a"], "should be a word and its boost"),
        ("u9\t1\ttext\n", ["--fit", str(references)], "no reference for u9"),
    ):
        file.write_text(content)
        assert main(["rescore", name, str(file), *arguments]) == 1
        assert message in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"the bishop lives\n")))
    assert main(["restore", name, "--undo", "case"]) == 0
    assert capsys.readouterr().out == "The bishop lives\n"
