# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A fuzzer of what Python reads: stores, archives, saved states and keyboards, compressed texts, lists of words,
schemas and regular expressions. Each is changed at random; then it is taken, or refused by an error of pylm.

python tests/fuzz/fuzz_files.py CPU-SECONDS [SEED]
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pylm
from pylm.store import file as store_file

GOLDEN = Path(__file__).parents[1] / "golden"
TEXT = (GOLDEN / "text.txt").read_bytes()[:1000]
SCHEMA = {
    "type": "object",
    "properties": {
        "a": {"type": "array", "items": {"type": "integer", "minimum": -7, "maximum": 120}, "maxItems": 3},
        "b": {"anyOf": [{"type": "string", "maxLength": 5}, {"$ref": "#/$defs/c"}]},
        "d": {"type": "string", "pattern": "^x[0-9]{1,3}$"},
    },
    "required": ["a"],
    "$defs": {"c": {"enum": ["x", 1, None]}},
}
# Without \w, whose hundreds of states made one run cost as much as a hundred of the others.
PATTERN = rb"(?i)([a-z]+|[^a-c]{2,3})*(?:x|yz{1,9}?)[0-9]{3}-[0-9]+\.\S?"


def changed(numbers: random.Random, data: bytes) -> bytes:
    """Some bytes are others, or some are gone, or come twice."""
    result = bytearray(data)
    for _ in range(numbers.randint(1, 6)):
        at = numbers.randrange(len(result) + 1)
        n = numbers.choice((1, 1, 1, 4, 8, 30))
        kind = numbers.randrange(4)
        if kind == 0:
            result[at : at + n] = numbers.choice((b"", numbers.randbytes(n), bytes(n), b"\xff" * n))
        elif kind == 1:
            result[at:at] = result[at : at + n]
        elif kind == 2:
            result[at : at + 1] = numbers.randbytes(1)
        else:
            result[at : at + n] = b"9" * n
    return bytes(result)


def signed(data: bytes) -> bytes:
    """A store of one block, with its checksums made right."""
    head, block = store_file.HEAD.size, store_file.BLOCK.size
    if len(data) < head + block:
        return data
    store = bytearray(data)
    body = head + block
    store[body - 32 : body] = hashlib.sha256(store[head : body - 32] + store[body:]).digest()
    store[16:24] = len(store).to_bytes(8, "little")
    store[head - 32 : head] = hashlib.sha256(store[: head - 32]).digest()
    return bytes(store)


class Targets:
    """What is read, of each kind: the bytes to begin with, and what reads them."""

    def __init__(self, folder: Path) -> None:
        self._path, self._words = folder / "f", pylm.load(GOLDEN / "words.pylm")
        self._bytes = pylm.load(GOLDEN / "bytes.pylm")
        pylm.count([TEXT[:900], TEXT[900:]], folder / "s")
        state, keyboard = self._words.state(learn=True, memory="16K"), pylm.Keyboard(self._words, memory="32K")
        state.feed("w1 w2 w3")
        state.save(folder / "state")
        keyboard.learn("w1 w2 zork")
        keyboard.save(folder / "keyboard")
        pages = {name: (folder / name).read_bytes() for name in ("s", "state", "keyboard")}
        self.all: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
            "store": (pages["s"], lambda data: self._store(data)),
            "signed store": (pages["s"], lambda data: self._store(signed(data))),
            "archive": (pylm.pack_archive(self._bytes, TEXT), lambda data: pylm.salvage_archive(self._bytes, data)),
            "packet": (self._bytes.compress("w1 w2"), lambda data: self._bytes.decompress(data)),
            "state": (pages["state"], lambda data: self._words.state(learn=True).load(self._file(data))),
            "keyboard": (pages["keyboard"], lambda data: pylm.Keyboard(self._words).load(self._file(data))),
            "model": ((GOLDEN / "short.pylm").read_bytes(), lambda data: pylm.Model(data).info),
            "gzip": (gzip.compress(TEXT), lambda data: self._words.perplexity(self._file(data))),
            "words": (b"zork\t3\nQuxa\tlike w1\nquq\t like w2 \t3\n", self._given),
            "schema": (json.dumps(SCHEMA).encode(), pylm.Schema),
            "expression": (PATTERN, lambda data: pylm.Regex(data.decode("latin-1"))),
        }

    def _file(self, data: bytes) -> Path:
        self._path.write_bytes(data)
        return self._path

    def _store(self, data: bytes) -> None:
        with pylm.Store(self._file(data)) as store:
            list(store.entries())
            sum(map(len, store.texts())) if store.info.copies < 1000 else None

    def _given(self, data: bytes) -> object:
        return self._words.with_words(self._file(data)).words


def main(seconds: float, seed: int) -> int:
    numbers, runs, refused = random.Random(seed), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        targets = Targets(Path(folder)).all
        end = time.process_time() + seconds
        while time.process_time() < end:
            name = numbers.choice(list(targets))
            original, read = targets[name]
            data = changed(numbers, original)
            runs[name] += 1
            try:
                read(data)
            except (pylm.PylmError, OSError):
                refused[name] += 1
            except BaseException:
                print(f"{name}: {data.hex()}", file=sys.stderr)
                raise
    for name in targets:
        print(f"{name:14} {runs[name]:7,} runs, {refused[name]:7,} refused")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
