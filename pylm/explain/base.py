# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the explanations of all kinds of models have in common."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, ClassVar

from .._core.prediction import Prediction


class Explained:
    """Base of dataclasses with these fields."""

    DERIVED: ClassVar[tuple[str, ...]]  #: properties that belong in `as_dict()`
    token: str
    logprob: float
    spelling_bits: float
    next: list[Prediction]

    @property
    def probability(self) -> float:
        """Of the token."""
        return math.exp(self.logprob)

    def as_dict(self) -> dict[str, Any]:
        """Nested dicts and lists, for JSON."""
        whole: Any = self  # a dataclass
        fields = {name: value for name, value in asdict(whole).items() if name != "next"}
        derived = {name: getattr(self, name) for name in self.DERIVED}
        return {**fields, **derived, "next": [prediction._asdict() for prediction in self.next]}
