# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Where a text ends: several documents end with their line, or with a symbol of their own; a running text does not."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from texts import make_text, random_numbers

import pylm
from pylm.cli import main

TOKENIZERS = ["bytes", "pieces", "words"]
NAMES = [
    "anna",
    "bert",
    "carla",
    "dieter",
    "emil",
    "frieda",
    "gustav",
    "hanna",
    "ida",
    "jonas",
    "karl",
    "lena",
    "maria",
    "nils",
    "otto",
    "paula",
    "rosa",
    "simon",
]
LETTERS = ["dear anna\nall is well\nsee you", "dear bert\nsee you soon\n", "hello carla\nthe end\n", "hi\nhi"]


@pytest.fixture(scope="module", params=TOKENIZERS)
def names(request: pytest.FixtureRequest) -> pylm.Model:
    return pylm.train([*NAMES, "anna"] * 5, tokenizer=request.param)


@pytest.fixture(scope="module", params=TOKENIZERS)
def letters(request: pytest.FixtureRequest) -> pylm.Model:
    return pylm.train(LETTERS * 12 + [f"dear {name}\nsee you" for name in NAMES], tokenizer=request.param)


def content(model: pylm.Model) -> bytes:
    return model._image.content()


# ---- what ends a text


def test_texts_of_one_line_end_with_it(names: pylm.Model) -> None:
    assert names.info.ends == names.info.begins is not None
    same = pylm.train([f"{name}\n" for name in [*NAMES, "anna"] * 5], tokenizer=names.info.tokenizer)
    assert [same.score(name) for name in NAMES] == pytest.approx([names.score(name) for name in NAMES], abs=0.1)


def test_texts_of_several_lines_end_with_a_symbol_of_their_own(letters: pylm.Model) -> None:
    end = letters.info.ends
    assert end is not None and end != letters.info.begins
    assert letters.vocabulary()[end] == "\0" and letters.id_of("\0") == end
    closed = LETTERS[1] + "\n" * (letters.info.tokenizer == "words" and not LETTERS[1].endswith("\n"))
    assert letters.distribution(closed)[end] > 0.9


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_one_text_does_not_end(tokenizer: str) -> None:
    text = make_text(400)
    once = pylm.train([text], tokenizer=tokenizer)
    assert once.info.ends is None
    assert pylm.train([text] * 2, tokenizer=tokenizer).info.ends is None
    assert len(once.generate_ids("", 300, seed=1)) == 300
    parts = pylm.SymbolOptions(text_end=False)
    assert pylm.train(LETTERS * 9, tokenizer=tokenizer, symbols=parts).info.ends is None
    binary = [f"a{i}\nb\0 \0 c" for i in range(20)]
    assert pylm.train(binary, tokenizer=tokenizer).info.ends is None


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("docs", [NAMES * 3 + ["otto", "anna "], LETTERS * 4 + [f"a\nb {name}" for name in NAMES]])
def test_order_and_stores_do_not_matter(tokenizer: str, docs: list[str], tmp_path: Path) -> None:
    model = pylm.train(docs, tokenizer=tokenizer)
    assert model.info.ends is not None
    assert content(pylm.train(docs[::-1], tokenizer=tokenizer, threads=1)) == content(model)
    pylm.count(docs, tmp_path / "store")
    assert content(pylm.build(tmp_path / "store", tokenizer=tokenizer)) == content(model)


def test_ids_end_with_what_all_documents_end_with() -> None:
    pytest.importorskip("tokenizers")
    from texts import byte_level

    tokenizer = byte_level(make_text(500), 300)
    end = tokenizer.token_to_id("<|end|>")
    ids = [[*tokenizer.encode(name).ids, end] for name in NAMES * 4]
    model = pylm.train(ids, tokenizer=tokenizer)
    assert model.info.ends == end
    assert {model.generate(seed=i) for i in range(30)} <= set(NAMES)
    assert pylm.train([part[:-1] for part in ids], tokenizer=tokenizer).info.ends is None
    assert pylm.train([[end, *part] for part in ids], tokenizer=tokenizer).info.ends is None


