# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A model for the decoders of flashlight-text and of torchaudio, in the place of KenLM.

    from flashlight.lib.text.decoder import LexiconDecoder
    from pylm.adapters.flashlight import FlashlightLM

    lm = FlashlightLM(pylm.load("text.pylm"), words)      # words in the order of the decoder's dictionary
    decoder = LexiconDecoder(options, trie, lm, silence, blank, unknown, transitions, False)

torchaudio takes it as ``ctc_decoder(lm=lm, ...)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from flashlight.lib.text.decoder import LM, LMState

from .._core.arguments import several
from .._core.in_use import InUse, alone
from .._core.native import NONE, check, ffi, lib
from .._core.prediction import LOG10_PER_COST
from .._core.reader import image_of
from .._model import Model

STATE = ffi.typeof("pylm_state *")
_Known: TypeAlias = tuple[Any, int, float]  # the state before a word, its symbol, its score


class FlashlightLM(LM):  # type: ignore[misc]  # it has no types
    """A model of words. Scores are logarithms to base 10, as KenLM's are there, so that weights mean the same.

    model   a `pylm.Model` of words.
    words   those of the decoder's word dictionary, in the order of their indices: ``dictionary.get_entry(i)``. A word
            that the model does not have costs ``<unk>`` and its letters.
    state   a `pylm.State` to go on from, which may have learned; None: the beginning of a text. It must not read on
            while the decoder is used.

    Keep it as long as the decoder is used, which does not.

    A decoder asks for the same word behind the same words again and again, frame after frame: what was found is kept
    until `start()` is called for the next utterance. One thread at a time; another one gets a BusyError.
    """

    def __init__(self, model: Model, words: Iterable[str], state: Any = None) -> None:
        super().__init__()
        image = self._image = image_of("model", model)
        self._use = InUse() if state is None else state._use
        self._model, self._begin = image.model, ffi.new("pylm_state *")
        if state is None:
            lib.pylm_state_init(image.model, self._begin)
        else:
            self._held = state.branch()
            self._begin[0] = self._held._state[0]
        self._symbols: list[int] = []
        self._letters: list[int] = []
        for word in several("words", words, "words"):
            symbols = image.symbols(word, add_eos=False)
            self._symbols.append(symbols[0] if len(symbols) == 1 else image.unknown)
            self._letters.append(image.spelled(word, symbols).cost)
        self._work, self._cost = image.new_work(), ffi.new("uint32_t *")
        self._states: dict[Any, Any] = {}
        self._known: dict[Any, _Known] = {}

    @alone
    def start(self, start_with_nothing: bool) -> Any:
        """The state before the first word."""
        self._states.clear()
        self._known.clear()
        first = LMState()
        self._states[first] = ffi.new(STATE) if start_with_nothing else self._begin
        return first

    @alone
    def score(self, state: Any, word: int) -> tuple[Any, float]:
        """The state behind a word, and its score."""
        after = state.child(word)
        known = self._known.get(after)
        if known is None:
            symbol = self._symbols[word]
            cost = self._cost_of(state, symbol) + self._letters[word]
            known = self._known[after] = state, symbol, -cost * LOG10_PER_COST
        return after, known[2]

    @alone
    def finish(self, state: Any) -> tuple[Any, float]:
        """The state behind the end of the sentence, and its score."""
        end = self._image.line_end
        return state.child(-1), 0.0 if end == NONE else -self._cost_of(state, end) * LOG10_PER_COST

    def _cost_of(self, state: Any, symbol: int) -> int:
        before = self._states.get(state) or self._read(state)
        check(lib.pylm_cost(self._model, before, symbol, self._work, self._cost))
        cost: int = self._cost[0]
        return cost

    def _read(self, state: Any) -> Any:
        """Where the text stands, which few states are ever asked for: it is made when that happens."""
        before, symbol, _ = self._known[state]
        made = self._states[state] = ffi.new(STATE, (self._states.get(before) or self._read(before))[0])
        check(lib.pylm_state_read(self._model, made, symbol))
        return made
