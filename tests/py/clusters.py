# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A real Dask cluster of this machine, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

dask = pytest.importorskip("distributed")


@contextmanager
def two_workers() -> Iterator[dask.Client]:
    """Each is a process of its own."""
    with (
        dask.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        dask.Client(cluster) as client,
    ):
        yield client
