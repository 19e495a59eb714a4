# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Which words made the topic's part of an explanation."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._core.native import ffi
from .._core.prediction import VISIBLE, shown, visible
from .context_names import WORD_BYTES, Contexts

READ = 1024  # symbols back that are looked at: of one further back less than 2 % is left
MOST_WORDS = 20
NAMED = 5  # words in a line for people
LEAST = 0.005  # bits of a word that is named
LETTERS = WORD_BYTES | frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True)
class TopicWord:
    """A token that was read, and what it has to do with the next one by its topic."""

    back: int  #: how many tokens back it stands; 1 is the previous one
    id: int
    token: str  #: written as in the names of contexts; of bytes, the word that ends there
    bits: float  #: its share of the topic's part


@dataclass(frozen=True)
class Topic:
    """What the hundreds of tokens before have to do with a token's probability, by what they are about; in a model of
    bytes, what the last words have. `offset`, those of `words`, and `rest` add up to `bits`, and that is what the parts
    of the kind "topic" are together."""

    bits: float  #: in log2(probability), as of a part
    offset: float  #: what the model says in any topic, after any words
    words: list[TopicWord]  #: those with the largest shares, largest first; 20 at most
    rest: float  #: all other tokens, and what rounding left

    @property
    def named(self) -> list[TopicWord]:
        """The words that are worth naming to people, 5 at most."""
        return [word for word in self.words[:NAMED] if abs(word.bits) >= LEAST]

    @property
    def made_of(self) -> str:
        """For people, as in "bank (3 tokens back) +0.31, loan (17 back) +0.22, any topic +0.10, others -0.02"."""
        named = self.named
        others = self.bits - self.offset - sum(word.bits for word in named)
        result = [f"{word.token} ({word.back} back) {word.bits:+.2f}" for word in named]
        if named:
            tokens = "token" if named[0].back == 1 else "tokens"
            result[0] = result[0].replace(" back) ", f" {tokens} back) ")
        return ", ".join([*result, f"any topic {self.offset:+.2f}", f"others {others:+.2f}"])


class TopicAsked:
    """The argument of pylm_explain_topic() for symbols that were read, and what came back."""

    def __init__(self, read: Sequence[int]) -> None:
        self._symbols = array("I", read[-READ:])
        n = len(self._symbols)
        self._source = ffi.from_buffer("uint32_t[]", self._symbols)
        self._shares = ffi.new("int32_t[]", n + 1)
        self.argument: Any = ffi.new("pylm_topic *", {"symbols": self._source, "n": n, "shares_q16": self._shares})

    def answer(self, contexts: Contexts) -> Topic:
        found, n = self.argument, len(self._symbols)
        order = sorted(range(n), key=lambda i: (-abs(self._shares[i]), -i))
        largest = [i for i in order[:MOST_WORDS] if self._shares[i]]
        words = [
            TopicWord(n - i, self._symbols[i], self._text_at(i, contexts), -self._shares[i] / 65536) for i in largest
        ]
        rest = found.cost_q16 - found.offset_q16 - sum(self._shares[i] for i in largest)
        return Topic(-found.cost_q16 / 65536, -found.offset_q16 / 65536, words, -rest / 65536)

    def _text_at(self, i: int, contexts: Contexts) -> str:
        if not contexts.is_bytes:
            return visible(contexts.text_of(self._symbols[i]))
        read, begin = bytes(self._symbols[: i + 1].tolist()), i
        while begin and read[begin] in LETTERS and read[begin - 1] in LETTERS:
            begin -= 1
        return visible(shown(read[begin:]).translate(VISIBLE))
