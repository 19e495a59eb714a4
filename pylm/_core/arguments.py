# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Checks of arguments: each says which argument is wrong, and what it may be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ArgumentError

ONE_Q16 = 65536  # 1 in units of 1/65536
MAX_THREADS = 1024
MAX_U32 = 0xFFFFFFFF
MAX_WINDOW = 1 << 16  # symbols that may count as seen lately
MAX_MEMORY = 1 << 40  # bytes that a state or a keyboard learns in
MAX_SIZE = 1 << 62  # bytes of a model, or of memory to train in
DEFAULT_MEMORY = 1 << 20  # bytes that a state learns in
SIZE_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}


def check_options(caller: str, options: Mapping[str, object], kind: Any) -> None:
    """TypeError, with the name of the option, for one that is no key of `kind`, a TypedDict without required ones."""
    known: frozenset[str] = kind.__optional_keys__
    for name in options:
        if name not in known:
            from difflib import get_close_matches

            meant = "".join(f"; did you mean {other!r}?" for other in get_close_matches(name, known, 1))
            raise TypeError(f"{caller}() has no option {name!r}{meant}")


def number(name: str, value: float, low: float, high: float) -> float:
    """The value, if it is a number in a range; ArgumentError otherwise."""
    if isinstance(value, (str, bytes)) or not math.isfinite(value) or not low <= value <= high:
        raise ArgumentError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return value


def q16(name: str, value: float, low: float, high: float) -> int:
    """A number in a range, in units of 1/65536; ArgumentError."""
    return round(number(name, value, low, high) * ONE_Q16)


def several_q16(name: str, values: Iterable[float], n: int | None, high: float) -> list[int]:
    """Numbers from 0 to `high`, n of them unless that is None, in units of 1/65536; ArgumentError, TypeError."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} must be several numbers, not {values!r}")
    found = [q16(name, x, 0, high) for x in values]
    if n is not None and len(found) != n:
        raise ArgumentError(f"{name} must be {n} numbers, one for each symbol, not {len(found)}")
    return found


def integer(name: str, value: Any, low: int, high: int) -> int:
    """The value, if it is an integer in a range; ArgumentError otherwise."""
    try:
        number: int = value.__index__()
    except AttributeError:
        raise ArgumentError(f"{name} must be an integer, not {value!r}") from None
    if not low <= number <= high:
        raise ArgumentError(f"{name} must be from {low} to {high}, not {number}")
    return number


def n_threads(threads: int | None) -> int:
    """How many threads the C library is to use; 0, which is all processors, for None."""
    return 0 if threads is None else integer("threads", threads, 1, MAX_THREADS)


def parse_size(name: str, size: int | str, high: int) -> int:
    """A number of bytes from one, or from what people write: 64K, 3M, 1.5 MB. K is 1000, as everywhere in pylm."""
    if not isinstance(size, str):
        return integer(name, size, 1, high)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]?)B?\s*", size, re.IGNORECASE)
    if not match:
        raise ArgumentError(f"{name} must be a number of bytes such as 65536, 64K, 3M or '1.5 MB', not {size!r}")
    from decimal import Decimal  # 1.1K is 1100, not what the nearest float makes of it

    return integer(name, int(Decimal(match[1]) * SIZE_UNITS[match[2].upper()]), 1, high)
