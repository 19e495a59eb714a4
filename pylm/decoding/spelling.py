# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Which symbols may come next, where a text is limited to what an automaton allows.

A place is a state of the automaton and, where words are joined by spaces, whether the next word is a first one, which
has none before it. What is allowed at a place is found when it is asked for first, and kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._core.image import Image
from ..errors import ArgumentError, TooLargeError
from .automaton import NEVER, Automaton, fewest_steps

if TYPE_CHECKING:
    import numpy as np

MAX_STEPS = 30_000_000  # kept for a constraint and a model: 12 bytes each
MAX_LOOKS = 30_000_000  # at symbols, to find all places: about a second
PER_PLACE = 300  # looks that a place counts as


class Steps(NamedTuple):
    """What a text may go on with. Arrays of shape (n,)."""

    symbols: np.ndarray  #: uint32, ascending
    places: np.ndarray  #: int32: where each leads
    fewest: np.ndarray  #: int32: symbols to an end from there


class _Texts:
    """Texts of all symbols, for one byte of each at a time."""

    def __init__(self, texts: list[bytes]) -> None:
        import numpy as np

        self.nbytes = np.fromiter(map(len, texts), np.int32, len(texts))
        self.begins = np.cumsum(self.nbytes, dtype=np.int64) - self.nbytes
        self.content = np.frombuffer(b"".join(texts), np.uint8)
        self.symbols = np.flatnonzero(self.nbytes).astype(np.int32)  # an empty text leads nowhere
        self.first_bytes = self.content[self.begins[self.symbols]]
        self.different = np.unique(self.first_bytes)

    def n_looks(self, table: np.ndarray, state: int) -> int:
        """How many symbols have to be looked at to follow."""
        return len(self.symbols) if (table[state][self.different] >= 0).any() else 0

    def follow(self, table: np.ndarray, state: int) -> tuple[np.ndarray, np.ndarray]:
        """The symbols whose texts are allowed in a state, and the states that they lead to."""
        symbols, at = self.symbols, 0
        if not self.n_looks(table, state):
            return symbols[:0], symbols[:0]
        states = table[state][self.first_bytes]
        while True:
            allowed = states >= 0
            symbols, states, at = symbols[allowed], states[allowed], at + 1
            longer = self.nbytes[symbols] > at
            if not longer.any():
                return symbols, states
            states[longer] = table[states[longer], self.content[self.begins[symbols[longer]] + at]]


class Spelling:
    """The texts of a model's symbols, as they stand in a text."""

    def __init__(self, image: Image) -> None:
        texts = list(image.vocabulary[1])
        self.spells_all = {text for text in texts if len(text) == 1} >= {bytes((byte,)) for byte in range(256)}
        self.line_end: int = image.line_end if image.is_words else -1
        if image.is_words:
            texts = [b"\n" if symbol == self.line_end else b" " + text for symbol, text in enumerate(texts)]
        self.joined = _Texts(texts)
        self.first = self.joined if self.spells_all else _Texts([text.removeprefix(b" ") for text in texts])


