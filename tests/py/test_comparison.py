# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The comparison with neural networks: its page says who is better, back-off n-grams are summed as ARPA files mean
them, and the networks pass their checks where PyTorch is installed."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "comparison"

ARPA = """\\data\\
ngram 1=4
ngram 2=1

\\1-grams:
-1.0\t<unk>
-0.5\t</s>
-99\t<s>\t-0.25
-0.75\ta\t-0.125

\\2-grams:
-0.0625\t<s> a

\\end\\
"""


def run_of(row: str, nats: list[float], seconds: list[float], nbytes: int, **more: Any) -> dict[str, Any]:
    points = [{"nats": x, "cpu_seconds": s} for x, s in zip(nats, seconds, strict=True)]
    return {
        "row": row, "text": "tinyshakespeare", "unit": "character", "valid_symbols": 100, "valid_bytes": 200,
        "commit": "abc", "machine": "a machine", "date": "2026-01-01T00:00:00", "bytes": nbytes, "peak_bytes": 1000,
        "points": points, **more,
    }  # fmt: skip


def page_of(runs: list[dict[str, Any]], folder: Path) -> str:
    for run in runs:
        path = folder / "results" / run["text"] / f"{run['row']}-1.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(run), encoding="utf-8")
    command = [sys.executable, FOLDER / "page.py", "--results", folder / "results", "--plots", folder]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def lstm(nats: float) -> dict[str, Any]:
    tuning = {
        "seconds": 5, "rate": 0.1, "tried": [[0.1, 2.0], [0.2, 2.5]], "adaptive_rate": 0.1,
        "adaptive_tried": [[0.1, 2.0]], "cpu_seconds": 17.0,
    }  # fmt: skip
    return run_of("lstm", [nats + 0.5, nats], [10.0, 30.0], 500, tuning=tuning, parameters=125, torch="1")


@pytest.mark.parametrize(("nats", "expected"), [(1.3, "better are LSTM (1.300)"), (1.5, "nothing measured here")])
def test_page_says_who_is_better(nats: float, expected: str, tmp_path: Path) -> None:
    page = page_of([lstm(nats), run_of("pylm", [1.4], [8.0], 9000)], tmp_path)
    static = next(line for line in page.splitlines() if "static loss" in line)
    assert expected in static
    assert "better are LSTM (0.00 MB)" in page
    assert f"{nats / math.log(2) / 2:.3f}" in page  # bits a byte: two bytes a symbol
    assert "1 seed of 3" in page and "after 5 CPU s each, not 60" in page
    assert "the first or the last one: LSTM" in page
    plot = (tmp_path / "comparison-tinyshakespeare-static-cpu.svg").read_text(encoding="utf-8")
    assert f"LSTM: {nats:.4f} at 30" in plot and plot.count("<circle") == 3


def test_samples(tmp_path: Path) -> None:
    sample = {
        "words": 9, "different": 7, "known": 0.5, "copied": 0.25, "loops": True, "judged_bits": 2.5,
        "shown": "a <b>\n# c\x07\n",
    }  # fmt: skip
    real = tmp_path / "results" / "tinyshakespeare" / "real.json"
    real.parent.mkdir(parents=True)
    real.write_text(json.dumps({"sample": sample | {"different": 8, "loops": False, "judged_bits": None}}))
    page = page_of([run_of("pylm", [1.4], [8.0], 9000, sample=sample)], tmp_path)
    assert "| real text | 8 | 50.0 | 25.0 | none |  |" in page
    assert "| pylm | 7 | 50.0 | 25.0 | yes | 2.500 |" in page
    assert "<details><summary>pylm</summary>\n\n    a <b>\n    # c\n\n</details>" in page


def test_back_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from arpa import read_arpa

    path = tmp_path / "text.arpa"
    path.write_text(ARPA, encoding="utf-8")
    found = read_arpa(path).nats(["a", "b", "</s>", "</s>"])
    # "<s> a"; "a" backs off to <unk>; "b" has no weight; "<s>" backs off to </s>
    assert found == pytest.approx((0.0625 + 1.125 + 0.5 + 0.75) * math.log(10))


