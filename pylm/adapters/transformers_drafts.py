# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Drafts for a large model in transformers: its `generate()` says several tokens a step.

    from pylm.adapters.transformers_drafts import drafting

    drafter = pylm.load("drafts.pylm").drafter()
    large.generate(**inputs, max_new_tokens=200, custom_generate=drafting(drafter))

The drafter's model has the large one's token ids.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from transformers import DynamicCache

from .._core.arguments import wrong_type
from ..decoders.drafter import Drafter
from ..errors import ArgumentError


def drafting(drafter: Drafter) -> Callable[..., Any]:
    """What `generate(custom_generate=...)` takes: speculative decoding with drafts of pylm, of one text at a time.

    Exact: each token is chosen from the large model's own scores, after the logits processors, the best one or one
    drawn by chance as `do_sample` says, and the draft is kept as far as it has the same. So the same seed gives the
    same text as without drafts, but for what the large model's arithmetic does when it looks at several tokens at once.

    The drafter learns from the prompt and from what is said, and keeps that for the next `generate()`; its `reset()`
    forgets it. `n_steps`, `n_drafted` and `n_accepted` say what the drafts were worth.
    """
    if not isinstance(drafter, Drafter):
        raise wrong_type("drafter", "a drafter, model.drafter()", drafter)

    def generate(
        model: Any,
        input_ids: Any,
        logits_processor: Any,
        stopping_criteria: Any,
        generation_config: Any,
        streamer: Any = None,
        synced_gpus: bool = False,
        **model_kwargs: Any,
    ) -> Any:
        _check(input_ids, generation_config, model_kwargs)
        is_new = "cache" in inspect.signature(model.forward).parameters  # so called from transformers 5.24 on
        name = "cache" if is_new else "past_key_values"
        cache = model_kwargs.get(name) or DynamicCache(config=model.config)
        speaker = _Speaker(logits_processor, stopping_criteria, generation_config.do_sample)
        ids, read, is_done = input_ids, 0, False
        drafter.start()
        drafter.feed(ids[0].tolist())
        while not is_done:
            left = generation_config.max_length - ids.shape[1]
            draft = drafter.draft()[: max(left - 1, 0)]
            shown = torch.cat([ids[:, read:], torch.tensor([draft], dtype=ids.dtype, device=ids.device)], dim=1)
            with torch.no_grad():
                logits = model(input_ids=shown, use_cache=True, **{name: cache}).logits[:, -len(draft) - 1 :]
            n = ids.shape[1]
            ids, is_done = speaker.say(ids, logits, draft)
            read = ids.shape[1] - 1
            if n + len(draft) > read:
                cache.crop(read - n - len(draft))  # below 0: so many tokens are taken off
            drafter.accept(ids[0, n:].tolist())
            if streamer is not None:
                streamer.put(ids[0, n:].cpu())
        if streamer is not None:
            streamer.end()
        return ids

    return generate


class _Speaker:
    """The large model's choices."""

    def __init__(self, logits_processor: Any, stopping_criteria: Any, do_sample: bool) -> None:
        self._processor, self._criteria, self._do_sample = logits_processor, stopping_criteria, do_sample

    def say(self, ids: Any, logits: Any, draft: list[int]) -> tuple[Any, bool]:
        """The ids with those that are said behind them: as far as the draft is right, and one more. And whether that
        was all."""
        for i in range(len(draft) + 1):
            scores = self._processor(ids, logits[:, i].to(dtype=torch.float32, copy=True))
            if self._do_sample:
                said = torch.multinomial(torch.softmax(scores, dim=-1), num_samples=1)
            else:
                said = scores.argmax(dim=-1, keepdim=True)
            ids = torch.cat([ids, said], dim=1)
            if bool(self._criteria(ids, None).all()):
                return ids, True
            if i < len(draft) and draft[i] != int(said):
                break
        return ids, False


def _check(input_ids: Any, config: Any, model_kwargs: dict[str, Any]) -> None:
    mask = model_kwargs.get("attention_mask")
    if input_ids.shape[0] != 1 or (mask is not None and not bool(mask.all())):
        raise ArgumentError(f"drafts are for one text at a time, without padding; input_ids has {input_ids.shape[0]}")
    if config.num_beams > 1 or config.return_dict_in_generate:
        raise ArgumentError("drafts go with num_beams=1 and return_dict_in_generate=False")
