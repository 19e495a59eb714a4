"""Arguments of the right type and an odd value: names with a NUL in them, numbers of thousands of digits, schemas of
thousands of levels, arrays of odd types. Each is refused with an error of pylm, or TypeError, that says which it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pylm

HUGE = 10**5000  # which Python does not even write in digits
NAME = "x\0.pylm"


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


NAMES: dict[str, Callable[[pylm.Model], Any]] = {
    "save": lambda m: m.save(NAME),
    "load": lambda _: pylm.load(NAME),
    "layers": lambda _: pylm.load("x", layers=[NAME]),
    "state": lambda m: m.state(learn=True, memory=100_000).save(NAME),
    "state.load": lambda m: m.state(learn=True, memory=100_000).load(NAME),
    "keyboard": lambda m: pylm.Keyboard(m).save(NAME),
    "keyboard.load": lambda m: pylm.Keyboard(m).load(NAME),
    "train": lambda _: pylm.train(["a b c"], tokenizer="words", output=NAME),
    "sources": lambda _: pylm.train(["a b c"], tokenizer="words", output="x", sources=NAME),
    "adapt": lambda m: pylm.adapt(m, ["a b"], output=NAME),
    "count": lambda _: pylm.count(["a b"], NAME),
    "store": lambda _: pylm.Store(NAME),
    "merge": lambda _: pylm.merge([NAME], "y"),
    "words": lambda m: m.with_words(Path(NAME)),
    "half a character": lambda m: m.save("x\ud800"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names(words_model: pylm.Model, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, save() wrote a file with the part of the name before the NUL."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pylm.ArgumentError, match="must be the path of a file"):
        NAMES[name](words_model)
    assert os.listdir(tmp_path) == []


NUMBERS: dict[str, Callable[[pylm.Model], Any]] = {
    "size": lambda _: pylm.train(["a b"], tokenizer="words", size=HUGE),
    "memory": lambda m: m.state(learn=True, memory=HUGE),
    "'memory'": lambda m: m.state(learn=True, memory="9" * 5000),
    "k": lambda m: m.next("a", HUGE),
    "temperature": lambda m: m.generate("a", 3, temperature=HUGE),
    "top_p": lambda m: m.generate("a", 3, top_p=HUGE),
    "seed": lambda m: m.generate("a", 3, seed=-HUGE),
    "ids": lambda m: m.score([HUGE]),
    "-ids": lambda m: m.score([-HUGE]),
    "token": lambda m: m.explain("a", HUGE),
    "step": lambda m: m.state().branch().step(HUGE),
    "threads": lambda m: m.evaluate("a", threads=HUGE),
    "words": lambda m: m.with_words({"zork": HUGE}),
    "drafter": lambda m: m.drafter(most=HUGE),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_huge_numbers(words_model: pylm.Model, name: str) -> None:
    with pytest.raises(pylm.ArgumentError) as caught:
        NUMBERS[name](words_model)
    assert "limit" not in str(caught.value) and len(str(caught.value)) < 300


def test_restart_every(bytes_model: pylm.Model) -> None:
    for wrong in ("x", float("nan"), 0, 1.5):
        with pytest.raises(pylm.ArgumentError, match="restart_every"):
            pylm.MessageSession(bytes_model, restart_every=wrong)  # type: ignore[arg-type]


SCHEMAS: dict[str, Any] = {
    "deep": nested(5000),
    "deep text": '{"type": "array", "items": ' * 100_000,
    "required": {"type": "object", "properties": {}, "required": [[]]},
    "format": {"type": "string", "format": ["date"]},
    "type": {"type": [["null"]]},
    "reference": {"$ref": ["#"]},
    "minimum": {"type": "integer", "minimum": HUGE},
    "infinite": {"type": "integer", "minimum": float("inf")},
    "maxLength": {"type": "string", "maxLength": 10**30},
    "const": {"const": HUGE},
    "nan": {"const": float("nan")},
    "object": {"enum": [object()]},
    "bytes": {"const": b"x"},
    "key": {"type": "object", "properties": {1: {"type": "null"}}},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas(name: str) -> None:
    with pytest.raises((pylm.ArgumentError, pylm.TooLargeError)):
        pylm.Schema(SCHEMAS[name])


def test_usual_schemas_are_as_before() -> None:
    for schema in ({"const": 1.5}, {"enum": ["x", None, 3]}, nested(3), {"type": "integer", "maximum": 10**6}):
        pylm.Schema(schema)
        pylm.Schema(json.dumps(schema))


ARRAYS = {
    "object": np.array([1, "a"], object),
    "float": np.array([1.0]),
    "nan": np.array([np.nan]),
    "complex": np.array([1j]),
    "bool": np.array([True]),
    "dates": np.array(["2020"], "M8[D]"),
    "times": np.array([1], "m8[s]"),
    "strings": np.array(["a"]),
    "records": np.array([(1, 2)], [("a", "i4"), ("b", "i4")]),
    "void": np.zeros(1, "V4"),
    "large": np.array([2**63], np.uint64),
    "no dimension": np.array(3),
    "two dimensions": np.zeros((2, 2), int),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(words_model: pylm.Model, name: str) -> None:
    array = ARRAYS[name]
    state = words_model.state()
    calls = (words_model.score, words_model.decode, state.feed, state.score, words_model.next, state.branch().step)
    for call in calls:
        with pytest.raises((pylm.ArgumentError, TypeError)):
            call(array)


def test_integers_of_other_types(words_model: pylm.Model) -> None:
    expected = words_model.score([3, 5])
    for kind in (">i4", "<u2", "u8", "i1"):
        assert words_model.score(np.array([3, 5], kind)) == expected


@pytest.mark.parametrize("name", ["words_model", "bytes_model"])
def test_texts_in_odd_buffers(name: str, request: pytest.FixtureRequest) -> None:
    """What has rows, gaps or large items is its bytes in one row."""
    model = request.getfixturevalue(name)
    data = b"papa tepa mama to"[:16]
    for buffer in (memoryview(data).cast("B", [4, 4]), memoryview(np.frombuffer(data, np.int32)), bytearray(data)):
        assert model.score(buffer) == model.score(data)
        assert model.state().feed(buffer) == model.state().feed(data)
        assert model.score_batch([buffer]) == model.score_batch([data])
        assert model.evaluate(buffer).bits == model.evaluate(data).bits
    assert model.score(memoryview(data)[::2]) == model.score(data[::2])
