# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Options of counting: written down once, for new stores and for more documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from .._core.cluster import Scheduler

DocumentKind = Literal["files", "lines", "parquet", "bytes"]


class CountOptions(TypedDict, total=False):
    """Options of `count()`, which says what each means, and of `Store.add()`."""

    documents: DocumentKind  #: "files". What is a document
    column: str | None  #: None. Of parquet files; None: the only one of texts
    dask: Scheduler | None  #: None. Count on Dask
    fresh: bool  #: False. Give up what else was being counted into this store and never finished
    threads: int | None  #: None. To compress with; None: all processors
    progress: bool | None  #: None. Show a bar on standard error; None: if that is a terminal
