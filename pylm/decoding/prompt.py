# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A prompt, and how a text goes on behind it: it may end anywhere, also within what would become one symbol.

A tokenizer of pieces takes the longest piece that fits. So a prompt that ends in "the ci" has pieces at its end that a
text with "the city" never has. What is certain of a prompt is read; the pieces behind that can become others, as soon
as there is a piece that begins with the text of all of them, and is longer. Then a text goes on in one of several ways:
it keeps the first of these pieces, or the first two, and so on, and then has a piece that is longer than the rest of
the prompt; or it keeps all of them. Each way has the probability of its symbols, divided by the sum over all ways.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import MAX_MEMORY, MAX_U32, integer, parse_size
from .._core.image import CANDIDATE, Image
from .._core.native import NONE, ffi, lib
from .._core.prediction import Prediction, as_predictions, probability_of, shown
from .._core.reader import begin_to_learn, new_overlay
from .._core.text import TEXT_TYPES, as_bytes
from ..errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np

    from .._core.image import TextOrIds
    from .options import Learn
    from .spelling import Walk

MAX_OPEN = 32  # symbols at the end of a prompt that may become others


class Prompt(NamedTuple):
    """A prompt that is read, but for its end."""

    text: TextOrIds
    read: array[int]  #: symbols that `state` has read
    rest: array[int]  #: those behind them, which may become others
    state: Any  #: a pylm_state of its own
    learns: bool = False  #: whether the state learns from `rest`, too
    goes_on: bool = False  #: and from every second symbol that is generated
    overlay: Any = None  #: the memory that it learns in, or whoever holds that

    @property
    def symbols(self) -> array[int]:
        return self.read + self.rest

    def state_behind(self, image: Image, n: int) -> Any:
        """A copy of the state that has read the first n of `rest`, and has not learned from them."""
        state = ffi.new("pylm_state *", self.state[0])
        for symbol in self.rest[:n]:
            lib.pylm_state_read(image.model, state, symbol)
        return state


def open_prompt(
    image: Image, text: TextOrIds, learn: Learn = False, memory: int | str = 0, name: str = "prompt"
) -> Prompt:
    """Reads a prompt from the start of a text. A text may end anywhere; ids are taken as they are. `name`: what the
    caller calls the text."""
    symbols = image.symbols(text, add_eos=False, name=name)
    n = len(symbols) - (n_open(image, text, symbols) if isinstance(text, TEXT_TYPES) else 0)
    if learn not in (False, True, "prompt"):
        raise ArgumentError(f"learn must be True, False or 'prompt', not {learn!r}")
    if not learn:
        return Prompt(text, symbols[:n], symbols[n:], image.new_state(symbols[:n]))
    state, overlay = image.new_state(), new_overlay(parse_size("memory", memory, MAX_MEMORY))
    begin_to_learn(image, state, overlay)
    image.score(state, symbols[:n])
    return Prompt(text, symbols[:n], symbols[n:], state, True, learn is True, overlay)


# ---- what may become another symbol


class Beginnings:
    """The texts of a vocabulary, by how they begin."""

    def __init__(self, image: Image) -> None:
        import numpy as np

        texts = image.vocabulary[1]
        order = sorted(range(len(texts)), key=texts.__getitem__)
        self._texts = [texts[symbol] for symbol in order]
        self._symbols = np.array(order, np.uint32)
        self.longest = max(map(len, texts))

    def longer_than(self, text: bytes) -> np.ndarray:
        """The symbols whose texts begin with this one, which is not empty, and are longer: ascending uint32."""
        import numpy as np

        begin = bisect_right(self._texts, text)
        return np.sort(self._symbols[begin : bisect_left(self._texts, text + b"\xff" * self.longest, begin)])

    def are_longer_than(self, text: bytes) -> bool:
        at = bisect_right(self._texts, text)
        return at < len(self._texts) and self._texts[at].startswith(text)


def _beginnings(image: Image) -> Beginnings:
    if "beginnings" not in image.kept:
        image.kept["beginnings"] = Beginnings(image)
    found: Beginnings = image.kept["beginnings"]
    return found


def n_open(image: Image, text: Any, symbols: array[int]) -> int:
    """How many symbols at the end of a text may become others when it goes on: none of bytes and words, which end where
    they end, and none where a tokenizer dropped or changed what stands there."""
    if not image.has_longer_symbols:
        return 0
    beginnings, data = _beginnings(image), bytes(as_bytes(text[-MAX_OPEN * 8 :]))
    end, n = b"", 0
    for i, symbol in enumerate(reversed(symbols[-MAX_OPEN:]), 1):
        end = image.vocabulary[1][symbol] + end
        if len(end) >= beginnings.longest or not data.endswith(end):
            break
        if end and beginnings.are_longer_than(end):
            n = i
    return n


