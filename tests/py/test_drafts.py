# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Drafts for large models: Model.drafter(), measure_drafts(), `pylm draft`."""

from __future__ import annotations

import json
import math
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from conftest import TEST, get

import pylm
from pylm.cli import main
from pylm.drafting import drafters

NAMES = ["words", "pieces", "external", "three trees", "two layers"]


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> pylm.Model:
    return get(request.param)


def test_drafts_are_the_most_probable(model: pylm.Model) -> None:
    """As asking a state again and again has it, as far as all of it is probable enough; and nothing is learned."""
    ids = model.encode(TEST[:1000]) + model.encode(TEST[:500])  # the second time it is known
    drafter, state = model.drafter(most=6, confidence=0.05, memory="256K"), model.state(learn=True, memory="256K")
    lengths = set()
    for begin in range(0, len(ids), 7):
        drafter.feed(ids[begin : begin + 7])
        state.feed(ids[begin : begin + 7])
        expected, logprob, branch = [], 0.0, state.branch()
        while len(expected) < 6:
            best = branch.next(1)[0]
            logprob += math.log(best.probability)
            if logprob < math.log(0.05):
                break
            expected.append(best.id)
            branch.step(best.id)
        assert drafter.draft() == expected == drafter.draft()
        assert drafter.draft(2) == expected[:2]
        lengths.add(len(expected))
    assert len(lengths) > 2


def test_what_was_read_is_drafted_again(model: pylm.Model) -> None:
    ids = model.encode(TEST[:600])
    drafter = model.drafter(confidence=0.0)
    drafter.feed(ids)
    drafter.feed(ids[:10])
    assert len(drafter.draft()) == 8
    right = drafter.accept(ids[10:18])
    assert right >= 4
    assert (drafter.n_steps, drafter.n_accepted) == (1, right)
    drafter.start()
    drafter.feed(ids[:10])
    assert drafter.draft()[:2] == ids[10:12]
    drafter.reset()
    assert drafter.n_steps == 0
    drafter.feed(ids[:10])
    assert drafter.accept(ids[10:12]) == 0  # nothing was drafted


def test_all_ids_so_far(model: pylm.Model) -> None:
    """As llama-cpp-python asks."""
    ids, drafter, other = model.encode(TEST[:600]), model.drafter(), model.drafter()
    other.feed(ids[:100])
    assert drafter(np.array(ids[:100], np.intc)).tolist() == other.draft()
    other.accept(ids[100:103])
    draft = drafter(np.array(ids[:103], np.intc))
    assert draft.dtype == np.intc and draft.tolist() == other.draft()
    other.start()
    other.feed(ids[:50])
    assert drafter(ids[:50]).tolist() == other.draft()
    assert drafter.n_steps == 1
    with pytest.raises(pylm.ArgumentError, match="input_ids"):
        drafter([-1])


def test_measure(model: pylm.Model) -> None:
    ids = model.encode(TEST)
    exchanges = [(ids[i : i + 40], ids[i + 10 : i + 60]) for i in range(0, 400, 100)]
    found = {name: pylm.measure_drafts(drafter, exchanges) for name, drafter in drafters(model.drafter())}
    assert set(found) >= {"pylm", "prompt lookup"}
    for figures in found.values():
        assert figures.tokens == sum(len(said) for _, said in exchanges)
        # A step says what of its draft was right and one id more, unless the text ends before.
        assert 0 <= figures.steps + figures.accepted - figures.tokens <= len(exchanges)
        assert figures.accepted <= figures.drafted <= 8 * figures.steps
    drafter = model.drafter()
    figures = pylm.measure_drafts(drafter, exchanges)
    assert (figures.steps, figures.drafted) == (drafter.n_steps, drafter.n_drafted)
    assert pylm.measure_drafts(drafter, []).tokens_a_step == 0.0


def test_prompt_lookup() -> None:
    lookup = pylm.PromptLookup(longest=2, most=3)
    assert lookup.draft() == []
    lookup.feed([1, 2, 3, 4, 9, 2, 7, 8, 1, 2])
    assert lookup.draft() == [3, 4, 9]  # behind 1, 2, not behind the later 2
    lookup.accept([7])
    assert lookup.draft() == [8, 1, 2]
    lookup.start()
    assert lookup.draft() == []


def test_suffix_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls what its authors' package has, which is not needed for that."""
    calls: list[tuple[object, ...]] = []

    class SuffixDecodingCache:
        def __init__(self, max_tree_depth: int) -> None:
            calls.append(("new", max_tree_depth))

        def __getattr__(self, name: str):
            def call(*arguments: object, **options: object) -> object:
                calls.append((name, *arguments))
                return types.SimpleNamespace(token_ids=[5, 6])

            return call

    module = types.ModuleType("arctic_inference.suffix_decoding")
    module.SuffixDecodingCache = SuffixDecodingCache
    monkeypatch.setitem(sys.modules, "arctic_inference", types.ModuleType("arctic_inference"))
    monkeypatch.setitem(sys.modules, "arctic_inference.suffix_decoding", module)
    found = pylm.measure_drafts(pylm.SuffixDecoding(), [([1, 2], [5, 6, 7, 5, 9])])
    assert found[:4] == (5, 2, 4, 3)
    assert ("start_request", 1, [1, 2]) in calls and ("add_active_response", 1, [5, 6, 7]) in calls


def test_what_cannot_draft() -> None:
    kernel = pylm.train([TEST], tokenizer="words", kernel=pylm.KernelOptions(reach=2))
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        kernel.drafter()
    with pytest.raises(TypeError, match="drafter must be a drafter"):
        pylm.measure_drafts("model", [])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="exchanges must be"):
        pylm.measure_drafts(pylm.PromptLookup(), [([1], [2], [3])])  # type: ignore[list-item]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, exchanges = tmp_path / "model", tmp_path / "exchanges"
    get("pieces").save(path)
    lines = [{"prompt": TEST[:300], "output": TEST[100:400]}, {"prompt": [1, 2, 3], "output": [2, 3, 4]}]
    exchanges.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    assert main(["draft", str(path), str(exchanges)]) == 0
    assert "prompt lookup" in capsys.readouterr().out
    assert main(["draft", str(path), "--json", "--confidence", "0.5", "--most", "4", str(exchanges)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["drafter"] == "pylm" and rows[0]["tokens_a_step"] >= 1
    exchanges.write_text('{"prompt": "a"}\n')
    assert main(["draft", str(path), str(exchanges)]) == 1
    assert "line 1 should be" in capsys.readouterr().err
