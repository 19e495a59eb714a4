# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Drafts in transformers: a small model with weights by chance says the same with and without them."""

from __future__ import annotations

from typing import Any

import pytest
from large_models import llama

import pylm

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from pylm.adapters.transformers_drafts import drafting  # noqa: E402 - it needs these

N_IDS = 50


@pytest.fixture(scope="module")
def large() -> Any:
    return llama(N_IDS, hidden_size=32, num_key_value_heads=2, max_position_embeddings=512)


@pytest.fixture(scope="module")
def said(large: Any) -> list[int]:
    """What the large model likes to say, for the drafter to be trained on."""
    output = large.generate(
        torch.tensor([[3, 7]]), max_new_tokens=300, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    return output[0].tolist()


@pytest.fixture
def drafter(said: list[int]) -> pylm.Drafter:
    return pylm.train([said], tokenizer="ids", symbols=pylm.SymbolOptions(ids=N_IDS)).drafter()


@pytest.mark.parametrize("options", [{"do_sample": False}, {"do_sample": True, "temperature": 0.5, "top_k": 10}])
def test_the_same_text(large: Any, drafter: pylm.Drafter, options: dict[str, Any]) -> None:
    prompt = torch.tensor([[3, 7, 9, 11]])
    options = {**options, "max_new_tokens": 60, "eos_token_id": None, "pad_token_id": 0}
    torch.manual_seed(5)
    plain = large.generate(prompt, **options)
    torch.manual_seed(5)
    drafted = large.generate(prompt, custom_generate=drafting(drafter), **options)
    assert drafted.tolist() == plain.tolist()
    assert drafter.n_steps + drafter.n_accepted in (60, 61)  # the last step may end within its draft
    if not options["do_sample"]:
        assert drafter.n_accepted > 20


def test_it_ends_where_it_should(large: Any, drafter: pylm.Drafter, said: list[int]) -> None:
    prompt = torch.tensor([[3, 7]])
    end = said[40]
    options = {"max_new_tokens": 80, "do_sample": False, "eos_token_id": end, "pad_token_id": 0}
    plain = large.generate(prompt, **options)
    assert large.generate(prompt, custom_generate=drafting(drafter), **options).tolist() == plain.tolist()
    assert plain.shape[1] < 82


def test_refusals(large: Any, drafter: pylm.Drafter) -> None:
    with pytest.raises(pylm.ArgumentError, match="one text at a time"):
        large.generate(torch.tensor([[3], [4]]), custom_generate=drafting(drafter), max_new_tokens=3, pad_token_id=0)
    with pytest.raises(TypeError, match="drafter must be"):
        drafting("drafter")  # type: ignore[arg-type]