class Route:
    """An automaton in a model's vocabulary."""

    def __init__(self, image: Image, automaton: Automaton) -> None:
        if "spelling" not in image.kept:
            image.kept["spelling"] = Spelling(image)
        self._spelling: Spelling = image.kept["spelling"]
        self._automaton = automaton
        self._steps: dict[int, Steps] = {}
        self._n_steps = 0
        self.start = 0 if self._spelling.spells_all else 1
        self._fewest = self._fewest_bytes()
        if not self._spelling.spells_all:
            self._fewest = self._fewest_words()
        self._longest = int(self._fewest[self._fewest < NEVER].max(initial=0))

    def fewest(self, place: int) -> int:
        """The fewest symbols with which the text can be ended, NEVER if it cannot. Where single bytes are symbols, it
        is the fewest bytes, so that it is known without a look at all that longer symbols could do."""
        return int(self._fewest[place])

    def follow(self, place: int, text: bytes) -> int | None:
        """The place that a text leads to; None if it is not allowed."""
        state = place >> 1
        for byte in text:
            state = int(self._automaton.table[state, byte])
            if state < 0:
                return None
        return 2 * state

    def may_end(self, place: int) -> bool:
        return self._automaton.final[place >> 1]

    def steps(self, place: int, left: int) -> Steps:
        """What is allowed at a place, if the text has to end with the `left` next symbols."""
        found = self._steps.get(place)
        if found is None:
            found = self._find(place)
            within = found.fewest < NEVER
            found = self._keep(place, found if within.all() else Steps(*(part[within] for part in found)))
        if left > self._longest:
            return found
        within = found.fewest < left
        return Steps(*(part[within] for part in found))

    def _find(self, place: int) -> Steps:
        import numpy as np

        spelling = self._spelling
        texts = spelling.first if place & 1 else spelling.joined
        symbols, states = texts.follow(self._automaton.table, place >> 1)
        if place == self.start and texts is not spelling.joined:  # a space before the first word may be written or not
            others, their_states = spelling.joined.follow(self._automaton.table, place >> 1)
            new = ~np.isin(others, symbols)
            symbols, states = np.append(symbols, others[new]), np.append(states, their_states[new])
            order = np.argsort(symbols)
            symbols, states = symbols[order], states[order]
        places = 2 * states + (symbols == spelling.line_end)
        return Steps(symbols.astype(np.uint32), places, self._fewest[places])

    def _keep(self, place: int, steps: Steps) -> Steps:
        self._n_steps += len(steps.symbols)
        if self._n_steps > MAX_STEPS:
            self._steps, self._n_steps = {}, len(steps.symbols)
        self._steps[place] = steps
        return steps

    def _fewest_bytes(self) -> np.ndarray:
        import numpy as np

        return np.repeat(np.array(self._automaton.fewest, np.int32), 2)

    def _fewest_words(self) -> np.ndarray:
        """Goes through all places that can be reached from the start."""
        import numpy as np

        nexts: list[set[int]] = [set() for _ in self._fewest]
        waiting, seen, n, n_looks = [self.start], {self.start}, 0, 0
        for place in waiting:  # grows meanwhile
            n_looks += PER_PLACE + self._spelling.joined.n_looks(self._automaton.table, place >> 1)
            if n_looks > MAX_LOOKS:
                raise TooLargeError("this constraint is too large for this vocabulary; let it repeat less often")
            places = self._find(place).places
            n += len(places)
            if n > MAX_STEPS:
                raise TooLargeError("this constraint is too large for this vocabulary; let it repeat less often")
            nexts[place] = set(np.unique(places).tolist())
            waiting += nexts[place] - seen
            seen |= nexts[place]
        final = [self._automaton.final[place >> 1] for place in range(len(nexts))]
        return np.array(fewest_steps(nexts, final), np.int32)


class Walk:
    """A text on its way: what may come next, given the symbols so far and how many may still follow. ArgumentError if
    no text that is allowed can be written with `n` symbols."""

    def __init__(self, route: Route, n: int, subject: str) -> None:
        self._route, self._place, self._left = route, route.start, n
        fewest = route.fewest(self._place)
        if fewest >= NEVER:
            raise ArgumentError(f"{subject} allows no text that the vocabulary of this model can spell")
        if fewest > n:
            raise ArgumentError(f"{subject} needs {fewest} symbols to be sure to end, but max_new_tokens is {n}")

    def steps(self) -> tuple[np.ndarray, bool]:
        """The symbols that are allowed, ascending uint32, and whether the text may end."""
        self._found = self._route.steps(self._place, self._left)
        return self._found.symbols, self._route.may_end(self._place)

    def read(self, symbol: int) -> None:
        """Goes on with a symbol that `steps()` has just allowed."""
        found = self._found
        self._place = int(found.places[found.symbols.searchsorted(symbol)])
        self._left -= 1

    def behind(self, text: bytes) -> Walk | None:
        """The walk after its first symbol, which has added this text; None if that is not allowed. Only at the start of
        a walk, and only where symbols need no spaces between them."""
        place = self._route.follow(self._place, text)
        if place is None or self._route.fewest(place) >= self._left:
            return None
        other = self.copy()
        other._place, other._left = place, self._left - 1
        return other

    def copy(self) -> Walk:
        other = Walk.__new__(Walk)
        other.__dict__.update(self.__dict__)
        return other
