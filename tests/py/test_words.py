"""Which words a model of words has: what was seen, so many, or those that are given."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm.cli import main

TEXT = make_text(3000, seed=1)
LINES = TEXT.splitlines(keepends=True)
COUNTS = Counter(TEXT.split())
ONCE = {word for word, count in COUNTS.items() if count == 1}
ALWAYS = {"<unk>", "</s>"}


def train(**options: object) -> pylm.Model:
    names = ("vocabulary", "vocabulary_size", "min_word_count")
    symbols = pylm.SymbolOptions(classes=20, **{name: options.pop(name) for name in names if name in options})
    return pylm.train(options.pop("texts", [TEXT]), tokenizer="words", symbols=symbols, **options)


def test_words_seen_once_are_kept_if_wanted() -> None:
    assert ONCE
    assert set(train().vocabulary()) == {*COUNTS} - ONCE | ALWAYS
    for model in (train(min_word_count=1), train(min_count=1)):
        assert set(model.vocabulary()) == {*COUNTS} | ALWAYS
        assert model.info.training["min_word_count"] == 1 and model.info.training["words_left_out"] == 0
    assert set(train(min_count=1, min_word_count=2).vocabulary()) == {*COUNTS} - ONCE | ALWAYS
    often = train(min_word_count=20)
    kept = {word for word, count in COUNTS.items() if count >= 20}
    assert set(often.vocabulary()) == kept | ALWAYS
    assert often.info.training["words_left_out"] == len(COUNTS) - len(kept)


@pytest.mark.parametrize("options", [{"min_count": 1}, {"vocabulary": [*COUNTS, "nowhere", "never"]}, {"trees": 2}])
def test_what_never_came_has_a_small_probability(options: dict) -> None:
    if "trees" in options:
        symbols = pylm.SymbolOptions(trees=2, classes=20, min_word_count=1)
        model = pylm.train([TEXT], tokenizer="words", symbols=symbols)
    else:
        model = train(**options)
    never = [i for i, text in enumerate(model.vocabulary()) if text in ("<unk>", "nowhere", "never")]
    assert model.counts()[never].tolist() == [0] * len(never)
    for context in ("", " ".join(TEXT.split()[:3]), "new words here"):
        p = model.distribution(context)
        assert math.isclose(p.sum(), 1, abs_tol=1e-9)
        assert (p[never] > 0).all() and p[never].max() < 2 / model.n_symbols
    assert 0 < model.perplexity("a wholly new line\n") < 1e9


def test_counts() -> None:
    model = train(min_word_count=1)
    counts = dict(zip(model.vocabulary(), model.counts().tolist(), strict=True))
    assert counts == {**COUNTS, "</s>": TEXT.count("\n"), "<unk>": 0}
    of_bytes = pylm.train([TEXT])
    assert of_bytes.counts().tolist() == np.bincount(np.frombuffer(TEXT.encode(), np.uint8), minlength=256).tolist()
    assert len(of_bytes.vocabulary()) == 256 and of_bytes.vocabulary()[97] == "a"
    with pytest.raises(pylm.ArgumentError, match="how often a symbol came: not with a model whose predictor"):
        train(kernel=pylm.KernelOptions()).counts()


def test_the_most_frequent_words() -> None:
    model = train(vocabulary_size=50)
    assert model.n_symbols == 50
    kept = set(model.vocabulary()) - ALWAYS
    assert min(COUNTS[word] for word in kept) >= max(COUNTS[word] for word in {*COUNTS} - kept)
    assert model.counts().sum() == len(TEXT.split()) + len(LINES)
    assert train(vocabulary_size=10**6).vocabulary() == train().vocabulary()
    assert train(vocabulary_size=3).n_symbols == 3


def test_ties_do_not_depend_on_the_order_of_documents() -> None:
    shuffled = LINES[:]
    random.Random(1).shuffle(shuffled)
    for options in ({"vocabulary_size": 170}, {"min_word_count": 1}, {"vocabulary": {*"abcdefgh"} | {*COUNTS}}):
        one, other = train(texts=LINES, **options), train(texts=shuffled, **options)
        assert one._image.content() == other._image.content()
    at = sorted(COUNTS.values(), reverse=True)
    assert at[167] == at[168]  # there are ties


def test_a_given_vocabulary(tmp_path: Path) -> None:
    common = [word for word, _ in COUNTS.most_common(30)]
    model = train(vocabulary=[*common, "nowhere", common[0]])
    assert set(model.vocabulary()) == {*common, "nowhere"} | ALWAYS
    assert model.encode("otherwise") == [model.id_of("<unk>")]
    assert model.info.training["min_word_count"] == 0
    assert model.info.training["words_left_out"] == len(COUNTS) - 30
    for content in (
        "\n".join([*common, "nowhere"]),
        "\ufeff" + "\r\n".join(f"{word}\t17" for word in [*common, "nowhere"]),
    ):
        file = tmp_path / "words.txt"
        file.write_bytes(content.encode())
        for path in (file, str(file)):
            assert train(vocabulary=path)._image.content() == model._image.content()
    assert train(vocabulary=[b"<unk>", "</s>"]).n_symbols == 2
    closed = train(texts=[TEXT.replace(common[3], "<unk>")], vocabulary=common)
    assert set(closed.vocabulary()) == {*common} | ALWAYS


def test_a_store_builds_the_same(tmp_path: Path) -> None:
    store = pylm.count([TEXT], tmp_path / "text.store")
    for settings in ({"vocabulary": ["pat", "nowhere"]}, {"vocabulary_size": 40}, {"min_word_count": 1}):
        symbols = pylm.SymbolOptions(classes=20, **settings)
        built = pylm.build(store, tokenizer="words", symbols=symbols)
        assert built._image.content() == train(**settings)._image.content()


def test_what_does_not_fit_together(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("one\n\ntwo words\n")
    for settings, message in [
        ({"vocabulary": file}, r"words.txt, line 3: a vocabulary has one word a line, not 'two words'"),
        ({"vocabulary": ["two words"]}, "no white space in it, and is not empty: 'two words'"),
        ({"vocabulary": [""]}, "no white space in it, and is not empty: ''"),
        ({"vocabulary": []}, "the vocabulary has no word"),
        ({"vocabulary": ["a"], "vocabulary_size": 10}, "vocabulary_size chooses among the words of the text"),
        ({"vocabulary": ["a"], "min_word_count": 1}, "min_word_count chooses among the words of the text"),
        ({"vocabulary_size": 2}, "vocabulary_size must be from 3"),
        ({"min_word_count": 0}, "min_word_count must be from 1"),
    ]:
        with pytest.raises(pylm.ArgumentError, match=message):
            train(**settings)
    for tokenizer in ("auto", "bytes", "pieces"):
        with pytest.raises(pylm.ArgumentError, match="vocabulary_size is for words: add tokenizer='words'"):
            pylm.train([TEXT], tokenizer=tokenizer, symbols=pylm.SymbolOptions(vocabulary_size=50))
    with pytest.raises(TypeError, match="a word of the vocabulary must be a str or bytes, not 3"):
        train(vocabulary=[3])
    with pytest.raises(TypeError, match="vocabulary must be the path of a file or several words"):
        train(vocabulary=b"word")
    with pytest.raises(FileNotFoundError):
        train(vocabulary=tmp_path / "nothing")


def test_a_layer_has_the_words_of_its_model() -> None:
    model = train(vocabulary_size=50)
    layer = pylm.adapt(model, ["wholly new words\n" * 9], min_count=1)
    assert layer.vocabulary() == model.vocabulary()
    with pytest.raises(pylm.ArgumentError, match="a layer has the vocabulary of its model; leave symbols out"):
        pylm.adapt(model, [TEXT], symbols=pylm.SymbolOptions(vocabulary_size=50))


# ---- the command line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    (folder / "text.txt").write_text(TEXT)
    return folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)

    def run(*arguments: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main(arguments) == status
        return "".join(capsys.readouterr())

    return run


def test_the_command_line_does_the_same(run) -> None:
    words = ("train", "text.txt", "--tokenizer", "words", "--classes", "20", "-o")
    said = run(*words, "usual.pylm")
    spelled = f"{len(ONCE)} other words of the text became <unk>, and are spelled"
    assert f"{spelled}: they came once; --min-word-count 1 keeps them" in said
    assert "other words" not in run(*words, "all.pylm", "--min-count", "1")
    assert pylm.load("all.pylm").n_symbols == len(COUNTS) + 2
    said = run(*words, "small.pylm", "--vocabulary-size", "40")
    assert said.endswith(f"{len(COUNTS) - 38} other words of the text became <unk>, and are spelled\n")
    became = (
        f"words       all that came 2 times or more; {len(ONCE)} others of the text became <unk>; unknown ones are "
    )
    assert became + "spelled\n" in run("info", "usual.pylm")
    run(*words, "closed.pylm", "--closed")
    assert became + "not spelled\n" in run("info", "closed.pylm")
    assert "words       all of the text; unknown ones are spelled\n" in run("info", "all.pylm")
    Path("given.txt").write_text(run("vocab", "small.pylm", "--counts"))
    run(*words, "given.pylm", "--vocabulary", "given.txt")
    assert pylm.load("given.pylm").vocabulary() == pylm.load("small.pylm").vocabulary()
    assert "words       given; " in run("info", "given.pylm")
    said = run("adapt", "small.pylm", "text.txt", "-o", "l.layer", "--vocabulary", "given.txt", status=1)
    assert said == "pylm: error: a layer has the vocabulary of its model; leave --vocabulary out\n"
    assert run("train", "text.txt", "-o", "x.pylm", "--vocabulary-size", "9", status=1).startswith(
        "pylm: error: --vocabulary-size is for words"
    )


def test_vocab(run) -> None:
    run("train", "text.txt", "-o", "m.pylm", "--tokenizer", "words", "--classes", "20")
    model = pylm.load("m.pylm")
    assert run("vocab", "m.pylm").splitlines() == model.vocabulary()
    rows = [line.split("\t") for line in run("vocab", "m.pylm", "--counts").splitlines()]
    counts = [int(count) for _, count in rows]
    assert counts == sorted(counts, reverse=True) and counts[0] == model.counts().max()
    assert {word for word, _ in rows} == set(model.vocabulary())
    said = json.loads(run("vocab", "m.pylm", "--counts", "--json"))["symbols"]
    assert said[0] == {"id": model.id_of(rows[0][0]), "text": rows[0][0], "count": counts[0]}
    assert json.loads(run("vocab", "m.pylm", "--json"))["symbols"][3] == {"id": 3, "text": model.text_of(3)}
    run("train", "text.txt", "-o", "p.pylm", "--tokenizer", "pieces", "--pieces", "300")
    lines = run("vocab", "p.pylm").splitlines()
    assert len(lines) == pylm.load("p.pylm").n_symbols and "'\\n'" in lines and "a" in lines
