# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a program must not write: mypy --strict has an error for every line that ends in `# error`, and for no other.
It is never run."""

from __future__ import annotations

import pylm


def wrong(model: pylm.Model, state: pylm.State, store: pylm.Store) -> None:
    model.generate("It was", temprature=0.2)  # error
    model.generate("It was", temperature="0.2")  # error
    model.stream("It was", adapt=True)  # error
    model.generate_ids("It was", 5, stop="\n")  # error
    state.generate(50, temprature=0.2)  # error
    state.beam_search(5, temperature=0.2)  # error
    model.beam_search("It was", 5, n="3")  # error
    model.next("It was", within=pylm.OneOf(["a"]))  # error
    model.perplexity("A text.", adapt=True)  # error
    options: pylm.SamplingOptions = {"temprature": 0.2}  # error
    model.generate(**options)
    pylm.train(["A text."], tokeniser="words")  # error
    pylm.train(["A text."], trees=2)  # error
    pylm.train(["A text."], symbols=pylm.SymbolOptions(tree=2))  # error
    pylm.train(["A text."], kernel=pylm.KernelOptions(reach="3"))  # error
    pylm.train(["A text."], profile="best of all")  # error
    pylm.adapt(model, ["A text."], tokenizer="words")  # error
    pylm.count(["A text."], "texts.store", document="lines")  # error
    store.add(["A text."], documents="line")  # error
    store.build(trees=2)  # error
    pylm.distill(model, "A text.")  # error
