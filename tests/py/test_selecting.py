# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Choosing texts that are like some texts."""

from __future__ import annotations

import bz2
import json
import math
import pickle
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm._core.progress import Progress
from pylm.cli import main
from pylm.selecting.passages import Passages, sampled
from pylm.selecting.selector import SAMPLE, Selector, select


def lines_of(n: int, seed: int) -> list[str]:
    """Of 18 words each."""
    words = make_text(18 * n, seed).split()
    return [" ".join(words[18 * i : 18 * i + 18]) for i in range(n)]


def with_habits(line: str) -> str:
    """Of the words that all have, but some vowels are others."""
    return line.replace("pa", "po").replace("ta", "to").replace("ke", "ki")


WANTED, OTHERS = [with_habits(line) for line in lines_of(400, 5)], lines_of(2400, 6)
SEED, HIDDEN = WANTED[:250], WANTED[250:]


def mixed() -> list[tuple[str, bool]]:
    pool = [(line, True) for line in HIDDEN] + [(line, False) for line in OTHERS]
    random.Random(1).shuffle(pool)
    return pool


POOL = mixed()
TEXTS = [line for line, _ in POOL]


@pytest.fixture(scope="module")
def selector() -> Selector:
    return Selector.train(["\n".join(SEED)], ["\n".join(TEXTS)], progress=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("selecting")
    (folder / "seed.txt").write_text("\n".join(SEED) + "\n")
    (folder / "pool.txt").write_text("\n".join(TEXTS) + "\n")
    (folder / "a.txt").write_text("\n\n".join(TEXTS[:1000]) + "\n")
    (folder / "b.txt.bz2").write_bytes(bz2.compress(("\n" + " \n\n".join(TEXTS[1000:])).encode()))
    return folder


def average_precision(scores: list[float]) -> float:
    hits = np.array([is_wanted for _, is_wanted in POOL])[np.argsort(scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def test_it_finds_what_is_alike(selector: Selector) -> None:
    scores = selector.scores(TEXTS, progress=False)
    assert average_precision(scores) > 0.8 > 10 * sum(is_wanted for _, is_wanted in POOL) / len(POOL)
    assert scores == [score for text in TEXTS[:1] for score in selector.scores([text])] + scores[1:]
    for threads in (1, 3):
        assert selector.scores(TEXTS, threads=threads) == scores
    assert selector.scores([text.encode() for text in TEXTS[:50]]) == scores[:50]
    assert selector.scores([]) == [] and selector.scores(["", "a"])[0] == math.inf
    assert pickle.loads(pickle.dumps(selector)).scores(TEXTS[:50]) == scores[:50]


def test_pairs_say_what_the_models_say(selector: Selector) -> None:
    """Of a pair that came in training, exactly what the two bigram models say; of texts, nearly."""
    general, in_domain = selector.general, selector.in_domain
    ids = general.encode(SEED[0])[:2]
    text = general.decode(ids)
    assert general.encode(text) == ids
    pairs = selector._pairs
    assert pairs is not None
    difference = (general.logprobs(ids)[1] - in_domain.logprobs(ids)[1]) / math.log(2)
    assert pairs._table[ids[0] * general.n_symbols + ids[1]] / 65536 == pytest.approx(difference, abs=1e-4)
    assert pairs is not None
    for text in [*TEXTS[:20], "a  b", "  papapa", "\n tapata \n", "pa ta\n ka", "papapa ", "日本 papapa"]:
        symbols = np.array(general.encode(text), np.int64)
        found = pairs._table[np.append(pairs._begin, symbols[:-1]) * general.n_symbols + symbols]
        assert pairs.costs([text.encode()]) == [found.sum()]
    by_models = Selector(in_domain, general).scores(TEXTS)
    assert np.corrcoef(by_models, selector.scores(TEXTS))[0, 1] > 0.8
    expected = (general.score(TEXTS[0], add_eos=False) - in_domain.score(TEXTS[0], add_eos=False)) / math.log(2)
    assert by_models[0] == pytest.approx(expected / len(TEXTS[0]))
    assert average_precision(by_models) > 0.7


def test_words_are_forgotten_again(selector: Selector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is limited, and nobody notices; also in a language without spaces, and with several threads."""
    texts = [*TEXTS[:300], "".join(TEXTS[0].split()) * 20, ""]
    scores = selector.scores(texts)
    for name in ("MOST_WORDS", "MOST_SYMBOLS"):
        with monkeypatch.context() as patch:
            patch.setattr(f"pylm.selecting.pairs.{name}", 50)
            assert [score for text in texts for score in selector.scores([text])] == scores
            assert selector._pairs is not None and len(selector._pairs._words._begins) < 100
    again = pickle.loads(pickle.dumps(selector))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: again.scores([text])[0], texts)) == scores


def test_select(folder: Path, selector: Selector) -> None:
    scores = selector.scores(TEXTS)
    order = sorted(range(len(TEXTS)), key=lambda i: scores[i])
    best = sorted(order[:60])
    found = list(select(TEXTS, selector, keep=60))
    assert [one.number for one in found] == best and [one.text.decode() for one in found] == [TEXTS[i] for i in best]
    assert [one.score for one in found] == [scores[i] for i in best]
    assert len(list(select(TEXTS, selector, keep=0.25))) == round(0.25 * len(TEXTS))
    below = [i for i, score in enumerate(scores) if score < -0.2]
    assert [one.number for one in select(TEXTS, selector, below=-0.2)] == below
    assert [one.number for one in select(TEXTS, selector, below=-0.2, keep=60)] == sorted(set(below) & set(best))
    assert [one.score for one in select(TEXTS, selector)] == scores
    assert list(select(str(folder / "pool.txt"), selector, keep=60)) == found
    assert list(select([], selector, keep=5)) == []
    files = [folder / "a.txt", folder / "b.txt.bz2"]
    assert list(select(files, selector, keep=60, documents="paragraphs")) == found
    trained = list(select(folder / "pool.txt", folder / "seed.txt", keep=60))
    assert trained == list(select(TEXTS, ["\n".join(SEED) + "\n"], keep=60))
    assert sum(POOL[one.number][1] for one in trained) > 40


@pytest.mark.parametrize("nbytes", [1, 500, 20_000, 10**9])
def test_a_sample_is_from_all_over(nbytes: int) -> None:
    lines = [b"%05d" % i + b"x" * (i % 37) for i in range(5000)]
    with Progress(False) as bar:
        found = sampled(Passages("pool", lines, "lines"), nbytes, bar)
    size = sum(len(line) + 1 for line in found)
    assert found == sorted(found) and set(found) <= set(lines)
    assert nbytes - 100 < size <= nbytes + 50 if 100 < nbytes < 10**6 else len(found) == (1 if nbytes == 1 else 5000)
    if nbytes == 20_000:
        assert 0.4 < np.mean([int(line[:5]) < 2500 for line in found]) < 0.6
    assert SAMPLE == 2_000_000


def test_different_vocabularies_are_refused() -> None:
    a, b = (pylm.train([text], tokenizer="words") for text in ("\n".join(SEED), "\n".join(OTHERS)))
    with pytest.raises(pylm.ArgumentError, match="different vocabularies.*every strange text is likely.*pylm adapt"):
        Selector(a, b)
    both = pylm.SymbolOptions(vocabulary=sorted({*" ".join(WANTED + OTHERS).split()}))
    a, b = (pylm.train([text], tokenizer="words", symbols=both) for text in ("\n".join(SEED), "\n".join(OTHERS)))
    assert average_precision(Selector(a, b).scores(TEXTS)) > 0.6
    bytes_models = [pylm.train([text], tokenizer="bytes") for text in ("\n".join(SEED), "\n".join(OTHERS[:300]))]
    assert average_precision(Selector(*bytes_models).scores(TEXTS)) > 0.5
    ids = pylm.train([[1, 2, 3] * 50], tokenizer="ids", symbols=pylm.SymbolOptions(ids=5))
    with pytest.raises(pylm.ArgumentError, match="plain ids"):
        Selector(ids, ids)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: select(TEXTS, s, keep=1.5), "keep must be above 0 and below 1"),
        (lambda s: select(TEXTS, s, keep=0), "keep must be from 1"),
        (lambda s: select(TEXTS, s, documents="files"), "documents must be 'lines' or 'paragraphs'"),
        (lambda s: select((text for text in TEXTS), s), "pool is read more than once"),
        (lambda s: select([], ["a"]), "the pool is empty"),
        (lambda s: s.scores("text"), "texts must be several texts"),
        (lambda s: s.scores([5]), r"texts\[0\] must be a text"),
        (lambda s: list(select([5], s)), r"pool\[0\] must be a text"),
        (lambda s: list(select(["a", Path("nothing.txt")], s)), "nothing.txt"),
    ],
)
def test_messages(selector: Selector, call: Callable[[Selector], object], message: str) -> None:
    with pytest.raises((pylm.PylmError, TypeError, OSError), match=message):
        call(selector)


# ---- the command line


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_filter(folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    expected = list(select(folder / "pool.txt", folder / "seed.txt", keep=60))
    arguments = ["filter", folder / "pool.txt", "--like", folder / "seed.txt"]
    assert run(*arguments, "--keep", 60, "-o", tmp_path / "found") == 0
    assert (tmp_path / "found").read_bytes() == b"".join(one.text + b"\n" for one in expected)
    share = 100 * 60 / len(TEXTS)
    assert run(*arguments, "--keep", f"{share}%", "-o", tmp_path / "share") == 0
    assert (tmp_path / "share").read_bytes() == (tmp_path / "found").read_bytes()
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pylm", *map(str, arguments), "--below", "-0.2", "--scores"],
        capture_output=True,
        check=True,
    )
    lines = [line.split(b"\t", 1) for line in done.stdout.splitlines()]
    assert lines and all(float(score) <= -0.2 for score, _ in lines)
    assert {one.text for one in expected if one.score < -0.2} <= {text for _, text in lines}
    assert run(*arguments, "--keep", 60, "--json", "-o", tmp_path / "json") == 0
    found = [json.loads(line) for line in (tmp_path / "json").read_text().splitlines()]
    assert [(one["number"], one["text"].encode()) for one in found] == [(one.number, one.text) for one in expected]


def test_filter_by_models(folder: Path, tmp_path: Path, selector: Selector) -> None:
    general, layer = tmp_path / "general.pylm", tmp_path / "seed.layer"
    selector.general.save(general)
    selector.in_domain.save(layer)
    expected = list(select(folder / "pool.txt", Selector(selector.in_domain, selector.general), keep=9))
    arguments = ["filter", folder / "pool.txt", "--keep", 9, "-o", tmp_path / "found", "--general", general]
    assert run(*arguments, "--layer", layer) == 0
    assert (tmp_path / "found").read_bytes() == b"".join(one.text + b"\n" for one in expected)
    pylm.train(["\n".join(OTHERS)], tokenizer="words", output=tmp_path / "words.pylm")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--like SEED", "say what is kept"),
        ("--keep 5", "say what the texts are to be like"),
        ("--keep 5 --general SEED", "say what the texts are to be like"),
        ("--keep 5 --like SEED --general SEED", "--like trains its models"),
        ("--keep five --like SEED", "--keep must be a number of texts"),
        ("--keep 0 --like SEED", "--keep must be a number of texts"),
        ("--keep 150% --like SEED", "or a share such as 10%"),
        ("--below 0 --like SEED --threads 0", "--threads must be from 1"),
        ("--below 0 --like nothing.txt", "nothing.txt: No such file"),
        ("--below 0 --like SEED -o POOL", "is one of the texts"),
    ],
)
def test_filter_messages(folder: Path, arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments.replace("SEED", str(folder / "seed.txt")).replace("POOL", str(folder / "pool.txt"))
    assert run("filter", folder / "pool.txt", *given.split()) == 1
    assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_interrupted(tmp_path: Path, selector: Selector) -> None:
    """Ctrl-C ends it soon, and leaves nothing behind."""
    import os
    import signal

    pool = tmp_path / "pool"
    pool.write_text(("\n".join(TEXTS) + "\n") * 300)
    timer = threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        for _ in select(pool, selector, keep=3, progress=False):
            pass
    assert time.monotonic() - began < 20
