# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Choosing passages of one kind among seven: pylm beside KenLM's cross-entropy difference, DSIR and fastText.

    pip install kenlm data-selection fasttext-wheel     # what is missing is left out; KenLM also needs its lmplz
    python benchmarks/selecting_texts.py CORPORA FOLDER
    python benchmarks/selecting.py FOLDER [--kenlm FOLDER-OF-LMPLZ] [--kinds handbook,policy,...]

Of each kind in turn, 300 passages are wanted among 2,100, of which 300 are of each kind. The seed is 45 or 226 KB of
other passages of the kind. The general text is 400 more of each kind. All get the same texts.

    AP        average precision: the mean, over the passages that are wanted, of the share of wanted ones among those
              that are ranked as high
    MB/s      of passages, by processor time, from text to score, without training: the median of three times, so that
              words are remembered
    training  processor seconds

KenLM has several rows: each model with its own words, or with one vocabulary for both, the words that come twice in the
seed, or in both texts; other words become UNK before training and scoring, which is a part of its time.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import pylm

KINDS = ("handbook", "policy", "python", "manuals", "mail", "wiki", "chat")
SEED_NBYTES = (45_000, 226_000)
IN_POOL, IN_GENERAL = 300, 400
TIMES = 3
ORDERS = (2, 3, 5)


class Task(NamedTuple):
    """What is wanted, among what."""

    seed: list[str]
    general: list[str]
    pool: list[str]
    wanted: np.ndarray

    @property
    def nbytes(self) -> np.ndarray:
        return np.array([len(text.encode()) for text in self.pool])


class Result(NamedTuple):
    ap: float
    rate: float  # MB/s
    training: float  # seconds


Scorer = Callable[[list[str]], Any]  # the lower, the better


def task_of(passages: dict[str, list[str]], kind: str, nbytes: int) -> Task:
    rng = random.Random(kind)
    order = {name: rng.sample(texts, len(texts)) for name, texts in passages.items()}
    pool = [(text, name == kind) for name in order for text in order[name][:IN_POOL]]
    rng.shuffle(pool)
    seed: list[str] = []
    rest = order[kind][IN_POOL:]
    while rest and sum(len(text.encode()) + 1 for text in seed) < nbytes:
        seed.append(rest.pop(0))
    general = [text for name in order if name != kind for text in order[name][IN_POOL : IN_POOL + IN_GENERAL]]
    general += rest[:IN_GENERAL]
    rng.shuffle(general)
    return Task(seed, general, [text for text, _ in pool], np.array([is_wanted for _, is_wanted in pool]))


