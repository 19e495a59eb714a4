# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Contexts in readable form: `said that _`, `he * that _`, `[monday tuesday friday …] _`.

`_` is what comes next, `*` any one symbol, `[...]` any symbol of a class (its most frequent ones are named), `^` the
start of the text. Symbols of a word model stand apart, others one behind the other; there `␣` is a space at an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.image import Image
from .._core.native import NONE, ffi, lib
from .._core.prediction import VISIBLE, shown, visible

if TYPE_CHECKING:
    import numpy as np

MAX_LAG = 16  # symbols back that a state knows
NAMED = 3  # symbols that stand for a class
NAMED_COARSE = 2
SHAPES = "^aA0␣↵.é"  # a run of lower case, upper case, digits, spaces, line ends, other ASCII, bytes beyond
WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz'") | frozenset(range(128, 256))


@dataclass(frozen=True)
class Template:
    """Which part of the text before is a context; see FORMAT.md."""

    name: str  #: as in the training facts, for example "1 c2"
    kind: int  #: what it adds to its base
    lag: int
    base: int | None
    contexts: int  #: that are stored
    bytes: int  #: that they take


class Contexts:
    """Names of the contexts of a model. What takes long is kept with the image."""

    def __init__(self, image: Image) -> None:
        self._image = image

    @property
    def is_bytes(self) -> bool:
        return self._image.is_bytes

    def _kept(self, *key: Any, make: Callable[[], Any]) -> Any:
        return self._image.once(key, make)

    @property
    def templates(self) -> list[list[Template]]:
        """Those of every tree."""
        trees = range(self._image.info.n_trees)
        found: list[list[Template]] = self._kept("templates", make=lambda: [self._templates_of(tree) for tree in trees])
        return found

    def _templates_of(self, tree: int) -> list[Template]:
        found = ffi.new("pylm_template *")
        result: list[Template] = []
        while lib.pylm_model_template(self._image.model, tree, len(result), found) == lib.PYLM_OK:
            base = None if found.base == NONE else int(found.base)
            own = "" if found.kind == lib.PYLM_TEMPLATE_NOTHING else f"{' cdwasl'[found.kind - 1].strip()}{found.lag}"
            name = f"{result[base].name} {own}".strip() if base is not None else own
            result.append(Template(name, found.kind, found.lag, base, found.n_contexts, found.nbytes))
        return result

    def name(self, state: Any, tree: int, number: int) -> str:
        """The context of a template in a state."""
        templates = self.templates[tree]
        chain = [templates[number]]
        while chain[-1].base is not None:
            chain.append(templates[chain[-1].base])
        if templates[number].kind >= lib.PYLM_TEMPLATE_ABOVE:
            return self._layout(state, tree, templates[number])
        if chain[-1].kind == lib.PYLM_TEMPLATE_WORD:
            return self._letter_runs(state, [template.lag for template in chain])
        at: dict[int, str] = {}
        for template in chain:
            if template.kind == lib.PYLM_TEMPLATE_COARSE:
                at |= {lag: self._class_at(state, tree, lag, True) for lag in range(1, template.lag + 1)}
            elif template.kind == lib.PYLM_TEMPLATE_CLASS:
                at[template.lag] = self._class_at(state, tree, template.lag, False)
            elif template.kind == lib.PYLM_TEMPLATE_SYMBOL:
                at[template.lag] = self._symbol_at(state, template.lag)
        parts = [at.get(lag, "*") for lag in range(max(at, default=0), 0, -1)]
        return self._joined(parts) if parts else "any context"

    def _joined(self, parts: list[str]) -> str:
        if self._image.is_words:
            return " ".join([*parts, "_"])
        return visible("".join(parts)) + "_"

    # ---- symbols

    def text_of(self, symbol: int) -> str:
        return shown(self._image.symbol_text(symbol)).translate(VISIBLE)

    def _symbol_at(self, state: Any, lag: int) -> str:
        symbol = lib.pylm_state_recent(state, lag)
        return "^" if symbol == NONE else self.text_of(symbol)

    # ---- words of bytes

    def _letter_runs(self, state: Any, lags: list[int]) -> str:
        """Those of the word so far (0) and the words before it (1 to 3) that `lags` names, as far as the state's last
        bytes have them."""
        recent = [lib.pylm_state_recent(state, lag) for lag in range(1, MAX_LAG + 1)]
        known = bytes(symbol for symbol in reversed(recent) if symbol < 256).lower()
        words, at = [b""], len(known)
        while at and len(words) <= max(lags) + 1:
            at -= 1
            if known[at] in WORD_BYTES:
                words[-1] = known[at : at + 1] + words[-1]
            elif words[-1] or len(words) == 1:
                words.append(b"")
        cut = len(known) == MAX_LAG and len(words) <= max(lags) + 1  # the last one found, and all before it
        if not cut and len(words) > 1 and not words[-1]:
            words.pop()  # before the line end that the text begins behind
        shown = ["*"] * (max(lags) + 1)
        for lag in lags:
            word = words[lag].decode("utf-8", "replace") if lag < len(words) else "" if cut else "^"
            shown[lag] = "…" + word if cut and lag >= len(words) - 1 else word
        return ("words: " if len(lags) > 1 else "word: ") + " ".join(reversed(shown)) + "_"

    # ---- layout of bytes

    def _layout(self, state: Any, tree: int, template: Template) -> str:
        """`column 12 under T: h_`, `shape Aa a: d_`, `word 3 of the line, shape a ␣: _`: and behind the colon what the
        context has besides."""
        layout = ffi.new("pylm_layout *")
        lib.pylm_state_layout(state, layout)
        base = "_" if template.base is None else self.name(state, tree, template.base)
        if template.kind == lib.PYLM_TEMPLATE_ABOVE:
            above = "nothing" if layout.above == NONE else visible(self.text_of(layout.above))
            return f"column {layout.column + 1} under {above}: {base}"
        n_runs = template.lag if template.kind == lib.PYLM_TEMPLATE_SHAPE else 2
        shape = "".join(SHAPES[layout.runs >> 3 * i & 7] for i in reversed(range(n_runs)))
        if template.kind == lib.PYLM_TEMPLATE_SHAPE:
            return f"shape {shape}: {base}"
        return f"line with {layout.n_words} words, shape {shape}: {base}"

    # ---- classes

    def _class_at(self, state: Any, tree: int, lag: int, coarse: bool) -> str:
        symbol = lib.pylm_state_recent(state, lag)
        if symbol == NONE:
            return "^"
        number = self._classes(tree)[coarse][symbol]
        name: str = self._kept("class", tree, coarse, number, make=lambda: self._class_name(tree, coarse, number))
        return name

    def _classes(self, tree: int) -> tuple[list[int], list[int]]:
        """The class of every symbol, and the coarse class."""
        found: tuple[list[int], list[int]] = self._kept("classes", tree, make=lambda: self._read_classes(tree))
        return found

    def _read_classes(self, tree: int) -> tuple[list[int], list[int]]:
        fine, coarse, model = ffi.new("uint32_t *"), ffi.new("uint32_t *"), self._image.model
        found: tuple[list[int], list[int]] = ([], [])
        for symbol in range(self._image.n_symbols):
            lib.pylm_symbol_class(model, tree, symbol, fine, coarse)
            found[0].append(fine[0])
            found[1].append(coarse[0])
        return found

    def _class_name(self, tree: int, coarse: bool, number: int) -> str:
        """The most frequent symbols of a class, in brackets."""
        n = NAMED_COARSE if coarse else NAMED
        members = [symbol for symbol, its_class in enumerate(self._classes(tree)[coarse]) if its_class == number]
        frequencies = self._frequencies(members)
        members.sort(key=lambda symbol: -frequencies[symbol])
        names = [visible(self.text_of(symbol)) for symbol in members[:n]]
        return "[" + " ".join(names) + (" …]" if len(members) > n else "]")

    def _frequencies(self, symbols: list[int]) -> dict[int, int]:
        """How often symbols were counted in training, as far as the model still knows; of a kernel, in proportion."""
        image = self._image
        if image.is_kernel:
            q62 = self._kept("frequencies", make=self._every_frequency)
            return {symbol: int(q62[symbol]) for symbol in symbols}
        state, work, result = image.new_state(), image.new_work(), {}
        parts, n = ffi.new("pylm_part[]", lib.pylm_n_parts(image.model)), ffi.new("uint32_t *")
        for symbol in symbols:
            lib.pylm_explain(image.model, state, symbol, work, parts, n)
            result[symbol] = parts[1].n_symbol  # of the empty context
        return result

    def _every_frequency(self) -> np.ndarray:
        """Those of all symbols, as shares of 2^62: what a kernel predicts if nothing that is far away counts less."""
        from ..kernel.settings import with_settings

        return with_settings(self._image, 0.0, None, None).distribution_q62(self._image.new_state())
