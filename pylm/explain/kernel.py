# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Explanations of a kernel: what a token's probability is made of. From `Model.explain()` and `State.explain()`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from .._core.image import Image
from .._core.native import NONE, check, ffi, lib
from .._core.prediction import NATS_PER_COST, Prediction, shown
from .base import Explained
from .context_names import Contexts

NOTHING = "nothing alike"
BACKGROUND = "one more, for all tokens alike"
ALL_Q30 = 1 << 30
LEAST_SHARE = 0.001


@dataclass(frozen=True)
class Pattern:
    """The positions of the training text before which the same places agree with what stands before the token. Every
    position has one pattern, and all positions of a pattern are equally far away."""

    name: str  #: for people, such as "company * that _": another symbol at *, and another one of the class at [...]
    distance: float  #: of each position, without tau: the K of exp(-tau K)
    weight: float  #: exp(-tau K): what each position counts
    count: int  #: positions that were followed by the token
    total: int  #: all of them
    weight_share: float  #: what all of them count, as a share of what all patterns do; these add up to 1
    share: float  #: of the token's probability: what those followed by it count, likewise; these add up to 1
    probability: float  #: the same times the probability
    template: str | None  #: which places agree, as in `pylm info`: "2 c1" are the last but one, and the class of the
    #: last; None: no position of the text, but the one that is added so that no probability is 0

    @property
    def seen(self) -> str:
        """`count` and `total` in words."""
        return f"{self.count:,} of {self.total:,}" if self.template is not None else ""


@dataclass(frozen=True)
class KernelExplanation(Explained):
    """Why a token has its probability by a kernel: the sum over `parts` of ``count * weight``, divided by that of
    ``total * weight``. Shares are in units of 2^-30 and add up to 1 exactly; each is right to 2^-19 of itself and one
    unit, and the largest has what rounding left. So the parts' probabilities add up to the token's."""

    id: int
    token: str  #: written as in `Prediction.text`; an unknown word of a text as it stands there
    logprob: float  #: natural log of its probability; of an unknown word, that of "<unk>", without its letters
    tau: float
    parts: list[Pattern]  #: all patterns that there are, also those that no position has
    next: list[Prediction]  #: the most probable tokens here, best first
    spelling_bits: float = 0.0  #: what the letters of an unknown word of a text cost, besides

    DERIVED: ClassVar[tuple[str, ...]] = ("probability", "bits")

    @property
    def bits(self) -> float:
        """The token's cost: -log2 of its probability."""
        return -self.logprob / math.log(2)

    def notable(self) -> list[Pattern]:
        """The parts that are worth a line to people, best first: a thousandth of the token's probability or of all."""
        parts = sorted(self.parts, key=lambda part: (-part.share, -part.weight_share))
        return [part for part in parts if max(part.share, part.weight_share) >= LEAST_SHARE]


def explain_kernel(image: Image, state: Any, symbol: int, best: list[Prediction]) -> KernelExplanation:
    """Explains a symbol that may come next in a state."""
    work, kernel = image.new_work(), ffi.new("pylm_kernel *")
    cost, n = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    found = ffi.new("pylm_pattern[]", lib.pylm_n_patterns(image.model))
    check(lib.pylm_model_kernel(image.model, kernel))
    check(lib.pylm_cost(image.model, state, symbol, work, cost))
    check(lib.pylm_explain_kernel(image.model, state, symbol, work, found, n))
    logprob, tau, contexts = -cost[0] * NATS_PER_COST, kernel.tau_q16 / 65536, Contexts(image)
    parts = [_pattern(contexts, state, found[i], tau, math.exp(logprob)) for i in range(n[0])]
    return KernelExplanation(symbol, shown(image.symbol_text(symbol)), logprob, tau, parts, best)


def _pattern(contexts: Contexts, state: Any, found: Any, tau: float, probability: float) -> Pattern:
    distance, share = found.distance_q16 / 65536, found.symbol_share_q30 / ALL_Q30
    template, name = None, BACKGROUND
    if found.number != NONE:
        template = contexts.templates[0][found.number].name
        name = contexts.name(state, 0, found.number) if template else NOTHING
    return Pattern(
        name,
        distance,
        math.exp(-tau * distance),
        found.n_symbol,
        found.n_context,
        found.weight_share_q30 / ALL_Q30,
        share,
        share * probability,
        template,
    )
