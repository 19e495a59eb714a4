# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Lattice: several readings of every place, and the best paths among them; see pylm_decode.h."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.arguments import ONE_Q16, integer, number, several, wrong_type
from .._core.image import Image
from .._core.native import check, ffi, lib
from .._core.prediction import NATS_PER_COST
from .._core.progress import Progress
from .._core.text import TEXT_TYPES, as_bytes
from ..errors import ArgumentError, TooLargeError

if TYPE_CHECKING:
    from .._core.image import TextOrIds

MOST_NODES = 1 << 31
MOST_NATS = 20000.0  # of an arc's cost, either way: 2^31 / 65536 bit
CACHED = 1 << 18  # texts of arcs whose symbols are kept
BEAM, MOST_BEAM, MOST_BEST, MOST_MERGED, MOST_WEIGHT = 16, 4096, 65536, 16, 256


class Arc(NamedTuple):
    """A reading of a part of what is decoded."""

    begin: int  #: node
    end: int  #: node
    text: TextOrIds  #: what it reads: words of a model of words, or any text; or ids
    cost: float  #: its own, in nats: minus the natural log of how well it fits; below 0 for it


class LatticePath(NamedTuple):
    """A way through a lattice."""

    text: str  #: what its arcs read; in a model of words with spaces between them
    arcs: list[int]  #: their numbers, as `Lattice.add()` gave them
    cost: float  #: of all of it, in nats: `weight` times the model's, and the arcs' own
    model_cost: float  #: the model's, not weighted


class Lattice:
    """Readings of every place of a text, as arcs from node to node. A path leads from the node 0 to the largest one,
    and only forwards. `Model.best_paths()` finds the best ones.

        lattice = pylm.Lattice()
        lattice.add(0, 1, "recognise", 1.2)
        lattice.add(0, 2, "wreck a", 1.0)
        lattice.add(1, 3, "speech", 0.7)
        lattice.add(2, 3, "nice beach", 0.4)
    """

    def __init__(self, arcs: Iterable[Arc | tuple[int, int, TextOrIds, float]] = ()) -> None:
        self.arcs: list[Arc] = []
        for arc in arcs:
            self.add(*arc)

    @classmethod
    def of_slots(cls, slots: Iterable[Iterable[tuple[TextOrIds, float]]]) -> Lattice:
        """A confusion network: one slot after the other, each with its readings and their costs in nats; "" is a
        reading that says nothing."""
        lattice = cls()
        for node, slot in enumerate(several("slots", slots, "slots")):
            for text, cost in several("slots", slot, "readings with their costs"):
                lattice.add(node, node + 1, text, cost)
        return lattice

    def add(self, begin: int, end: int, text: TextOrIds, cost: float = 0.0) -> int:
        """Adds an arc from a node to a larger one. Returns its number.

        text   what it reads; "" for nothing. In a model of words, what stands between white space are its words. In
               other models every character counts: " speech" has a space before it.
        cost   its own, in nats, as a log-probability with the other sign.
        Raises ArgumentError for an arc that does not lead forwards, and for a cost that is no number.
        """
        begin = integer("begin", begin, 0, MOST_NODES - 1)
        end = integer("end", end, 1, MOST_NODES)
        if end <= begin:
            raise ArgumentError(f"an arc leads from a node to a larger one, not from {begin} to {end}")
        self.arcs.append(Arc(begin, end, text, number("cost", cost, -MOST_NATS, MOST_NATS)))
        return len(self.arcs) - 1

    def __len__(self) -> int:
        return len(self.arcs)


class Search(NamedTuple):
    """How to look for paths; see `Model.best_paths()`."""

    n: int
    beam: int
    weight: float
    merge: int | None
    add_eos: bool


