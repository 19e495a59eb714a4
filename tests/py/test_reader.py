# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""examples/reader.py against the engine: the same cost of every symbol, to the last bit."""

from __future__ import annotations

import ast
import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pylm

GOLDEN = Path(__file__).parent.parent / "golden"
READER = Path(__file__).parent.parent.parent / "examples" / "reader.py"
MAX_LINES = 500
MODELS = ["bytes", "words", "pieces", "trees", "sized", "external", "topics", "short", "lastwords"]


def reader_module():
    spec = importlib.util.spec_from_file_location("reader", READER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = reader_module()


def costs_of_engine(model: pylm.Model, text: bytes | list[int]) -> list[int]:
    """In 1/65536 bit: whole numbers, which logprobs() multiplies by a constant."""
    symbols = text if isinstance(text, list) else model.encode(text, add_eos=True)  # not text, which would be spelled
    costs = model.logprobs(symbols) / -math.log(2) * 65536
    assert np.allclose(costs, np.rint(costs), rtol=0, atol=1e-6)
    return np.rint(costs).astype(int).tolist()


def check(model: pylm.Model, content: bytes, text: bytes) -> int:
    """The cost of a text, which reader and engine agree on symbol by symbol."""
    read = reader.Model(content)
    is_external = model.info.tokenizer == "external"
    symbols = reader.encode(read, b" ".join(b"%d" % byte for byte in text) if is_external else text)
    costs = read.costs_q16(symbols)
    assert costs == costs_of_engine(model, list(text) if is_external else text)
    return sum(costs)


@pytest.mark.parametrize("name", MODELS)
def test_golden_costs(name: str) -> None:
    path = GOLDEN / f"{name}.pylm"
    lines = [line.split() for line in (GOLDEN / "scores.txt").read_text().splitlines()]
    expected = {model: int(value) for model, what, value in lines if what == "cost"}
    assert check(pylm.load(path), path.read_bytes(), (GOLDEN / "text.txt").read_bytes()) == expected[name]


MARKS = "<s> kate\u00a0sumopa\u3000kate </s> \n<s> sumopa <s>\u2028</s>\n\n</s></s> </s> <s>\n\u1680b\u0085".encode()
TEXTS = [b"", b"\n", b" ", b"a", b"\n\n sumopa\tx\x0bsumopa \r\n\nkate  </s>", b"\0\xff\xc3", MARKS]


@pytest.mark.parametrize("name", ["words", "pieces"])
@pytest.mark.parametrize("text", TEXTS)
def test_white_space(name: str, text: bytes) -> None:
    path = GOLDEN / f"{name}.pylm"
    check(pylm.load(path), path.read_bytes(), text)


def test_any_bytes(tmp_path: Path) -> None:
    """Words in bytes: upper case, apostrophes, kana before Chinese characters, words of more than 24 letters."""
    sentences = [
        "It's the same house, IT'S THE SAME HOUSE: their house isn't ours.\n",
        "これは日本語の文章です。日本語を読むのは楽しい。東京の町を歩く。あの人はこの山に来た。\n",
        "Donaudampfschifffahrtsgesellschaft, Donaudampfschifffahrtskapitän; Straße, Straßenbahn.\n",
    ]
    numbers = [i * i % 7 % 3 for i in range(120)]
    text = "".join(sentences[i] for i in numbers).encode()
    model = pylm.train([text], tokenizer="bytes")
    model.save(tmp_path / "any.pylm")
    for unseen in ("".join(sentences), "読むのは楽しい町の日本語です。isn't IT Donaudampfschifffahrtsstraße\r\n\0", ""):
        check(model, (tmp_path / "any.pylm").read_bytes(), unseen.encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this is not a pylm model"),
        (b"# A model\n" * 100, "this is not a pylm model"),
        ((GOLDEN / "words.pylm").read_bytes()[:100], "the end of this model is missing"),
        ((GOLDEN / "words.pylm").read_bytes()[:-1], "the end of this model is missing"),
        ((GOLDEN / "words.pylm").read_bytes()[:-1] + b"x", "this model is damaged"),
        ((GOLDEN.parent / "compat" / "version3.pylm").read_bytes(), "format version 3, not 13: train it again"),
        ((GOLDEN / "kernel.pylm").read_bytes(), "this reader covers neither layers nor kernels"),
    ],
)
def test_other_files(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(content)
    command = [sys.executable, str(READER), str(tmp_path / "model"), str(GOLDEN / "text.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{tmp_path / 'model'}: {message}\n")


def test_letters_of_unknown_words() -> None:
    """The image within a word model, which spells them."""
    content = (GOLDEN / "words.pylm").read_bytes()
    header = reader.open_header(content)
    spelling = reader.Model(content[header.spelling :][: header.spelling_nbytes])
    for word in (b"zorkmid", "été".encode(), b"\xff"):
        letters = spelling.costs_q16([*word, spelling.header.text_end])
        found = pylm.Model(content).evaluate(word, add_eos=False)
        assert found.spelling_bits == (sum(letters) - header.spelling_saves) / 65536


def test_command(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"sumopa tisinu\n")
    model = pylm.load(GOLDEN / "words.pylm")
    costs = costs_of_engine(model, b"sumopa tisinu\n")
    command = [sys.executable, str(READER), str(GOLDEN / "words.pylm"), str(tmp_path / "text")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *symbols, total = done.stdout.splitlines()
    assert [float(line.split()[0]) for line in symbols] == [round(cost / 65536, 4) for cost in costs]
    assert [line.split()[2] for line in symbols] == ["'sumopa'", "'<unk>'", "'</s>'"]
    assert total.split() == [f"{sum(costs) / 65536:.2f}", "bits,", "3", "symbols"]


def test_plain_python() -> None:
    """It is short, and needs nothing but the standard library."""
    source = READER.read_text()
    assert len(source.splitlines()) <= MAX_LINES
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names
