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

from ._core.native import ffi as _ffi
from ._core.native import lib as _lib
from .decoding.constraints import Constraint, OneOf, Prefix, Regex, Schema
from .pruning import Comparison, Distillation, Quality, TemplateShare, distill
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
from .explain.mix import Explanation, Part
from .kernel.settings import Coverage, Kernel, Nearest
from .keyboard import Keyboard, Suggestion
from ._model import Contrast, Evaluation, Model, ModelInfo, load
from .explain.kernel import KernelExplanation, Pattern
from .related import Related
from .reports.report import Calibration, Report, report
from .sources.file import Passage, Source, Trace
from ._core.prediction import Prediction
from ._state import Continuation, State
from .store.store import Store, StoredDocument, StoreInfo, build, count, merge
from ._train import adapt, train

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