class _Symbols:
    """The arcs of a lattice as the C library has them. Words that are not known cost what their letters cost."""

    def __init__(self, image: Image, given: list[Arc], search: Search) -> None:
        self.order = sorted(range(len(given)), key=lambda i: given[i].begin)
        self.symbols, self.spelled = array("I"), [0] * len(given)
        self.n_nodes = max((arc.end for arc in given), default=1) + 1
        if search.add_eos and image.ends_lines and given:
            self.order.append(len(given))
            given = [*given, Arc(self.n_nodes - 1, self.n_nodes, array("I", [image.line_end]), 0.0)]
            self.spelled.append(0)
            self.n_nodes += 1
        self.arcs = ffi.new("pylm_arc[]", max(len(given), 1))
        known: dict[Any, tuple[array[int], int]] = image.kept.setdefault("arcs", {})
        if len(known) > CACHED:
            known.clear()
        for place, i in enumerate(self.order):
            arc, to = given[i], self.arcs[place]
            key: Any = arc.text if isinstance(arc.text, (str, bytes)) else None
            found = known.get(key)  # threads may share it
            if found is None:
                found = self._of(image, arc.text)
                if key is not None:
                    known[key] = found
            symbols, self.spelled[i] = found
            cost = round(arc.cost / NATS_PER_COST) + round(search.weight * self.spelled[i])
            to.__setattr__("from", arc.begin)
            to.to, to.cost_q16, to.begin = arc.end, min(cost, (1 << 31) - 1), len(self.symbols)
            self.symbols.extend(symbols)
            to.end = len(self.symbols)

    @staticmethod
    def _of(image: Image, text: TextOrIds) -> tuple[array[int], int]:
        symbols = image.symbols(text, add_eos=False)
        return symbols, image.spelled(text, symbols).cost if isinstance(text, TEXT_TYPES) else 0


def best_paths(
    image: Image, state: Any, lattice: Lattice, search: Search, progress: bool | None = False
) -> list[LatticePath]:
    """The best paths of a lattice that goes on from a state."""
    if not isinstance(lattice, Lattice):
        raise wrong_type("lattice", "a pylm.Lattice", lattice)
    number("weight", search.weight, 0, MOST_WEIGHT)
    arcs = _Symbols(image, lattice.arcs, search)
    request = ffi.new("pylm_lattice *")
    request.arcs, request.n_arcs, request.n_nodes = arcs.arcs, len(arcs.order), arcs.n_nodes
    held = ffi.from_buffer("uint32_t[]", arcs.symbols)
    request.symbols, request.n_symbols = held, len(arcs.symbols)
    request.beam = integer("beam", search.beam, 1, MOST_BEAM)
    request.n_best = integer("n", search.n, 1, MOST_BEST)
    request.weight_q16 = round(search.weight * ONE_Q16)
    reach = lib.pylm_reach(image.model) if search.merge is None else search.merge
    request.merge = integer("merge", reach, 0, MOST_MERGED)
    nbytes = ffi.new("uint64_t *")
    status = lib.pylm_lattice_nbytes(image.model, request, nbytes)
    if status == lib.PYLM_ERR_LARGE:
        raise TooLargeError("the lattice is too large for this beam and so many paths; take less of them")
    check(status)
    try:
        memory = ffi.new("uint64_t[]", nbytes[0] // 8 + 1)
    except MemoryError:
        message = f"the search needs {nbytes[0]} bytes, which the system does not have; take a smaller beam"
        raise TooLargeError(message) from None
    work, at = image.new_work(), ffi.new("uint32_t *")
    with Progress(progress) as bar:
        while True:
            lib.pylm_lattice_search(image.model, request, state, memory, work, at)
            bar.show("decode", at[0], request.n_arcs, "arcs")
            if at[0] == request.n_arcs:
                break
    return list(_paths(image, request, memory, arcs, lattice.arcs))


def _paths(image: Image, request: Any, memory: Any, arcs: _Symbols, given: list[Arc]) -> Iterator[LatticePath]:
    path, weight = ffi.new("pylm_path *"), request.weight_q16 / ONE_Q16
    while lib.pylm_lattice_path(request, memory, path):
        numbers = [arcs.order[path.arcs[i]] for i in range(path.n_arcs)]
        numbers = [i for i in numbers if i < len(given)]
        cost = path.cost_q16 * NATS_PER_COST
        own = sum(given[i].cost for i in numbers)
        texts = (_text_of(image, given[i].text) for i in numbers)
        text = " ".join(filter(None, texts)) if image.is_words else "".join(texts)
        yield LatticePath(text, numbers, cost, (cost - own) / weight if weight else math.nan)


def _text_of(image: Image, text: TextOrIds) -> str:
    data = as_bytes(text) if isinstance(text, TEXT_TYPES) else image.decode(image.symbols(text, add_eos=False))
    return bytes(data).decode("utf-8", "replace")
