# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm info`."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from .._info import ModelInfo
from .._model import Model
from ..errors import SourcesError
from ..kernel.settings import Kernel
from ..sources.file import SUFFIX
from .common import Commands, add_model, load_model, nbytes, unit_of


def add_info(commands: Commands) -> None:
    """Adds the command."""
    add_model(commands.add("info", _info, "say what a model is, after checking every byte of it"))


def _info(options: argparse.Namespace) -> None:
    with load_model(options, verify=True) as model:
        info = model.info
        problem, digest = _check_sources(model, options.model), model.sha256()
    if options.json:
        print(json.dumps({**info.as_dict(), "sha256": digest}))
    else:
        print(describe(info, digest) + problem)


def _check_sources(model: Model, path: str) -> str:
    """Checks every byte of the sources file, if there is one. Says if what is in its place is of no use."""
    if model.info.sources_bytes:
        model.verify_sources()
    elif os.path.exists(path + SUFFIX):
        try:
            model.verify_sources()
        except SourcesError as error:
            return f"\n\n{error}"
    return ""


def _distances(kernel: Kernel) -> str:
    text = "distances " + ", ".join(f"{t:.2f}" for t in kernel.distances)
    return text + (
        ", classes " + ", ".join(f"{u:.2f}" for u in kernel.class_distances) if kernel.class_distances else ""
    )


def _words(training: dict[str, Any]) -> str:
    least, left_out = training["min_word_count"], training["words_left_out"]
    which = "given" if not least else f"all that came {least:,} times or more" if least > 1 else "all of the text"
    if left_out and least == 1:
        which = "the most frequent ones"
    others = f"; {left_out:,} others of the text became <unk>" if left_out else ""
    spelled = "unknown ones are spelled" if training["words_that_spell"] else "unknown ones are not spelled"
    return f"{which}{others}; {spelled}"


def _ends(info: ModelInfo) -> str:
    if info.ends is None:
        return "nowhere that is known"
    if info.ends == info.begins:
        return "with its line"
    return f"with a symbol of its own, {info.ends}"


def describe(info: ModelInfo, sha256: str) -> str:
    """A model in words, one fact a line."""
    training = info.training
    lines = [
        ("predicts", f"{unit_of(info)}, vocabulary of {info.symbols:,}"),
        ("size", f"{nbytes(info.bytes)}, format version {info.format_version}"),
        ("SHA-256", sha256),
        ("contexts", f"{info.contexts:,} in {info.templates} templates"),
        ("trees", f"{info.trees}, up to {info.depth} decisions a symbol"),
        ("a text begins", "with nothing before it" if info.begins is None else "as a line does, behind a line end"),
        ("a text ends", _ends(info)),
    ]
    if info.kernel:
        lines.insert(0, ("predictor", f"kernel, {_distances(info.kernel)}"))
    if info.layers:
        lines.append(("layer", f"number {info.layers} on the model, whose vocabulary and tree it has"))
    if "words_left_out" in training:
        lines.insert(1, ("words", _words(training)))
    if info.tokenizer == "external":
        lines.append(("tokenizer", f"its own file, {nbytes(info.tokenizer_bytes)}"))
    if info.sources_bytes:
        lines.append(("sources", f"a file of their own, {nbytes(info.sources_bytes)}"))
    if "bytes" in training:
        lines.append(
            (
                "trained on",
                f"{nbytes(training['bytes'])} in {training['documents']:,} documents by {training['trainer']}",
            )
        )
    before = ""
    if "pruned" in training:
        pruned = training["pruned"]
        lines.append(("pruned", f"for {pruned['keep']:g} % of a log of {pruned['log_symbols']:,} {unit_of(info)}"))
        before = ", before it was pruned"
    text = "\n".join(f"{name:<11} {value}" for name, value in lines)
    for i, tree in enumerate(training.get("trees", [])):
        text += f"\n\ncontexts of tree {i + 1}" if info.trees > 1 else "\n\ncontexts by template"
        text += before
        for name, n in tree["contexts"].items():
            text += f"\n{n:>12,}  {name or '(none)'}"
    return text
