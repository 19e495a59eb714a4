# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The adapter for transformers, with a tiny large model that knows nothing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from large_models import llama
from texts import byte_level, make_text

import pylm

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("tokenizers")
pytestmark = pytest.mark.filterwarnings("ignore")  # of many packages

TEXT = make_text(3000, seed=3)
N_IDS, PADDED = 300, 320  # of the tokenizer, and of the large model, which fills up
END = 0  # "<|end|>"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return byte_level(TEXT, N_IDS)


@pytest.fixture(scope="module")
def model(tokenizer: Any) -> pylm.Model:
    return pylm.train([TEXT], tokenizer=tokenizer)


@pytest.fixture(scope="module")
def large() -> Any:
    return llama(PADDED, eos_token_id=END, pad_token_id=PADDED - 1, bos_token_id=None)


def processor(*arguments: Any, **options: Any) -> Any:
    from pylm.adapters.transformers import PylmLogitsProcessor

    return PylmLogitsProcessor(*arguments, **options)


def generate(large: Any, rows: list[list[int]], fused: Any, **options: Any) -> list[list[int]]:
    ids = torch.tensor(rows)
    written = large.generate(
        ids, attention_mask=torch.ones_like(ids), logits_processor=transformers.LogitsProcessorList([fused]), **options
    )
    return [row[len(rows[0]) :] for row in written.tolist()]


def logprobs(model: pylm.Model, ids: list[int]) -> np.ndarray:
    state = model.state()
    state.feed(ids)
    return np.log(state.distribution())


def test_scores(model: pylm.Model) -> None:
    fused = processor(model, 0.7)
    scores = torch.randn(3, PADDED)
    rows = torch.tensor([[5, 6, 7], [8, 9, 10], [5, 6, 7]])
    found = fused(rows, scores)
    for row, given, new in zip(rows.tolist(), scores.numpy(), found.numpy(), strict=True):
        np.testing.assert_allclose(new[:N_IDS], given[:N_IDS] + 0.7 * logprobs(model, row), rtol=1e-4, atol=1e-4)
        assert np.isneginf(new[N_IDS:]).all()
    best = processor(model, 0.7, candidates=4)(rows, scores).numpy()
    assert (np.isfinite(best).sum(1) == 4).all()
    kept = np.isfinite(best)
    np.testing.assert_allclose(best[kept], found.numpy()[kept], rtol=1e-5)
    same = processor(model, 0.0)(rows, scores).numpy()
    np.testing.assert_array_equal(same[:, :N_IDS], scores.numpy()[:, :N_IDS])


def test_beams_change_places(model: pylm.Model) -> None:
    """Each row goes on from the one that it came from, wherever that stood; a new text begins anew."""
    fused, scores = processor(model, 1.0), torch.zeros(2, PADDED)
    fused(torch.tensor([[5, 6], [7, 8]]), scores)
    for rows in ([[7, 8, 9], [5, 6, 10]], [[7, 8, 9, 1], [7, 8, 9, 2]], [[3, 4], [5, 6]], [[3, 4, 5], [9, 9, 9]]):
        found = fused(torch.tensor(rows), scores).numpy()
        for row, new in zip(rows, found, strict=True):
            np.testing.assert_allclose(new[:N_IDS], logprobs(model, row), atol=1e-4)


