"""Models of a given size: `size=` and `--size`."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from texts import make_text, two_topics

import pylm
from pylm._core.arguments import parse_size
from pylm.cli import main

TRAIN, TEST = make_text(2500, seed=4), make_text(600, seed=5)
KINDS = [
    {"tokenizer": "bytes"},
    {"tokenizer": "words"},
    {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=400)},
    {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=2)},
]


@pytest.mark.parametrize(
    ("size", "nbytes"),
    [
        (65536, 65536),
        ("65536", 65536),
        ("64K", 64000),
        ("64 kB", 64000),
        ("3M", 3_000_000),
        ("1.5MB", 1_500_000),
        ("0.001m", 1000),
        ("2G", 2_000_000_000),
        (" 7 B ", 7),
        ("0.0000019M", 1),
    ],
)
def test_sizes_as_people_write_them(size: int | str, nbytes: int) -> None:
    assert parse_size("size", size, 1 << 62) == nbytes


@pytest.mark.parametrize("size", ["", "M", "3 MiB", "-1", "1e6", "3,5M", "1.M", "5T", "0", 0, -5, "0.1", 1 << 63, 1.5])
def test_sizes_that_are_none(size: object) -> None:
    with pytest.raises(pylm.ArgumentError, match="size must be"):
        pylm.train(["a"], size=size)


def bits(model: pylm.Model) -> float:
    found = model.evaluate(TEST)
    return found.bits - found.spelling_bits  # small models do not spell


@pytest.mark.parametrize("profile", ["standard", "fast"])
@pytest.mark.parametrize("tokenizer", ["bytes", "words", "pieces"])
def test_the_smallest_is_possible_with_short_contexts(tokenizer: str, profile: str) -> None:
    """It once went round for ever: with the empty context only, that was kept in the overlay, five times."""
    text = TRAIN[:1500]
    for order in range(4):
        settings = {"tokenizer": tokenizer, "profile": profile, "max_order": order, "min_count": 2}
        with pytest.raises(pylm.ArgumentError, match="the smallest possible is size=") as error:
            pylm.train([text], size=1000, **settings)
        smallest = int(re.findall(r"size=(\d+)", str(error.value))[0])
        for size in (smallest, smallest + 700):
            model = pylm.train([text], size=size, **settings)
            assert model.info.bytes <= size
            assert model.evaluate(text, learn=True).symbols == model.evaluate(text).symbols


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_fits_and_more_is_better(settings: dict) -> None:
    whole = pylm.train([TRAIN], **settings)
    last = math.inf
    for size in (40_000 * whole.info.trees, 60_000 * whole.info.trees, 1 << 30):
        model = pylm.train([TRAIN], size=size, **settings)
        assert model.info.bytes <= size
        assert model.distribution("").sum() == pytest.approx(1, abs=1e-12)
        assert bits(model) < last * 1.02  # by chance, a little less may do a little better
        last = bits(model)
    assert last < bits(whole) * 1.02


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_the_error_names_a_size_that_works(settings: dict) -> None:
    with pytest.raises(pylm.ArgumentError) as caught:
        pylm.train([TRAIN], size=100, **settings)
    smallest = int(re.search(r"the smallest possible is size=(\d+)$", str(caught.value))[1])
    assert pylm.train([TRAIN], size=smallest, **settings).info.bytes <= smallest
    with pytest.raises(pylm.ArgumentError, match=f"size={smallest}$"):
        pylm.train([TRAIN], size=smallest - 1, **settings)


def test_small_texts() -> None:
    for tokenizer in ("bytes", "words", "pieces"):
        for text in (b"a", b"\n", b"a b", b"\xff\xfe", b"ab" * 500):
            model = pylm.train([text], tokenizer=tokenizer, size=100_000)
            assert model.info.bytes <= 100_000
            assert math.isfinite(model.score(text))


def test_less_size_fewer_pieces() -> None:
    sizes = (40_000, 60_000, 1 << 30)
    symbols = [pylm.train([TRAIN], tokenizer="pieces", size=size).n_symbols for size in sizes]
    assert symbols == sorted(symbols) and symbols[0] < symbols[-1]
    wanted = {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=450)}
    assert pylm.train([TRAIN], size=40_000, **wanted).n_symbols == pylm.train([TRAIN], **wanted).n_symbols


def test_scores_belong_to_the_distribution() -> None:
    """Coded lists say the same to every question."""
    model = pylm.train([TRAIN], tokenizer="words", size=60_000)
    ids = model.encode(TEST)[:60]
    for i, cost in enumerate(model.logprobs(ids)):
        assert math.log(model.distribution(ids[:i])[ids[i]]) == pytest.approx(cost, abs=1e-3)
        best = model.next(ids[:i], 3)
        assert best[0].probability == pytest.approx(model.distribution(ids[:i]).max(), rel=1e-3)


TOPICS = "\n".join(two_topics(102_000))  # of fewer words no topics are found
CONTEXT = "x1 w1 w2 x3 w3 w1"


def train_topics(**settings: Any) -> pylm.Model:
    return pylm.train([TOPICS], tokenizer="words", profile="fast", max_order=1, **settings)


def has_topics(model: pylm.Model) -> bool:
    return model.explain(CONTEXT, "x7").topic is not None


def test_topic_vectors_compete_for_the_bytes() -> None:
    with pytest.raises(pylm.ArgumentError) as caught:
        train_topics(size=100)
    smallest = int(re.search(r"size=(\d+)$", str(caught.value))[1])
    few, some, plain = (
        train_topics(size=size, symbols=pylm.SymbolOptions(topics=topics))
        for size, topics in ((smallest + 500, True), (16_000, True), (16_000, False))
    )
    assert [has_topics(model) for model in (few, some, plain)] == [False, True, False]
    assert few.info.bytes <= smallest + 500 and some.info.bytes <= 16_000 < train_topics().info.bytes
    test = "\n".join(two_topics(5_000, seed=2))
    assert some.evaluate(test).perplexity < 0.96 * plain.evaluate(test).perplexity
    assert some.distribution(CONTEXT).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("trees", [1, 2])
def test_topic_vectors_fit_and_do_not_depend_on_threads(tmp_path: Path, trees: int) -> None:
    images, size = [], 15_000 * trees
    for threads in (1, 3):
        model = train_topics(size=size, threads=threads, symbols=pylm.SymbolOptions(trees=trees))
        assert has_topics(model)
        model.save(tmp_path / "model.pylm")
        images.append((tmp_path / "model.pylm").read_bytes())
    assert images[0] == images[1] and len(images[0]) <= size


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    text, model = tmp_path / "text.txt", tmp_path / "model.pylm"
    text.write_text(TRAIN)
    assert main(["train", str(text), "-o", str(model), "--size", "64K", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model_bytes"] == model.stat().st_size <= 64_000
    assert main(["train", str(text), "-o", str(model), "--size", "1K"]) == 1
    assert "the smallest possible is --size " in capsys.readouterr().err
    assert main(["train", str(text), "-o", str(model), "--size", "much"]) == 1
    assert "3M" in capsys.readouterr().err
