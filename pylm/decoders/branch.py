# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Branch: a hypothesis of a decoder, which goes on from a state. From `State.branch()`."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .._core.image import Image
from .._core.in_use import InUse, alone, in_use
from .._core.many import cost_at, scores_at, texts_of
from .._core.native import ffi, lib
from .._core.new_words import spelled_by
from .._core.prediction import NATS_PER_COST, Prediction, predictions
from .._core.reader import Followed

if TYPE_CHECKING:
    import numpy as np

    from .._core.image import TextOrIds
    from .._core.new_words import NewWords
    from .._core.spelling import Spelled


# Looked up once: a step takes 4 µs, of which each of these would be a fiftieth.
PYLM_STATE, new_state, step, cost = ffi.typeof("pylm_state *"), ffi.new, lib.pylm_step, lib.pylm_cost


class Branch(Followed):
    """A reader that tries what may come next, without learning. From `State.branch()`.

    It costs some microseconds, however much the state has learned: it looks into the state's memory, and writes nothing
    there. So it is valid until the state reads on, and a new one is made then.

    Two branches are equal, and have the same hash, if their last `reach` symbols are the same: a decoder keeps the
    better one of two such hypotheses. `reach` is how many symbols in a row the model's contexts have at most, the order
    of an n-gram model less one; what a text was about goes further back, and may differ still.

    A token is a text, of any number of words, or an id. One thread at a time may use a state and its branches; another
    one gets a BusyError.
    """

    __slots__ = ("_origin", "_state")

    def __init__(self, image: Image, state: Any, memory: Any, words: NewWords | None, use: InUse) -> None:
        self._origin = _Origin(image, memory, words, use)
        self._state = new_state(PYLM_STATE, state[0])
        lib.pylm_state_set_learning(self._state, 0)

    @property
    def _image(self) -> Image:  # type: ignore[override]
        return self._origin.image

    @property
    def _use(self) -> InUse:  # type: ignore[override]
        return self._origin.use

    @property
    def reach(self) -> int:
        """How many of the last symbols have to be the same in two branches that are equal."""
        return self._origin.reach

    @alone
    def copy(self) -> Branch:
        """Another one that has read the same."""
        other = Branch.__new__(Branch)
        other._origin = self._origin
        other._state = new_state(PYLM_STATE, self._state[0])
        return other

    __copy__ = copy

    def after(self, token: TextOrIds | int) -> tuple[Branch, float]:
        """One that has read a token, and the natural log of its probability, given all that was read before. The branch
        itself stays where it is."""
        other = Branch.__new__(Branch)
        origin = other._origin = self._origin
        state, use = new_state(PYLM_STATE), origin.use
        other._state = state
        if use.busy:
            raise in_use(self)
        use.busy = True
        try:
            if type(token) is int and 0 <= token < origin.n_symbols:
                step(origin.model, self._state, token, origin.work, state, origin.cost)
                return other, -origin.cost[0] * NATS_PER_COST
            state[0] = self._state[0]
            return other, other._step(token)
        finally:
            use.busy = False

    def step(self, token: TextOrIds | int) -> float:
        """Reads a token. Returns the natural log of its probability, given all that was read before."""
        origin = self._origin
        use = origin.use
        if use.busy:
            raise in_use(self)
        use.busy = True
        try:
            if type(token) is int and 0 <= token < origin.n_symbols:
                step(origin.model, self._state, token, origin.work, self._state, origin.cost)
                return -origin.cost[0] * NATS_PER_COST
            return self._step(token)
        finally:
            use.busy = False

    def _step(self, token: TextOrIds | int) -> float:
        return self._fed(*self._origin.symbols(token))

    def score(self, token: TextOrIds | int) -> float:
        """The same, but the branch stays where it is."""
        origin = self._origin
        use = origin.use
        if use.busy:
            raise in_use(self)
        use.busy = True
        try:
            if type(token) is int and 0 <= token < origin.n_symbols:
                cost(origin.model, self._state, token, origin.work, origin.cost)
                return -origin.cost[0] * NATS_PER_COST
            text, symbols = origin.symbols(token)
            letters = self._spelled(text, symbols).cost
            return -(cost_at(origin.image, self._state, symbols) + letters) * NATS_PER_COST
        finally:
            use.busy = False

    @alone
    def scores(self, tokens: Iterable[TextOrIds | int]) -> list[float]:
        """`score()` of several alternatives, in less time than one by one."""
        origin = self._origin
        return scores_at(origin.image, self._state, origin.words, texts_of(origin.image, "tokens", tokens))

    @alone
    def next(self, k: int = 5) -> list[Prediction]:
        """The k most probable next symbols, best first."""
        return predictions(self._origin.image, self._state, k)

    @alone
    def distribution(self) -> np.ndarray:
        """The probability of every symbol coming next: float64 of shape (n_symbols,), which sums to 1."""
        return self._origin.image.distribution(self._state)

    @property
    def key(self) -> int:
        """A number for the last `reach` symbols, 64 bits."""
        key: int = lib.pylm_state_key(self._state, self._origin.reach)
        return key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Branch):
            return NotImplemented
        return self._origin.image is other._origin.image and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def _fed(self, text: TextOrIds, symbols: array[int]) -> float:
        image = self._origin.image
        letters = self._spelled(text, symbols).cost
        return -(image.score(self._state, symbols) + letters) * NATS_PER_COST

    def _spelled(self, text: TextOrIds, symbols: array[int]) -> Spelled:
        """What the letters of unknown words cost, but for those that the state has learned."""
        return spelled_by(self._origin.image, self._origin.words, text, symbols)

    def _has_read_one(self, symbol: int) -> None:
        pass  # it keeps no symbols

    def _has_read(self, symbols: array[int]) -> None:
        pass


class _Origin:
    """What all branches of a state have in common."""

    def __init__(self, image: Image, memory: Any, words: NewWords | None, use: InUse) -> None:
        self.image, self.memory, self.words, self.use = image, memory, words, use
        self.model, self.n_symbols = image.model, image.n_symbols
        self.work = image.new_work()
        self.cost: Sequence[int] = ffi.new("uint32_t *")
        self.reach: int = lib.pylm_reach(image.model)

    def symbols(self, token: TextOrIds | int) -> tuple[TextOrIds, array[int]]:
        """A token as a text or ids, and its symbols."""
        text: Any = token
        if hasattr(token, "__index__") and not hasattr(token, "__len__"):
            text = [token.__index__()]  # an id, of any integer type
        return text, self.image.symbols(text, add_eos=False, name="token")
