# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a word of a text may have been: known words that a change makes the same, or that are a few edits away."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from .._core.arguments import described, number, several
from .._core.image import Image
from ..errors import ArgumentError

Change: TypeAlias = Callable[[str], str]
MOST_COST = 1000.0  # nats
MOST_LETTERS = 100  # of a word that has others near it: there are as many with a letter less, each as long
MOST_WORDS = 12  # that a word may have been by edits: the likeliest, itself aside
MARGIN = 12.0  # nats by which one of them may be less likely than what is there, by itself: so much a text decides
LETTERS = 26  # that one may be taken for another
SIGNS = "\"'()[]{}.,;:!?«»„“”‚‘’…-–—"


def without_accents(text: str) -> str:
    """A text without the marks on its letters."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def without_punctuation(text: str) -> str:
    """A word without the signs before and behind it; what is all signs, as it is."""
    return text.strip(SIGNS) or text


CHANGES: dict[str, Change] = {"accents": without_accents, "case": str.lower, "punctuation": without_punctuation}


def forms_in_case(word: str) -> list[str]:
    """An unknown word as it is, with a capital, and in capitals: the model's spelling says which."""
    i = next((i for i, c in enumerate(word) if c.isalpha()), 0)
    return list(dict.fromkeys([word, word[:i] + word[i : i + 1].upper() + word[i + 1 :], word.upper()]))


def change_of(undo: str | Change | Iterable[str | Change]) -> Change:
    """The change that is to be undone, of one or several; ArgumentError, TypeError."""
    if isinstance(undo, str):
        undo = undo.split(",")
    parts: list[Change] = []
    for part in [undo] if callable(undo) else several("undo", undo, "changes"):
        if callable(part):
            parts.append(part)
        elif isinstance(part, str) and part.strip() in CHANGES:
            parts.append(CHANGES[part.strip()])
        else:
            names = ", ".join(map(repr, CHANGES))
            raise ArgumentError(f"undo must be {names}, several of them, or a function, not {described(part)}")

    def change(text: str) -> str:
        for part in parts:
            text = part(text)
        return text

    return change


def known_words(image: Image) -> list[str]:
    """The words of a model, by their ids; "" for those that no text may be given."""
    special = {image.unknown, image.line_end}
    texts = (image.symbol_text(i).decode("utf-8", "surrogateescape") for i in range(image.n_symbols))
    return ["" if i in special else text for i, text in enumerate(texts)]


class Alternative(NamedTuple):
    """What a word may have been."""

    text: str
    cost: float  # nats
    known: bool = True  # False: the model does not have it, and its letters say nothing about which one it is


class Changed:
    """Words that a change makes the same. One with signs around it, which is not known so, goes by what it is without
    them."""

    def __init__(self, image: Image, change: Change) -> None:
        from .._core.counts import frequencies

        self._change, self._has_case = change, False
        try:
            self._has_case = change("Aa") == "aa"
        except Exception as error:
            raise ArgumentError(f"undo: the function must take any word, but of 'Aa' it says {error!r}") from error
        self._words: dict[str, list[Alternative]] = {}
        self._shares: dict[str, float] = {}
        counts = frequencies(image.root)
        for i, word in enumerate(known_words(image)):
            if word:
                self._words.setdefault(change(word), []).append(Alternative(word, 0.0))
                self._shares[word] = float(counts[i] + 1)

    def of(self, word: str) -> list[Alternative]:
        """What a word may have been; itself, if nothing that is known, in another case if that was changed."""
        found = self._words.get(self._change(word))
        if found:
            return found
        inner = word.strip(SIGNS)
        forms = self._words.get(self._change(inner)) if inner and inner != word else None
        if not forms:
            return [Alternative(form, 0.0) for form in (forms_in_case(word) if self._has_case else [word])]
        begin = word.index(inner)
        total = sum(self._shares[form.text] for form in forms)
        behind = word[begin + len(inner) :]
        costs = [-math.log(self._shares[form.text] / total) for form in forms]
        return [
            Alternative(word[:begin] + form.text + behind, cost, False) for form, cost in zip(forms, costs, strict=True)
        ]


