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
    print(model.score("dark", context="It was a ", add_eos=False))     # log-probability of what may follow

Texts that come and go are counted into stores, which add up exactly:

    pylm.count(["a.txt", "b.txt"], "ab.store")
    store = pylm.merge(["ab.store", "c.store"], "abc.store")
    store.forget("a.txt")
    model = store.build()

Command line: `pylm --help`; a first minute: `pylm demo`.

All public names are here, and the exceptions in `pylm.errors` as well. A name is imported when it is asked for first,
so `import pylm` takes next to no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core.library import check_built as _check_built

if TYPE_CHECKING:
    from . import errors
    from ._core.lexicon import NewWord
    from ._core.prediction import Prediction
    from ._info import Evaluation, ModelInfo
    from ._model import Model, load
    from ._state import State
    from ._train import adapt, train
    from .arpa import export_arpa
    from .decoders.alternatives import EditModel
    from .decoders.branch import Branch
    from .decoders.drafter import Drafter
    from .decoders.lattice import Arc, Lattice, LatticePath
    from .decoding.beam import Continuation
    from .decoding.constraints import Constraint, OneOf, Prefix, Regex, Schema
    from .decoding.contrast import Contrast
    from .decoding.options import BeamOptions, SamplingOptions
    from .drafting import DraftFigures, PromptLookup, SuffixDecoding, measure_drafts
    from .errors import (
        ArgumentError,
        BusyError,
        EmptyTextError,
        LayerError,
        LostPacketError,
        MissingPackageError,
        ModelDamagedError,
        ModelFormatError,
        ModelVersionError,
        OutOfMemoryError,
        PacketError,
        PylmError,
        SourcesError,
        StoreDamagedError,
        StoreFormatError,
        StoreVersionError,
        TextFormatError,
        TooLargeError,
    )
    from .explain.kernel import KernelExplanation, Pattern
    from .explain.mix import Explanation, Part
    from .explain.topic import Topic, TopicWord
    from .explain.words import WordScore
    from .kernel.coverage import Coverage, Nearest, Neighbour
    from .kernel.settings import Kernel, KernelOptions
    from .keyboard import Keyboard, Suggestion
    from .packing.archive import LostPart, pack_archive, salvage_archive, unpack_archive
    from .pruning import Comparison, Pruning, Quality, TemplateShare, prune
    from .related import Related
    from .reports.figures import Calibration
    from .reports.report import Report, report
    from .rescoring import Hypothesis, Rescored, Weights, fit_weights, rescore
    from .restoring import correct, restore
    from .selecting.selector import Selected, Selector, select
    from .session import MessageSession
    from .sources.file import Passage, Place, Source, Trace
    from .sources.ngrams import Follower, SourcedWord, Sources, Suffix
    from .store.options import CountOptions
    from .store.store import Store, StoredDocument, StoredEntry, StoreInfo, build, count, merge
    from .training.options import LayerOptions, SymbolOptions, TrainOptions

    __version__: str

_check_built()

