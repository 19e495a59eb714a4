# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The part of `Model` that predicts and generates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._core.arguments import DEFAULT_MEMORY
from .._core.prediction import Prediction
from .._core.reader import Reader, image_of
from ..errors import ArgumentError
from .beam import Continuation, continuations
from .contrast import Contrast, contrasts
from .options import BeamOptions, SamplingOptions, check_constraint
from .prompt import open_prompt, predicted
from .writing import as_text, generated

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Unpack

    from .._core.image import TextOrIds
    from .constraints import Constraint
    from .options import Learn, Stop


class Generating(Reader):
    """What comes next, and what may follow."""

    def next(self, context: TextOrIds = "", k: int = 5, *, constraint: Constraint | None = None) -> list[Prediction]:
        """The k most probable next symbols, best first (all of them if k is larger than the vocabulary).

        constraint   only those with which a text can begin that the constraint allows; their probabilities are
                     divided by their sum, unless the text may be empty.
        A text may end anywhere, also within a symbol: `Prediction.text` is what each symbol adds to it. Ids are taken
        as they are; docs/decoding.md says more ("Where a prompt ends").
        """
        check_constraint(constraint)
        return predicted(self._image, open_prompt(self._image, context, name="context"), k, constraint)

    def distribution(self, context: TextOrIds = "", *, exact: bool = False) -> np.ndarray:
        """The probability of every symbol coming next: float64 of shape (n_symbols,), which sums to 1. A text is taken
        to end where its last symbol does.

        exact   in units of 2^-62, uint64, which sum to 2^62: for coders, since they are the same on every machine.
        """
        state = self._state_after(context)
        return self._image.distribution_q62(state) if exact else self._image.distribution(state)

    def generate(
        self,
        prompt: TextOrIds = "",
        max_new_tokens: int = 100,
        *,
        stop: Stop = None,
        learn: Learn = False,
        memory: int | str = DEFAULT_MEMORY,
        **options: Unpack[SamplingOptions],
    ) -> str:
        """A continuation of the prompt (without the prompt). The prompt may end anywhere, as in `next()`.

        max_new_tokens   symbols to generate at most, 0 to 2^32 - 1. There are fewer where the text ends: a model of
                         many documents knows where (`ModelInfo.ends`).
        stop             a string or several: the text ends before the first of them. In a word model also a symbol,
                         such as "</s>", which stands for the line end.
        learn            True: learn from the prompt, and then from every second symbol that is generated, which keeps
                         the topic as real text does (docs/benchmarks.md, "Generated text"); "prompt": from the
                         prompt only.
        memory           bytes to learn in, a number or like "16K".

        Options, with what they are unless given:

        temperature=1            as the model says; 0: always the most probable symbol; up to 1000.
        top_k=0                  no limit; else choose among the k most probable symbols only.
        top_p=1                  no limit; else among the most probable ones that together reach p.
        min_p=0                  among those with at least this share of the best one's probability; 0: no limit.
        repetition_penalty=1     multiplies the cost, -log(probability), of symbols seen lately; 1: none.
        repetition_window=64     how many symbols count as seen lately, those of the prompt included.
        seed=None                0 to 2^64 - 1. The same seed gives the same text on every machine; None: another
                                 text every time.
        unknown=False            no unknown words: the probabilities of the others are divided by their sum; True: as
                                 often as the model says, with letters at random if it spells, else ``<unk>``.
        ignore_eos=False         the text ends where the model says; True: there a line ends, and another text follows.
        constraint=None          what the text may be: a `Regex`, `OneOf`, `Prefix` or `Schema`.
        contrast=None            another model of the same vocabulary: prefer what this one finds more probable.
        contrast_weight=1        what counts is log p - weight * log q, q being the other's probability.
        contrast_alpha=0.1       among symbols with at least this share of the best one's p.

        They apply in this order: constraint and contrast, penalty, temperature, top_k, top_p, min_p
        (DESIGN.md, "Sampling"; docs/decoding.md). Raises ArgumentError for a value out of range, and TypeError for
        an option that does not exist.
        """
        return "".join(self.stream(prompt, max_new_tokens, stop=stop, learn=learn, memory=memory, **options))

    def stream(
        self,
        prompt: TextOrIds = "",
        max_new_tokens: int = 100,
        *,
        stop: Stop = None,
        learn: Learn = False,
        memory: int | str = DEFAULT_MEMORY,
        **options: Unpack[SamplingOptions],
    ) -> Iterator[str]:
        """The same as `generate()`, piece by piece as soon as each is certain. Whole characters only; bytes
        that are not UTF-8 become U+FFFD."""
        opened = open_prompt(self._image, prompt, learn, memory)
        return as_text(self._image, generated("stream", self._image, opened, max_new_tokens, options), stop)

    def generate_ids(
        self,
        prompt: TextOrIds = "",
        max_new_tokens: int = 100,
        *,
        learn: Learn = False,
        memory: int | str = DEFAULT_MEMORY,
        **options: Unpack[SamplingOptions],
    ) -> list[int]:
        """The ids of a continuation: `max_new_tokens` of them, or fewer where the text ends. The end is not among them.
        Options as in `generate()`. They go on behind the ids of the prompt, so a text is taken to end where its last
        symbol does."""
        opened = open_prompt(self._image, self._prompt(prompt), learn, memory)
        return list(generated("generate_ids", self._image, opened, max_new_tokens, options).symbols)

    def beam_search(
        self,
        prompt: TextOrIds = "",
        max_new_tokens: int = 20,
        *,
        learn: Learn = False,
        memory: int | str = DEFAULT_MEMORY,
        **options: Unpack[BeamOptions],
    ) -> list[Continuation]:
        """The n most probable continuations of a prompt, best first, as far as a beam search finds them. The result
        is always the same.

        max_new_tokens   symbols of each, 0 to 2^32 - 1: so many, or fewer where a stop string, a constraint or the
                         model ends it.
        learn            "prompt": learn from the prompt before.
        memory           bytes to learn in.

        Options, with what they are unless given:

        n=5              how many; there are fewer if not more were found.
        beam=None        how many beginnings are kept at each step, n or more; None: 2 * n, 8 at least. If there are
                         never more than that, the result is exact.
        stop=None        as in `generate()`; its symbols count in the probability.
        unknown=False    as in `generate()`.
        diverse=None     True: no two texts begin with the same symbol, and beginnings with the same first symbol take
                         at most beam / n of the beam, rounded up. False: the most probable texts, which are often much
                         alike. None: True, unless there is a constraint.
        constraint=None  as in `generate()`; the probability is that given what is allowed.
        Of several ways to spell a text in symbols only the most probable one is in the list.
        """
        if learn is True:
            raise ArgumentError("a beam search learns nothing from the texts that it tries; take learn='prompt'")
        return continuations(self._image, open_prompt(self._image, prompt, learn, memory), max_new_tokens, options)

    def contrast(
        self,
        context: TextOrIds,
        contrast: Reader,
        k: int = 5,
        *,
        contrast_weight: float = 1.0,
        contrast_alpha: float = 0.1,
    ) -> list[Contrast]:
        """The k next symbols that this model prefers most, compared with another of the same vocabulary; as
        `contrast` in `generate()`. There are fewer, if fewer are plausible."""
        symbols, other = self._prompt(context, "context"), image_of("contrast", contrast)
        return contrasts(self._image, other, symbols, k, contrast_weight, contrast_alpha)
