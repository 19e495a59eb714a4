# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The systems that are no networks: pylm through its command line, KenLM's n-grams, the longest suffix, nearest
neighbours, ridge regression, compressors. They do not get better with more time, so a run has one point."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import compressors
import nearest
import openness
import ridge
from arpa import read_arpa
from calibration import MOST_SYMBOLS, best_of, expected_error
from protocol import GENERATED
from suffix import LongestSuffix
from texts import Text

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common import package, pylm, run

ORDERS = {"character": 8, "word": 5, "piece": 5}  # of KenLM
TOKENIZERS = {"character": "bytes", "word": "words", "piece": "pieces"}
MOST_HELD_OUT = {"nearest": 1000, "ridge": 20_000}  # symbols that are scored for it
MOST_NEAREST = 3e11  # places of the training text that are looked at in all: some twenty minutes
MOST_WEIGHTS = 1e8  # of ridge regression


class NotPossible(Exception):
    """A row that cannot be run here, with the reason."""


def measured(row: str, text: Text, results: Path, kenlm: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        if row == "kenlm":
            return _kenlm(text, kenlm, Path(name))
        if row in OTHERS:
            return OTHERS[row](text)
        return _pylm(row, text, results, Path(name) / "model.pylm")


def _pylm(row: str, text: Text, results: Path, model: Path) -> dict[str, Any]:
    settings: list[object] = []
    if row == "kernel":
        settings = ["--predictor", "kernel"]
    if row in ("pylm-fast", "pylm-best"):
        settings = ["--profile", row.removeprefix("pylm-")]
    if row == "pylm-best" and text.unit == "character":
        raise NotPossible("this profile is not for bytes")
    if row == "pylm-lstm-size":
        lstm = results / text.name / "lstm-1.json"
        if not lstm.exists():
            raise NotPossible("run the LSTM first, whose size it takes")
        settings = ["--size", json.loads(lstm.read_text("utf-8"))["bytes"]]
    tokenizer = ["--tokenizer", TOKENIZERS[text.unit], "--no-text-end", "--threads", 1]
    trained = pylm("train", text.paths[0], "-o", model, *tokenizer, *settings)
    with package.load(model) as loaded:
        point = {"cpu_seconds": trained["cpu_seconds"]} | _evaluated(loaded, text)
        if row != "kernel":
            point |= _evaluated(loaded, text, learn=True)
        found = {"bytes": trained["model_bytes"], "peak_bytes": trained["peak_rss_bytes"], "points": [point]}
        if row == "pylm":
            train, valid = (path.read_bytes() for path in text.paths)
            found["says"] = openness.measured(loaded, train, valid, TOKENIZERS[text.unit])
    return found | _used(model, text)


def _evaluated(model: package.Model, text: Text, learn: bool = False) -> dict[str, float]:
    """The loss, and symbols scored in a second of the processor."""
    data = text.paths[1].read_bytes()
    began = time.process_time()
    found = model.evaluate(data, learn=learn, threads=1)
    seconds = time.process_time() - began
    if found.symbols != len(text.valid):
        raise NotPossible(f"it scores {found.symbols:,} symbols of the text, the others {len(text.valid):,}")
    nats, speed = found.bits * math.log(2) / found.symbols, found.symbols / seconds
    if learn:
        return {"adaptive_nats": nats, "adaptive_per_cpu_second": speed}
    return {"nats": nats, "scored_per_cpu_second": speed}


def _used(path: Path, text: Text) -> dict[str, Any]:
    """How long it takes to open a model and to draw the first symbol of its whole distribution, and those behind it;
    and whether it is right as often as it says."""
    began = time.process_time()
    with package.load(path) as model:
        model.generate_ids("\n", 1, temperature=1, top_k=0, seed=1)
        first = time.process_time()
        symbols = model.generate_ids("\n", GENERATED, temperature=1, top_k=0, seed=1)
        drawn = time.process_time()
        error = expected_error(_best(model, text.paths[1].read_bytes()))
        sample = model.decode(symbols)
    return {
        "first_symbol_ms": 1000 * (first - began), "generated_per_cpu_second": len(symbols) / (drawn - first),
        "calibration_error": error, "sample": sample,
    }  # fmt: skip


def _best(model: package.Model, text: bytes) -> Iterator[tuple[float, bool]]:
    state = model.state()
    for symbol in model.encode(text)[:MOST_SYMBOLS]:
        (best,) = state.next(1)
        yield best.probability, best.id == symbol
        state.feed([symbol])


def _kenlm(text: Text, programs: Path | None, folder: Path) -> dict[str, Any]:
    """Modified Kneser-Ney of lmplz; the lookups are arpa.py's, so no speed of scoring is given."""
    if programs is None or not (programs / "lmplz").exists():
        raise NotPossible("--kenlm FOLDER says where lmplz is")
    order, lines, arpa = ORDERS[text.unit], folder / "text", folder / "text.arpa"
    lines.write_text(_lines(text))
    options = ["-o", order, "--skip_symbols", "--discount_fallback", "-S", "500M", "-T", folder, "--arpa", arpa]
    counting = run([programs / "lmplz", *options], lines)
    cpu, nbytes = counting.cpu, None
    if (programs / "build_binary").exists():
        binary = folder / "text.binary"
        try:
            cpu += run([programs / "build_binary", "-q", 8, "-b", 8, "trie", arpa, binary]).cpu
            nbytes = binary.stat().st_size
        except subprocess.CalledProcessError:
            print(f"{text.name} kenlm: no bytes, this build_binary does not take order {order}", file=sys.stderr)
    model = read_arpa(arpa)
    end = _end(text)
    words = [("</s>" if i == end else str(i)) for i in text.valid.tolist()]
    nats = model.nats(words) / len(words)
    drawn = [text.before if word == "</s>" else int(word) for word in model.drawn(GENERATED, seed=1)]
    return {
        "order": order, "bytes": nbytes, "peak_bytes": counting.nbytes,
        "points": [{"cpu_seconds": cpu, "nats": nats}], "sample": text.spelled(drawn),
    }  # fmt: skip


def _end(text: Text) -> int | None:
    """The symbol that ends a sentence; elsewhere the text is one sentence."""
    return text.before if text.unit == "word" else None


def _lines(text: Text) -> str:
    """The training text as KenLM reads it: numbers for words, a sentence a line."""
    end = _end(text)
    words = " ".join("\n" if i == end else str(i) for i in text.train.tolist())
    return words.replace(" \n", "\n").replace("\n ", "\n").rstrip("\n") + "\n"


def _suffix(text: Text) -> dict[str, Any]:
    began = time.process_time()
    model = LongestSuffix(text.train, text.n_symbols)
    trained = time.process_time()
    nats = model.nats(text.valid.tolist(), text.before) / len(text.valid)
    speed = len(text.valid) / (time.process_time() - trained)
    point = {"cpu_seconds": trained - began, "nats": nats, "scored_per_cpu_second": speed}
    drawn = model.drawn(GENERATED, text.before, seed=1)
    return {"bytes": model.nbytes, "points": [point], "sample": text.spelled(drawn)}


def _nearest(text: Text) -> dict[str, Any]:
    places = float(len(text.valid)) * (len(text.train) + len(text.valid) / 2)
    if places > MOST_NEAREST:
        raise NotPossible(f"it would look at {places:.1e} places")
    began = time.process_time()
    settings = nearest.chosen(*text.held_out(MOST_HELD_OUT["nearest"]), text.n_symbols, text.before)
    tuned = time.process_time()
    nbytes = nearest.Nearest(text.train, text.n_symbols, text.before).nbytes
    trained = time.process_time()
    static, adaptive = nearest.nats(text.valid, text.train, text.n_symbols, text.before, settings)
    n, seconds = len(text.valid), time.process_time() - trained
    point = {
        "cpu_seconds": trained - tuned, "nats": static / n, "adaptive_nats": adaptive / n,
        "scored_per_cpu_second": n / seconds,
    }  # fmt: skip
    return {
        "settings": settings._asdict(), "tuning_seconds": tuned - began, "bytes": nbytes, "points": [point],
    }  # fmt: skip


def _ridge(text: Text) -> dict[str, Any]:
    weights = float(text.n_symbols << ridge.FEATURE_BITS)
    if weights > MOST_WEIGHTS:
        raise NotPossible(f"a column of weights for each of {text.n_symbols:,} symbols would be {weights:.1e} numbers")
    began = time.process_time()
    settings = ridge.chosen(*text.held_out(MOST_HELD_OUT["ridge"]), text.n_symbols, text.before)
    tuned = time.process_time()
    model = ridge.Ridge(text.train, text.n_symbols, text.before, settings)
    trained = time.process_time()
    nats = ridge.nats(model, text.valid, settings) / len(text.valid)
    speed = len(text.valid) / (time.process_time() - trained)
    point = {"cpu_seconds": trained - tuned, "nats": nats, "scored_per_cpu_second": speed}
    some = text.valid[:MOST_SYMBOLS]
    error = expected_error(best_of(ridge.probabilities(model.scores(some), settings), some))
    return {
        "settings": settings._asdict(), "tuning_seconds": tuned - began, "bytes": model.weights.nbytes,
        "calibration_error": error,
        "points": [point],
    }  # fmt: skip


def _compressed(text: Text, compress: Callable[[bytes], compressors.Compressed]) -> dict[str, Any]:
    train, valid = (path.read_bytes() for path in text.paths)
    alone, both = compress(train), compress(train + valid)
    nats = (both.nbytes - alone.nbytes) * 8 * math.log(2) / len(text.valid)
    point = {"cpu_seconds": alone.cpu_seconds, "nats": None, "adaptive_nats": nats}
    peak = {} if both.peak_nbytes is None else {"peak_bytes": both.peak_nbytes}
    return {"bytes": None, "points": [point]} | peak


def _ppmd(text: Text) -> dict[str, Any]:
    if importlib.util.find_spec("pyppmd") is None:
        raise NotPossible("pyppmd is not installed")
    order = compressors.ppmd_order(text.paths[0].read_bytes())
    return {"order": order} | _compressed(text, lambda data: compressors.ppmd(data, order))


def _zpaq(text: Text) -> dict[str, Any]:
    if not compressors.has_zpaq():
        raise NotPossible("zpaq is not installed")
    return _compressed(text, compressors.zpaq)


OTHERS = {"suffix": _suffix, "nearest": _nearest, "ridge": _ridge, "ppmd": _ppmd, "zpaq": _zpaq}
