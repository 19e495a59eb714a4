# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A step of datatrove's pipelines that keeps the documents that a model expects.

    from pylm.adapters.datatrove import PylmFilter

    LocalPipelineExecutor(pipeline=[reader, PylmFilter("text.pylm", most=2.2), writer], tasks=4).run()

By one model it goes by bits a byte, which is a measure of quality: what is neither too strange nor too repetitive. By
two it goes by the difference of these, which is a measure of the domain: see `pylm.Selector`.
"""

from __future__ import annotations

import math
import os
from typing import Any

from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from .._core.arguments import number
from .._model import Model, load
from ..errors import ArgumentError
from ..selecting.selector import Selector

MOST_BITS = 1e9


class PylmFilter(BaseFilter):  # type: ignore[misc]  # it has no types
    """Keeps documents by their bits a byte.

    model       path of a model file, or a `pylm.Model`.
    general     likewise; the bits a byte by this model are taken off then. Both models have one vocabulary.
    layers      paths of layer files on `model`, the lowest first. A layer on `general` is the best `model`: give the
                path of `general` twice.
    least, most   documents with less or more bits a byte are taken out, with the reason "below" or "above". One of the
                two is enough.
    exclusion_writer  where what was taken out goes, as in datatrove's other filters.

    The metadata of every document gets `bits_per_byte`. Workers open the files themselves, and share their memory.
    """

    name = "pylm"

    def __init__(
        self,
        model: str | os.PathLike[str] | Model,
        *,
        general: str | os.PathLike[str] | Model | None = None,
        layers: list[str] | None = None,
        least: float = -math.inf,
        most: float = math.inf,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        super().__init__(exclusion_writer)
        if (least, most) == (-math.inf, math.inf):
            raise ArgumentError("say what is kept: least, most or both, in bits a byte")
        self._least = least if least == -math.inf else number("least", least, -MOST_BITS, MOST_BITS)
        self._most = most if most == math.inf else number("most", most, -MOST_BITS, MOST_BITS)
        self._model, self._general, self._layers = model, general, list(layers or [])
        self._open: Model | Selector | None = None
        self._opened()  # what is wrong with a file is said here, and not by all workers

    def filter(self, doc: Any) -> bool | tuple[bool, str]:
        """Whether a document is kept, and if not, why."""
        bits = self._bits(doc.text)
        doc.metadata["bits_per_byte"] = bits
        if bits < self._least:
            return False, "below"
        return (False, "above") if bits > self._most else True

    def _bits(self, text: str) -> float:
        opened, nbytes = self._opened(), len(text.encode())
        if not nbytes:
            return math.inf
        if isinstance(opened, Selector):
            return opened.scores([text], threads=1, progress=False)[0]
        return -opened.score(text) / math.log(2) / nbytes

    def _opened(self) -> Model | Selector:
        if self._open is None:
            model = _loaded(self._model, self._layers)
            self._open = model if self._general is None else Selector(model, _loaded(self._general, []))
        return self._open

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_open": None}


def _loaded(model: Any, layers: list[str]) -> Model:
    if not isinstance(model, Model):
        return load(model, layers=layers)
    if layers:
        raise ArgumentError("layers are for the path of a model; a pylm.Model has them already")
    return model