@dataclass(frozen=True)
class EditModel:
    """What typing errors cost, in nats: minus the natural log of how probable each is.

    `confused` has pairs of letters that are easily taken for each other, such as ("rn", "m") of OCR or neighbours on a
    keyboard: of one or two letters each, in either direction.
    """

    delete: float = 11.0  #: a letter is missing
    insert: float = 11.0  #: one too many
    substitute: float = 11.0  #: another one in its place
    transpose: float = 11.0  #: two in the wrong order
    confused: frozenset[tuple[str, str]] = frozenset()
    confuse: float = 8.0  #: one of a pair for the other

    def __post_init__(self) -> None:
        for name in ("delete", "insert", "substitute", "transpose", "confuse"):
            number(name, getattr(self, name), 0, MOST_COST)
        pairs = {(str(a), str(b)) for a, b in several("confused", self.confused, "pairs of letters")}
        object.__setattr__(self, "confused", frozenset(pairs | {(b, a) for a, b in pairs}))

    @classmethod
    def fitted(cls, examples: Iterable[tuple[str, str]]) -> EditModel:
        """What errors cost by examples: words as they were meant and as they were typed, most of them alike. An error
        of a kind is as probable as its share of the words, at any letter, and an added or other letter is any one."""
        pairs = [(str(meant), str(typed)) for meant, typed in several("examples", examples, "pairs of words")]
        if not pairs:
            raise ArgumentError("examples: there are none; give words as they were meant and as they were typed")
        kinds = {"delete": 0.5, "insert": 0.5, "substitute": 0.5, "transpose": 0.5}
        one = cls(1.0, 10.0, 100.0, 1000.0)  # no sum of two of them is another
        names = dict(zip((1.0, 10.0, 100.0, 1000.0), kinds, strict=True))
        for meant, typed in pairs:
            kind = names.get(one.cost(meant, typed))
            if kind is not None:
                kinds[kind] += 1
        places = max(sum(len(meant) for meant, _ in pairs) / len(pairs), 1.0)
        letters = {"insert": LETTERS, "substitute": LETTERS}
        costs = [math.log(len(pairs) * places * letters.get(kind, 1) / n) for kind, n in kinds.items()]
        return cls(costs[0], costs[1], costs[2], costs[3])

    def cost(self, meant: str, typed: str) -> float:
        """What it costs that a word was typed so. Beyond what begins and ends alike, one edit is told from another, and
        more than two count by their letters."""
        begin, most = 0, min(len(meant), len(typed))
        while begin < most and meant[begin] == typed[begin]:
            begin += 1
        end = 0
        while end < most - begin and meant[-1 - end] == typed[-1 - end]:
            end += 1
        a, b = meant[begin : len(meant) - end], typed[begin : len(typed) - end]
        if not a and not b:
            return 0.0
        if (a, b) in self.confused:
            return self.confuse
        if len(a) == 2 and a == b[::-1]:
            return self.transpose
        both = min(len(a), len(b))
        more = self.delete * (len(a) - both) if len(a) > both else self.insert * (len(b) - both)
        return self.substitute * both + more


class Edited:
    """Words that are an edit away, or two of them: a letter less here and there (SymSpell's way: Garbe, 2012)."""

    def __init__(self, image: Image, edits: EditModel) -> None:
        import numpy as np

        from .._core.counts import frequencies

        counts = frequencies(image.root)
        self._edits, self._words = edits, known_words(image)
        self._known = {word: -float(np.log(counts[i] + 1)) for i, word in enumerate(self._words)}
        numbers = np.fromiter((i for i, word in enumerate(self._words) for _ in _shortened(word)), np.uint32)
        keys = np.fromiter((hash(s) for word in self._words for s in _shortened(word)), np.int64, len(numbers))
        order = np.argsort(keys, kind="stable")
        self._keys, self._numbers = keys[order], numbers[order]
        self._kept: dict[str, list[Alternative]] = {}

    def of(self, word: str) -> list[Alternative]:
        """What a word may have been, and the cost of each; itself at no cost."""
        if word not in self._kept:
            self._kept[word] = self._find(word)
        return self._kept[word]

    def _find(self, word: str) -> list[Alternative]:
        found = []
        for i in self._near(word):
            other = self._words[i]
            if other and other != word:
                cost = self._edits.cost(other, word)
                found.append((cost + self._known[other], other, cost))
        found.sort()
        most = self._known[word] + MARGIN if word in self._known else MOST_COST
        likely = (Alternative(other, cost) for total, other, cost in found[:MOST_WORDS] if total < most)
        return [Alternative(word, 0.0), *likely]

    def _near(self, word: str) -> set[int]:
        import numpy as np

        keys = np.array([hash(s) for s in _shortened(word)], np.int64)
        begins, ends = np.searchsorted(self._keys, keys), np.searchsorted(self._keys, keys, "right")
        return {int(i) for begin, end in zip(begins, ends, strict=True) for i in self._numbers[begin:end]}


def _shortened(word: str) -> set[str]:
    """A word, and what it is without one of its letters; nothing of what is too long for a word."""
    if len(word) > MOST_LETTERS:
        return set()
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))} if len(word) > 1 else {word}