def test_what_is_drawn_is_distributed_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from arpa import read_arpa
    from suffix import LongestSuffix

    text = np.random.default_rng(7).integers(3, size=60)
    model = LongestSuffix(text, 4)
    drawn = [model.drawn(2, 1, seed) for seed in range(3000)]
    for i, symbols in enumerate(([0, 1], [2, 2], [3, 0])):
        expected = model.probability([1], symbols[0]) * model.probability([symbols[0], 1], symbols[1])
        assert abs(drawn.count(symbols) / 3000 - expected) < 4 * math.sqrt(expected / 3000), i
    path = tmp_path / "text.arpa"
    path.write_text(ARPA, encoding="utf-8")
    words = read_arpa(path).drawn(4000, seed=1)
    starts = [after for word, after in pairwise(words) if word == "</s>"]
    a = 10**-0.0625  # "<s> a" is there; the rest is </s> and <unk>, which is drawn anew
    end = (1 - a) * 10**-0.5 / (10**-0.5 + 10**-1.0)
    assert starts.count("a") / len(starts) == pytest.approx(a / (a + end), abs=0.03)


def witten_bell(train: list[int], context: list[int], symbol: int, n_symbols: int) -> float:
    """The same probability by counting every context that stands in fewer places than the one before."""
    p, places = 1 / n_symbols, 0
    for n in range(len(context) + 1):
        suffix = context[len(context) - n :]
        followers = [train[i + n] for i in range(len(train) - n) if train[i : i + n] == suffix]
        if not followers:
            break
        if len(followers) == places:
            continue
        places = len(followers)
        p = (followers.count(symbol) + len(set(followers)) * p) / (len(followers) + len(set(followers)))
    return p


