# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Back-off n-grams from an ARPA file, by plain lookups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from random import Random

Grams = dict[tuple[str, ...], tuple[float, float]]


class BackOff:
    """Katz's form: the probability of the longest n-gram that is there, times the weights of those that are not."""

    def __init__(self, grams: Grams, order: int) -> None:
        self._grams, self.order = grams, order

    def log10(self, context: tuple[str, ...], word: str) -> float:
        found = self._grams.get((*context, word))
        if found:
            return found[0]
        if not context:
            return self._grams[("<unk>",)][0]
        return self._grams.get(context, (0.0, 0.0))[1] + self.log10(context[1:], word)

    def drawn(self, n: int, seed: int) -> list[str]:
        """n words from the beginning of a sentence, each drawn from its whole distribution: one that is there behind
        the longest context, or one of a shorter context that is not. <unk> is drawn anew."""
        random, context, words = Random(seed), ("<s>",), list[str]()
        while len(words) < n:
            word = self._drawn(context, random)
            if word in ("<unk>", "<s>"):
                continue
            words.append(word)
            context = ("<s>",) if word == "</s>" else (*context, word)[-(self.order - 1) :]
        return words

    def _drawn(self, context: tuple[str, ...], random: Random) -> str:
        followers = self._followers.get(context, {})
        if not context or random.random() < sum(followers.values()):
            return random.choices(list(followers), list(followers.values()))[0]
        while (word := self._drawn(context[1:], random)) in followers:
            pass
        return word

    @cached_property
    def _followers(self) -> dict[tuple[str, ...], dict[str, float]]:
        """The words behind each context, with their probabilities."""
        found: dict[tuple[str, ...], dict[str, float]] = {}
        for gram, (log10, _) in self._grams.items():
            found.setdefault(gram[:-1], {})[gram[-1]] = 10**log10
        return found

    def nats(self, words: Sequence[str]) -> float:
        """The loss of a text from the beginning of a sentence; "</s>" ends one, and the next begins."""
        total, context = 0.0, ("<s>",)
        for word in words:
            total -= self.log10(context, word)
            context = ("<s>",) if word == "</s>" else (*context, word)[-(self.order - 1) :]
        return total * math.log(10)


def read_arpa(path: Path) -> BackOff:
    grams: Grams = {}
    order = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if line.startswith("\\") and line.endswith("-grams:\n"):
                order = int(line[1 : line.index("-")])
            elif len(cells) >= 2:
                grams[tuple(cells[1].split(" "))] = float(cells[0]), float(cells[2]) if len(cells) > 2 else 0.0
    return BackOff(grams, order)
