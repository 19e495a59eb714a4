# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The systems that count: pylm through its command line, KenLM's n-grams, the longest suffix. They do not get better
with more time, so a run has one point."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from arpa import read_arpa
from suffix import LongestSuffix
from texts import Text

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common import pylm, run

ORDERS = {"character": 8, "word": 5, "piece": 5}  # of KenLM
TOKENIZERS = {"character": "bytes", "word": "words", "piece": "pieces"}


class NotPossible(Exception):
    """A row that cannot be run here, with the reason."""


def measured(row: str, text: Text, results: Path, kenlm: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        if row == "kenlm":
            return _kenlm(text, kenlm, Path(name))
        if row == "suffix":
            return _suffix(text)
        return _pylm(row, text, results, Path(name) / "model.pylm")


def _pylm(row: str, text: Text, results: Path, model: Path) -> dict[str, Any]:
    settings: list[object] = []
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
    static, adaptive = (pylm("eval", model, text.paths[1], "--threads", 1, *flag) for flag in ([], ["--learn"]))
    if static["symbols"] != len(text.valid):
        raise NotPossible(f"it scores {static['symbols']:,} symbols of the text, the others {len(text.valid):,}")
    point = {
        "cpu_seconds": trained["cpu_seconds"], "nats": static["bits"] * math.log(2) / static["symbols"],
        "adaptive_nats": adaptive["bits"] * math.log(2) / adaptive["symbols"],
        "scored_per_cpu_second": static["symbols_per_second"],
        "adaptive_per_cpu_second": adaptive["symbols_per_second"],
    }  # fmt: skip
    return {"bytes": trained["model_bytes"], "peak_bytes": trained["peak_rss_bytes"], "points": [point]}


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
    return {
        "order": order, "bytes": nbytes, "peak_bytes": counting.nbytes,
        "points": [{"cpu_seconds": cpu, "nats": nats}],
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
    return {"bytes": model.nbytes, "peak_bytes": None, "points": [point]}
