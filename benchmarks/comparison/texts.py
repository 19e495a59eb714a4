# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The texts, as the same symbols for every system."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from casestudy.corpus import Vocabulary, documents_of, library_pages, splits_of
from casestudy.inside import Progress
from common import ptb, pylm, split_shakespeare, unpack_wiki
from protocol import n_kept


class Text(NamedTuple):
    """A training text and one for validation, as symbols below n_symbols."""

    name: str
    unit: str  # what a symbol is
    train: np.ndarray
    valid: np.ndarray
    n_symbols: int
    before: int  # the symbol that every system is given before the first one: a line end
    valid_nbytes: int
    paths: tuple[Path, Path]  # of the same as files
    spelled: Callable[[Sequence[int]], str]  # symbols as text

    def held_out(self, most: int) -> tuple[np.ndarray, np.ndarray]:
        """The training text without its end, on which settings are chosen, and at most so many symbols of that."""
        cut = n_kept(len(self.train))
        return self.train[:cut], self.train[cut : cut + most]


def load(name: str, data: Path, folder: Path) -> Text:
    """A text of protocol.TEXTS. What has to be unpacked or cut into symbols goes to `folder`, and is taken from there
    the next time."""
    folder.mkdir(parents=True, exist_ok=True)
    return {"tinyshakespeare": _shakespeare, "wiki20": _wiki, "ptb": _ptb, "manual": _manual}[name](data, folder)


def _shakespeare(data: Path, folder: Path) -> Text:
    paths = split_shakespeare(data, folder)
    train, valid = (np.frombuffer(path.read_bytes(), np.uint8) for path in paths)
    known = np.unique(train)
    if not np.isin(valid, known).all():
        raise ValueError("tinyshakespeare/input.txt: characters at the end that do not come before; another file?")
    ids = [np.searchsorted(known, part) for part in (train, valid)]

    def spelled(symbols: Sequence[int]) -> str:
        return known[np.array(symbols, int)].tobytes().decode(errors="replace")

    end = int(np.searchsorted(known, ord("\n")))
    return Text("tinyshakespeare", "character", *ids, len(known), end, len(valid), paths, spelled)


def _ptb(data: Path, folder: Path) -> Text:
    return _in_words("ptb", ptb(data))


def _manual(data: Path, folder: Path) -> Text:
    """The documentation that comes with CPython; every tenth document is for validation. Words that the others have
    once are one word."""
    paths = folder / "manual.txt", folder / "manual-valid.txt"
    if not paths[1].exists():
        with Progress(None) as bar:
            _, *parts = splits_of(documents_of(library_pages(bar)))[0]
        vocabulary = Vocabulary(parts[0])
        for path, documents in zip(paths, parts, strict=True):
            path.write_bytes(b"".join(map(vocabulary.text, documents)))
    return _in_words("manual", paths)


def _in_words(name: str, paths: tuple[Path, Path]) -> Text:
    parts = [[word for line in path.open(encoding="utf-8") for word in [*line.split(), "</s>"]] for path in paths]
    words = sorted(set(parts[0]))
    ids = {word: i for i, word in enumerate(words)}

    def spelled(symbols: Sequence[int]) -> str:
        return " ".join(words[i] for i in symbols).replace(" </s>", "\n").replace("\n ", "\n")

    train, valid = (np.array([ids[word] for word in part]) for part in parts)
    return Text(name, "word", train, valid, len(ids), ids["</s>"], paths[1].stat().st_size, paths, spelled)


def _wiki(data: Path, folder: Path) -> Text:
    """In the pieces that pylm chooses; the choice is no part of anyone's training time."""
    from pylm import load as load_model

    cache, model = folder / "wiki20.npz", folder / "pieces.pylm"
    if not cache.exists():
        train, _, valid = unpack_wiki(data, folder)
        pylm("train", train, "-o", model, "--tokenizer", "pieces", "--profile", "fast", "--no-text-end")
        encoder = load_model(model)
        ids = [np.array(encoder.encode(path.read_bytes())) for path in (train, valid)]
        np.savez(cache, train=ids[0], valid=ids[1], n_symbols=encoder.n_symbols, before=encoder.encode("\n")[-1])
    found = np.load(cache)
    paths = folder / "wiki20.txt", folder / "wiki-valid.txt"
    return Text(
        "wiki20", "piece", found["train"], found["valid"], int(found["n_symbols"]), int(found["before"]),
        paths[1].stat().st_size, paths, load_model(model).decode,
    )  # fmt: skip