class Ways:
    """All ways in which a text goes on behind a prompt.

    Arrays of shape (n,), the most probable way first:
    symbols   the first symbol that is longer than the prompt; NONE: the prompt keeps all of its symbols.
    kept      how many of `prompt.rest` it keeps.
    costs     1/65536 bit, int64, given that the text goes on in one of these ways; `NONE` also counts as one.
    """

    def __init__(self, image: Image, prompt: Prompt, walk: Walk | None = None) -> None:
        import numpy as np

        self._image, self._prompt, self._walk = image, prompt, walk
        state, cost, parts = prompt.state_behind(image, 0), 0, []
        for i, symbol in enumerate(prompt.rest):
            longer = self._allowed(i)
            if longer is not None:
                found = image.restricted(state, longer, True)
                found = found[found["symbol"] != NONE]
                parts.append((found["symbol"].astype(np.int64), found["cost"] + np.int64(cost), i))
            cost += image.cost(state, symbol)
            lib.pylm_state_read(image.model, state, symbol)
        parts.append((np.array([NONE]), np.array([cost]), len(prompt.rest)))
        symbols, costs = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        kept = np.repeat([part[2] for part in parts], [len(part[0]) for part in parts])
        order = np.lexsort((symbols, costs))
        self.symbols, self.costs, self.kept = symbols[order], costs[order], kept[order]
        shares = np.exp2((self.costs[0] - self.costs) / 65536)
        self.costs += round(65536 * float(np.log2(shares.sum()))) - self.costs[0]

    def _allowed(self, kept: int) -> np.ndarray | None:
        """The symbols that are longer than what is not kept, and allowed; None if there are none."""
        import numpy as np

        end, walk = self._end(kept), self._walk
        if not end:
            return None
        longer = _beginnings(self._image).longer_than(end)
        if walk is not None:
            fits = [walk.behind(self._text(symbol)[len(end) :]) is not None for symbol in longer.tolist()]
            longer = longer[np.array(fits, bool)]
        return longer if len(longer) else None

    def _end(self, kept: int) -> bytes:
        """The text of what is not kept."""
        return b"".join(map(self._text, self._prompt.rest[kept:]))

    def _text(self, symbol: int) -> bytes:
        return self._image.vocabulary[1][symbol]

    def candidates(self) -> np.ndarray:
        """As an array of CANDIDATE, in which a way is its place among them."""
        import numpy as np

        result = np.empty(len(self.costs), np.dtype(CANDIDATE))
        result["symbol"] = np.arange(len(self.costs))
        result["cost"] = np.minimum(self.costs - self.costs[0], MAX_U32)
        return result

    def added(self, i: int) -> bytes:
        """What the first symbol of a way adds to the prompt."""
        return self._text(int(self.symbols[i]))[len(self._end(int(self.kept[i]))) :]


# ---- what comes next


def predicted(image: Image, prompt: Prompt, k: int, constraint: Any = None) -> list[Prediction]:
    """The k most probable symbols with which a text goes on, best first. `text` is what each adds to the prompt."""
    k = integer("k", k, 1, MAX_U32)
    walk = None if constraint is None else constraint._walk(image, MAX_U32)
    if not prompt.rest:
        return as_predictions(image, _best(image, prompt.state, k, walk))
    ways, found = Ways(image, prompt, walk), []
    for i in range(min(k + 1, len(ways.symbols))):
        if ways.symbols[i] != NONE:
            found.append(Prediction(int(ways.symbols[i]), shown(ways.added(i)), probability_of(int(ways.costs[i]))))
    share = probability_of(int(ways.costs[ways.symbols == NONE][0]))
    behind = prompt.state_behind(image, len(prompt.rest))
    found += as_predictions(image, [(s, share * p) for s, p in _best(image, behind, k, walk)])
    return sorted(found, key=lambda prediction: -prediction.probability)[:k]


def _best(image: Image, state: Any, k: int, walk: Walk | None) -> list[tuple[int, float]]:
    if walk is None:
        return image.top(state, k)
    found = image.allowed(state, *walk.steps(), True).tolist()
    return [(symbol, probability_of(cost)) for symbol, cost in found if symbol != NONE][:k]
