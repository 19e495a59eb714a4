# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""pylm: a language model made of counts.

    import pylm

    model = pylm.train("text.txt")              # seconds, on any computer
    model.save("text.pylm")

    model = pylm.load("text.pylm")
    print(model.generate("It was", max_new_tokens=200))
    print(model.next("It wa", k=3))             # the most probable next symbols
    print(model.bits_per_byte("It was a dark night."))

Texts that come and go are counted into stores, which add up exactly:

    pylm.count(["a.txt", "b.txt"], "ab.store")
    store = pylm.merge(["ab.store", "c.store"], "abc.store")
    store.forget("a.txt")
    model = store.build()

Command line: `pylm --help`; a first minute: `pylm demo`.
"""

from ._native import ffi as _ffi
from ._native import lib as _lib
from .constraints import Constraint, OneOf, Prefix, Regex, Schema
from .distillation import Comparison, Distillation, Quality, TemplateShare, distill
from .errors import (
    ArgumentError,
    BusyError,
    EmptyTextError,
    LayerError,
    MissingPackageError,
    ModelDamagedError,
    ModelFormatError,
    ModelVersionError,
    OutOfMemoryError,
    PylmError,
    SourcesError,
    StoreDamagedError,
    StoreFormatError,
    StoreVersionError,
    TooLargeError,
)
from .explain import Explanation, Part
from .kernel import Coverage, Kernel, Nearest
from .keyboard import Keyboard, Suggestion
from .model import Contrast, Evaluation, Model, ModelInfo, load
from .patterns import KernelExplanation, Pattern
from .related import Related
from .report import Calibration, Report, report
from .sources import Passage, Source, Trace
from ._prediction import Prediction
from .state import Continuation, State
from .store import Store, StoredDocument, StoreInfo, build, count, merge
from .train import adapt, train

__version__: str = _ffi.string(_lib.pylm_version()).decode()

__all__ = [
    "ArgumentError",
    "BusyError",
    "Calibration",
    "Comparison",
    "Constraint",
    "Continuation",
    "Contrast",
    "Coverage",
    "Distillation",
    "EmptyTextError",
    "Evaluation",
    "Explanation",
    "Kernel",
    "KernelExplanation",
    "Keyboard",
    "LayerError",
    "MissingPackageError",
    "Model",
    "ModelDamagedError",
    "ModelFormatError",
    "ModelInfo",
    "ModelVersionError",
    "Nearest",
    "OneOf",
    "OutOfMemoryError",
    "Part",
    "Passage",
    "Pattern",
    "Prediction",
    "Prefix",
    "PylmError",
    "Quality",
    "Regex",
    "Related",
    "Report",
    "Schema",
    "Source",
    "SourcesError",
    "State",
    "Store",
    "StoreDamagedError",
    "StoreFormatError",
    "StoreInfo",
    "StoreVersionError",
    "StoredDocument",
    "Suggestion",
    "TemplateShare",
    "TooLargeError",
    "Trace",
    "adapt",
    "build",
    "count",
    "distill",
    "load",
    "merge",
    "report",
    "train",
]
