# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts in bulk: encoded and scored by the C library, on all processors; see pylm_score_texts()."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .image import WORTH_ENCODER
from .native import check, ffi, lib
from .progress import new_task, run

if TYPE_CHECKING:
    from .image import Image
    from .text import Bytes

QUICK = 1 << 14  # bytes that are encoded or scored in less than some 50 ms: not worth a thread that can be watched
UNIT = 1 << 10  # bytes of a step of progress


Watch: TypeAlias = Callable[[int, int], None]


class TextScore(NamedTuple):
    """What a text costs, as pylm_text_score says it."""

    n_symbols: int
    n_unknown: int
    cost_q16: int
    unknown_q16: int
    letters_q16: int


def score_texts(
    image: Image, state: Any, texts: Sequence[Bytes], add_eos: bool, threads: int, watch: Watch = lambda _, __: None
) -> Any:
    """What each of many texts costs behind a state, of which each reads a copy: an array of pylm_text_score.

    watch   told how many bytes are done, of how many.
    """
    ends = array("Q", accumulate(memoryview(text).nbytes for text in texts))
    data, nbytes = texts[0] if len(texts) == 1 else b"".join(texts), ends[-1] if ends else 0
    scores, task = ffi.new("pylm_text_score[]", len(texts)), new_task()
    end = lib.PYLM_TEXT_CLOSED if add_eos else lib.PYLM_TEXT_OPEN
    given = ffi.new("pylm_strings *", [ffi.from_buffer(data), ffi.from_buffer("uint64_t[]", ends), len(texts), end])
    encoder = image.encoder if nbytes >= WORTH_ENCODER else ffi.NULL
    call = encoder, image.model, state, given, threads, scores
    if nbytes <= QUICK:
        check(lib.pylm_score_texts(*call, ffi.NULL))
    else:
        check(run(lambda: lib.pylm_score_texts(*call, task), task, lambda _, done, __: watch(done * UNIT, nbytes)))
    return scores
