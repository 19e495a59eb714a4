# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The predictor `kernel`: what it goes by, and how that is changed."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._core.image import Image
from .._core.native import check, ffi, lib
from ..decoding.sampling import MAX_U32, integer, q16
from ..errors import ArgumentError, EmptyTextError

PREDICTORS = {"mix": lib.PYLM_PREDICTOR_MIX, "kernel": lib.PYLM_PREDICTOR_KERNEL}
MAX_REACH: int = lib.PYLM_MAX_REACH
MAX_DISTANCE: float = lib.PYLM_MAX_DISTANCE_Q16 / 65536
MAX_TAU = 65535.0


@dataclass(frozen=True)
class Kernel:
    """What a kernel goes by; from `ModelInfo.kernel`. A position of the training text counts exp(-tau * distance), the
    distance being a sum over the last symbols before it."""

    tau: float
    distances: tuple[float, ...]  #: where the symbols one back, two back, ... differ
    class_distances: tuple[float, ...]  #: where only their classes agree, for as many symbols as there are classes for


class Nearest(NamedTuple):
    """How near the training text comes to a context; from `Model.nearest()`."""

    distance: float  #: of the nearest positions, without tau; 0: the context was seen
    positions: int  #: how many are as near as that


@dataclass(frozen=True)
class Coverage:
    """How often the most probable symbol is the right one, and of how much of a text that is said; from
    `Model.coverage()`. The one says nothing without the other."""

    symbols: int  #: of the text
    answered: int  #: of them, those for which the training text came near enough
    right: int  #: of these, those that were the most probable ones

    @property
    def coverage(self) -> float:
        """Share of the text that was answered."""
        return self.answered / self.symbols

    @property
    def accuracy(self) -> float:
        """Share of the answers that were right; 0 if there was none."""
        return self.right / self.answered if self.answered else 0.0


def nearest(image: Image, state: Any) -> Nearest:
    image.needs_kernel()
    distance, n = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    check(lib.pylm_nearest(image.model, state, image.new_work(), distance, n))
    return Nearest(distance[0] / 65536, n[0])


def coverage(
    image: Image, slices: Iterator[tuple[array[int], int]], radius: float, least: int, show: Callable[[int], None]
) -> Coverage:
    """Of a text, in slices and how much of it each ends at."""
    image.needs_kernel()
    radius_q16 = q16("radius", radius, 0, MAX_DISTANCE * MAX_REACH)
    least = integer("least", least, 1, MAX_U32)
    model, state, work, best = image.model, image.new_state(), image.new_work(), ffi.new("pylm_candidate *")
    distance, n, n_best = ffi.new("uint32_t *"), ffi.new("uint32_t *"), ffi.new("uint32_t *")
    symbols = answered = right = 0
    for piece, done in slices:
        for symbol in piece:
            lib.pylm_nearest(model, state, work, distance, n)
            if distance[0] <= radius_q16 and n[0] >= least:
                lib.pylm_top(model, state, 1, work, best, n_best)
                answered += 1
                right += best.symbol == symbol
            lib.pylm_state_push(model, state, symbol)
        symbols += len(piece)
        show(done)
    if not symbols:
        raise EmptyTextError("the text is empty: there is nothing to predict")
    return Coverage(symbols, answered, right)


def settings_of(image: Image) -> Kernel | None:
    """Those of a model; None if its predictor is another."""
    if not image.is_kernel:
        return None
    kernel = _read(image)
    return Kernel(
        kernel.tau_q16 / 65536,
        tuple(x / 65536 for x in kernel.distance_q16[0 : kernel.reach]),
        tuple(x / 65536 for x in kernel.class_distance_q16[0 : kernel.n_class]),
    )  # fmt: skip


def with_settings(
    image: Image, tau: float | None, distances: Iterable[float] | None, class_distances: Iterable[float] | None
) -> Image:
    """The same image, going by other settings; None: the present ones."""
    image.needs_kernel()
    kernel = _read(image)
    if tau is not None:
        kernel.tau_q16 = q16("tau", tau, 0, MAX_TAU)
    if distances is not None:
        kernel.distance_q16[0 : kernel.reach] = distances_q16("distances", distances, kernel.reach)
        if class_distances is None:
            class_distances = [min(u, t) / 65536 for u, t in zip(_nearer(kernel), kernel.distance_q16)]
    if class_distances is not None:
        nearer = distances_q16("class_distances", class_distances, kernel.n_class)
        kernel.class_distance_q16[0 : kernel.n_class] = nearer
        if any(u > t for u, t in zip(nearer, kernel.distance_q16)):
            raise ArgumentError("class_distances must not be larger than distances")
    for j in range(kernel.n_class, MAX_REACH):
        kernel.class_distance_q16[j] = kernel.distance_q16[j]
    return image.with_kernel(kernel)


def distances_q16(name: str, distances: Iterable[float], n: int | None) -> list[int]:
    """Distances, n of them unless that is None, in 1/65536."""
    if isinstance(distances, (str, bytes)) or not hasattr(distances, "__iter__"):
        raise TypeError(f"{name} must be several numbers, not {distances!r}")
    values = [q16(name, x, 0, MAX_DISTANCE) for x in distances]
    if n is not None and len(values) != n:
        raise ArgumentError(f"{name} must be {n} numbers, one for each symbol, not {len(values)}")
    return values


def _read(image: Image) -> Any:
    kernel = ffi.new("pylm_kernel *")
    check(lib.pylm_model_kernel(image.model, kernel))
    return kernel


def _nearer(kernel: Any) -> list[int]:
    return list(kernel.class_distance_q16[0 : kernel.n_class])
