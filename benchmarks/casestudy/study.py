# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A case study: the kernel on a specialised corpus, on its training text and outside it, beside other predictors."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from pylm import ArgumentError

from .corpus import documents_of, library_pages, library_title, splits_of
from .inside import Progress, parse_size
from .measure import Study
from .random_features import measure
from .results import CaseStudy, Corpus

MAX_SIZE = 1 << 40  # bytes of a corpus


def casestudy(
    texts: Sequence[str | os.PathLike[str]] | None = None, *, size: int | str | None = None, threads: int | None = None,
    progress: bool | None = None,
) -> CaseStudy:  # fmt: skip
    """Measures the kernel on a corpus.

    texts      files, each a document in UTF-8 whose paragraphs have empty lines between them; None: the
               documentation that comes with this CPython, some 2 MB.
    size       bytes of the corpus to take, from its beginning, as a number or like "300K"; None: all.
    threads    processors to use; None: all. Changes nothing but the times.
    progress   show a bar on standard error; None: if that is a terminal.
    Raises EmptyTextError if there is too little to train and test on, and OSError.
    """
    began = time.process_time()
    if size is not None:
        size = parse_size("size", size, MAX_SIZE)
    with Progress(progress) as bar:
        pages = library_pages(bar) if texts is None else _read(texts)
    documents = documents_of(pages, size)
    title = library_title() if texts is None else f"{len(pages)} files"
    splits, training, features = [], None, None
    for name, learn, test in splits_of(documents):
        study = Study(learn, test, threads, progress)
        splits.append(study.split(name))
        if training is None:
            training, features = study.training(), measure(learn, test, threads, progress)
    assert training and features
    nbytes = sum(len(w) + 1 for d in documents for words in d.paragraphs for w in (*words, ""))
    corpus = Corpus(title, len(documents), nbytes, sum(d.n_words for d in documents))
    return CaseStudy(corpus, training, splits, features, time.process_time() - began)


def _read(texts: Sequence[str | os.PathLike[str]]) -> dict[str, str]:
    pages = {os.fspath(text): Path(text).read_bytes().decode("utf-8", "replace") for text in texts}
    if len(pages) < 2:
        raise ArgumentError("give two files at least: each is a document, and some are kept for testing")
    return pages
