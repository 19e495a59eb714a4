# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Pruning: a model without the contexts that its use does not need."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ._core.arguments import described, n_threads, path_of
from ._core.documents import document
from ._core.files import is_device
from ._core.image import Image, new_symbols
from ._core.native import check, ffi, lib, owned_bytes
from ._core.progress import Progress, new_task, run
from ._core.reader import image_of
from ._core.text import TEXT_TYPES, Path
from ._model import Model, load
from .errors import ArgumentError, EmptyTextError
from .explain.context_names import Contexts

if TYPE_CHECKING:
    from ._core.image import TextOrIds

    Log: TypeAlias = TextOrIds | os.PathLike[str] | Iterable[TextOrIds | os.PathLike[str]]


@dataclass(frozen=True)
class Quality:
    """How well a model predicts a text."""

    symbols: int
    bits: float  #: sum of -log2(probability)
    right: int  #: symbols that were the most probable one

    @property
    def perplexity(self) -> float:
        """2 ** (bits per symbol)."""
        return float(2.0 ** (self.bits / self.symbols))

    @property
    def accuracy(self) -> float:
        """Share of the symbols that were the most probable one."""
        return self.right / self.symbols


@dataclass(frozen=True)
class Comparison:
    """The same text, predicted by both models."""

    before: Quality
    after: Quality


@dataclass(frozen=True)
class TemplateShare:
    """What of one template's contexts stayed."""

    tree: int  #: from 1
    name: str  #: as in `pylm info`
    contexts_before: int
    contexts_after: int
    bytes_before: int
    bytes_after: int

    @property
    def dropped(self) -> float:
        """Share of the contexts that were dropped, 0 to 1."""
        return 1 - self.contexts_after / self.contexts_before if self.contexts_before else 0.0


@dataclass(frozen=True)
class Pruning:
    """A smaller model, and how it compares with the large one; from `pylm.prune()`."""

    model: Model
    places: int  #: of the log: its symbols and the ends of its texts
    given_up: int  #: of them, those where probabilities may have changed; at all others they are the same
    bytes_before: int
    bytes_after: int
    templates: list[TemplateShare]
    prompts: Comparison  #: on the log itself
    valid: Comparison | None  #: on another text, if one was given

    @property
    def kept(self) -> float:
        """Share of the log's places where all probabilities are what they were, 0 to 1."""
        return 1 - self.given_up / self.places