@pytest.mark.parametrize("tokenizer", ["bytes", "words"])
def test_a_layer_ends_as_its_base_does(tokenizer: str) -> None:
    base = pylm.train([*NAMES, "anna"] * 5, tokenizer=tokenizer)
    layer = pylm.adapt(base, ["anna", "otto", "otto"] * 20)
    assert layer.info.ends == base.info.ends
    assert {layer.generate(seed=i) for i in range(20)} <= {*NAMES}
    assert pylm.adapt(pylm.train([make_text(300)], tokenizer=tokenizer), NAMES * 3).info.ends is None


@pytest.mark.parametrize("options", [{"size": 40_000}, {"kernel": pylm.KernelOptions()}])
def test_sized_models_and_kernels_end(options: dict) -> None:
    model = pylm.train([*NAMES, "anna"] * 5, tokenizer="words", **options)
    assert sum(model.generate(seed=i) in NAMES for i in range(40)) >= 36


def test_words_left_out_do_not_count_it(letters: pylm.Model) -> None:
    if letters.info.tokenizer == "words":
        few = pylm.train(LETTERS * 12, tokenizer="words", symbols=pylm.SymbolOptions(vocabulary_size=5))
        assert few.n_symbols == 5 and few.info.ends is not None and few.id_of("\0") == few.info.ends


