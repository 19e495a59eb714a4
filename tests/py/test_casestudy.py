"""The case study: its equalities hold, its comparisons are sound, and its forms show all of it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from casestudy.__main__ import main
from casestudy.corpus import Document, Vocabulary, documents_of, library_pages, splits_of
from casestudy.inside import Progress
from casestudy.kneser_ney import KneserNey, LongestSuffix, contexts, count, discounts, padded
from casestudy.page import casestudy_page, figures_of, sections, svg_file
from casestudy.random_features import Features, coefficients, direct_sums, hashes, histories
from casestudy.results import REACH, CaseStudy
from casestudy.study import casestudy
from pages import Page, check_page
from texts import make_text

import pylm

N_WORDS = 60


def write_corpus(folder: Path) -> list[str]:
    """Twelve documents, with some words that stand in one of them only."""
    paths = []
    for i in range(12):
        paragraphs = make_text(700, seed=i + 1, vocabulary=120).replace("\n", "\n\n")
        path = folder / f"{i:02}.txt"
        path.write_text(f"Only{i} here{i}.\n\n{paragraphs}", encoding="utf-8")
        paths.append(str(path))
    return paths


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> CaseStudy:
    return casestudy(write_corpus(tmp_path_factory.mktemp("corpus")), threads=2, progress=False)


# ---- what must be equal


def test_training_text_is_learned_exactly(study: CaseStudy) -> None:
    training = study.training
    assert 0 < training.one_follower == training.one_follower_right < training.positions
    assert training.one_follower_accuracy == 1 and training.least_probability > 0.9999
    assert training.equal and training.largest_difference <= training.rounding < 1e-4
    assert training.log_loss == pytest.approx(training.entropy, abs=training.rounding)
    assert training.entropy > 0 and training.one_follower / training.positions < training.best_possible < 1


def test_entropy_is_that_of_the_followers(study: CaseStudy, tmp_path: Path) -> None:
    """Counted once more, in plain Python."""
    pages = {path: Path(path).read_text(encoding="utf-8") for path in write_corpus(tmp_path)}
    learn = splits_of(documents_of(pages))[0][1]
    vocabulary = Vocabulary(learn)
    followers: dict[tuple[int, ...], list[int]] = {}
    for document in learn:
        ids = [-1] * REACH + vocabulary.ids(document)
        for i in range(REACH, len(ids)):
            followers.setdefault(tuple(ids[i - REACH : i]), []).append(ids[i])
    n = sum(map(len, followers.values()))
    bits = sum(-np.log2(found.count(word) / len(found)) for found in followers.values() for word in found)
    assert (study.training.positions, study.training.contexts) == (n, len(followers))
    assert study.training.entropy == pytest.approx(bits / n)
    assert study.training.one_follower == sum(len(found) for found in followers.values() if len(set(found)) == 1)
    most = sum(max(map(found.count, set(found))) for found in followers.values())
    assert study.training.best_possible == pytest.approx(most / n)


def test_hash_tables_give_the_direct_sum(study: CaseStudy) -> None:
    assert study.features.expansion_error < 1e-7
    errors = [a.error for a in study.features.approximations]
    assert errors[0] > 3 * errors[-1] > 0


# ---- outside the training text


def test_every_accuracy_has_its_coverage(study: CaseStudy) -> None:
    assert [split.name for split in study.splits] == ["every tenth document", "the last tenth of the documents"]
    for split in study.splits:
        assert [p.name for p in split.predictors] == [
            "kernel", "mix", "longest suffix", "Kneser-Ney, order 4", "Kneser-Ney, order 5",
        ]  # fmt: skip
        n = split.test_words
        for p in split.predictors:
            assert p.groups[0].answered == p.groups[0].positions == n
            answered = [a.answered for a in p.groups]
            assert answered == sorted(answered, reverse=True)
            assert p.curve[-1] == p.groups[0] and all(0 <= a.right <= a.answered for a in [*p.curve, *p.groups])
            assert (p.perplexity is None) == (p.name == "longest suffix")
            assert p.perplexity is None or 1 < p.perplexity < 2 * split.vocabulary
            assert p.bytes > 0 and p.train_seconds > 0 and p.predict_seconds > 0
        assert {r.radius: r.answers for r in split.radii}[max(r.radius for r in split.radii)].coverage == 1
        of_seen = next(r for r in split.radii if r.radius == 0 and r.least == 1).answers
        assert of_seen == split.predictors[0].groups[split.groups.index(f"last {REACH} seen")]
        assert 0 < split.unknown < 0.1


def test_splits_are_of_whole_documents() -> None:
    documents = [Document(str(i), [["a", "b"]]) for i in range(25)]
    for _, learn, test in splits_of(documents):
        assert sorted(d.name for d in [*learn, *test]) == sorted(d.name for d in documents)
        assert 2 <= len(test) <= 3
    for n in (2, 3, 9):
        assert all(learn and test for _, learn, test in splits_of(documents[:n]))
    with pytest.raises(pylm.EmptyTextError, match="two documents"):
        splits_of(documents[:1])


# ---- what it is compared with


@lru_cache
def sample() -> tuple[np.ndarray, np.ndarray]:
    words = np.array([hash_ % 11 * (hash_ // 11 % 5) for hash_ in range(7, 40_007, 13)]) % N_WORDS
    return padded([words[:1500], words[1500:2500]], N_WORDS, 4), padded([words[2500:]], N_WORDS, 4)


def test_kneser_ney_sums_to_one() -> None:
    learn, test = sample()
    for order in (1, 2, 4, 5):
        model = KneserNey(count(learn, N_WORDS, 4)[:order], N_WORDS)
        places = model.find(test)
        assert order <= 2 or (places < 0).any()
        for here in [*places[:40], np.full(order, -1), np.array([0] + [-1] * (order - 1))]:
            p = model.distribution(here)
            assert p.sum() == pytest.approx(1, abs=1e-12) and p.min() > 0


def test_kneser_ney_by_hand() -> None:
    """a b a c: two words of context at most, discounts as where too little was seen."""
    words = padded([[0, 1, 0, 2]], 3, 1)
    model = KneserNey(count(words, 3, 1), 3)
    assert discounts(np.array([1, 1, 1])).tolist() == [0, 0.5, 1, 1.5]
    # In how many contexts: a after start and b, b after a, c after a.
    one = np.array([(2 - 1.0) / 4, (1 - 0.5) / 4, (1 - 0.5) / 4]) + (1.0 + 0.5 + 0.5) / 4 / 3
    assert model.distribution(model.find(words)[0][:1]) == pytest.approx(one)
    after_a = one * (0.5 + 0.5) / 2 + np.array([0, 0.5 / 2, 0.5 / 2])
    assert model.distribution(model.find(words)[1]) == pytest.approx(after_a)


def test_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 3])
    y = 40 / (40 + 2 * 20)
    assert discounts(counts) == pytest.approx([0, 1 - 2 * y * 20 / 40, 2 - 3 * y * 10 / 20, 3 - 4 * y * 5 / 10])


def test_longest_suffix() -> None:
    learn, test = padded([[0, 1, 2, 0, 1, 2, 0, 1, 3]], 5, 2), padded([[0, 1, 4, 0, 1]], 5, 2)
    word, share, length, followers = LongestSuffix(count(learn, 5, 2)).predict(test, 5)
    assert word.tolist() == [0, 1, 2, 0, 1] and length.tolist() == [2, 2, 2, 0, 1]
    assert share == pytest.approx([1, 1, 2 / 3, 3 / 9, 1]) and followers.tolist() == [1, 1, 2, 4, 1]
    assert contexts(test, 5, 2).tolist() == [35, 30, 1, 10, 24]  # base 6


def test_random_features_come_near_with_their_dimension() -> None:
    learn, test = sample()
    distances = [1.5, 1.0, 0.5, 0.25]
    centres, followers, query = histories(learn, N_WORDS, 4), learn[learn != N_WORDS], histories(test, N_WORDS, 4)[9:10]
    sets, c = coefficients(distances)
    agree = centres == query
    expanded = sum(weight * agree[:, members].all(axis=1) for members, weight in zip(sets, c, strict=True))
    exact = direct_sums(centres, followers, query[0], distances, N_WORDS)
    assert exact == pytest.approx(np.bincount(followers, expanded, N_WORDS))
    features = Features(hashes(centres, sets), c, 1 << 22)
    near = features.sums(followers, hashes(query, sets)[0], N_WORDS)
    assert np.array_equal(near, features.sums(followers, hashes(query, sets)[0], N_WORDS))
    assert np.linalg.norm(near - exact) < 0.05 * np.linalg.norm(exact)


# ---- the corpus


def test_corpus_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a library that is smaller than Python's."""
    module = '"""A module.\n\nIts text."""\nclass C:\n    """A class."""\n    def f(self):\n        """A method."""\n'
    for name, text in (
        ("json/tool.py", module), ("test/test_json.py", module), ("unittest/test/t.py", module), ("own.py", module),
        ("bisect.py", '"""Another.\n\nIts text."""\n'), ("abc.py", "x = 1\n"), ("ast.py", "no (python\n"),
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    pages = library_pages(Progress(False))
    modules = {name: page for name, page in pages.items() if not name.startswith("topic ")}
    assert modules == {
        "bisect.py": "Another.\n\nIts text.", "json/tool.py": "A module.\n\nIts text.\n\nA class.\n\nA method.",
    }  # fmt: skip
    assert documents_of(modules) == [
        Document("bisect.py", [["Another", "."], ["Its", "text", "."]]),
        Document("json/tool.py", [["A", "module", "."], ["A", "class", "."], ["A", "method", "."]]),
    ]
    assert len(documents_of(pages, 50_000)) < len(documents_of(pages))


def test_vocabulary() -> None:
    document = Document("d", [["a", "b", "a"], ["b", "<", "x"]])
    vocabulary = Vocabulary([document])
    assert vocabulary.words == ["</s>", "<unk>", "a", "b"]
    assert vocabulary.ids(document) == [2, 3, 2, 0, 3, 1, 1, 0]
    assert vocabulary.text(document) == b"a b a\nb <unk> <unk>\n"
    with pytest.raises(pylm.EmptyTextError, match="too short"):
        Vocabulary([Document("d", [["a", "b"]])])


# ---- its forms


def test_page_and_document(study: CaseStudy) -> None:
    page = check_page(casestudy_page(study))
    assert len(page.all("svg", role="img")) == 3 and len(page.all("section")) == len(sections(study)) == 8
    for section in sections(study):
        assert all(len(row) == len(section.heads) for row in section.rows)
        assert not any("nan" in cell for row in section.rows for cell in row)
    for figure in figures_of(study):
        svg = svg_file(figure.svg)
        assert Page(svg).all("svg", xmlns="http://www.w3.org/2000/svg") and "var(" not in svg


def test_everything_in_a_folder(
    study: CaseStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casestudy.__main__.casestudy", lambda *arguments, **settings: study)
    out = tmp_path / "out"
    out.mkdir()
    assert main(["-o", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads((out / "casestudy.json").read_text()) == found
    assert found["training"]["equal"] and found["training"]["one_follower_accuracy"] == 1
    for split in found["splits"]:
        assert all(0 <= a["accuracy"] <= 1 and a["coverage"] == 1 for p in split["predictors"] for a in p["groups"][:1])
        assert all({"coverage", "accuracy"} <= set(r["answers"]) for r in split["radii"])
    check_page((out / "casestudy.html").read_text(encoding="utf-8"))
    document = (out / "casestudy.md").read_text(encoding="utf-8")
    plots = re.findall(r"\]\((\S+\.svg)\)", document)
    assert len(plots) == 3 and all((out / name).exists() for name in plots)
    assert f"| {found['training']['positions']:,} |" in document


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = write_corpus(tmp_path)
    page = tmp_path / "page.html"
    assert main([*texts, "--size", "9K", "-o", str(page)]) == 0
    said = capsys.readouterr().out
    assert "100.00% right" in said and "equal up to rounding" in said and "NOT" not in said
    assert max(map(len, said.splitlines()[2:-1])) <= 100
    check_page(page.read_text(encoding="utf-8"))
    for arguments, message in (
        ([texts[0]], "two files at least"),
        ([*texts, "-o", texts[0]], "one of the texts"),
        ([*texts, "--size", "x"], "size"),
        (["/no/such/file", texts[0]], "No such file"),
    ):
        assert main([*arguments]) == 1
        assert message in capsys.readouterr().err
