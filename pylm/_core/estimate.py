# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How long training will take: for progress bars."""

from __future__ import annotations

import os
import time
from typing import Any

from .native import lib, text_of

# What a stage costs in CPU seconds, measured on one machine. Only how the stages compare matters: how quick this
# machine is shows as it goes. Of a million bytes of text; symbols of it; symbols of its held-out part.
PER_BYTE = {lib.PYLM_STAGE_PIECES: 0.07, lib.PYLM_STAGE_CLUSTER: 0.12}
PER_SYMBOL = {lib.PYLM_STAGE_COUNT: 1.2, lib.PYLM_STAGE_TOPICS: 2.0}
PER_HELD_OUT = {lib.PYLM_STAGE_COUNT: 8.0, lib.PYLM_STAGE_FIT: 50.0}
HELD_OUT_BYTES = {lib.PYLM_STAGE_COUNT: 2.8, lib.PYLM_STAGE_FIT: 22.0}  # where symbols are bytes
BYTES_PER_SYMBOL = {lib.PYLM_TOKENIZER_BYTES: 1.0, lib.PYLM_TOKENIZER_WORDS: 5.5, lib.PYLM_TOKENIZER_PIECES: 4.7}
ENOUGH_BYTES, ENOUGH_OTHERS = 1.0, 0.3  # held out at most, millions of symbols
AUTO_PIECES = 3.0  # million bytes
MANY_SYMBOLS = 0.05  # million: fewer have no topics
SHARED = (lib.PYLM_STAGE_TOPICS, lib.PYLM_STAGE_COUNT, lib.PYLM_STAGE_FIT)  # among threads
STAGES = (lib.PYLM_STAGE_PIECES, lib.PYLM_STAGE_CLUSTER, *SHARED)  # in order
EARLIER = (lib.PYLM_STAGE_PIECES, lib.PYLM_STAGE_CLUSTER)  # not of a layer
EACH_TREE = (lib.PYLM_STAGE_CLUSTER, *SHARED)
SURE = 0.03  # of all work done, before an estimate is worth anything


def stage_costs(options: Any, nbytes: int) -> dict[str, float]:
    """The stages that follow the reading of a text, in order, and what each costs about; none if that is not
    known: with a limit of size, stages come again."""
    if options.max_nbytes:
        return {}
    million = nbytes / 1e6
    tokenizer = options.tokenizer
    if tokenizer == lib.PYLM_TOKENIZER_AUTO:
        tokenizer = lib.PYLM_TOKENIZER_BYTES if million < AUTO_PIECES else lib.PYLM_TOKENIZER_PIECES
    is_bytes = tokenizer == lib.PYLM_TOKENIZER_BYTES
    symbols = million / BYTES_PER_SYMBOL.get(tokenizer, 4.0)
    held_out = min(symbols, ENOUGH_BYTES if is_bytes else ENOUGH_OTHERS)
    costs = {}
    for stage in STAGES:
        cost = PER_BYTE.get(stage, 0) * million + PER_SYMBOL.get(stage, 0) * symbols
        cost += (HELD_OUT_BYTES if is_bytes else PER_HELD_OUT).get(stage, 0) * held_out
        if stage in SHARED and lib.pylm_has_openmp():
            cost /= options.n_threads or os.cpu_count() or 1
        if stage in EACH_TREE:
            cost *= options.n_trees
        skipped = stage == lib.PYLM_STAGE_PIECES and tokenizer != lib.PYLM_TOKENIZER_PIECES
        if stage in EARLIER and options.base:
            skipped = True
        if stage == lib.PYLM_STAGE_TOPICS:
            skipped = symbols < MANY_SYMBOLS or bool(options.base or options.no_topics)
        if not skipped and not (is_bytes and stage == lib.PYLM_STAGE_CLUSTER):
            costs[text_of(lib.pylm_stage_text(stage))] = cost
    return costs


class Estimate:
    """Says how much time is left, by what has been done in which time."""

    def __init__(self, costs: dict[str, float]) -> None:
        self._costs = costs
        self._began = time.monotonic()
        self._most = 0.0

    def seconds_left(self, stage: str, done: int, total: int) -> float | None:
        """None: too early to say, or never heard of the stage."""
        if stage not in self._costs or not total:
            return None
        spent = 0.0
        for name, cost in self._costs.items():
            if name == stage:
                spent += cost * done / total
                break
            spent += cost
        self._most = spent = max(spent, self._most)  # of several trees, the stages come again
        whole = sum(self._costs.values())
        if spent < SURE * whole:
            return None
        return (time.monotonic() - self._began) * (whole - spent) / spent
