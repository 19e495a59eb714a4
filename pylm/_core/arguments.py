# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Checks of arguments: each says which argument is wrong, and what it may be."""

from __future__ import annotations

import math
import os
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
LONGEST_SHOWN = 60  # characters of a wrong value in a message
SIZE_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}


def check_options(caller: str, options: Mapping[str, object], kind: Any) -> None:
    """TypeError, with the name of the option, for one that is no key of `kind`, a TypedDict without required ones."""
    known: frozenset[str] = kind.__optional_keys__
    for name in options:
        if name not in known:
            from difflib import get_close_matches

            meant = "".join(f"; did you mean {other!r}?" for other in get_close_matches(name, known, 1))
            raise TypeError(f"{caller}() has no option {name!r}{meant}")


def described(value: object) -> str:
    """A wrong value as a message names it: itself, if that is short; else what it is."""
    if value is None or isinstance(value, (bool, float)):
        return repr(value)
    if isinstance(value, int):
        return shown_integer(value)
    if isinstance(value, (str, bytes)):
        return repr(value) if len(value) <= LONGEST_SHOWN else repr(value[:LONGEST_SHOWN])[:-1] + "..."
    if hasattr(value, "read"):
        return "an open file"
    if isinstance(value, os.PathLike):
        return f"a path ({os.fspath(value)})"
    if isinstance(value, (list, tuple)) and value:
        return f"a {type(value).__name__} of {type(value[0]).__name__}"
    return f"an object of type {type(value).__name__}"


def shown_integer(number: int) -> str:
    """In digits, if they are not too many: Python itself refuses to write 4,300 of them."""
    return (
        str(number) if abs(number) < 10**LONGEST_SHOWN else f"{'-' * (number < 0)}2^{abs(number).bit_length() - 1}..."
    )


def wrong_type(name: str, takes: str, value: object, advice: str = "") -> TypeError:
    """The error for an argument of a type that it does not take."""
    return TypeError(f"{name} must be {takes}, not {described(value)}{advice and '; '}{advice}")


def path_of(name: str, value: Any) -> str:
    """The path of a file as a str; TypeError for what is none."""
    if not isinstance(value, (str, os.PathLike)) or not isinstance(path := os.fspath(value), str):
        raise wrong_type(name, "the path of a file (str or pathlib.Path)", value)
    if "\0" in path:
        raise ArgumentError(
            f"{name} must be the path of a file, but {described(path)} has a NUL in it, where names end"
        )
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise ArgumentError(f"{name} must be the path of a file, and no file can be called {described(path)}") from None
    return path


def several(name: str, values: Any, of: str) -> Iterable[Any]:
    """The values, if they are several; TypeError for a single one."""
    if isinstance(values, (str, bytes, bytearray, memoryview, os.PathLike)):
        raise wrong_type(name, f"several {of}", values, "put it into a list")
    if isinstance(values, Mapping) or not hasattr(values, "__iter__"):
        raise wrong_type(name, f"several {of}", values)
    found: Iterable[Any] = values
    return found


def number(name: str, value: float, low: float, high: float) -> float:
    """The value, if it is a number in a range; ArgumentError otherwise."""
    try:
        is_right = not isinstance(value, (str, bytes)) and math.isfinite(value) and bool(low <= value <= high)
    except (TypeError, ValueError, OverflowError):
        is_right = False
    if not is_right:
        raise ArgumentError(f"{name} must be a number from {low:g} to {high:g}, not {described(value)}")
    return value


def q16(name: str, value: float, low: float, high: float) -> int:
    """A number in a range, in units of 1/65536; ArgumentError."""
    return round(number(name, value, low, high) * ONE_Q16)


def several_q16(name: str, values: Iterable[float], n: int | None, high: float) -> list[int]:
    """Numbers from 0 to `high`, n of them unless that is None, in units of 1/65536; ArgumentError, TypeError."""
    found = [q16(name, x, 0, high) for x in several(name, values, "numbers")]
    if n is not None and len(found) != n:
        raise ArgumentError(f"{name} must be {n} numbers, one for each symbol, not {len(found)}")
    return found


def integer(name: str, value: Any, low: int, high: int) -> int:
    """The value, if it is an integer in a range; ArgumentError otherwise."""
    try:
        number: int = value.__index__()
    except (AttributeError, TypeError):  # TypeError: arrays, and types themselves
        raise ArgumentError(f"{name} must be an integer, not {described(value)}") from None
    if not low <= number <= high:
        raise ArgumentError(f"{name} must be from {low} to {high}, not {shown_integer(number)}")
    return number


def n_threads(threads: int | None) -> int:
    """How many threads the C library is to use; 0, which is all processors, for None."""
    return 0 if threads is None else integer("threads", threads, 1, MAX_THREADS)


def parse_size(name: str, size: int | str, high: int) -> int:
    """A number of bytes from one, or from what people write: 64K, 3M, 1.5 MB. K is 1000, as everywhere in pylm."""
    if not isinstance(size, str):
        if not hasattr(size, "__index__"):
            raise ArgumentError(f"{name} must be a number of bytes such as 65536 or '64K', not {described(size)}")
        return integer(name, size, 1, high)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]?)B?\s*", size, re.IGNORECASE)
    if not match:
        raise ArgumentError(
            f"{name} must be a number of bytes such as 65536, 64K, 3M or '1.5 MB', not {described(size)}"
        )
    from decimal import Decimal  # 1.1K is 1100, not what the nearest float makes of it

    if len(match[1]) > LONGEST_SHOWN:
        raise ArgumentError(f"{name} must be from 1 to {high}, not {described(size)}")
    return integer(name, int(Decimal(match[1]) * SIZE_UNITS[match[2].upper()]), 1, high)