# Where each public name comes from; the imports above say the same to type checkers.
_MODULES = {
    "_core.lexicon": ("NewWord",),
    "_core.prediction": ("Prediction",),
    "_info": ("Evaluation", "ModelInfo"),
    "_model": ("Model", "load"),
    "_state": ("State",),
    "_train": ("adapt", "train"),
    "arpa": ("export_arpa",),
    "decoders.alternatives": ("EditModel",),
    "decoders.branch": ("Branch",),
    "decoders.drafter": ("Drafter",),
    "decoders.lattice": ("Arc", "Lattice", "LatticePath"),
    "decoding.beam": ("Continuation",),
    "decoding.constraints": ("Constraint", "OneOf", "Prefix", "Regex", "Schema"),
    "decoding.contrast": ("Contrast",),
    "decoding.options": ("BeamOptions", "SamplingOptions"),
    "drafting": ("DraftFigures", "PromptLookup", "SuffixDecoding", "measure_drafts"),
    "errors": (
        "ArgumentError",
        "BusyError",
        "EmptyTextError",
        "LayerError",
        "MissingPackageError",
        "ModelDamagedError",
        "ModelFormatError",
        "ModelVersionError",
        "LostPacketError",
        "OutOfMemoryError",
        "PacketError",
        "PylmError",
        "SourcesError",
        "StoreDamagedError",
        "StoreFormatError",
        "StoreVersionError",
        "TextFormatError",
        "TooLargeError",
    ),
    "explain.kernel": ("KernelExplanation", "Pattern"),
    "explain.mix": ("Explanation", "Part"),
    "explain.topic": ("Topic", "TopicWord"),
    "explain.words": ("WordScore",),
    "kernel.coverage": ("Coverage", "Nearest", "Neighbour"),
    "kernel.settings": ("Kernel", "KernelOptions"),
    "keyboard": ("Keyboard", "Suggestion"),
    "packing.archive": ("LostPart", "pack_archive", "salvage_archive", "unpack_archive"),
    "pruning": ("Comparison", "Pruning", "Quality", "TemplateShare", "prune"),
    "related": ("Related",),
    "reports.figures": ("Calibration",),
    "reports.report": ("Report", "report"),
    "rescoring": ("Hypothesis", "Rescored", "Weights", "fit_weights", "rescore"),
    "restoring": ("correct", "restore"),
    "session": ("MessageSession",),
    "selecting.selector": ("Selected", "Selector", "select"),
    "sources.file": ("Passage", "Place", "Source", "Trace"),
    "sources.ngrams": ("Follower", "SourcedWord", "Sources", "Suffix"),
    "store.options": ("CountOptions",),
    "store.store": ("Store", "StoreInfo", "StoredDocument", "StoredEntry", "build", "count", "merge"),
    "training.options": ("LayerOptions", "SymbolOptions", "TrainOptions"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Arc",
    "ArgumentError",
    "BeamOptions",
    "Branch",
    "BusyError",
    "Calibration",
    "Comparison",
    "Constraint",
    "Continuation",
    "Contrast",
    "CountOptions",
    "Coverage",
    "DraftFigures",
    "Drafter",
    "EditModel",
    "EmptyTextError",
    "Evaluation",
    "Explanation",
    "Follower",
    "Hypothesis",
    "Kernel",
    "KernelExplanation",
    "KernelOptions",
    "Keyboard",
    "Lattice",
    "LatticePath",
    "LayerError",
    "LayerOptions",
    "LostPacketError",
    "LostPart",
    "MessageSession",
    "MissingPackageError",
    "Model",
    "ModelDamagedError",
    "ModelFormatError",
    "ModelInfo",
    "ModelVersionError",
    "Nearest",
    "Neighbour",
    "NewWord",
    "OneOf",
    "OutOfMemoryError",
    "PacketError",
    "Part",
    "Passage",
    "Pattern",
    "Place",
    "Prediction",
    "Prefix",
    "PromptLookup",
    "Pruning",
    "PylmError",
    "Quality",
    "Regex",
    "Related",
    "Report",
    "Rescored",
    "SamplingOptions",
    "Schema",
    "Selected",
    "Selector",
    "Source",
    "SourcedWord",
    "Sources",
    "SourcesError",
    "State",
    "Store",
    "StoreDamagedError",
    "StoreFormatError",
    "StoreInfo",
    "StoreVersionError",
    "StoredDocument",
    "StoredEntry",
    "Suffix",
    "SuffixDecoding",
    "Suggestion",
    "SymbolOptions",
    "TemplateShare",
    "TextFormatError",
    "TooLargeError",
    "Topic",
    "TopicWord",
    "Trace",
    "TrainOptions",
    "Weights",
    "WordScore",
    "adapt",
    "build",
    "correct",
    "count",
    "errors",
    "export_arpa",
    "fit_weights",
    "load",
    "measure_drafts",
    "merge",
    "pack_archive",
    "prune",
    "report",
    "rescore",
    "restore",
    "salvage_archive",
    "select",
    "train",
    "unpack_archive",
]


def __getattr__(name: str) -> object:
    """Imports a public name, and keeps it."""
    value: object
    if name == "__version__":
        from ._core.native import lib, text_of

        value = text_of(lib.pylm_version())
    elif name in _HOMES or name == "errors":
        from importlib import import_module

        module = import_module(f"{__name__}.{_HOMES.get(name, name)}")
        value = module if name == "errors" else getattr(module, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
