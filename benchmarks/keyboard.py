# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the keyboard is worth to people whose texts no model has seen: next words guessed, keys saved, time.

    python benchmarks/keyboard.py FOLDER mail 1M 10000
    python benchmarks/keyboard.py FOLDER sotu 10M 20000 GENERAL

FOLDER has what keyboard_texts.py wrote. A model of the size is trained on what the other people of the corpus wrote,
and on GENERAL, a plain text, if there is one; of its words it knows the 10,000 or so most frequent. It stays in FOLDER.
Then texts of the held-out people, the first 2,000 words of each so that nobody outweighs the others, are typed anew,
paragraph by paragraph, and everything is asked of pylm.Keyboard before it may learn it. Prints rows of a table: without
and with learning.

Word      letters and digits with apostrophes and hyphens inside (keyboard_texts.WORD), so also "2002". Signs are not
          guessed and count for nothing in top 1 and top 3; as context, which is the paragraph so far, they are read.
Top 1, 3  of all words, also those that the model does not know, how many are the first of the suggestions, or among
          three, before any letter of it is typed. In the case of the text: "the" for "The" is wrong.
Keys      without suggestions, one for every character, spaces, signs and the paragraph's end among them; capitals are
          one. With suggestions, a word is taken with one key as soon as it is among the three, and the space behind it
          comes with it. Before one of .,;:!?) that space goes by itself, as in `pylm keyboard`; before other signs it
          takes a key to delete. What is never suggested is typed out.
Learning  each person starts from an empty keyboard of the default memory. A paragraph is learned when it is complete.
Time      of suggest() in Python, k = 3, one thread, mean CPU time: of next words, of words begun, and what 1 % exceed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from common import with_unknown
from keyboard_texts import WORD, split

import pylm

CLOSING = ".,;:!?)"
MOST_WORDS = 2000  # of a person


class Typist:
    """Types texts and counts."""

    def __init__(self) -> None:
        self.words = self.top1 = self.top3 = self.keys = self.plain_keys = 0
        self.next_times: list[float] = []
        self.prefix_times: list[float] = []

    def type_lines(self, keyboard: pylm.Keyboard, lines: Iterator[str], learning: bool) -> None:
        for line in lines:
            self._type_line(keyboard, line)
            if learning:
                keyboard.learn(line)

    def _type_line(self, keyboard: pylm.Keyboard, line: str) -> None:
        self.plain_keys += len(line) + 1
        self.keys += len(line) + 1
        for word in WORD.finditer(line):
            following = line[word.end() : word.end() + 1]
            self.keys -= self._saved(keyboard, line[: word.start()], word.group(), following)

    def _saved(self, keyboard: pylm.Keyboard, context: str, word: str, following: str) -> int:
        """How many keys suggestions save at a word."""
        for n_typed in range(len(word)):
            times = self.prefix_times if n_typed else self.next_times
            began = time.process_time()
            shown = [s.text for s in keyboard.suggest(context, word[:n_typed], 3)]
            times.append(time.process_time() - began)
            if not n_typed:
                self.words += 1
                self.top1 += shown[:1] == [word]
                self.top3 += word in shown
            if word in shown:
                space = 1 if following == " " else 0 if following in CLOSING else -1  # "" is in CLOSING
                return len(word) - n_typed - 1 + space
        return 0

    def row(self) -> str:
        slow = sorted(self.next_times + self.prefix_times)
        return (
            f"{self.words:,} | {self.top1 / self.words:.1%} | {self.top3 / self.words:.1%} "
            f"| {1 - self.keys / self.plain_keys:.1%} | {mean_us(self.next_times)} | {mean_us(self.prefix_times)} "
            f"| {slow[len(slow) * 99 // 100] * 1e6:.0f} |"
        )


def mean_us(times: list[float]) -> str:
    return f"{sum(times) / len(times) * 1e6:.0f}"


def first_lines(texts: list[str]) -> Iterator[str]:
    """The paragraphs until there are enough words."""
    n = 0
    for line in "\n".join(texts).split("\n"):
        if n >= MOST_WORDS:
            return
        yield line
        n += len(WORD.findall(line))


def write_training_text(texts: list[Path], n_words: int, path: Path) -> None:
    """Words and signs apart, and "<unk>" for all but the most frequent ones, and for all that came once."""
    lines = (split(line) for text in texts for line in text.read_text(encoding="utf-8").split("\n"))
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(with_unknown(lines, n_words))


def train(texts: list[Path], n_words: int, size: str, path: Path) -> None:
    text = path.with_suffix(".txt")
    write_training_text(texts, n_words, text)
    command = [sys.executable, "-m", "pylm", "train", text, "-o", path, "--tokenizer", "words", "--size", size]
    subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)


def main() -> None:
    folder, corpus, size, n_words, general = Path(sys.argv[1]), *sys.argv[2:5], sys.argv[5:]
    path = folder / f"{corpus}.{size}.{n_words}{'.general' if general else ''}.pylm"
    if not path.exists():
        train([folder / f"{corpus}.train", *map(Path, general)], int(n_words), size, path)
    people = json.loads((folder / f"{corpus}.people.json").read_text(encoding="utf-8"))
    name = f"{corpus} | {path.stat().st_size / 1e6:.2f} MB{', general' if general else ''}"
    with pylm.load(path) as model:
        for learning in (False, True):
            typist = Typist()
            for texts in people.values():
                typist.type_lines(pylm.Keyboard(model), first_lines(texts), learning)
            print(f"| {name} | {'yes' if learning else 'no'} | {typist.row()}", flush=True)


if __name__ == "__main__":
    main()
