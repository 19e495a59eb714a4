# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Documents that are there several times: draws from a list come near their entropy, accidental copies do no harm."""

from __future__ import annotations

import math
from itertools import accumulate
from pathlib import Path

import pytest
from texts import make_text, random_numbers

import pylm

TOKENIZERS = ["words", "pieces", "bytes"]
ZIPF = [1 / (i + 1) for i in range(200)]


def content(model: pylm.Model) -> bytes:
    return model._image.content()


def make_list(n: int, seed: int = 1, most: int = 4) -> list[str]:
    """n different texts of one to `most` made-up words."""
    numbers = random_numbers(seed)
    words = ["".join("ptkmnslr"[i >> s & 7] + "aeiou"[(i >> s) % 5] for s in (0, 3, 6)) for i in range(250)]
    texts: dict[str, None] = {}
    while len(texts) < n:
        texts[" ".join(words[next(numbers) % 250] for _ in range(1 + next(numbers) % most))] = None
    return list(texts)


def draw(texts: list[str], weights: list[float], n: int, seed: int = 2) -> list[str]:
    numbers, sums = random_numbers(seed), list(accumulate(weights))
    result = []
    for _ in range(n):
        x = next(numbers) / 2**64 * sums[-1]
        result.append(texts[next(i for i, s in enumerate(sums) if x < s)])
    return result


def new_draw(model: pylm.Model, texts: list[str], weights: list[float]) -> float:
    """Nats that a new draw takes, on average, above the entropy."""
    scores = model.score_batch(texts)
    total = sum(weights)
    return sum(w / total * (math.log(w / total) - score) for w, score in zip(weights, scores, strict=True))


def unknown_share(model: pylm.Model, context: str = "") -> float:
    unknown = model.id_of("<unk>")
    assert unknown is not None
    return float(model.distribution(context)[unknown])


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_draws_cost_about_their_entropy(tokenizer: str) -> None:
    queries = make_list(200)
    model = pylm.train(draw(queries, ZIPF, 3000), tokenizer=tokenizer)
    assert new_draw(model, queries, ZIPF) < 0.45
    for n, most in ((10, 0.03), (1000, 1.6)):
        texts = make_list(n, seed=n)
        model = pylm.train(draw(texts, [1.0] * n, 3000), tokenizer=tokenizer)
        assert new_draw(model, texts, [1.0] * n) < most


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize(("n", "copies"), [(22, 5), (6, 50), (3, 3)])
def test_a_list_given_several_times_is_known(tokenizer: str, n: int, copies: int) -> None:
    texts = make_list(n, seed=4)
    model = pylm.train(texts * copies, tokenizer=tokenizer)
    assert new_draw(model, texts, [1.0] * n) < (0.1 if copies > 3 else 0.2)
    if tokenizer == "words":
        assert unknown_share(model) < 0.001
        assert max(unknown_share(model, text) for text in texts) < 0.001


@pytest.mark.parametrize("settings", [{"size": 30_000}, {"symbols": pylm.SymbolOptions(trees=2)}])
def test_sized_models_and_several_trees_do_the_same(settings: dict) -> None:
    texts = make_list(22, seed=4)
    model = pylm.train(texts * 5, tokenizer="words", **settings)
    assert new_draw(model, texts, [1.0] * 22) < 0.2
    queries = make_list(200)
    model = pylm.train(draw(queries, ZIPF, 3000), tokenizer="words", **settings)
    assert new_draw(model, queries, ZIPF) < 0.6


def test_a_kernel_and_a_layer_do_the_same() -> None:
    queries, base = make_list(200), pylm.train([make_text(3000, seed=3)], tokenizer="bytes")
    docs = draw(queries, ZIPF, 1500)
    before = new_draw(base, queries, ZIPF)
    assert new_draw(pylm.adapt(base, docs), queries, ZIPF) < min(2.0, before / 4)
    kernel = pylm.train(docs, tokenizer="words", kernel=pylm.KernelOptions(reach=2))
    assert new_draw(kernel, queries, ZIPF) < 2.5


