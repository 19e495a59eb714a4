"""N-grams of the training text, against a plain count of all words."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from plain_search import words_of

import pylm
from pylm.cli import main

VOCABULARY = ["a", "ab", "abc", "B", "é", "漢", "字", "\0", "x,", "'", "zz"]
DOCUMENTS = 6


def texts(seed: int) -> list[str]:
    numbers = random.Random(seed)
    some = VOCABULARY[: 3 + seed % 9]
    return [
        "".join(numbers.choice(some) + numbers.choice([" ", " ", "\n", "\t ", "\u3000"]) for _ in range(size))
        for size in [numbers.randrange(60) for _ in range(DOCUMENTS - 1)] + [50]
    ]


class Plain:
    """All words of all documents."""

    def __init__(self, documents: list[str]) -> None:
        self.documents = [words_of(document.encode()) for document in documents]

    def places(self, words: list[str]) -> list[tuple[int, int]]:
        n = len(words)
        return [
            (d, i)
            for d, known in enumerate(self.documents)
            for i in range(len(known))
            if known[i : i + n] == words and i + n <= len(known)
        ]

    def followers(self, words: list[str]) -> list[tuple[str, int]]:
        n = len(words)
        found = Counter((self.documents[d][i + n : i + n + 1] or [""])[0] for d, i in self.places(words))
        return sorted(found.items(), key=lambda follower: (-follower[1], follower[0].encode()))


@pytest.fixture(scope="module", params=["bytes", "words", "pieces"])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Plain, pylm.Model]]:
    folder, found = tmp_path_factory.mktemp("ngrams"), []
    options = {"symbols": pylm.SymbolOptions(pieces=270)} if request.param == "pieces" else {}
    for seed in range(5):
        documents = texts(seed)
        model = pylm.train(documents, tokenizer=request.param, output=folder / f"{seed}", sources=True, **options)
        found.append((Plain(documents), model))
    return found


def asked(plain: Plain, seed: int) -> list[list[str]]:
    """Words that stand there, and others."""
    numbers, found = random.Random(seed), [[], ["nowhere"], ["a", "nowhere"], ["nowhere", "a"]]
    for _ in range(60):
        words = numbers.choice(plain.documents)
        at, n = numbers.randrange(len(words) + 1), numbers.randrange(9)
        found.append(words[at : at + n])
        found.append([numbers.choice(VOCABULARY) for _ in range(n)] + words[at : at + n])
    return found


def test_counts_are_exact(known: list[tuple[Plain, pylm.Model]]) -> None:
    for seed, (plain, model) in enumerate(known):
        sources = model.sources
        assert sources.words == sum(map(len, plain.documents)) == sources.count("")
        for words in asked(plain, seed):
            n = len(plain.places(words))
            assert sources.count(" ".join(words)) == sources.count("\n ".join(words).encode()) == n


def test_longest_suffixes_are_exact(known: list[tuple[Plain, pylm.Model]]) -> None:
    for seed, (plain, model) in enumerate(known):
        for i, words in enumerate(asked(plain, seed)):
            least = 1 + i % 3
            n = max(n for n in range(len(words) + 1) if not n or len(plain.places(words[len(words) - n :])) >= least)
            suffix, k = words[len(words) - n :], 1 + i % 7
            found = model.sources.longest(" ".join(words), min_count=least, k=k)
            assert (found.words, found.text) == (n, " ".join(suffix))
            assert found.count == len(plain.places(suffix))
            assert [(f.text, f.count) for f in found.followers] == plain.followers(suffix)[:k]
            expected = [f"text {d + 1}" for d, _ in plain.places(suffix)[:k]] if n else []
            assert [place.document for place in found.places] == expected
            assert all(" ".join(words_of(found.text.encode())) in " ".join(words_of(place.excerpt.encode()))
                       for place in found.places)  # fmt: skip


def test_every_generated_word_has_its_source(known: list[tuple[Plain, pylm.Model]]) -> None:
    for seed, (plain, model) in enumerate(known):
        for least in (1, 2, 5):
            prompt = " ".join(plain.documents[-1][:3])
            generated = model.sources.generate(prompt, 30, min_count=least, seed=seed)
            assert generated == model.sources.generate(prompt, 30, min_count=least, seed=seed)
            words = words_of(prompt.encode())
            for word in generated:
                suffix = words[len(words) - word.suffix :]
                places = plain.places(suffix)
                assert len(places) == word.count and (word.count >= least or not suffix)
                assert len(plain.places(words[len(words) - word.suffix - 1 :])) < least or word.suffix == len(words)
                words += words_of(word.text.encode())
                assert [*suffix, words[-1]] == words[len(words) - word.suffix - 1 :]
                document = int(word.place.document.split()[1]) - 1
                assert document in [d for d, _ in plain.places([*suffix, words[-1]])]
            assert words_of((prompt + "".join(word.text for word in generated)).encode()) == words


def test_generation_follows_the_frequencies(tmp_path: Path) -> None:
    model = pylm.train(["a b a b a b a c "], output=tmp_path / "m", sources=True)
    drawn = Counter(model.sources.generate("a", 1, seed=seed)[0].text for seed in range(400))
    assert set(drawn) == {" b", " c"} and 250 < drawn[" b"] < 350
    assert model.sources.generate("a c", 5, min_count=1) == []  # the document ends there


def test_ids_are_texts(tmp_path: Path) -> None:
    model = pylm.train(["the cat sat. the cat ran"], tokenizer="words", output=tmp_path / "m", sources=True)
    assert model.sources.count(model.encode("the cat")) == 2
    assert model.sources.longest(model.encode("a cat")).text == "cat"


def test_places_have_line_and_excerpt(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One line.\n" + "before " * 30 + "\nthe  needle\nhere " + "behind " * 30)
    model = pylm.train([tmp_path / "a.txt"], output=tmp_path / "m", sources=True)
    (place,) = model.sources.longest("some needle here").places
    assert (place.line, place.document) == (3, str(tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_bytes()[place.offset :].startswith(b"needle")
    assert place.excerpt == "before " * 7 + "the needle here" + " behind" * 8


def test_wrong_arguments(tmp_path: Path) -> None:
    model = pylm.train(["the cat"], output=tmp_path / "m", sources=True)
    for call, says in (
        (lambda: model.sources.longest("a", min_count=0), "min_count must be from 1"),
        (lambda: model.sources.longest("a", k=-1), "k must be from 0"),
        (lambda: model.sources.generate("a", -1), "max_new_words must be from 0"),
        (lambda: model.sources.generate("a", min_count=0), "min_count must be from 1"),
        (lambda: model.sources.generate("a", seed=-1), "seed must be from 0"),
        (lambda: pylm.train(["the cat"]).sources, "train it again with --sources"),
    ):
        with pytest.raises(pylm.PylmError, match=says):
            call()


# ---- the command line


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("The cat sat on the mat. The cat ran.\n")
    main(["train", "a.txt", "-o", "m", "--sources"])

    def run(*arguments: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main(["ngrams", "m", *arguments]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out

    return run


def test_the_command(run) -> None:
    out = run("so The cat")
    assert out.startswith("The whole stands 0 times in the training text, its last 2 words 2 times:\n\n   The cat\n")
    assert "      1  50.0%  ran.\n      1  50.0%  sat\n" in out
    assert "a.txt, line 1 (byte 0): The cat sat on the mat. The cat ran." in out


def test_the_command_in_json(run) -> None:
    out = json.loads(run("so The cat", "--json", "-k", "1"))
    assert (out["count"], out["longest"]["words"], out["longest"]["count"]) == (0, 2, 2)
    assert out["longest"]["followers"] == [{"text": "ran.", "count": 1}]


def test_the_command_generates(run) -> None:
    options = ("--max-new-words", "2", "--min-count", "1", "--seed", "1")
    text, _, words = run("The cat", *options).partition("\n\n")
    rows = [line.split() for line in words.splitlines()]
    assert rows[0] == ["suffix", "count", "word"] and len(rows) > 1
    assert text.split() == ["The", "cat", *(json.loads(row[2]) if row[2][0] == '"' else row[2] for row in rows[1:])]
    assert rows[1][:2] == ["2", "2"] and "a.txt," in rows[1]
    generated = json.loads(run("The cat", *options, "--json"))["words"]
    assert "The cat" + "".join(word["text"] for word in generated) == text
    assert "--max-new-words must be from 0" in run("a", "--max-new-words", "-1", status=1)
