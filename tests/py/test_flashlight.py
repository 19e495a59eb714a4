# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The adapter for flashlight-text's decoders, against the library itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from texts import make_text

import pylm

decoder = pytest.importorskip("flashlight.lib.text.decoder")

TEXT = make_text(3000, seed=3)
WORDS = [*sorted(set(TEXT.split()))[:50], "zorkmid"]
LOG10 = math.log(10)


@pytest.fixture(scope="module")
def model() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words")


def scores(lm: object, words: list[str], nothing: bool = False) -> list[float]:
    """Of words, one behind the other, and of the end."""
    state, found = lm.start(nothing), []  # type: ignore[attr-defined]
    for word in words:
        state, score = lm.score(state, WORDS.index(word))  # type: ignore[attr-defined]
        found.append(score)
    return [*found, lm.finish(state)[1]]  # type: ignore[attr-defined]


def test_scores(model: pylm.Model) -> None:
    from pylm.adapters.flashlight import FlashlightLM

    lm = FlashlightLM(model, WORDS)
    for words in ([WORDS[3], WORDS[7], WORDS[3]], ["zorkmid", WORDS[1]], []):
        expected = model.score(" ".join(words)) / LOG10
        assert sum(scores(lm, words)) == pytest.approx(expected)
        assert scores(lm, words) == scores(lm, words)  # what was found before is forgotten, not mixed up
    assert scores(lm, [WORDS[3]], nothing=True) != scores(lm, [WORDS[3]])
    first = lm.start(False)
    again = [lm.score(first, 5) for _ in range(2)]
    assert again[0][1] == again[1][1] and again[0][0] is again[1][0]


def test_a_state_that_has_learned(model: pylm.Model) -> None:
    from pylm.adapters.flashlight import FlashlightLM

    state = model.state(learn=True)
    state.feed(" ".join([WORDS[3], WORDS[9]] * 30) + "\n")
    lm = FlashlightLM(model, WORDS, state)
    words = [WORDS[3], WORDS[9]]
    assert sum(scores(lm, words)) > model.score(" ".join(words)) / LOG10 + 0.5
    assert sum(scores(lm, words)[:-1]) == pytest.approx(state.branch().score(" ".join(words)) / LOG10)


def test_it_decodes(model: pylm.Model) -> None:
    """Of two words that sound alike, the one that the model expects."""
    from pylm.adapters.flashlight import FlashlightLM

    lm = FlashlightLM(model, WORDS)
    letters = ["-", " ", *sorted(set("".join(WORDS)))]
    likely = max(WORDS[:-1], key=lambda word: model.score(word, add_eos=False))
    trie = decoder.Trie(len(letters), 1)
    for i, word in enumerate(WORDS):
        trie.insert([*(letters.index(c) for c in word), 1], i, 0.0)
    options = decoder.LexiconDecoderOptions(50, 30, 50.0, 2.0, 0.0, -math.inf, 0.0, False, decoder.CriterionType.CTC)
    found = decoder.LexiconDecoder(options, trie, lm, 1, 0, -1, [], False)
    heard = np.full((2 * len(likely) + 2, len(letters)), -4.0, np.float32)
    for i, c in enumerate([*likely, " "]):
        heard[2 * i, letters.index(c)] = heard[2 * i + 1, 0] = 0.0
    heard[0, :] = -1.0  # the first letter was not heard
    best = found.decode(heard.ctypes.data, *heard.shape)[0]
    assert [WORDS[i] for i in best.words if i >= 0] == [likely]
