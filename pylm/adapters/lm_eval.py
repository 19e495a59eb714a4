# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Models of pylm in the lm-evaluation-harness (the package lm_eval, 0.4), by the name "pylm".

    python -m pylm.adapters.lm_eval run --model pylm --model_args path=text.pylm --tasks TASK

is the harness's own command line, which knows of pylm then. In Python, import this module before
``lm_eval.simple_evaluate(model="pylm", model_args="path=text.pylm", tasks=[...])``.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable
from typing import Any

import lm_eval.models  # noqa: F401 - the harness's own models, which it only looks for while it knows of none
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model
from tqdm import tqdm

from .._core.arguments import DEFAULT_MEMORY
from .._core.image import Image
from .._core.prediction import NATS_PER_COST
from .._model import Model, load
from .._state import State
from ..errors import ArgumentError

NEW_SYMBOLS = 256  # generated at most, unless a task says otherwise, as in the harness's other models
LAYERS = os.pathsep  # between the paths of layers
IGNORED = {"do_sample", "until", "max_gen_toks", "max_tokens", "temperature", "top_p", "seed"}


@register_model("pylm")
class PylmLM(LM):  # type: ignore[misc]  # it has no types
    """A model as the harness asks it.

    path     of a model file; or a `pylm.Model`, for one that is there already.
    layers   paths of layer files, the lowest first, with ``:`` between them (on Windows ``;``).
    words    path of a file of words that a model of words does not have; see `Model.with_words()`.
    learn    learn from each text while it is read: the context of a question, or a document. It is forgotten before the
             next one.
    memory   bytes to learn in, a number or like "16K".

    What the harness gives to every model, `batch_size`, `max_batch_size` and `device`, changes nothing here.
    """

    def __init__(
        self,
        path: Any,
        layers: str = "",
        words: str | None = None,
        learn: bool = False,
        memory: int | str = DEFAULT_MEMORY,
        batch_size: Any = None,
        max_batch_size: Any = None,
        device: Any = None,
    ) -> None:
        super().__init__()
        model = path if isinstance(path, Model) else load(path, layers=[name for name in layers.split(LAYERS) if name])
        if words is not None:
            from pathlib import Path

            model = model.with_words(Path(words))
        self.model, self._learn, self._memory = model, learn, memory
        self._read: tuple[str, State] | None = None

    @property
    def tokenizer_name(self) -> str:
        """By which the harness tells its caches of requests apart: they hold texts, whatever the tokenizer."""
        return "pylm"

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Of each request, a context and what may follow it: the natural log of the probability of that, the letters of
        unknown words included; and whether each of its symbols is the most probable one where it stands."""
        found = []
        for request in tqdm(requests, disable=disable_tqdm, desc="pylm"):
            found.append(self._followed(*request.args))
            self.cache_hook.add_partial("loglikelihood", request.args, found[-1])
        return found

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[float]:
        """Of each request, a text: the natural log of its probability. No end is scored behind it."""
        found = []
        for request in tqdm(requests, disable=disable_tqdm, desc="pylm"):
            found.append(self._state().feed(request.args[0]))
            self.cache_hook.add_partial("loglikelihood_rolling", request.args, found[-1])
        return found

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Of each request, a context and options: a continuation up to one of the texts of `until`, which is left out.
        Known are until, max_gen_toks, do_sample, temperature, top_p and seed; without do_sample and temperature it is
        the most probable symbol each time."""
        found = []
        for request in tqdm(requests, disable=disable_tqdm, desc="pylm"):
            context, options = request.args
            found.append(self._state_behind(context).generate(**_generation(options)))
            self.cache_hook.add_partial("generate_until", request.args, found[-1])
        return found

    # ---- how

    def _state(self) -> State:
        return self.model.state(learn=self._learn, memory=self._memory)

    def _state_behind(self, context: str) -> State:
        """A state that has read a context. The questions of a task often have the one before in common."""
        if self._read is None or self._read[0] != context:
            state = self._state()
            state.feed(context)
            self._read = context, state
        return self._read[1]

    def _followed(self, context: str, text: str) -> tuple[float, bool]:
        """A text behind a context. A word belongs to where its space stands, and the symbols are those of both texts
        together, of which the first may lose its last ones: within a word or a piece."""
        image = self.model._image
        kept = context.rstrip()
        text, context = context[len(kept) :] + text, kept
        whole, before = image.symbols(context + text, False), image.symbols(context, False)
        n = _common(whole, before)
        state = self._state_behind(context) if n == len(before) else self._state()
        branch = state.branch()
        if n < len(before):
            for symbol in before[:n]:
                branch.step(symbol)
        logprob, greedy = _stepped(image, branch, whole[n:])
        spelled = image.spelled(context + text, whole).cost - image.spelled(context, before).cost
        return logprob - spelled * NATS_PER_COST, greedy and not spelled


def _common(a: array[int], b: array[int]) -> int:
    """How many symbols two texts begin with alike."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _stepped(image: Image, branch: Any, symbols: Iterable[int]) -> tuple[float, bool]:
    """The natural log of the probability of symbols behind a branch, and whether each is the most probable one."""
    total, greedy = 0.0, True
    for symbol in symbols:
        greedy = greedy and image.top(branch._state, 1)[0][0] == symbol
        total += branch.step(symbol)
    return total, greedy


def _generation(options: dict[str, Any]) -> dict[str, Any]:
    """The harness's options as those of `State.generate()`."""
    unknown = sorted(set(options) - IGNORED)
    if unknown:
        raise ArgumentError(f"the task's generation_kwargs have {unknown[0]!r}, which pylm does not know; leave it out")
    until = options.get("until") or []
    sampled = options.get("do_sample", False) or options.get("temperature", 0) > 0
    return {
        "max_new_tokens": int(options.get("max_gen_toks", options.get("max_tokens", NEW_SYMBOLS))),
        "stop": ([until] if isinstance(until, str) else list(until)) or None,
        "temperature": float(options.get("temperature", 1.0)) if sampled else 0.0,
        "top_p": float(options.get("top_p", 1.0)),
        "seed": int(options.get("seed", 0)),
    }


if __name__ == "__main__":
    import sys

    from lm_eval.__main__ import cli_evaluate

    sys.argv[0] = "pylm.adapters.lm_eval"
    cli_evaluate()
