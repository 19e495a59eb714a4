# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a model is, and how well it predicts: results of `Model.info` and `Model.evaluate()`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ._core.image import TOKENIZER_NAMES, Image
from ._core.native import NONE
from .kernel.settings import Kernel, settings_of


@dataclass(frozen=True)
class Evaluation:
    """How well a model predicts a text; from `Model.evaluate()`."""

    symbols: int  #: scored: bytes, pieces, words and line ends, or ids
    unknown: int  #: of them, words outside the vocabulary, which were read as "<unk>"
    bytes: int  #: length of the text; of ids, of the texts of each
    bits: float  #: sum of -log2(probability), spelling included
    unknown_bits: float  #: of it, what it costs that words are unknown: the probability of "<unk>" in their places
    spelling_bits: float  #: of it, what the letters of unknown words cost; 0 if the model does not spell, and of ids
    seconds: float  #: wall time of turning the text into symbols and scoring them

    @property
    def perplexity(self) -> float:
        """2 ** (bits per symbol), where an unknown word is "<unk>", and is not spelled. Compare it only between models
        with the same vocabulary; others by `bits_per_byte`."""
        return float(2.0 ** ((self.bits - self.spelling_bits) / self.symbols))

    @property
    def perplexity_without_unknown(self) -> float:
        """The same of all symbols but unknown words, which are not counted, but stand before others as they did. nan if
        there is nothing else."""
        known = self.symbols - self.unknown
        return float(2.0 ** ((self.bits - self.spelling_bits - self.unknown_bits) / known)) if known else math.nan

    @property
    def bits_per_byte(self) -> float:
        """Bits by which an arithmetic coder with this model would encode a byte of the text."""
        return self.bits / self.bytes

    @property
    def symbols_per_second(self) -> float:
        """Speed of the evaluation, by wall time."""
        return self.symbols / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class ModelInfo:
    """What a model is; from `Model.info`."""

    tokenizer: str  #: "bytes", "words", "pieces" or "external"
    symbols: int  #: size of the vocabulary
    contexts: int  #: stored contexts of all templates
    templates: int  #: context templates of all trees
    predictor: str  #: "mix" or "kernel"
    kernel: Kernel | None  #: what a kernel goes by; None: the predictor is another
    trees: int  #: symbol trees whose predictions are averaged
    depth: int  #: binary decisions on the longest path to a symbol
    begins: int | None  #: symbol of a line end, behind which a text begins; None: an external vocabulary has none
    ends: int | None  #: symbol of the end of a text: a line end, or the byte 0; None: texts do not end
    layers: int  #: on the model. Contexts, templates, bytes, training and sources are those of the uppermost
    bytes: int  #: size of the model
    tokenizer_bytes: int  #: of it, the file of an external tokenizer; see `Model.tokenizer_file`
    spelling_bytes: int  #: of it, what spells unknown words; 0: they are not spelled. A layer's are those of its model
    sources_bytes: int  #: size of the sources file, which is not a part of the model; 0: there is none for it
    format_version: int  #: of the file; FORMAT.md describes it
    training: dict[str, Any]  #: what the trainer wrote down: documents, bytes, contexts of each template, ...

    def as_dict(self) -> dict[str, Any]:
        """All of it as nested dicts, for JSON."""
        return asdict(self)


def info_of(image: Image, sources_bytes: int) -> ModelInfo:
    """What an image is."""
    info = image.info
    return ModelInfo(
        tokenizer=TOKENIZER_NAMES[info.tokenizer],
        symbols=info.n_symbols,
        contexts=info.n_contexts,
        templates=info.n_templates,
        predictor="kernel" if image.is_kernel else "mix",
        kernel=settings_of(image),
        trees=info.n_trees,
        depth=info.depth,
        begins=None if info.line_end == NONE else info.line_end,
        ends=None if info.text_end == NONE else info.text_end,
        layers=info.n_below,
        bytes=info.image_nbytes,
        tokenizer_bytes=info.tokenizer_nbytes,
        spelling_bytes=image.root.info.spelling_nbytes,
        sources_bytes=sources_bytes,
        format_version=info.format_version,
        training=image.facts(),
    )
