# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""`pylm demo`: a first minute that shows what this is, on a text that every CPython carries."""

from __future__ import annotations

import importlib
import inspect
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from .._model import Model
from .._train import train
from .common import Commands, nbytes, quoted

HELD_OUT = 10  # every tenth page is kept from training
LINE = 78
BAR = 30


class Pages(NamedTuple):
    title: str
    train: list[str]
    test: list[str]


def add_demo(commands: Commands) -> None:
    """Adds the command."""
    commands.add("demo", lambda _: run(), "train on Python's own manual and show what comes out; takes seconds")


def run() -> None:
    """Trains on Python's manual, scores the pages kept apart, completes prompts, shows a table."""
    pages = find_pages()
    n = sum(len(page.encode()) for page in pages.train)
    print(f"{pages.title}: {len(pages.train) + len(pages.test)} pages.")
    print(f"Training on {len(pages.train)} of them ({nbytes(n)}), twice: byte by byte, and word by word.\n")
    models = {tokenizer: _train(pages.train, tokenizer) for tokenizer in ("bytes", "words")}
    _heading(f"How well does it predict the {len(pages.test)} pages it has never seen?")
    _compare(models["bytes"], pages)
    _heading("What comes next?")
    _complete(models["bytes"])
    _heading("And what does it know about the next symbol?")
    _tables(models)
    print("\nYour own text:  pylm train TEXT -o MODEL;  pylm generate MODEL --prompt '...';  pylm --help")


# ---- text


def find_pages() -> Pages:
    """The language manual; where an interpreter lacks it, the documentation of its library."""
    try:
        from pydoc_data.topics import topics as manual

        title, topics = "The Python language manual, which help() shows", without_repeats(manual)
    except ImportError:
        title = "The documentation of Python's library, which help() shows"
        topics = without_repeats(_docstrings())
    names = sorted(topics)
    held_out = names[HELD_OUT // 2 :: HELD_OUT]
    return Pages(title, [topics[name] for name in names if name not in held_out], [topics[name] for name in held_out])


def without_repeats(pages: dict[str, str]) -> dict[str, str]:
    """Every paragraph once only: many stand on several pages, and what was trained on must not be scored."""
    seen: set[str] = set()
    result = {}
    for name in sorted(pages):
        new = [part for part in dict.fromkeys(pages[name].split("\n\n")) if part not in seen]
        seen.update(new)
        if new:
            result[name] = "\n\n".join(new)
    return result


def _docstrings() -> dict[str, str]:
    """What help() says about the modules of the library that are built in or loaded already: to import others
    may have effects."""
    pages = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is on its way out of the library
        for name in sorted(sys.stdlib_module_names):
            module = sys.modules.get(name)
            if module is None and name in sys.builtin_module_names:
                module = importlib.import_module(name)
            values = [module, *vars(module).values()] if module else []
            page = "\n\n".join(dict.fromkeys(text for text in map(inspect.getdoc, values) if text))
            if page:
                pages[name] = page
    return pages


# ---- parts


def _heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _train(pages: list[str], tokenizer: str) -> Model:
    began = time.perf_counter()
    model = train([page.encode() for page in pages], tokenizer=tokenizer)
    seconds, info = time.perf_counter() - began, model.info
    print(
        f"{tokenizer:<6} {seconds:5.1f} s   model of {nbytes(info.bytes)}: {info.contexts:,} contexts, "
        f"vocabulary of {info.symbols:,} {tokenizer}"
    )
    return model


def _compressors() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """Those that this Python was built with."""
    with suppress(ImportError):
        import zlib

        yield "gzip", lambda data: zlib.compress(data, 9)
    with suppress(ImportError):
        import bz2

        yield "bzip2", lambda data: bz2.compress(data, 9)
    with suppress(ImportError):
        import lzma

        yield "xz", lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)


def _compare(model: Model, pages: Pages) -> None:
    """Prediction is compression: against compressors that have also seen the training pages."""
    seen, unseen = "".join(pages.train).encode(), "".join(pages.test).encode()
    rows = [("plain bytes", 8.0)]
    for name, compress in _compressors():
        rows.append((name, 8 * (len(compress(seen + unseen)) - len(compress(seen))) / len(unseen)))
    results = [model.evaluate(page.encode(), progress=False) for page in pages.test]
    rows.append(("pylm", sum(result.bits for result in results) / sum(result.bytes for result in results)))
    print("Bits per byte, less is better; the compressors have read the training pages first.")
    for name, bits in rows:
        print(f"  {name:<12} {bits:5.2f}  {'#' * round(bits / 8 * BAR)}")


PROMPTS = ("The for statement is used to", "If the expression is", "class Person:\n    def __init__(self")


def _complete(model: Model) -> None:
    print("The prompt stands in [brackets]; the seed is fixed, so this is the same on every computer.")
    for prompt in PROMPTS:
        text = model.generate(prompt, 180, temperature=0.5, stop="\n\n", seed=1)
        print(f"\n[{prompt}]{text}")


CONTEXTS = (
    ("bytes", "The returned val"),
    ("bytes", "raise a TypeErr"),
    ("words", "the name of"),
    ("words", "an instance"),
)


def _tables(models: dict[str, Model]) -> None:
    for tokenizer, context in CONTEXTS:
        print(f'({tokenizer}) after "{context}"')
        for prediction in models[tokenizer].next(context, 4):
            bar = "#" * round(prediction.probability * BAR)
            print(f"  {prediction.probability:7.1%}  {quoted(prediction.text):<14} {bar}")
