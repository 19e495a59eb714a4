# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts that lost something or have errors in them: how much of it comes back, beside other tools.

    pip install symspellpy pyspellchecker wordninja
    python benchmarks/restoring.py MODEL TEXT [LINES]

MODEL is one of words, TEXT is new to it. Of so many lines (300) of it, typing errors are put into 14 % of the plain
words, one of four kinds each, or capitals or spaces are taken out. The others get the words of the model with their
counts.

    errors    words that are wrong; of spaces: 1 - F1 of where they stand; of capitals: of the words that have some
    touched   words that were right, and are not any more
    words/s   by processor time

pyspellchecker looks for one error in a word only: two take it minutes a line with so many words.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pylm

LINES, SLOW, SHARE, LETTERS = 300, 25, 0.14, "abcdefghijklmnopqrstuvwxyz"
PLAIN = re.compile(r"[A-Za-z]{3,}")


def mistype(word: str, rng: random.Random) -> str:
    """A word with an error."""
    i = rng.randrange(len(word))
    kind = rng.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + rng.choice(LETTERS) + word[i:]
    if kind == 2:
        return word[:i] + rng.choice(LETTERS) + word[i + 1 :]
    i = min(i, len(word) - 2)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def with_errors(lines: list[str]) -> list[str]:
    rng = random.Random(1)
    return [
        " ".join(mistype(w, rng) if PLAIN.fullmatch(w) and rng.random() < SHARE else w for w in line.split())
        for line in lines
    ]


def timed(decode: Callable[[list[str]], list[str]], lines: list[str]) -> tuple[list[str], float]:
    begin = time.process_time()
    found = decode(lines)
    return found, time.process_time() - begin


def each(decode: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    return lambda lines: [decode(line) for line in lines]


def together(decode: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    """As one text: a line has those before it as context."""
    return lambda lines: decode("\n".join(lines)).split("\n")


def by_word(name: str, decode: Callable[[list[str]], list[str]], wrong: list[str], right: list[str]) -> None:
    found, seconds = timed(decode, wrong)
    errors = touched = n = 0
    for was, is_, should in zip(wrong, found, right, strict=True):
        for a, b, c in zip(was.split(), is_.split(), should.split(), strict=True):
            n += 1
            errors += b != c
            touched += a == c and b != c
    print(f"{name:<28} errors {errors / n:.2%}  touched {touched / n:.2%}  {n / seconds:,.0f} words/s", flush=True)


def others(model: pylm.Model) -> dict[str, Callable[[str], str]]:
    from spellchecker import SpellChecker
    from symspellpy import SymSpell, Verbosity

    counts = {word: int(n) for word, n in zip(model.vocabulary(), model.counts().tolist(), strict=True) if n}
    symspell, checker = SymSpell(2, 7), SpellChecker(language=None, case_sensitive=True, distance=1)
    for word, n in counts.items():
        symspell.create_dictionary_entry(word, n)
        checker.word_frequency.dictionary[word] = n
    checker.word_frequency._update_dictionary()

    def by_symspell(line: str) -> str:
        found = (symspell.lookup(word, Verbosity.TOP, 2, include_unknown=True)[0].term for word in line.split())
        return " ".join(found)

    def by_checker(line: str) -> str:
        return " ".join(word if word in counts else checker.correction(word) or word for word in line.split())

    return {"SymSpell": by_symspell, "pyspellchecker": by_checker}


def spaces(name: str, decode: Callable[[list[str]], list[str]], lines: list[str]) -> None:
    found, seconds = timed(decode, [line.replace(" ", "") for line in lines])
    right = given = both = 0
    for is_, should in zip(found, lines, strict=True):
        places = [{len(text[: m.start()].replace(" ", "")) for m in re.finditer(" ", text)} for text in (is_, should)]
        given, right, both = given + len(places[0]), right + len(places[1]), both + len(places[0] & places[1])
    f1 = 2 * both / (given + right)
    print(f"{name:<28} errors {1 - f1:.2%}  {right / seconds:,.0f} words/s", flush=True)


def capitals(model: pylm.Model, lines: list[str]) -> None:
    found, seconds = timed(together(lambda text: pylm.restore(model, text, "case")), [line.lower() for line in lines])
    right = given = both = n = 0
    for is_, should in zip(found, lines, strict=True):
        for a, b in zip(is_.split(), should.split(), strict=True):
            n += 1
            given, right, both = given + (a != a.lower()), right + (b != b.lower()), both + (a == b != b.lower())
    print(f"{'case':<28} errors {1 - 2 * both / (given + right):.2%}  {n / seconds:,.0f} words/s", flush=True)


def main() -> None:
    model = pylm.load(sys.argv[1])
    n = int(sys.argv[3]) if len(sys.argv) > 3 else LINES
    text = Path(sys.argv[2]).read_text(encoding="utf-8")
    lines = [line for line in (" ".join(line.split()) for line in text.splitlines()) if len(line.split()) > 5][:n]
    wrong = with_errors(lines)
    by_word("typing errors, as they are", list, wrong, lines)
    pylm.correct(model, "")  # makes the index
    by_word("pylm", together(lambda text: pylm.correct(model, text)), wrong, lines)
    for name, decode in others(model).items():
        n = SLOW if name == "pyspellchecker" else len(lines)
        by_word(f"{name}, {n} lines", each(decode), wrong[:n], lines[:n])
    capitals(model, lines)
    plain = [" ".join(PLAIN.findall(line.lower())) for line in lines]
    spaces("spaces, pylm", together(lambda text: pylm.restore(model, text, "spaces")), plain)
    import wordninja

    spaces("spaces, wordninja", each(lambda line: " ".join(wordninja.split(line))), plain)


if __name__ == "__main__":
    main()
