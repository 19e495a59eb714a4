# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Explanations of the predictor `mix`: what a token's probability is made of. From `Model.explain()`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .._core.image import Image
from .._core.native import check, ffi, lib
from .._core.prediction import NATS_PER_COST, Prediction, shown
from .base import Explained
from .context_names import Contexts
from .topic import Topic, TopicAsked

KINDS = {
    lib.PYLM_PART_EVEN: "even",
    lib.PYLM_PART_CONTEXT: "context",
    lib.PYLM_PART_MEAN: "mean",
    lib.PYLM_PART_CONSTANT: "constant",
    lib.PYLM_PART_COUNTS: "counts",
    lib.PYLM_PART_AGES: "ages",
    lib.PYLM_PART_RECALL: "recall",
    lib.PYLM_PART_INDIRECT: "indirect",
    lib.PYLM_PART_REPETITION: "repetition",
    lib.PYLM_PART_AVERAGE: "average",
    lib.PYLM_PART_BELOW: "below",
    lib.PYLM_PART_TOPIC: "topic",
    lib.PYLM_PART_PLACE: "place",
    lib.PYLM_PART_VOICE: "voice",
}
LEARNED = frozenset(["counts", "ages", "recall", "indirect", "repetition"])
NAMES = {
    "mean": "mean of all contexts",
    "constant": "constant",
    "counts": "how often",
    "ages": "how long ago",
    "repetition": "no repetition",
    "average": "average of the trees",
    "below": "the model below the layer",
    "topic": "topic",
    "place": "words that share their places",
    "voice": "all suffix contexts together",
}
OF_A_CONTEXT = ("context", "recall", "indirect")


@dataclass(frozen=True)
class Part:
    """What one thing that the model knows has to do with a token's probability.

    The parts of an explanation add up to the logarithm of the probability. `kind` is

        even        the tree's decisions on the way to the token, if each were even: minus one bit each
        context     what followed a context in the training text
        topic       what the hundreds of tokens before are about, in bytes what the last words are;
                    `Explanation.topic` says which words
        voice       what the contexts of the last tokens without gaps say together: each longer one adds its counts
                    to what the shorter ones expect
        mean        the plain mean of how often what followed, in all contexts that are known
        constant    what decisions are like whatever is known
        below       layers: what the model says that it lies on
        average     several trees: their average is more, or less, than each by its share
        place       words given to the model (`Model.with_words()`): the token has only a part of its place

    and, of a state that learns, what it has learned from the text that it has read:

        counts      which way the same decisions lately went
        ages        how long ago they last went each way
        recall      what lately followed a context
        indirect    what lately followed wherever the same had followed a context
        repetition  the text repeats what it said before
    """

    kind: str
    name: str  #: for people: the context as in "said that _", or what else it is
    bits: float  #: the part in log2(probability): above 0 it makes the token more probable
    count: int  #: occurrences of the token in the context; ages: at least so many tokens ago, 0 for never
    total: int  #: of all tokens in it; 0: the context is not known. even: decisions. repetition: how many tokens in a
    #: row it has been right by now
    log_odds: float  #: for the token, in nats: the calibrated log-odds of all decisions, added up
    weight: float  #: the mean weight of these
    template: str | None  #: which context it is, as in `pylm info`: "2 1 c3" is the last two and a class
    tree: int  #: from 1

    @property
    def learned(self) -> bool:
        """Whether the state learned it from the text that it has read."""
        return self.kind in LEARNED

    @property
    def seen(self) -> str:
        """`count` and `total` in words."""
        if self.kind == "ages":
            return f"{self.count:,}+ tokens ago" if self.count else "never"
        if self.kind == "repetition" and self.name != NAMES["repetition"]:
            return f"{'goes on' if self.count else 'ends'} after {self.total:,}"
        return f"{self.count:,} of {self.total:,}" if self.total and self.kind != "even" else ""


@dataclass(frozen=True)
class Explanation(Explained):
    """Why a token has its probability. `parts` add up to it: ``sum(part.bits for part in parts)`` is its log2,
    exactly (in units of 2^-16 bit, which floats hold).

    Each decision on the way to the token begins as an even one. All that is known adds its weighted log-odds, and of
    what this makes of the one bit that an even decision costs, each has a share in proportion. That is the integral
    of the slope along the straight line from nothing known to all known (integrated gradients: Sundararajan, Taly and
    Yan, "Axiomatic Attribution for Deep Networks", 2017).
    """

    id: int
    token: str  #: written as in `Prediction.text`; an unknown word of a text as it stands there
    logprob: float  #: natural log of its probability; of an unknown word, that of "<unk>", without its letters
    parts: list[Part]  #: all contexts that the model looks for are there, known or not
    next: list[Prediction]  #: the most probable tokens here, best first
    topic: Topic | None = None  #: which words made the parts of the kind "topic"; None: there are none
    spelling_bits: float = 0.0  #: what the letters of an unknown word of a text cost, besides

    DERIVED: ClassVar[tuple[str, ...]] = ("probability", "bits", "learned_bits")

    @property
    def bits(self) -> float:
        """The token's cost: -log2 of its probability."""
        return -sum(part.bits for part in self.parts)

    @property
    def trees(self) -> int:
        """How many symbol trees the model has."""
        return max(part.tree for part in self.parts)

    @property
    def learned_bits(self) -> float:
        """Bits of the parts that a state has learned from the text that it has read."""
        return sum(part.bits for part in self.parts if part.learned)


def explain_mix(image: Image, state: Any, symbol: int, best: list[Prediction], read: Sequence[int]) -> Explanation:
    """Explains a symbol that may come next in a state. `read`: the last symbols that the state has read."""
    contexts, asked = Contexts(image), TopicAsked(read)
    found, n = ffi.new("pylm_part[]", lib.pylm_n_parts(image.model)), ffi.new("uint32_t *")
    check(lib.pylm_explain_topic(image.model, state, symbol, image.work, found, n, asked.argument))
    parts, cost = _parts(contexts, state, found, n[0])
    topic = asked.answer(contexts) if any(part.kind == "topic" for part in parts) else None
    return Explanation(symbol, shown(image.symbol_text(symbol)), -cost * NATS_PER_COST, parts, best, topic)


def _parts(contexts: Contexts, state: Any, found: Any, n: int) -> tuple[list[Part], int]:
    """The parts for people, and the cost that all add up to."""
    result, cost = [], 0
    for i in range(n):
        part = found[i]
        kind = KINDS[part.kind]
        template = contexts.templates[part.tree][part.number] if kind in OF_A_CONTEXT else None
        if kind == "context" and template is not None and not template.contexts:
            continue  # it is there for others to extend
        result.append(
            Part(
                kind,
                _name(contexts, state, kind, part),
                -part.cost_q16 / 65536,
                part.n_symbol,
                part.n_context,
                part.log_odds_q10 / 1024,
                part.weight_q13 / 8192,
                template and template.name,
                part.tree + 1,
            )
        )
        cost += part.cost_q16
    return result, cost


def _name(contexts: Contexts, state: Any, kind: str, part: Any) -> str:
    if kind in OF_A_CONTEXT:
        name = contexts.name(state, part.tree, part.number)
        return f"like {name}" if kind == "indirect" else name
    if kind == "even":
        return f"{part.n_context} even decisions"
    if kind == "place":
        return f"shares the place of {contexts.text_of(part.number)}" if part.cost_q16 else "has its place alone"
    if kind == "repetition" and part.number:
        return f"repetition of {part.number} and more"
    return NAMES[kind]