@pytest.mark.parametrize("seed", range(5))
def test_longest_suffix(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import suffix

    monkeypatch.setattr(suffix, "KEPT", 5)
    random = np.random.default_rng(seed)
    train, text = random.integers(3, size=60), random.integers(3, size=25)
    model, total = suffix.LongestSuffix(train, 4), 0.0
    for i in range(len(text)):
        context = [0, *text[:i].tolist()]
        found = [model.probability(context[::-1], symbol) for symbol in range(4)]
        assert sum(found) == pytest.approx(1)
        expected = [witten_bell(train.tolist(), context, symbol, 4) for symbol in range(4)]
        assert found == pytest.approx(expected)
        total -= math.log(found[text[i]])
    assert model.nats(text.tolist(), 0) == pytest.approx(total)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_networks() -> None:
    subprocess.run([sys.executable, FOLDER / "check.py", "--quick"], check=True)


def test_nearest_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import nearest

    random = np.random.default_rng(3)
    known, text = random.integers(5, size=300), random.integers(5, size=20)
    settings, steps = nearest.Settings(0.6, 5.0, 0.3), nearest.steps_of(0.6)
    assert steps.sum() <= nearest.FARTHEST and (np.diff(steps.astype(int)) <= 0).all() and steps[-1] >= 1
    context, static = [0] * nearest.REACH, 0.0
    for symbol in text.tolist():
        padded = [0] * nearest.REACH + known.tolist()
        apart = []
        for i in range(len(known)):
            back = zip(steps.tolist(), reversed(padded[i : i + nearest.REACH]), reversed(context), strict=True)
            apart.append(sum(step for step, here, there in back if here != there))
        last = sorted(apart)[nearest.NEAREST - 1]
        votes = [math.exp((min(apart) - d) / 5.0) if d <= last else 0.0 for d in apart]
        model = nearest.Nearest(known, 5, 0)
        shares = model.distribution(model.distances(np.array(context), steps), settings)
        assert shares.sum() == pytest.approx(1)
        prior = (known.tolist().count(symbol) + 1) / (300 + 5)
        expected = (sum(v for v, s in zip(votes, known.tolist(), strict=True) if s == symbol) + 0.3 * prior) / (
            sum(votes) + 0.3
        )
        assert shares[symbol] == pytest.approx(expected)
        static -= math.log(shares[symbol])
        context = [*context[1:], symbol]
    found = nearest.nats(text, known, 5, 0, settings)
    assert found[0] == pytest.approx(static)
    assert found[1] != pytest.approx(found[0])
    assert nearest.nats(text[:1], known, 5, 0, settings)[0] == pytest.approx(
        nearest.nats(text[:1], known, 5, 0, settings)[1]
    )
    periodic = np.tile(known[:40], 8)
    assert nearest.nats(periodic[:80], periodic, 5, 0, settings)[0] < 0.1 * 80
    assert nearest.chosen(periodic, periodic[:20], 5, 0).prior == 0.1


def test_ridge(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    monkeypatch.syspath_prepend(str(FOLDER))
    import ridge

    monkeypatch.setattr(ridge, "FEATURE_BITS", 9)
    monkeypatch.setattr(ridge, "STEPS", 200)
    random = np.random.default_rng(4)
    text = np.tile(random.integers(5, size=40), 12)
    settings = ridge.Settings(0.7, 2.0, 0.001, 1.0)
    model = ridge.Ridge(text, 5, 0, settings)
    features = model._features(text).toarray().astype(np.float64)
    assert features.sum(1) == pytest.approx(sum(0.7**i for i in range(ridge.ORDER + 1)))
    normal = features.T @ features + 2.0 * np.eye(512)
    assert model.weights == pytest.approx(np.linalg.solve(normal, features.T @ np.eye(5)[text]), abs=1e-3)
    shares = ridge.probabilities(model.scores(text[:50]), settings)
    assert shares.sum(1) == pytest.approx(np.ones(50))
    whole = -np.log(ridge.probabilities(model.scores(text), settings)[np.arange(len(text)), text]).sum()
    monkeypatch.setattr(ridge, "BATCH", 13)
    assert ridge.nats(model, text, settings) == pytest.approx(whole, rel=1e-4)
    assert whole < 0.5 * len(text)


def test_compressors(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyppmd")
    monkeypatch.syspath_prepend(str(FOLDER))
    import compressors

    text = bytes(np.random.default_rng(5).integers(97, 123, size=3000, dtype=np.uint8))
    once, twice = (compressors.ppmd(data, 6).nbytes for data in (text, text + text))
    assert 0.55 * 3000 < once < 3000 and twice - once < 300
    assert compressors.ppmd_order(text + text[:200] + text, (2, 8)) == 8


def test_what_learns_always_has_no_static_loss(tmp_path: Path) -> None:
    packed = run_of("zpaq", [0.0], [4.0], 0) | {
        "bytes": None,
        "points": [{"nats": None, "cpu_seconds": 4.0, "adaptive_nats": 1.2}],
    }
    page = page_of([lstm(1.6), run_of("pylm", [1.4], [8.0], 9000), packed], tmp_path)
    line = next(line for line in page.splitlines() if line.startswith("| zpaq"))
    assert line.split("|")[2:6] == [" 4.0 ", "  ", " 1.2000 ", "  "]
    assert "not measured of zpaq, method 5" in next(line for line in page.splitlines() if "static loss, nats" in line)


def test_calibration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from calibration import best_of, expected_error

    # of four with .9, three came; of two with .5, one; and one that is certain
    best = [(0.9, True), (0.9, True), (0.9, True), (0.9, False), (0.5, True), (0.5, False), (1.0, True)]
    assert expected_error(best) == pytest.approx(4 / 7 * 0.15)
    assert expected_error([]) == 0
    distributions = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    assert best_of(distributions, np.array([1, 0])) == [(0.5, True), (0.7, False)]