def test_it_reads_each_token_once(model: pylm.Model, large: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fused, read = processor(model, 1.0), []
    first = fused._first
    monkeypatch.setattr(fused, "_first", lambda row: read.append(len(row)) or first(row))
    generate(large, [[5, 6, 7], [8, 9, 10]], fused, max_new_tokens=9, num_beams=3, do_sample=False)
    assert read == [3, 3]  # beams of one row are one text


@pytest.mark.parametrize("options", [{}, {"num_beams": 4}, {"do_sample": True}])
def test_generation(model: pylm.Model, large: Any, options: dict[str, Any]) -> None:
    """With much weight the model decides: the text is much more probable by it."""
    prompt = model.encode(" papapa")
    settings = {"max_new_tokens": 16, "do_sample": False, **options}
    torch.manual_seed(1)
    alone = generate(large, [prompt], processor(model, 0.0), **settings)[0]
    torch.manual_seed(1)
    fused = generate(large, [prompt], processor(model, 3.0), **settings)[0]
    assert model.score(fused, context=prompt) > model.score(alone, context=prompt) + 20
    if not options:
        assert fused == generate(large, [prompt], processor(model, 1e6), **settings)[0] or len(fused) == 16


def test_greedy_is_the_models_own(model: pylm.Model, large: Any) -> None:
    prompt = model.encode(" papapa")
    written = generate(large, [prompt], processor(model, 1e6), max_new_tokens=12, do_sample=False)[0]
    expected = model.generate_ids(prompt, 12, temperature=0)
    assert written[: len(expected)] == expected


def test_a_state_that_has_learned(model: pylm.Model) -> None:
    state = model.state(learn=True)
    ids = model.encode(TEXT[:40])
    for _ in range(20):
        state.feed(ids)
    fused = processor(model, 1.0, state=state)
    found = fused(torch.tensor([ids[:3]]), torch.zeros(1, PADDED)).numpy()[0]
    branch = state.branch()
    for symbol in ids[:3]:
        branch.step(symbol)
    np.testing.assert_allclose(found[:N_IDS], np.log(branch.distribution()), atol=1e-4)
    assert found[ids[3]] > logprobs(model, ids[:3])[ids[3]]


def test_padding_is_not_read(model: pylm.Model) -> None:
    fused = processor(model, 1.0, skip=[PADDED - 1])
    found = fused(torch.tensor([[PADDED - 1, PADDED - 1, 5], [6, 7, 8]]), torch.zeros(2, PADDED)).numpy()
    np.testing.assert_allclose(found[0, :N_IDS], logprobs(model, [5]), atol=1e-4)
    with pytest.raises(pylm.ArgumentError, match=f"id {PADDED - 1} at position 0 is out of range"):
        processor(model)(torch.tensor([[PADDED - 1, 5]]), torch.zeros(1, PADDED))


@pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"do_sample": True}])
def test_constraint(model: pylm.Model, large: Any, tokenizer: Any, options: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"enum": ["x", "yy"]}}, "required": ["a"]}
    settings = {"max_new_tokens": 40, "do_sample": False, **options}
    kept = processor(model, 0.0, constraint=pylm.Schema(schema), eos_token_id=END, max_new_tokens=40)
    torch.manual_seed(2)
    for ids in generate(
        large, [model.encode(" papapa"), model.encode(" tepapa")[:1] * len(model.encode(" papapa"))], kept, **settings
    ):
        text = tokenizer.decode([i for i in ids if i not in (END, PADDED - 1)])
        assert isinstance(json.loads(text)["a"], bool)
    kept.reset()
    one = processor(model, 0.5, constraint=pylm.OneOf(["yes", "no"]), eos_token_id=[END], max_new_tokens=5)
    ids = generate(large, [[5, 6]], one, max_new_tokens=5, do_sample=False)[0]
    assert tokenizer.decode([i for i in ids if i not in (END, PADDED - 1)]) in ("yes", "no")


def test_plain_ids(large: Any) -> None:
    """A model of ids without a tokenizer."""
    ids = [int(i) for i in np.random.default_rng(1).zipf(1.5, 5000) % 60]
    model = pylm.train([ids], tokenizer="ids", symbols=pylm.SymbolOptions(ids=PADDED))
    written = generate(large, [[1, 2, 3]], processor(model, 5.0), max_new_tokens=10, do_sample=False)[0]
    assert max(written) < 60


def test_messages(model: pylm.Model) -> None:
    for options, message in (
        ({"weight": "much"}, "weight must be a number"),
        ({"candidates": 0}, "candidates must be from 1"),
        ({"constraint": pylm.OneOf(["a"])}, "needs eos_token_id and max_new_tokens"),
        ({"state": pylm.train([TEXT]).state()}, "state is of another model"),
    ):
        with pytest.raises(pylm.ArgumentError, match=message):
            processor(model, **options)
    with pytest.raises(TypeError, match=r"pylm.Regex\('a'\)"):
        processor(model, constraint="a")
    with pytest.raises(pylm.ArgumentError, match="300 ids, and the scores are of 200"):
        processor(model)(torch.tensor([[1]]), torch.zeros(1, 200))