def average_precision(scores: Any, wanted: np.ndarray) -> float:
    hits = wanted[np.argsort(scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def measured(train: Callable[[Task], Scorer], task: Task) -> Result:
    begin = time.process_time()
    score = train(task)
    trained = time.process_time()
    times = []
    for _ in range(TIMES):
        before = time.process_time()
        scores = score(task.pool)
        times.append(time.process_time() - before)
    rate = task.nbytes.sum() / 1e6 / sorted(times)[TIMES // 2]
    return Result(average_precision(scores, task.wanted), rate, trained - begin)


def joined(texts: list[str]) -> list[str]:
    return ["\n".join(texts) + "\n"]


# ---- pylm


def selector(task: Task) -> Scorer:
    found = pylm.Selector.train(joined(task.seed), joined(task.general), threads=1, progress=False)
    return lambda pool: found.scores(pool, threads=1, progress=False)


def whole_models(task: Task) -> Scorer:
    """The same two models with all of their contexts, not only pairs that were seen."""
    trained = pylm.Selector.train(joined(task.seed), joined(task.general), threads=1, progress=False)
    found = pylm.Selector(trained.in_domain, trained.general)
    return lambda pool: found.scores(pool, threads=1, progress=False)


# ---- others


def kenlm_of(programs: Path, order: int, vocabulary: str) -> Callable[[Task], Scorer]:
    import kenlm

    def model(texts: list[str], folder: str, name: str) -> Any:
        arpa, binary = f"{folder}/{name}.arpa", f"{folder}/{name}.bin"
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
        command = [programs / "lmplz", "-o", str(order), "--discount_fallback", "-S", "200M", "--arpa", arpa]
        subprocess.run(command, input="\n".join(texts).encode(), **quiet)
        subprocess.run([programs / "build_binary", arpa, binary], **quiet)
        return kenlm.Model(binary)

    def train(task: Task) -> Scorer:
        texts = task.seed if vocabulary == "seed" else task.seed + task.general
        words = {word for word, n in Counter(w for text in texts for w in text.split()).items() if n > 1}

        def known(text: str) -> str:
            if vocabulary == "own":
                return text
            return " ".join([word if word in words else "UNK" for word in text.split()])

        with tempfile.TemporaryDirectory() as folder:
            a = model([known(text) for text in task.seed], folder, "seed")
            b = model([known(text) for text in task.general], folder, "general")

        def score(pool: list[str]) -> list[float]:
            mapped = map(known, pool)
            return [(b.score(text) - a.score(text)) / (text.count(" ") + 2) for text in mapped]

        return score

    return train


def dsir(by_length: bool) -> Callable[[Task], Scorer]:
    """Hashed n-gram importance (Xie and others, 2023), with the features of its authors' package."""
    from data_selection import HashedNgramDSIR

    def train(task: Task) -> Scorer:
        with tempfile.TemporaryDirectory() as folder:
            features = HashedNgramDSIR([], [], cache_dir=folder).featurizer
        seed, general = (sum(features(text) for text in texts) + 1e-8 for texts in (task.seed, task.general))
        weights = np.log(general / general.sum()) - np.log(seed / seed.sum())

        def score(pool: list[str]) -> list[float]:
            found = [features(text) for text in pool]
            return [one @ weights / (max(one.sum(), 1) if by_length else 1) for one in found]

        return score

    return train


def fasttext(task: Task) -> Scorer:
    import fasttext

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"__label__1 {text}\n" for text in task.seed)
        file.writelines(f"__label__0 {text}\n" for text in task.general)
        file.flush()
        model = fasttext.train_supervised(file.name, wordNgrams=2, epoch=10, thread=1, verbose=0, seed=1)

    def score(pool: list[str]) -> list[float]:  # by model.f: predict() itself fails with numpy 2
        return [
            -next((p for p, label in model.f.predict(text, 2, 0.0, "strict") if label[-1] == "1"), 0.0) for text in pool
        ]

    return score


def peers(programs: Path | None) -> dict[str, Callable[[Task], Scorer]]:
    found: dict[str, Callable[[Task], Scorer]] = {"pylm": selector, "pylm, whole models": whole_models}
    if programs is not None:
        for vocabulary in ("own", "seed", "both"):
            for order in ORDERS:
                found[f"KenLM {order}, words: {vocabulary}"] = kenlm_of(programs, order, vocabulary)
    try:
        found["DSIR"], found["DSIR by length"] = dsir(False), dsir(True)
    except ImportError:
        print("data-selection is not installed: without DSIR")
    try:
        import fasttext as _  # noqa: F401

        found["fastText"] = fasttext
    except ImportError:
        print("fasttext is not installed: without it")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kenlm", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    passages = {kind: (options.folder / f"{kind}.passages").read_text("utf-8").split("\n")[:-1] for kind in KINDS}
    kinds = options.kinds.split(",")
    print(f"{'seed':>4} {'':<24} {'  '.join(f'{kind:>8}' for kind in kinds)}      mean    MB/s  training")
    for nbytes in SEED_NBYTES:
        tasks = [task_of(passages, kind, nbytes) for kind in kinds]
        for name, train in peers(options.kenlm).items():
            results = [measured(train, task) for task in tasks]
            ap = "  ".join(f"{result.ap:8.3f}" for result in results)
            mean, rate, training = np.mean(results, 0)
            print(f"{nbytes // 1000:>4} {name:<24} {ap}  {mean:8.3f} {rate:7.1f} {training:9.1f}", flush=True)


if __name__ == "__main__":
    main()
