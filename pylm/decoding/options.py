# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Options of generation and of beam search: written down once, for models and states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from .._core.arguments import wrong_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._core.reader import Reader
    from .constraints import Constraint

    Stop: TypeAlias = str | bytes | Sequence[str | bytes] | None
    Learn: TypeAlias = bool | Literal["prompt"]

TEMPERATURE, TOP_K, TOP_P = 1.0, 0, 1.0  # text with the words of the training text; see docs/benchmarks.md


class SamplingOptions(TypedDict, total=False):
    """Options of `Model.generate()`, `stream()` and `generate_ids()`, and of the same of `State`."""

    temperature: float  #: 1, as the model says. 0: always the most probable symbol; up to 1000
    top_k: int  #: 0, no limit. Choose among the k most probable symbols only
    top_p: float  #: 1, no limit. Among the most probable ones that together reach p
    min_p: float  #: 0. Among those with at least this share of the best one's probability; 0: no limit
    repetition_penalty: float  #: 1. Multiplies the cost, -log(probability), of symbols seen lately; 1: none
    repetition_window: int  #: 64. How many symbols count as seen lately, those of the prompt included
    seed: int | None  #: None. 0 to 2^64 - 1: the same text on every machine; None: another text every time
    unknown: bool  #: False: no unknown words. True: as often as the model says, with letters at random if it spells
    #: (`SymbolOptions.closed`), else ``<unk>``
    ignore_eos: bool  #: False: a text ends where the model says. True: there a line ends, and another text follows
    constraint: Constraint | None  #: None. What the text may be: a `Regex`, `OneOf`, `Prefix` or `Schema`
    contrast: Reader | None  #: None. A `Model`: prefer what the model finds more probable than this one does
    contrast_weight: float  #: 1. What counts is log p - weight * log q, q being the other's probability; up to 1000
    contrast_alpha: float  #: 0.1. Among symbols with at least this share of the best one's p; 0 to 1


class BeamOptions(TypedDict, total=False):
    """Options of `Model.beam_search()` and `State.beam_search()`."""

    n: int  #: 5. How many texts; there are fewer if not more were found
    beam: int | None  #: None. Beginnings kept at each step, n or more; None: 2 * n, 8 at least
    stop: Stop  #: None. A string or several: a text ends before the first of them
    unknown: bool  #: False: never ``<unk>``. True: where it is among the most probable
    diverse: bool | None  #: None. No two texts begin with the same symbol; None: unless there is a constraint
    constraint: Constraint | None  #: None. As in `SamplingOptions`


def check_constraint(constraint: Constraint | None) -> None:
    """TypeError for what is neither a constraint nor None."""
    if constraint is None:
        return
    from .constraints import Constraint

    if not isinstance(constraint, Constraint):
        advice = f"for a regular expression, pylm.Regex({constraint!r})" if isinstance(constraint, str) else ""
        raise wrong_type("constraint", "a pylm.Regex, OneOf, Prefix or Schema", constraint, advice)
