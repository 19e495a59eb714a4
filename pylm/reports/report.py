# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Reports: where a model does well on a text, where it does not, and whether its probabilities are true."""

from __future__ import annotations

import os
from array import array
from collections import Counter
from typing import TYPE_CHECKING

from .._core.arguments import DEFAULT_MEMORY, integer, wrong_type
from .._core.documents import document
from .._core.native import check, ffi, lib
from .._core.prediction import places_of, shown, visible
from .._core.progress import Progress
from .._core.reader import image_of
from .._core.text import TEXT_TYPES
from .._model import Model
from .._state import State
from ..errors import EmptyTextError
from ..explain.context_names import Contexts
from ..explain.mix import KINDS, LEARNED, NAMES, OF_A_CONTEXT
from .figures import Bin, Calibration, Figures, Hard, HardKind, Order, Worth

if TYPE_CHECKING:
    import numpy as np

    from .._core.image import Ids
    from .._core.spelling import Spelled
    from .._core.text import Bytes

CONFIDENCE_BINS = 15
OCTAVES = 40  # bins of all probabilities, each half as probable as the one before; the last has the rest
HARDEST = 20
CONTEXT_TOKENS = {"bytes": 40}  # shown before a hard token; else
FEW_TOKENS = 8
STEP = 256  # tokens from one look at the progress bar to the next


class Report(Figures):
    """How a model predicts a text. From `pylm.report()`."""

    @property
    def html(self) -> str:
        """A page for a browser that needs no other file."""
        from .page import report_page

        return report_page(self)


def report(
    model: Model,
    text: str | Bytes | Ids | os.PathLike[str],
    *,
    title: str | None = None,
    learn: bool = False,
    memory: int | str = DEFAULT_MEMORY,
    positions: int = 1000,
    progress: bool | None = None,
) -> Report:
    """Reads a text and says how the model predicts it.

    text        a text, ids, or the `pathlib.Path` of a text file.
    learn       learn from every token after it has been scored, in `memory` bytes.
    positions   how many places of the text, spread evenly, all probabilities are looked at in; each takes about
                0.1 ms for 1,000 tokens of the vocabulary. 0: none.
    progress    show a bar on standard error; None: if that is a terminal.
    Raises EmptyTextError if there is no token, and OSError.
    """
    if title is not None and not isinstance(title, str):
        raise wrong_type("title", "a str", title)
    if title is None:
        title = os.path.basename(text) if isinstance(text, os.PathLike) else "a text"
    image = image_of("model", model)
    source = document(text, binary=image.is_bytes)
    is_empty = isinstance(source, TEXT_TYPES) and not len(source)
    symbols = array("I") if is_empty else image.symbols(source, add_eos=True)
    if not symbols:
        raise EmptyTextError("the text is empty: there is nothing to report on")
    nbytes = len(source) if isinstance(source, TEXT_TYPES) else len(image.decode(symbols))
    reading = _Reading(
        model.state(learn=learn, memory=memory), len(symbols), integer("positions", positions, 0, 1 << 32)
    )
    with Progress(progress) as bar:
        for i, symbol in enumerate(symbols):
            reading.read(i, symbol)
            if i % STEP == 0:
                bar.show("read", i, len(symbols), "tokens")
    unknown = _Unknown(reading.reader._spelled(source, symbols), image.unknown, symbols)
    costs = reading.costs
    costs[unknown.places] += unknown.bits
    return Report(
        title=title,
        model=model.info,
        learned=learn,
        bytes=nbytes,
        costs=costs,
        spelling_bits=float(unknown.bits.sum()),
        top=reading.top(),
        all=reading.all(),
        orders=reading.orders(),
        parts=reading.parts() + unknown.parts(),
        hardest=_hardest(model, symbols, costs, unknown.words),
        hardest_kinds=_hardest_kinds(model, symbols, costs),
    )


class _Unknown:
    """The unknown words of a text, if they are spelled."""

    def __init__(self, spelled: Spelled, unknown: int, symbols: array[int]) -> None:
        import numpy as np

        self.places = places_of(unknown, symbols) if spelled.words else []
        self.bits = np.array(spelled.costs, np.float64) / 65536
        self.words = dict(zip(self.places, spelled.words, strict=True))

    def parts(self) -> list[Worth]:
        if not self.places:
            return []
        return [Worth("spelling", "letters of unknown words", -float(self.bits.sum()), 0, 0)]


