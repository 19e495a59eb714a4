# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What compressors need for a text behind another: how much longer both together are than the first one alone. They
learn always, so that is an adaptive loss, of the text as it stands in its file."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common import run
from protocol import n_kept

ORDERS = (4, 5, 6, 8, 12, 16)  # of PPMd, that are tried
MEMORY = 1 << 28


class Compressed(NamedTuple):
    nbytes: float
    cpu_seconds: float
    peak_nbytes: int | None


def ppmd(text: bytes, order: int) -> Compressed:
    """Prediction by partial matching, variant H (Shkarin 2001), as in 7-Zip."""
    import pyppmd

    began = time.process_time()
    encoder = pyppmd.Ppmd7Encoder(order, MEMORY)
    nbytes = len(encoder.encode(text)) + len(encoder.flush())
    return Compressed(nbytes, time.process_time() - began, None)


def ppmd_order(text: bytes, orders: Iterable[int] = ORDERS) -> int:
    """The order that is best for the end of a text."""
    cut = n_kept(len(text))
    return min(orders, key=lambda order: ppmd(text, order).nbytes - ppmd(text[:cut], order).nbytes)


def zpaq(text: bytes) -> Compressed:
    """Context mixing: zpaq with its strongest method (Mahoney 2016)."""
    with tempfile.TemporaryDirectory() as name:
        (path := Path(name) / "text").write_bytes(text)
        archive = path.with_suffix(".zpaq")
        found = run(["zpaq", "add", archive, path, "-method", "5", "-threads", "1"])
        return Compressed(archive.stat().st_size, found.cpu, found.nbytes)


def has_zpaq() -> bool:
    return shutil.which("zpaq") is not None
