# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a case study finds: on the training text, outside it, and with random features."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

REACH = 4  # words of a context, as in the paper
SHARES = (0.01, 0.02, 0.05, *(i / 10 for i in range(1, 11)))  # of positions answered, along a curve


@dataclass(frozen=True)
class Corpus:
    title: str
    documents: int
    bytes: int  #: of the words with a space or line end behind each
    words: int  #: punctuation marks and ends of paragraphs included


@dataclass(frozen=True)
class Training:
    """The kernel on the text it was trained on, with a tau that is as good as infinite."""

    positions: int
    contexts: int  #: different ones, of `REACH` words
    one_follower: int  #: positions whose context had one follower only
    one_follower_right: int  #: of these, the ones whose word has a probability above 1/2, so is the most probable one
    least_probability: float  #: of these words
    best_possible: float  #: share of all positions that any predictor that sees the same contexts can get right
    log_loss: float  #: bits a word
    entropy: float  #: bits a word: that of the followers of each context, the least possible log-loss
    largest_difference: float  #: bits, of any one position from its own optimum
    rounding: float  #: bits, up to which that is equal

    @property
    def one_follower_accuracy(self) -> float:
        return self.one_follower_right / max(self.one_follower, 1)

    @property
    def equal(self) -> bool:
        return self.largest_difference <= self.rounding


@dataclass(frozen=True)
class Answers:
    """How much was answered, and how much of that was right: an accuracy and its coverage."""

    positions: int
    answered: int
    right: int

    @property
    def coverage(self) -> float:
        return self.answered / self.positions

    @property
    def accuracy(self) -> float:
        return self.right / self.answered if self.answered else 0.0


@dataclass(frozen=True)
class Predictor:
    name: str
    perplexity: float | None  #: None: it has no probabilities
    bytes: int
    train_seconds: float  #: processor time
    predict_seconds: float  #: processor time a position, for its most probable word
    groups: list[Answers]  #: for each of `Split.groups`
    curve: list[Answers]  #: answering only where it is most certain, for each of `SHARES`


@dataclass(frozen=True)
class Radius:
    radius: float  #: answered is where the nearest training position is as near as this
    least: int  #: and where so many are
    answers: Answers


@dataclass(frozen=True)
class Split:
    name: str
    train_documents: int
    test_documents: int
    train_words: int
    test_words: int
    vocabulary: int
    unknown: float  #: share of test words outside the vocabulary; they count as wrong for every predictor
    distances: tuple[float, ...]
    class_distances: tuple[float, ...]
    groups: list[str]
    predictors: list[Predictor]
    radii: list[Radius]  #: of the kernel


@dataclass(frozen=True)
class Approximation:
    """Random features of so many dimensions."""

    dimension: int
    error: float  #: length of the difference from the exact f over the length of f, median of all queries
    same_best: float  #: share of queries with the same most probable word
    negative: float  #: share of words whose f came out below zero, mean of all queries
    bytes: int  #: of a table of a 4-byte number for each bucket and word


@dataclass(frozen=True)
class RandomFeatures:
    centres: int
    queries: int
    vocabulary: int
    expansion_error: float  #: of the sum over hash tables, against the direct sum over all centres
    expansion_bytes: int
    approximations: list[Approximation]


@dataclass(frozen=True)
class CaseStudy:
    """What was measured. From `casestudy()`."""

    corpus: Corpus
    training: Training
    splits: list[Split]
    features: RandomFeatures
    seconds: float  #: processor time of all of it

    def as_dict(self) -> dict[str, Any]:
        """Nested dicts and lists, for JSON."""
        found = asdict(self)
        for name in ("one_follower_accuracy", "equal"):
            found["training"][name] = getattr(self.training, name)
        result: dict[str, Any] = _with_rates(found)
        return result


def _with_rates(found: Any) -> Any:
    """Beside each number of right answers, its accuracy and its coverage."""
    if isinstance(found, (list, tuple)):
        return [_with_rates(item) for item in found]
    if not isinstance(found, dict):
        return found
    found = {name: _with_rates(value) for name, value in found.items()}
    if found.keys() == {"positions", "answered", "right"}:
        answers = Answers(**found)
        found |= {"coverage": answers.coverage, "accuracy": answers.accuracy}
    return found
