"""A small arithmetic coder over exact integer distributions (Witten, Neal, Cleary 1987), to spend what the
model says and to read it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

BITS = 96
TOP = 1 << BITS
HALF, QUARTER = TOP >> 1, TOP >> 2
TOTAL_BITS = 62  # of the distribution's unit

Distribution = Callable[[], np.ndarray]  # uint64, sums to 2^62: of the next symbol
Push = Callable[[int], object]


def bounds(q62: np.ndarray) -> np.ndarray:
    sums = np.cumsum(np.append(np.uint64(0), q62), dtype=np.uint64)  # not of float64, which has 53 bits
    assert int(sums[-1]) == 1 << TOTAL_BITS
    return sums


def encode(symbols: Sequence[int], distribution: Distribution, push: Push) -> list[int]:
    low, high, pending, out = 0, TOP - 1, 0, []
    for symbol in symbols:
        sums = bounds(distribution())
        width = high - low + 1
        high = low + (width * int(sums[symbol + 1]) >> TOTAL_BITS) - 1
        low = low + (width * int(sums[symbol]) >> TOTAL_BITS)
        assert low <= high, "a symbol of probability 0 cannot be coded"
        push(symbol)
        while True:
            if high < HALF:
                out += [0] + [1] * pending
                pending = 0
            elif low >= HALF:
                out += [1] + [0] * pending
                pending, low, high = 0, low - HALF, high - HALF
            elif low >= QUARTER and high < 3 * QUARTER:
                pending, low, high = pending + 1, low - QUARTER, high - QUARTER
            else:
                break
            low, high = 2 * low, 2 * high + 1
    return out + ([0] + [1] * (pending + 1) if low < QUARTER else [1] + [0] * (pending + 1))


def decode(bits: Sequence[int], n: int, distribution: Distribution, push: Push) -> list[int]:
    stream = iter(bits)
    low, high, value, out = 0, TOP - 1, 0, []
    for _ in range(BITS):
        value = 2 * value + next(stream, 0)
    for _ in range(n):
        sums = bounds(distribution())
        width = high - low + 1
        point = ((value - low + 1 << TOTAL_BITS) - 1) // width
        symbol = int(np.searchsorted(sums, np.uint64(point), side="right")) - 1
        high = low + (width * int(sums[symbol + 1]) >> TOTAL_BITS) - 1
        low = low + (width * int(sums[symbol]) >> TOTAL_BITS)
        push(symbol)
        out.append(symbol)
        while True:
            if high < HALF:
                less = 0
            elif low >= HALF:
                less = HALF
            elif low >= QUARTER and high < 3 * QUARTER:
                less = QUARTER
            else:
                break
            low, high = 2 * (low - less), 2 * (high - less) + 1
            value = 2 * (value - less) + next(stream, 0)
    return out