LINES = [line for line in make_text(9000, seed=5).split("\n") if line]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_accidental_copies_are_harmless(tokenizer: str) -> None:
    lines, new = LINES[:400], LINES[500:800]
    once = sum(pylm.train(lines, tokenizer=tokenizer).score_batch(new))
    for documents in (lines * 2, lines * 3, lines + lines[::3], lines + lines[:20]):
        copied = pylm.train(documents, tokenizer=tokenizer)
        assert copied.info.training["documents"] == len(documents)
        assert sum(copied.score_batch(new)) > 1.01 * once


def test_a_text_given_twice_is_counted_once() -> None:
    text = make_text(2000, seed=6)
    for tokenizer in ("bytes", "pieces"):
        once, twice = (pylm.train([text] * n, tokenizer=tokenizer) for n in (1, 2))
        assert twice.score(text) == once.score(text) and twice.info.contexts == once.info.contexts
    assert pylm.train([text] * 4, tokenizer="bytes").score(text) == pylm.train([text]).score(text)


def test_half_unique_text_and_half_a_list() -> None:
    lines, new = LINES[:400], LINES[500:800]
    replies, weights = make_list(40, seed=8), ZIPF[:40]
    alone = sum(pylm.train(lines, tokenizer="words").score_batch(new))
    both = pylm.train(lines + draw(replies, weights, 400), tokenizer="words")
    assert new_draw(both, replies, weights) < 1.8  # it has to be found out that it is a reply
    assert sum(both.score_batch(new)) > 1.15 * alone


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("docs", [draw(make_list(60), ZIPF[:60], 700), LINES[:150] * 2 + LINES[100:180]])
def test_order_threads_and_stores_do_not_matter(tokenizer: str, docs: list[str], tmp_path: Path) -> None:
    expected = content(pylm.train(docs, tokenizer=tokenizer))
    assert content(pylm.train(docs[::-1], tokenizer=tokenizer, threads=1)) == expected
    assert content(pylm.train(docs[7:] + docs[:7], tokenizer=tokenizer, threads=3)) == expected
    pylm.count(docs, tmp_path / "store")
    assert content(pylm.build(tmp_path / "store", tokenizer=tokenizer)) == expected
    saved = pylm.train(docs, tokenizer=tokenizer, output=tmp_path / "model")
    assert content(saved) == expected


def tiny_texts(n: int) -> list[list[str]]:
    numbers = random_numbers(n)
    names = list(dict.fromkeys(word for text in make_list(300, seed=n) for word in text.split()))[:n]
    few = names[: max(2, n // 4)]
    return [
        make_list(n, seed=n),
        names,
        [" ".join(few[next(numbers) % len(few)] for _ in range(2 + next(numbers) % 5)) for _ in range(n)],
        [" ".join(names[next(numbers) % n] for _ in range(30)) for _ in range(n)],
        [chr(97 + i % 26) * (1 + i // 26) + "." for i in range(n)],
    ]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("n", [1, 3, 5, 15, 40])
def test_no_model_is_worse_than_guessing_on_its_own_text(tokenizer: str, n: int) -> None:
    for texts in tiny_texts(n):
        for docs in (texts, texts * 2, texts * 5, [text for i, text in enumerate(texts) for _ in range(1 + i * 7 % 4)]):
            model = pylm.train(docs, tokenizer=tokenizer, symbols=pylm.SymbolOptions(closed=tokenizer == "words"))
            symbols = sum(len(model.encode(text, add_eos=True)) for text in docs)
            assert -sum(model.score_batch(docs)) <= symbols * math.log(model.n_symbols) * 1.001


def test_nothing_is_unknown_where_nothing_was() -> None:
    for n in (5, 15, 30):
        for texts in tiny_texts(n)[:2]:
            for copies in (2, 3, 5):
                model = pylm.train(texts * copies, tokenizer="words")
                shares = [unknown_share(model, text) for text in ["", *texts]]
                assert sum(shares) / len(shares) < 0.05, (n, copies)
