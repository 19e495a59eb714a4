# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Contexts of bytes by column, byte above, shape and words in the line: they are there, can be read, and help."""

from __future__ import annotations

from pathlib import Path

import pylm

ROWS = [
    f"{i * 7919 % 1000:03d} | {name:<9} | {'yes' if i % 3 else 'no':<3} |"
    for i, name in enumerate(["Anna", "Berta", "Carl", "Dora", "Emil", "Frieda", "Gustav", "Heinrich"] * 120)
]
TEXT = "\n".join(ROWS) + "\n"


def contexts(model: pylm.Model, text: str) -> list[str]:
    return [part.name for part in model.explain(text).parts if part.kind == "context"]


def test_they_are_named() -> None:
    names = contexts(pylm.train([TEXT], tokenizer="bytes"), "Anna 12\nBo")
    assert "column 3 under n: o_" in names
    assert any(name.startswith("shape ") and name.endswith("↵Aa: o_") for name in names)
    assert any(name.startswith("line with 1 words, shape Aa: word: bo_") for name in names)


def test_beyond_the_line_above_there_is_nothing() -> None:
    model = pylm.train([TEXT], tokenizer="bytes")
    assert "column 3 under nothing: o_" in contexts(model, "An\nBo")
    assert "column 3 under nothing: o_" in contexts(model, "A" * 255 + "\nBo")
    assert "column 3 under A: o_" in contexts(model, "A" * 254 + "\nBo")


def test_without_them() -> None:
    plain = pylm.train([TEXT], tokenizer="bytes", symbols=pylm.SymbolOptions(layout=False))
    fast = pylm.train([TEXT], tokenizer="bytes", profile="fast")
    for model in (plain, fast):
        assert not any(name.startswith(("column", "shape", "line")) for name in contexts(model, "ab"))
    best = pylm.train([TEXT], tokenizer="bytes")
    assert best.perplexity(TEXT) < plain.perplexity(TEXT)


def test_a_saved_state_knows_where_it_is(tmp_path: Path) -> None:
    model = pylm.train([TEXT], tokenizer="bytes")
    state, again = (model.state(learn=True, memory="64K") for _ in range(2))
    state.feed(TEXT[:500])
    state.save(tmp_path / "state")
    again.load(tmp_path / "state")
    assert list(again.logprobs(TEXT[500:900])) == list(state.logprobs(TEXT[500:900]))