def test_a_listed_vocabulary_may_be_given(
    letters: pylm.Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if letters.info.tokenizer == "words":
        letters.save(tmp_path / "model")
        for counts in ([], ["--counts"]):
            assert main(["vocab", str(tmp_path / "model"), *counts]) == 0
            (tmp_path / "words").write_text(capsys.readouterr().out)
            words = pylm.SymbolOptions(vocabulary=tmp_path / "words")
            assert content(pylm.train(LETTERS, tokenizer="words", symbols=words)) == content(
                pylm.train(LETTERS, tokenizer="words", symbols=pylm.SymbolOptions(vocabulary=letters.vocabulary()))
            )
        assert letters.vocabulary()[letters.info.ends or 0] == "\0"


# ---- scoring


def test_whole_texts_share_all_probability(names: pylm.Model) -> None:
    assert 0.93 < sum(math.exp(names.score(name)) for name in set(NAMES)) <= 1
    assert names.score("ann") < names.score("anna") - 3  # which is not so of beginnings
    assert names.score("anna", add_eos=False) > names.score("anna")


def test_behind_the_end_another_text_begins(names: pylm.Model, letters: pylm.Model) -> None:
    running = "".join(f"{name}\n" for name in NAMES)
    assert names.score(running) == pytest.approx(sum(map(names.score, NAMES)))
    assert names.score("anna\n") == names.score("anna")
    state = names.state()
    state.feed("otto\n")
    assert state.next(9) == names.next("", 9)
    end = letters.info.ends
    assert end is not None
    parts = [[*letters.encode(text, add_eos=True), end] for text in LETTERS]
    assert letters.score([id for part in parts for id in part]) == pytest.approx(sum(map(letters.score, parts)))


def test_a_state_that_learns_remembers_across_the_end(names: pylm.Model) -> None:
    state = names.state(learn=True)
    assert state.generate(temperature=0) != "otto"
    state.feed("otto\n" * 30)
    assert state.generate(temperature=0) == "otto"


# ---- generation


def test_generated_texts_end(names: pylm.Model, letters: pylm.Model) -> None:
    assert sum(names.generate(seed=i) in NAMES for i in range(60)) >= 54
    assert len({names.generate(seed=i) for i in range(60)}) > 10
    made = [letters.generate("dear", seed=i) for i in range(20)]
    assert all("\0" not in text and len(text) < 60 for text in made)
    assert sum(text.rstrip("\n").endswith(("see you", "see you soon")) for text in made) >= 12
    for ids in (names.generate_ids("", 50, seed=i) for i in range(20)):
        assert len(ids) < 50 and names.info.ends not in ids


@pytest.mark.parametrize("settings", [{"temperature": 0}, {"top_k": 3}, {"top_p": 0.9}, {"repetition_penalty": 1.5}])
def test_whatever_the_settings(names: pylm.Model, settings: dict) -> None:
    assert sum(names.generate(seed=i, **settings) in NAMES for i in range(20)) >= 17


def test_another_text_follows_if_asked_for(names: pylm.Model, letters: pylm.Model) -> None:
    made = names.generate(seed=3, max_new_tokens=150, ignore_eos=True).split("\n")[:-1]
    assert len(made) > 8 and sum(name in NAMES for name in made) > 0.85 * len(made)
    long = letters.generate(seed=3, max_new_tokens=300, ignore_eos=True)
    assert "\0" not in long and long.count("see you") > 2


def test_learning_goes_on_to_the_end(names: pylm.Model) -> None:
    assert names.generate(seed=1, learn=True) in NAMES
    assert names.state(learn=True).generate(seed=1, learn=True) in NAMES


def test_a_stop_may_come_first(names: pylm.Model) -> None:
    assert names.generate("", temperature=0, stop=NAMES) == ""


def test_contrast_ends(names: pylm.Model, letters: pylm.Model) -> None:
    for model in (names, letters):
        assert len(model.generate_ids("", 90, seed=1, contrast=model, contrast_weight=0.1)) < 90


def test_beams_end(names: pylm.Model, letters: pylm.Model) -> None:
    for model, texts in ((names, NAMES), (letters, LETTERS)):
        found = model.beam_search("", 60, n=5, diverse=False, unknown=True)
        assert found[0].text.rstrip("\n") in [text.rstrip("\n") for text in texts]
        for _, ids, logprob in found:
            assert logprob == pytest.approx(model.score([*ids, model.info.ends]), abs=1e-3)
            assert model.info.ends not in ids


def test_constraints_end(names: pylm.Model) -> None:
    few = ["anna", "otto", "ann", "an"]
    found = {text: logprob for text, _, logprob in names.beam_search("", 12, n=4, constraint=pylm.OneOf(few))}
    assert sum(map(math.exp, found.values())) == pytest.approx(1, abs=0.02)
    assert found["anna"] > math.log(0.5) and found.get("an", -9) < -3
    for i in range(10):
        assert names.generate(seed=i, constraint=pylm.Prefix("ka"), max_new_tokens=40) == "karl"
    ends = names.next("", 3, constraint=pylm.Regex("anna|otto"))
    assert all(names.info.ends != prediction.id for prediction in ends)


def test_a_constraint_does_not_write_the_symbol(letters: pylm.Model) -> None:
    for i in range(8):
        assert "\0" not in letters.generate(seed=i, constraint=pylm.Regex("[^x]{3,30}"), max_new_tokens=40)


def test_keyboards_do_not_suggest_it() -> None:
    model = pylm.train(LETTERS * 12 + [f"dear {name}\nsee you" for name in NAMES], tokenizer="words")
    keyboard = pylm.Keyboard(model)
    for text in ("", "see you ", "the end\n", "dear "):
        assert all(s.text.isalpha() for s in keyboard.suggest(text, k=20))


# ---- command line


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    monkeypatch.chdir(tmp_path)
    Path("names").mkdir()
    for i, name in enumerate([*NAMES, "anna"] * 5):
        Path(f"names/{i}").write_text(name)
    run("train", "names", "-o", "names.pylm")
    assert re.search("^a text ends +with its line$", run("info", "names.pylm"), re.MULTILINE)
    assert run("generate", "names.pylm", "--seed", "1").strip() in NAMES
    assert run("generate", "names.pylm", "--seed", "1", "--ignore-eos").count("\n") > 8
    best = json.loads(run("generate", "names.pylm", "--best", "3", "--json"))["best"]
    assert {continuation["text"] for continuation in best} <= set(NAMES)
    run("train", "names", "-o", "running.pylm", "--no-text-end")
    assert re.search("^a text ends +nowhere", run("info", "running.pylm"), re.MULTILINE)
    assert json.loads(run("info", "running.pylm", "--json"))["ends"] is None


def test_random_documents_of_every_shape() -> None:
    numbers = random_numbers(5)
    for _ in range(25):
        docs = [
            "".join("ab\n \0"[next(numbers) % (4 + next(numbers) % 2)] for _ in range(next(numbers) % 7))
            for _ in range(9)
        ]
        if not any(docs):
            continue
        for tokenizer in TOKENIZERS:
            model = pylm.train(docs, tokenizer=tokenizer)
            ends = model.info.ends
            within = any("\n" in doc[:-1] for doc in docs)
            several = len(set(docs) - {""}) > 2
            if tokenizer == "bytes" and several and (not within or not any("\0" in doc for doc in docs)):
                assert ends == (0 if within else 10)
            if ends is not None:
                assert all(ends not in model.generate_ids("", 20, seed=i) for i in range(3))
