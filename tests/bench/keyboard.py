# SPDX-License-Identifier: MIT
"""What the keyboard is worth to people whose texts no model has seen: next words guessed, keys saved, time.

    python tests/bench/keyboard.py FOLDER [GENERAL] > results.md

FOLDER has what keyboard_texts.py wrote. For each of the two corpora, models of 1 MB and 10 MB are trained on what the other people
wrote, the larger ones also on GENERAL, a plain text; they stay in FOLDER. Then every text of the held-out people is typed anew, paragraph by
paragraph, and everything is asked of pylm.Keyboard before it may learn it.

Word        letters and digits with apostrophes and hyphens inside (keyboard_texts.WORD), so also "2002". Signs are not guessed and
            count for nothing in top 1 and top 3, but are read as context, which is the paragraph so far.
Top 1, 3    of all words, how many are the first of the suggestions, or among three, before any letter of it is typed.
            With the right case: "the" for "The" is wrong.
Keys        without suggestions a key for every character, spaces, signs and the paragraph's end among them; capitals are
            one key. With suggestions, a word is taken with one key as soon as it is among the three, and the space behind it comes with it. Before
            one of the signs .,;:!?) that space goes by itself, as in `pylm keyboard`; before others it takes a key to delete.
            What is never suggested is typed out.
Learning    each person starts from an empty keyboard of the default memory. A paragraph is learned when it is complete.
Time        of suggest() in Python, one thread, CPU time: of a next word, and of completing a started one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pylm
from keyboard_texts import WORD, split

CLOSING = ".,;:!?)"
SIZES = ["1M", "10M"]
HEAD = (
    "| corpus | model | learning | words | top 1 | top 3 | keys saved | µs next word | µs with prefix | slowest 1 % from |\n"
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


class Typist:
    """Types texts and counts."""

    def __init__(self) -> None:
        self.words = self.top1 = self.top3 = self.keys = self.plain_keys = 0
        self.next_times: list[float] = []
        self.prefix_times: list[float] = []

    def type_texts(self, keyboard: pylm.Keyboard, texts: list[str], learning: bool) -> None:
        for text in texts:
            for line in text.split("\n"):
                self._type_line(keyboard, line)
                if learning:
                    keyboard.learn(line)

    def _type_line(self, keyboard: pylm.Keyboard, line: str) -> None:
        self.plain_keys += len(line) + 1
        self.keys += len(line) + 1
        for found in WORD.finditer(line):
            self.keys -= self._saved(keyboard, line[: found.start()], found.group(), line[found.end() : found.end() + 1])

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


def trained(texts: list[Path], path: Path, size: str) -> Path:
    """The model of this size; trained unless it is there."""
    if not path.exists():
        command = [sys.executable, "-m", "pylm", "train", *texts, "-o", path, "--tokenizer", "words", "--size", size]
        subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)
    return path


def main() -> None:
    folder = Path(sys.argv[1])
    general = folder / "general.split"
    if len(sys.argv) > 2:
        general.write_text(split(Path(sys.argv[2]).read_text(encoding="utf-8")), encoding="utf-8")
    print(HEAD, flush=True)
    for corpus in ("mail", "sotu"):
        people = json.loads((folder / f"{corpus}.people.json").read_text(encoding="utf-8"))
        own = folder / f"{corpus}.train.split"
        for size in SIZES:
            texts = [own, general] if size == SIZES[-1] and len(sys.argv) > 2 else [own]
            path = trained(texts, folder / f"{corpus}.{size}.{len(texts)}.pylm", size)
            with pylm.load(path) as model:
                for learning in (False, True):
                    typist = Typist()
                    for own_texts in people.values():
                        typist.type_texts(pylm.Keyboard(model), own_texts, learning)
                    name = f"{corpus} | {path.stat().st_size / 1e6:.2f} MB, {model.n_symbols:,} words"
                    print(f"| {name} | {'yes' if learning else 'no'} | {typist.row()}", flush=True)


if __name__ == "__main__":
    main()
