# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The predictor `kernel`: what it goes by, and how that is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .._core.arguments import q16, several_q16
from .._core.image import Image
from .._core.native import check, ffi, lib
from ..errors import ArgumentError

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


@dataclass(frozen=True, kw_only=True)
class KernelOptions:
    """What a kernel is made with; the `kernel` of `train()` and `build()`. See docs/kernel.md."""

    reach: int | None = None  #: symbols back that it looks, 1 to 6; None: 3. Each one more takes twice the room or more
    distances: Iterable[float] | None = (
        None  #: what another symbol one back, two back, ... adds to the distance: `reach`
    )
    #: numbers from 0 to 64; None: chosen by blocks of the text whose own counts are taken out
    class_distances: Iterable[float] | Literal[False] | None = None  #: what another symbol of the same class adds, less
    #: than that; False: the same. Only for the last 2, 3, 3, 1 symbols of a reach of 2, 3, 4, 5, and not for bytes


def settings_of(image: Image) -> Kernel | None:
    """Those of a model; None if its predictor is another."""
    if not image.is_kernel:
        return None
    kernel = _read(image)
    return Kernel(
        kernel.tau_q16 / 65536,
        tuple(x / 65536 for x in kernel.distance_q16[0 : kernel.reach]),
        tuple(x / 65536 for x in kernel.class_distance_q16[0 : kernel.n_class]),
    )


def with_settings(
    image: Image, tau: float | None, distances: Iterable[float] | None, class_distances: Iterable[float] | None
) -> Image:
    """The same image, going by other settings; None: the present ones."""
    image.needs_kernel()
    kernel = _read(image)
    if tau is not None:
        kernel.tau_q16 = q16("tau", tau, 0, MAX_TAU)
    if distances is not None:
        kernel.distance_q16[0 : kernel.reach] = several_q16("distances", distances, kernel.reach, MAX_DISTANCE)
        if class_distances is None:
            class_distances = [min(u, t) / 65536 for u, t in zip(_nearer(kernel), kernel.distance_q16, strict=False)]
    if class_distances is not None:
        nearer = several_q16("class_distances", class_distances, kernel.n_class, MAX_DISTANCE)
        kernel.class_distance_q16[0 : kernel.n_class] = nearer
        if any(u > t for u, t in zip(nearer, kernel.distance_q16, strict=False)):
            raise ArgumentError("class_distances must not be larger than distances")
    for j in range(kernel.n_class, MAX_REACH):
        kernel.class_distance_q16[j] = kernel.distance_q16[j]
    return image.with_kernel(kernel)


def _read(image: Image) -> Any:
    kernel = ffi.new("pylm_kernel *")
    check(lib.pylm_model_kernel(image.model, kernel))
    return kernel


def _nearer(kernel: Any) -> list[int]:
    return list(kernel.class_distance_q16[0 : kernel.n_class])
