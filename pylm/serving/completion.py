# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Completions: what a model answers to a request."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .._core.prediction import predictions, shown
from .._model import Model
from .request import Request


class Completer:
    """Answers requests by a model. What takes long comes piece by piece, so that it can end when nobody listens."""

    def __init__(self, model: Model, request: Request) -> None:
        self._model, self._request = model, request
        self.n_prompt = self.n_new = 0

    def choices(self) -> Iterator[dict[str, Any] | None]:
        """All choices; None from time to time in between, while one is being made."""
        index = 0
        for prompt in self._request.prompts:
            ids = self._model.encode(prompt)
            self.n_prompt += len(ids)
            for i in range(self._request.n):
                pieces: list[str] = []
                for piece in self.pieces(prompt, i):
                    pieces.append(piece)
                    yield None
                yield self._choice(index, ids, prompt, "".join(pieces))
                index += 1

    def pieces(self, prompt: str | list[int], i: int) -> Iterator[str]:
        """The i-th continuation of a prompt, as it grows."""
        request = self._request
        yield from self._model.stream(
            prompt,
            request.max_tokens,
            stop=request.stop or None,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=(request.seed + i) % (1 << 64),
        )

    def reason(self, text: str) -> tuple[str, int]:
        """Why a continuation ended, and how many tokens it has."""
        n = len(self._model.encode(text))
        return ("length" if n >= self._request.max_tokens else "stop"), n

    def text_of(self, prompt: str | list[int]) -> str:
        """Of a prompt."""
        return prompt if isinstance(prompt, str) else self._model.decode(prompt)

    def _choice(self, index: int, ids: list[int], prompt: str | list[int], text: str) -> dict[str, Any]:
        request = self._request
        reason, n = self.reason(text)
        self.n_new += n
        echoed = self.text_of(prompt) if request.echo else ""
        logprobs = None
        if request.logprobs is not None:
            new = self._model.encode(text)
            if reason == "stop" and not request.stop and self._model.info.ends is not None:
                new.append(self._model.info.ends)  # a token as well: whoever asked for some gets one at least
            logprobs = self._logprobs(ids, new, request.logprobs)
        return {"index": index, "text": echoed + text, "logprobs": logprobs, "finish_reason": reason}

    def _logprobs(self, before: list[int], new: list[int], k: int) -> dict[str, list[Any]]:
        """Of each token, of the prompt as well if it is echoed; the first one of these has none."""
        model, echo = self._model, self._request.echo
        state = model.state()
        given = before if echo else []
        if not echo:
            state.feed(before)
        tokens: list[str] = []
        of_tokens: list[float | None] = []
        top: list[dict[str, float] | None] = []
        offsets, at = [], 0
        for i, symbol in enumerate([*given, *new]):
            token = shown(model._image.symbol_text(symbol))
            best = {p.text: math.log(p.probability) for p in predictions(model._image, state._state, k)} if k else {}
            logprob = state.feed([symbol])
            is_first = echo and i == 0
            tokens.append(token)
            of_tokens.append(None if is_first else logprob)
            top.append(None if is_first else {**best, token: logprob})
            offsets.append(at)
            at += len(token)
        return {"tokens": tokens, "token_logprobs": of_tokens, "top_logprobs": top, "text_offset": offsets}
