# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The measurements of a case study, for one split."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pylm import KernelOptions, Model, SymbolOptions, train

from .corpus import Document, Vocabulary
from .inside import Progress
from .kneser_ney import KneserNey, LongestSuffix, contexts, count, padded
from .results import REACH, SHARES, Answers, Predictor, Radius, Split, Training

ORDERS = (4, 5)  # of Kneser-Ney: the usual one, and the one that looks back as far as the kernel
LARGE_TAU = 65535.0  # as good as infinite: the nearest of other contexts then weighs e^-128 of the same one
ROUNDING = 2.5 / 65536  # bits by which a cost may be off: two of its units, and half a one
LEAST = (1, 2, 10)  # occurrences of a context to be answered
RADII = 6
STEP = 64  # positions from one look at the progress bar to the next


class Found(NamedTuple):
    """What a predictor made of the test positions."""

    right: np.ndarray  # whether its most probable word came
    certainty: np.ndarray  # the larger, the sooner it would answer
    log2: np.ndarray | None  # of the probability of the word that came
    seconds: float  # processor time of finding the most probable ones


class Study:
    """One split, and everything that was trained on its training part."""

    def __init__(
        self, learn: Sequence[Document], test: Sequence[Document], threads: int | None, progress: bool | None
    ) -> None:
        self._threads, self._progress = threads, progress
        self._learn, self._test = learn, test
        vocabulary = self._vocabulary = Vocabulary(learn)
        self._learn_texts, self._test_texts = [list(map(vocabulary.text, part)) for part in (learn, test)]
        self._n_words = len(vocabulary)
        self._learn_words, self._words = [
            padded(map(vocabulary.ids, part), self._n_words, REACH) for part in (learn, test)
        ]
        self._targets = self._words[self._words != self._n_words]
        began = time.process_time()
        self._tables = count(self._learn_words, self._n_words, REACH)
        self._count_seconds = time.process_time() - began
        self._kernel, self._kernel_seconds = self._train(kernel=KernelOptions(reach=REACH))

    # ---- the training text

    def training(self) -> Training:
        table = self._tables[-1]
        kernel = self._kernel
        settings = kernel.info.kernel
        assert settings
        limit = kernel.kernel(LARGE_TAU, [1.0] * REACH, [0.5] * len(settings.class_distances))
        found = limit.logprobs_batch(self._learn_texts, threads=self._threads, progress=self._progress)
        costs = np.concatenate(found) / -np.log(2)
        context, entry = self._entries()
        best = np.log2(table.totals[context] / table.counts[entry])
        single = (table.ends - table.begins)[context] == 1
        p = 2.0 ** -costs[single]
        return Training(
            positions=len(costs), contexts=len(table.contexts), one_follower=int(single.sum()),
            one_follower_right=int((p > 0.5).sum()), least_probability=float(p.min(initial=1.0)),
            best_possible=float(table.counts[table.best()].sum() / len(costs)),
            log_loss=float(costs.mean()), entropy=float(best.mean()),
            largest_difference=float(np.abs(costs - best).max()), rounding=ROUNDING,
        )  # fmt: skip

    def _entries(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each training position, the place of its context and of the entry of its word."""
        table, base = self._tables[-1], self._n_words + 1
        context = table.find(contexts(self._learn_words, self._n_words, REACH))
        words = self._learn_words[self._learn_words != self._n_words]
        return context, np.searchsorted(table.groups * base + table.words, context * base + words)

    # ---- outside it

    def split(self, name: str) -> Split:
        mix, mix_seconds = self._train()
        groups, asked = self._groups(), self._ask(self._kernel)
        predictors = [
            self._predictor("kernel", groups, self._kernel.info.bytes, self._kernel_seconds, asked),
            self._predictor("mix", groups, mix.info.bytes, mix_seconds, self._ask(mix)),
            self._back_off(groups),
            *(self._kneser_ney(order, groups) for order in ORDERS),
        ]
        settings = self._kernel.info.kernel
        assert settings
        return Split(
            name, len(self._learn), len(self._test), sum(d.n_words for d in self._learn), len(self._targets),
            self._n_words,
            float((self._targets == self._vocabulary.unknown).mean()), settings.distances, settings.class_distances,
            list(groups), predictors, self._radii(self._counted(asked.right)),
        )  # fmt: skip

    def _train(self, **settings: Any) -> tuple[Model, float]:
        began = time.process_time()
        model = train(
            self._learn_texts, tokenizer="words", symbols=SymbolOptions(text_end=False), threads=self._threads,
            progress=self._progress, **settings,
        )  # fmt: skip
        return model, time.process_time() - began

    def _groups(self) -> dict[str, np.ndarray]:
        """Which test positions: all, and those whose last words were seen together in training."""
        _, _, length, followers = LongestSuffix(self._tables).predict(self._words, self._n_words)
        groups = {"all": np.ones(len(self._targets), bool)}
        for n in range(2, REACH + 1):
            groups[f"last {n} seen"] = length >= n
        groups[f"last {REACH} seen, one follower"] = (length == REACH) & (followers == 1)
        return groups

    def _predictor(
        self, name: str, groups: dict[str, np.ndarray], nbytes: int, train_seconds: float, found: Found
    ) -> Predictor:
        right, n = self._counted(found.right), len(self._targets)
        order = np.argsort(-found.certainty, kind="stable")
        curve = []
        for share in SHARES:
            answered = order[: max(round(share * n), 1)]
            curve.append(Answers(n, len(answered), int(right[answered].sum())))
        return Predictor(
            name, None if found.log2 is None else float(2 ** -found.log2.mean()), nbytes, train_seconds,
            found.seconds / n,
            [Answers(n, int(group.sum()), int((right & group).sum())) for group in groups.values()], curve,
        )  # fmt: skip

    def _counted(self, right: np.ndarray) -> np.ndarray:
        """Guessing that an unknown word comes is no answer."""
        counted: np.ndarray = right & (self._targets != self._vocabulary.unknown)
        return counted

    def _ask(self, model: Model) -> Found:
        """A model, position by position."""
        seconds = 0.0
        right: list[bool] = []
        certainty, log2 = [], []
        with Progress(self._progress) as bar:
            for text in self._test_texts:
                log2.append(model.logprobs(text) / np.log(2))
                state, ids = model.state(), model.encode(text, add_eos=True)
                bar.show("predict", len(right), len(self._targets), "words")
                began = time.process_time()
                for symbol in ids:
                    best = state.next(1)[0]
                    right.append(best.id == symbol)
                    certainty.append(best.probability)
                    state.feed([symbol])
                seconds += time.process_time() - began
        return Found(np.array(right), np.array(certainty), np.concatenate(log2), seconds)

    def _back_off(self, groups: dict[str, np.ndarray]) -> Predictor:
        began = time.process_time()
        model = LongestSuffix(self._tables)
        trained = time.process_time()
        word, share, length, _ = model.predict(self._words, self._n_words)
        found = Found(word == self._targets, length + share, None, time.process_time() - trained)
        nbytes = sum(table.nbytes for table in self._tables)
        return self._predictor("longest suffix", groups, nbytes, self._count_seconds + trained - began, found)

    def _kneser_ney(self, order: int, groups: dict[str, np.ndarray]) -> Predictor:
        began = time.process_time()
        model = KneserNey(self._tables[:order], self._n_words)
        trained = time.process_time()
        n = len(self._targets)
        best, certainty, p = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
        with Progress(self._progress) as bar:
            for i, places in enumerate(model.find(self._words)):
                distribution = model.distribution(places)
                best[i] = distribution.argmax()
                certainty[i], p[i] = distribution[best[i]], distribution[self._targets[i]]
                if i % STEP == 0:
                    bar.show(f"Kneser-Ney, {order}", i, n, "words")
        found = Found(best == self._targets, certainty, np.log2(p), time.process_time() - trained)
        seconds = self._count_seconds + trained - began
        return self._predictor(f"Kneser-Ney, order {order}", groups, model.nbytes, seconds, found)

    def _radii(self, right: np.ndarray) -> list[Radius]:
        """The kernel, answering where the training text comes near enough."""
        n = len(self._targets)
        near = np.zeros(n, [("distance", float), ("positions", int)])
        i = 0
        with Progress(self._progress) as bar:
            for text in self._test_texts:
                bar.show("distances", i, n, "words")
                ids = self._kernel.encode(text, add_eos=True)
                for at in range(len(ids)):
                    found = self._kernel.nearest(ids[max(at - REACH, 0) : at], 0)
                    near[i] = found.distance, found.positions
                    i += 1
        distances = near["distance"]
        steps = np.unique(np.quantile(distances, np.arange(1, RADII + 1) / RADII, method="higher"))
        result = []
        for radius, least in [*((0.0, least) for least in LEAST), *((float(step), 1) for step in steps if step > 0)]:
            answered = (distances <= radius) & (near["positions"] >= least)
            result.append(Radius(radius, least, Answers(n, int(answered.sum()), int((right & answered).sum()))))
        return result
