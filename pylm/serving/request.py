# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a client asks for, checked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError

MOST_PROMPTS, MOST_CHOICES, MOST_TOKENS, MOST_LOGPROBS, MOST_STOPS = 256, 64, 1 << 16, 20, 16
IGNORED = {
    "user",
    "suffix",
    "best_of",
    "logit_bias",
    "presence_penalty",
    "frequency_penalty",
    "stream_options",
    "store",
}


@dataclass(frozen=True)
class Request:
    """One call of /v1/completions."""

    model: str | None
    prompts: list[str | list[int]]
    max_tokens: int
    n: int
    echo: bool
    stream: bool
    logprobs: int | None  # how many alternatives to give beside each token
    stop: list[str]
    seed: int
    temperature: float
    top_p: float


def request_of(body: Any) -> Request:
    """A request from JSON; ArgumentError, which says what is wrong with which field."""
    if not isinstance(body, dict):
        raise ArgumentError("the body must be a JSON object")
    _refuse(body)
    logprobs = body.get("logprobs")
    return Request(
        model=_of_type(body, "model", str, None),
        prompts=_prompts(body.get("prompt", "")),
        max_tokens=_integer(body, "max_tokens", 16, 0, MOST_TOKENS),
        n=_integer(body, "n", 1, 1, MOST_CHOICES),
        echo=bool(_of_type(body, "echo", bool, False)),
        stream=bool(_of_type(body, "stream", bool, False)),
        logprobs=None if logprobs is None else _integer(body, "logprobs", 0, 0, MOST_LOGPROBS),
        stop=_stops(body.get("stop")),
        seed=_integer(body, "seed", secrets.randbits(62), -(1 << 63), (1 << 63) - 1) % (1 << 64),
        temperature=_number(body, "temperature", 1.0, 0.0, 1000.0),
        top_p=_number(body, "top_p", 1.0, 0.0, 1.0),
    )


def _refuse(body: dict[str, Any]) -> None:
    """What would change the result, and is not done here."""
    for name in ("presence_penalty", "frequency_penalty"):
        if body.get(name) not in (None, 0, 0.0):
            raise ArgumentError(f"{name} is not supported; leave it out")
    for name in ("suffix", "logit_bias"):
        if body.get(name):
            raise ArgumentError(f"{name} is not supported; leave it out")
    if body.get("best_of") not in (None, 1, body.get("n", 1)):
        raise ArgumentError("best_of is not supported; leave it out")
    known = {*Request.__dataclass_fields__, "prompt", *IGNORED} - {"prompts"}
    for name in body:
        if name not in known:
            raise ArgumentError(f"there is no field {str(name)[:60]!r}")


def _of_type(body: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise ArgumentError(f"{name} must be a {kind.__name__}")
    return value


def _integer(body: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or not low <= value <= high:
        raise ArgumentError(f"{name} must be an integer from {low} to {high}")
    return int(value)


def _number(body: dict[str, Any], name: str, default: float, low: float, high: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
        raise ArgumentError(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


def _prompts(prompt: Any) -> list[str | list[int]]:
    """One text or several; as ids as well."""
    if isinstance(prompt, str) or (isinstance(prompt, list) and prompt and all(map(_is_id, prompt))):
        prompt = [prompt]
    if not isinstance(prompt, list) or not prompt or len(prompt) > MOST_PROMPTS:
        raise ArgumentError(f"prompt must be a text, ids, or a list of 1 to {MOST_PROMPTS} of them")
    for one in prompt:
        if not isinstance(one, str) and not (isinstance(one, list) and all(map(_is_id, one))):
            raise ArgumentError("prompt must be a text, ids, or a list of them")
    return prompt


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _stops(stop: Any) -> list[str]:
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or len(stops) > MOST_STOPS or not all(isinstance(s, str) and s for s in stops):
        raise ArgumentError(f"stop must be a text, or a list of up to {MOST_STOPS}")
    return stops
