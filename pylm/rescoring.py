# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Rescoring: of several hypotheses of a recogniser, the one that is best together with the model.

total = score + weight * ln P(text) + bonus * words + boosts of hotwords in it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ._core.arguments import number, several, wrong_type
from ._core.reader import image_of
from ._model import Model
from .errors import ArgumentError

MOST = 1e6
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0)
BONUSES = (-6.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0)


@dataclass(frozen=True)
class Hypothesis:
    """What a recogniser may have heard or read."""

    text: str
    score: float = 0.0  #: its own, a natural logarithm or the like: the larger, the better


@dataclass(frozen=True)
class Rescored:
    """A hypothesis with the model's view of it."""

    text: str
    score: float  #: as it was given
    logprob: float  #: natural log of its probability by the model
    total: float


@dataclass(frozen=True)
class Weights:
    """How much each part counts."""

    weight: float = 1.0  #: of the model
    bonus: float = 0.0  #: for each word; above 0 against deletions
    hotwords: Mapping[str, float] = field(default_factory=dict)  #: words that are expected, and a boost for each time

    def __post_init__(self) -> None:
        number("weight", self.weight, 0, MOST)
        number("bonus", self.bonus, -MOST, MOST)
        if not isinstance(self.hotwords, Mapping):
            raise wrong_type("hotwords", "words with a boost each, {word: boost}", self.hotwords)
        for word, boost in self.hotwords.items():
            number(f"hotwords[{word!r}]", boost, -MOST, MOST)

    def total(self, hypothesis: Hypothesis, logprob: float) -> float:
        """Of a hypothesis."""
        words = hypothesis.text.split()
        boosts = sum(self.hotwords.get(word, 0.0) for word in words) if self.hotwords else 0.0
        return hypothesis.score + self.weight * logprob + self.bonus * len(words) + boosts


def rescore(
    model: Model, lists: Iterable[Sequence[Hypothesis | tuple[str, float]]], weights: Weights | None = None
) -> list[list[Rescored]]:
    """The hypotheses of each list, best first; of equally good ones the first that was given.

    lists     for each utterance its hypotheses: `Hypothesis`, or a text and its score.
    weights   None: the model counts as much as the scores, and nothing else does.
    """
    image_of("model", model)
    chosen = _weights(weights)
    result = []
    for hypotheses, logprobs in _scored(model, lists):
        rescored = [
            Rescored(h.text, h.score, logprob, chosen.total(h, logprob))
            for h, logprob in zip(hypotheses, logprobs, strict=True)
        ]
        result.append(sorted(rescored, key=lambda r: -r.total))
    return result


def fit_weights(
    model: Model, lists: Iterable[Sequence[Hypothesis | tuple[str, float]]], references: Iterable[str]
) -> tuple[Weights, float]:
    """The weight and the bonus by which the fewest words are wrong, and the word error rate with them: all of a grid
    are tried. Choose them on utterances that are not those which count."""
    image_of("model", model)
    scored, texts = list(_scored(model, lists)), [str(text) for text in several("references", references, "texts")]
    if len(scored) != len(texts) or not texts:
        raise ArgumentError(f"references must be one for each list: {len(scored)} lists, {len(texts)} references")
    errors = [
        [word_errors(h.text, text) for h in hypotheses] for (hypotheses, _), text in zip(scored, texts, strict=True)
    ]
    n_words = max(sum(len(text.split()) for text in texts), 1)
    best = None
    for weight in WEIGHTS:
        for bonus in BONUSES:
            found, weights = 0, Weights(weight, bonus)
            for (hypotheses, logprobs), own in zip(scored, errors, strict=True):
                totals = [weights.total(h, logprob) for h, logprob in zip(hypotheses, logprobs, strict=True)]
                found += own[totals.index(max(totals))]
            if best is None or found < best[0]:
                best = found, weights
    assert best is not None
    return best[1], best[0] / n_words


def word_errors(text: str, reference: str) -> int:
    """How many words have to be put in, taken out or replaced, at least."""
    words, row = reference.split(), list(range(len(reference.split()) + 1))
    for i, word in enumerate(text.split(), 1):
        before, row[0] = row[0], i
        for j, other in enumerate(words, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def _weights(weights: Weights | None) -> Weights:
    if weights is not None and not isinstance(weights, Weights):
        raise wrong_type("weights", "a pylm.Weights", weights)
    return weights or Weights()


def _scored(
    model: Model, lists: Iterable[Sequence[Hypothesis | tuple[str, float]]]
) -> Iterable[tuple[list[Hypothesis], list[float]]]:
    """Each list with the natural logs of its probabilities. All are scored in one go."""
    found = [[_hypothesis(h) for h in several("lists", one, "hypotheses")] for one in several("lists", lists, "lists")]
    if not all(found):
        raise ArgumentError(f"lists[{[bool(one) for one in found].index(False)}] has no hypotheses")
    logprobs = iter(model.score_batch([h.text for one in found for h in one]))
    return [(one, [float(next(logprobs)) for _ in one]) for one in found]


def _hypothesis(value: object) -> Hypothesis:
    if isinstance(value, Hypothesis):
        found = value
    elif isinstance(value, tuple) and len(value) == 2:
        found = Hypothesis(*value)
    else:
        raise wrong_type("a hypothesis in lists", "a text and its score, or a pylm.Hypothesis", value)
    if not isinstance(found.text, str):
        raise wrong_type("a hypothesis in lists", "a text and its score", found.text)
    number("the score of a hypothesis in lists", found.score, -1e300, 1e300)
    return found