class _Reading:
    """One token after the other, with the memory that this takes."""

    def __init__(self, state: State, n: int, positions: int) -> None:
        import numpy as np

        image = self._image = state._image
        image.needs_mix("reports")
        self.reader, self._n = state, n
        self._contexts = Contexts(image)
        n_parts = lib.pylm_n_parts(image.model)
        self._found, self._n_parts = ffi.new("pylm_part[]", n_parts), ffi.new("uint32_t *")
        fields = ["kind", "tree", "number", "n_symbol", "n_context", "cost", "log_odds", "weight"]
        kinds = np.dtype([(name, np.int32 if i >= 5 else np.uint32) for i, name in enumerate(fields)])
        self._view = np.frombuffer(ffi.buffer(self._found), kinds)
        self._work, self._best, self._n_best = image.new_work(), ffi.new("pylm_candidate *"), ffi.new("uint32_t *")
        self._suffixes = self._suffix_parts()
        self._step = max(n // positions, 1) if positions else 0
        self._every = np.zeros((OCTAVES, 4))
        self._looked = 0
        self.costs, self._order = np.zeros(n), np.zeros(n, np.int64)
        self._confidence, self._right = np.zeros(n), np.zeros(n, bool)
        self._worth = np.zeros(n_parts)

    def _suffix_parts(self) -> list[int]:
        """Where among the parts those of the contexts of 0, 1, 2, ... tokens are."""
        names = [template.name for template in self._contexts.templates[0]]
        result: list[int] = []
        name = ""
        while name in names and len(result) <= len(names):
            result.append(1 + names.index(name))
            name = f"{name} {len(result)}".strip()
        return result

    def read(self, i: int, symbol: int) -> None:
        model, state = self._image.model, self.reader._state
        check(lib.pylm_explain(model, state, symbol, self._work, self._found, self._n_parts))
        parts = self._view[: self._n_parts[0]]
        self._worth[: len(parts)] -= parts["cost"]
        self.costs[i] = parts["cost"].sum() / 65536
        known = parts["n_context"][self._suffixes].nonzero()[0]
        self._order[i] = known[-1] if len(known) else 0
        lib.pylm_top(model, state, 1, self._work, self._best, self._n_best)
        self._confidence[i] = 2.0 ** -(self._best.cost_q16 / 65536)
        self._right[i] = self._best.symbol == symbol
        if self._step and i % self._step == self._step // 2:
            self._look_at_all(symbol)
        check(lib.pylm_state_push(model, state, symbol))

    def _look_at_all(self, symbol: int) -> None:
        import numpy as np

        p = self.reader.distribution()
        octave = np.minimum(-np.log2(np.maximum(p, 2.0**-62)), OCTAVES - 1).astype(np.int64)
        for column, weights in enumerate([None, p, None, p * (1 - p)]):
            if column != 2:
                self._every[:, column] += np.bincount(octave, weights, OCTAVES)
        self._every[octave[symbol], 2] += 1
        self._looked += 1

    # ---- what was found

    def top(self) -> Calibration:
        import numpy as np

        p, right = self._confidence, self._right
        place = np.minimum((p * CONFIDENCE_BINS).astype(np.int64), CONFIDENCE_BINS - 1)
        columns = [np.bincount(place, weights, CONFIDENCE_BINS) for weights in (None, p, right, p * (1 - p))]
        return _calibration(np.stack(columns, 1), self._n)

    def all(self) -> Calibration:
        return _calibration(self._every, self._looked)

    def orders(self) -> list[Order]:
        import numpy as np

        n, bits = np.bincount(self._order), np.bincount(self._order, self.costs)
        return [Order(order, int(n[order]), float(bits[order])) for order in range(len(n)) if n[order]]

    def parts(self) -> list[Worth]:
        result: list[Worth] = []
        for i in range(self._n_parts[0]):
            part = self._found[i]
            kind, name, contexts, nbytes = KINDS[part.kind], "even decisions", 0, 0
            if kind in OF_A_CONTEXT:
                template = self._contexts.templates[part.tree][part.number]
                name = template.name or "any context"
                if kind == "context":
                    contexts, nbytes = template.contexts, template.bytes
            elif kind in NAMES:
                name = "repetition" if kind == "repetition" else NAMES[kind]
            if kind in LEARNED:
                name = f"this text: {'like ' if kind == 'indirect' else ''}{name}"
            if self._image.info.n_trees > 1 and kind != "average":
                name += f" (tree {part.tree + 1})"
            if kind != "context" or contexts:
                result.append(Worth(kind, name, float(self._worth[i]) / 65536, contexts, nbytes))
        return result


def _calibration(columns: np.ndarray, positions: int) -> Calibration:
    """Of rows of (n, predicted, observed, variance)."""
    return Calibration([Bin(int(n), float(p), int(o), float(v)) for n, p, o, v in columns], positions)


def _hardest(model: Model, symbols: array[int], costs: np.ndarray, unknown: dict[int, bytes]) -> list[Hard]:
    before = CONTEXT_TOKENS.get(model.info.tokenizer, FEW_TOKENS)
    result = []
    for i in sorted(range(len(symbols)), key=lambda i: -costs[i])[:HARDEST]:
        context = model.decode(symbols[max(i - before, 0) : i])
        token = unknown.get(i) or model._image.symbol_text(symbols[i])
        result.append(Hard(visible(shown(token)), visible(context), i, float(costs[i])))
    return result


def _hardest_kinds(model: Model, symbols: array[int], costs: np.ndarray) -> list[HardKind]:
    import numpy as np

    bits, counts = np.bincount(np.frombuffer(symbols, np.uint32), costs), Counter(symbols)
    most = sorted(counts, key=lambda symbol: -bits[symbol])[:HARDEST]
    text = model._image.symbol_text
    return [HardKind(visible(shown(text(symbol))), counts[symbol], float(bits[symbol])) for symbol in most]
