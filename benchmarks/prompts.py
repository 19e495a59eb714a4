# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What prompts cost that were written to be slow, against such as nobody chose.

    python benchmarks/prompts.py TEXT > results.md

A model of each kind is trained on TEXT. Who has its file knows where its vocabulary has words, and writes words that it
does not have, each into the beginning of one of the longest runs of slots ("into long runs"); for pieces, letters of
which as many lengths as possible fall into long runs. Other prompts say the most frequent words in any order, so that
every context is found and has long lists; repeat one letter without a space; and are bytes at random. Of each prompt,
100 KB are encoded and scored; a state that learns reads them; CPU seconds a MB, the least of five.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import pylm

PROMPT_NBYTES, LONGEST_PIECE, WORD_NBYTES = 100_000, 16, 8
KINDS = {
    "bytes": {"tokenizer": "bytes", "profile": "fast"},
    "pieces": {"tokenizer": "pieces"},
    "words": {"tokenizer": "words"},
}


class Slots:
    """Where a vocabulary's strings lie in its table, as in FORMAT.md, section 3."""

    def __init__(self, image: bytes) -> None:
        self._reader = pylm_reader()
        header = self._reader.open_header(image)
        width, self._bits, self._factor = int(header.n_symbols).bit_length(), header.vocab_slot_bits, header.factor
        n = 1 << self._bits
        packed = np.frombuffer(image, np.uint8, (n * width + 7) // 8, header.vocab_slots)
        taken = np.unpackbits(packed, bitorder="little")[: n * width].reshape(n, width).any(axis=1)
        self.run = np.zeros(n, np.int64)  # taken slots from each one on
        run = 0
        for i in range(2 * n - 1, -1, -1):
            run = run + 1 if taken[i % n] else 0
            self.run[i % n] = min(run, n)

    def tried(self, words: np.ndarray) -> np.ndarray:
        """How many slots are looked at before each of the strings, an array of bytes, is known to be missing."""
        hashes = np.full(len(words), self._reader.SEED, np.uint64)
        for column in [*words.T.astype(np.uint64), np.full(len(words), words.shape[1], np.uint64)]:
            hashes = mixed(hashes ^ column, self._reader.FACTOR)
        return self.run[(mixed(hashes, self._factor) >> np.uint64(32)) & np.uint64((1 << self._bits) - 1)]


def mixed(hashes: np.ndarray, factor: int) -> np.ndarray:
    hashes = hashes * np.uint64(factor)
    return hashes ^ hashes >> np.uint64(32)


def pylm_reader() -> Any:
    """The reader of images among the examples."""
    import importlib.util
    import sys

    path = Path(__file__).parents[1] / "examples" / "reader.py"
    specification = importlib.util.spec_from_file_location("reader", path)
    reader = importlib.util.module_from_spec(specification)
    sys.modules["reader"] = reader
    specification.loader.exec_module(reader)
    return reader


def letters(numbers: np.random.Generator, n: int, length: int) -> np.ndarray:
    return numbers.integers(ord("a"), ord("z") + 1, (n, length), np.uint8)


def into_long_runs(slots: Slots, kind: str, numbers: np.random.Generator) -> bytes:
    """Unknown words, or pieces, that are looked for in as many slots as can be."""
    if kind == "words":
        words = letters(numbers, 1 << 22, WORD_NBYTES)
        chosen = words[np.argsort(-slots.tried(words), kind="stable")[: PROMPT_NBYTES // (WORD_NBYTES + 1)]]
        return b" ".join(map(bytes, numbers.permutation(chosen)))
    strings = letters(numbers, 1 << 18, LONGEST_PIECE)
    tried = sum(slots.tried(strings[:, :n]) for n in range(2, LONGEST_PIECE + 1))
    return b"".join(map(bytes, strings[np.argsort(-tried, kind="stable")[: PROMPT_NBYTES // LONGEST_PIECE]]))


def prompts(text: bytes, kind: str, image: bytes) -> dict[str, bytes]:
    numbers, words = np.random.default_rng(1), text.split()
    frequent = [word for word, _ in Counter(words).most_common(100)]
    chance = random.Random(1)
    made = {
        "the text": text,
        "letters at random": b" ".join(map(bytes, letters(numbers, PROMPT_NBYTES // 9, 8))),
        "bytes at random": chance.randbytes(PROMPT_NBYTES),
        "words of the text at random": b" ".join(chance.choices(words, k=PROMPT_NBYTES // 4)),
        "frequent words": b" ".join(chance.choices(frequent, k=PROMPT_NBYTES // 2)),
        "one letter": b"a" * PROMPT_NBYTES,
        "spaces and line ends": b" \n" * (PROMPT_NBYTES // 2),
        "signs": b".,;" * (PROMPT_NBYTES // 3),
    }
    if kind != "bytes":
        made["into long runs"] = into_long_runs(Slots(image), kind, numbers)
    return {name: prompt[:PROMPT_NBYTES] for name, prompt in made.items()}


def cpu_seconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    options = parser.parse_args()
    print("| model | prompt | tokens | encode | score | learn |\n| --- | --- | ---: | ---: | ---: | ---: |", flush=True)
    for kind, settings in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            pylm.train(options.text, output=path, **settings).close()
            image = path.read_bytes()
            model = pylm.load(path)
            for name, prompt in prompts(options.text.read_bytes(), kind, image).items():
                nmb = len(prompt) / 1e6
                costs = [
                    cpu_seconds(lambda: model.encode(prompt)),  # noqa: B023
                    cpu_seconds(lambda: model.score(prompt)),  # noqa: B023
                    cpu_seconds(lambda: model.state(learn=True, memory="1M").feed(prompt)),  # noqa: B023
                ]
                shown = " | ".join(f"{seconds / nmb:.3f}" for seconds in costs)
                print(f"| {kind} | {name} | {len(model.encode(prompt)):,} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