def prune(
    model: Model,
    prompts: Log,
    *,
    keep: float = 99.9,
    valid: Log | None = None,
    output: Path | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> Pruning:
    """Makes a model smaller for what it is used for: contexts that a log of prompts does not need are dropped.

    prompts    the log: a text, ids, or a pathlib.Path for the text of a file; or several of them, each of which begins
               anew. It should be what the model will be used for: there, and only there, does it stay as good as it
               was.
    keep       percentage of the places in the log, before each symbol and at the end of each text, at which every
               probability stays what it is, to the last bit; above 0, up to 100. All contexts that are known at such a
               place stay. Given up are the places with the most contexts that no other place has. 100 drops only what
               is never used.
    valid      a text, or several, that both models are compared on; best one that is not in the log.
    output     where to write the model as Model.save() does; the model that comes back is mapped from there.
    threads    processors to use for comparing; None: all. Does not change the model.
    progress   show a bar on standard error; None: if that is a terminal.

    The same model and log give the same bytes (DESIGN.md, "Pruning"). Vocabulary, trees, calibration and weights stay
    as they are; words that were given to the model, it has again. Of any kind of model but a kernel, also of one of a
    given size or one that was pruned before. What belongs to the large model, its sources and what states and keyboards
    have saved, does not belong to the small one.
    Raises ArgumentError, EmptyTextError (a log without symbols), ModelDamagedError, OutOfMemoryError, OSError.
    """
    keep_ppm = _keep_ppm(keep)
    most = n_threads(threads)
    given = image_of("model", model)
    image, words = given.plain, given.words
    output = None if output is None else path_of("output", output)
    image.needs_mix("pruning")
    if image.below is not None:
        raise ArgumentError("a layer cannot be pruned; prune the model without it, and fit a layer to that")
    log = _Texts(given, prompts, "prompts")
    other = None if valid is None else _Texts(given, valid, "valid")
    with Progress(progress) as bar:
        small, places, given_up = _prune(image, log, keep_ppm, bar)
        if output is not None:
            small.save(output)
            small = small if is_device(output) else load(output, verify=False)
        return Pruning(
            small.with_words(words) if words else small,
            places,
            given_up,
            image.info.image_nbytes,
            small._image.info.image_nbytes,
            _compare_templates(image, small._image),
            log.compare(small._image, most, bar),
            None if other is None else other.compare(small._image, most, bar),
        )


def _keep_ppm(keep: float) -> int:
    if not isinstance(keep, (int, float)) or not 0 < keep <= 100:
        raise ArgumentError(f"keep must be a percentage above 0, up to 100, not {described(keep)}")
    return max(round(keep * 10_000), 1)


class _Texts:
    """Several texts as symbols, words that were given to the model as those in whose places they stand."""

    def __init__(self, image: Image, texts: Log, name: str) -> None:
        self._image, self._symbols, self._ends = image.plain, array("I"), array("Q")
        several: Any = texts if _are_several(texts) else [texts]
        for text in several:
            content = document(text, binary=image.is_bytes)
            self._symbols.extend(image.symbols(content, add_eos=False, name=name))
            self._ends.append(len(self._symbols))
        if image.words:
            self._symbols = array("I", map(image.place_of, self._symbols))
        if not self._symbols:
            raise EmptyTextError(f"{name} holds no text; give what the model is used for")
        self.symbols = ffi.from_buffer("uint32_t[]", self._symbols)
        self.ends = ffi.from_buffer("uint64_t[]", self._ends)
        self.texts = ffi.new("pylm_texts *", [self.symbols, self.ends, len(self._ends)])

    def compare(self, small: Image, threads: int, bar: Progress) -> Comparison:
        return Comparison(self._quality(self._image, threads, bar), self._quality(small, threads, bar))

    def _quality(self, image: Image, threads: int, bar: Progress) -> Quality:
        totals = image.score_batch(ffi.NULL, self._symbols, self._ends, threads, bar)
        best, task = new_symbols(len(self._symbols)), new_task()
        target = ffi.from_buffer("uint32_t[]", best, require_writable=True)
        call = (image.model, ffi.NULL, self.texts, threads, target, task)
        check(run(lambda: lib.pylm_predict_batch(*call), task, bar.show))
        return Quality(len(best), sum(totals) / 65536, sum(map(int.__eq__, best, self._symbols)))


def _are_several(texts: Any) -> bool:
    """Whether this is a container of texts, and no text or ids itself."""
    if isinstance(texts, (*TEXT_TYPES, os.PathLike)) or not hasattr(texts, "__iter__"):
        return False
    if not isinstance(texts, (list, tuple)):
        return not hasattr(texts, "__array_interface__") and not isinstance(texts, (array, range))
    return not texts or not hasattr(texts[0], "__index__")


def _prune(image: Image, log: _Texts, keep_ppm: int, bar: Progress) -> tuple[Model, int, int]:
    pruned, task = ffi.gc(ffi.new("pylm_pruned *"), lib.pylm_pruned_free), new_task()
    facts = json.dumps({**image.facts(), "pruned": {"keep": keep_ppm / 10_000, "log_symbols": len(log.symbols)}})
    data = facts.encode()
    source = ffi.from_buffer(data)
    call = (image.model, log.texts, keep_ppm, source, len(data), task, pruned)
    check(run(lambda: lib.pylm_prune(*call), task, bar.show), "this model")
    model = Model(owned_bytes(pruned.image, pruned.image_nbytes, pruned), verify=False)
    return model, pruned.n_places, pruned.n_given_up


def _compare_templates(large: Image, small: Image) -> list[TemplateShare]:
    trees = zip(Contexts(large).templates, Contexts(small).templates, strict=False)
    return [
        TemplateShare(number, before.name, before.contexts, after.contexts, before.bytes, after.bytes)
        for number, (large_tree, small_tree) in enumerate(trees, 1)
        for before, after in zip(large_tree, small_tree, strict=False)
    ]
