# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The routes by which clients count a model's tokens: /tokenize, /detokenize, /tokenizer_info, as vLLM's server has
them. Evaluation harnesses find by them where a question ends and its answer begins."""

from __future__ import annotations

from typing import Any

from .._model import Model
from ..errors import ArgumentError

MOST_IDS = 1 << 20


def tokenize(model: Model, body: Any) -> dict[str, Any]:
    """The ids of a text whose last line goes on."""
    text = _field(body, "prompt", str)
    ids = model.encode(text)
    return {"tokens": ids, "count": len(ids), "max_model_len": MOST_IDS}


def detokenize(model: Model, body: Any) -> dict[str, Any]:
    """The text of ids."""
    ids = _field(body, "tokens", list)
    if len(ids) > MOST_IDS:
        raise ArgumentError(f"tokens must be {MOST_IDS} at most")
    return {"prompt": model.decode(model._image.check_ids(ids, "tokens"))}


def tokenizer_info(model: Model) -> dict[str, Any]:
    """A text begins behind a line end, where the vocabulary has that. There are no other special tokens."""
    begin = model.info.begins
    bos = None if begin is None else "\n"
    return {"tokenizer_class": "pylm", "bos_token": bos, "eos_token": None, "pad_token": None, "chat_template": None}


def name_of(body: Any) -> str | None:
    """Of the model that is meant; None: the first one."""
    if not isinstance(body, dict):
        raise ArgumentError("the body must be a JSON object")
    name = body.get("model")
    if name is not None and not isinstance(name, str):
        raise ArgumentError("model must be a str")
    return name


def _field(body: Any, name: str, kind: type) -> Any:
    value = body.get(name)
    if not isinstance(value, kind):
        raise ArgumentError(f"{name} must be a {kind.__name__}")
    return value
