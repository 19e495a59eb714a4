"""Models made once, and the numbers they gave: the same on every machine, for ever."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import pylm

GOLDEN = Path(__file__).parent.parent / "golden"


def make_module():
    spec = importlib.util.spec_from_file_location("golden_make", GOLDEN / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["bytes", "words", "pieces", "trees", "sized", "external", "topics", "short", "lastwords", "kernel"]
)
def test_scores(name: str) -> None:
    lines = [line.split() for line in (GOLDEN / "scores.txt").read_text().splitlines()]
    expected = {what: int(value) for model, what, value in lines if model == name}
    text = (GOLDEN / "text.txt").read_bytes()
    assert make_module().scores(pylm.load(GOLDEN / f"{name}.pylm"), text) == expected
