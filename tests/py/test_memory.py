"""Training within a limit of memory, into a file, and from documents in any order: always the same model."""

from __future__ import annotations

import gc
import os
import pickle
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from texts import byte_level, make_text

import pylm
from pylm._core import memory

SETTINGS = [
    {"tokenizer": "bytes"},
    {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=2, classes=20)},
    {"tokenizer": "pieces"},
]


def content(model: pylm.Model) -> bytes:
    return model._image.content()


def documents() -> list[bytes]:
    """Short ones, long ones, equal ones, an empty one, and some that differ in what words do not keep."""
    parts = [make_text(n, seed=n).encode() for n in (3, 30, 120, 121, 150, 7, 8, 9)]
    return [*parts, b"", parts[1], parts[2], parts[1].replace(b" ", b"  "), b"a b\n", b"b a\n"]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_order_of_documents_does_not_matter(settings: dict) -> None:
    shuffled = documents()
    expected = content(pylm.train(shuffled, **settings))
    for seed in (1, 2):
        random.Random(seed).shuffle(shuffled)
        assert content(pylm.train(shuffled, **settings)) == expected


def test_the_order_of_ids_does_not_matter() -> None:
    pytest.importorskip("tokenizers")
    tokenizer = byte_level(make_text(1000), 400)
    shuffled = [*documents()[:7], [1, 2, 3], [1, 2], [], [2, 1], [300, 7] * 50]
    expected = content(pylm.train(shuffled, tokenizer=tokenizer))
    for seed in (1, 2):
        random.Random(seed).shuffle(shuffled)
        assert content(pylm.train(shuffled, tokenizer=tokenizer)) == expected


@pytest.mark.parametrize("settings", [*SETTINGS, {"tokenizer": "words", "size": "60K"}])
def test_a_limit_does_not_change_the_model(train_text: str, settings: dict, tmp_path: Path) -> None:
    expected = content(pylm.train([train_text], **settings))
    with pytest.raises(pylm.ArgumentError, match="the smallest possible is memory=") as caught:
        pylm.train([train_text], memory="1M", **settings)
    smallest = int(re.search(r"memory=(\d+)", str(caught.value))[1])
    assert 10_000_000 < smallest < 200_000_000
    assert content(pylm.train([train_text], memory=smallest, **settings)) == expected
    path = tmp_path / "model.pylm"
    with pylm.train([train_text], memory=smallest, output=path, **settings) as model:
        assert content(model) == path.read_bytes() == expected
    assert list(tmp_path.iterdir()) == [path]


def test_output(train_text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pylm"
    path.write_bytes(b"old")
    with pytest.raises(pylm.EmptyTextError):
        pylm.train([""], output=path)
    assert path.read_bytes() == b"old"
    model = pylm.train([train_text], output=str(path))
    assert model.score("papapa") == pylm.load(path).score("papapa")
    with pytest.raises(FileNotFoundError, match="missing"):
        pylm.train(["text"], output=tmp_path / "missing" / "model.pylm")


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no devices here")
def test_output_to_a_device() -> None:
    assert pylm.train(["some text"], output="/dev/null").score("text") < 0


FULL_DISK = """
import resource, sys, pylm
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    pylm.train([sys.stdin.read()], memory=int(sys.argv[1]))
except OSError as error:
    print(error.filename, error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no way to limit file sizes")
def test_full_disk(train_text: str, tmp_path: Path) -> None:
    with pytest.raises(pylm.ArgumentError) as caught:
        pylm.train([train_text], memory=1)
    smallest = re.search(r"memory=(\d+)", str(caught.value))[1]
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, smallest],
        input=train_text,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "a temporary file, because of the limit of memory File too large\n"
    assert list(tmp_path.iterdir()) == []


def test_the_model_outlives_its_trainer(train_text: str) -> None:
    """Its memory is the trainer's."""
    models = [pylm.train([train_text[:1000]]) for _ in range(9)]
    state = models[0].state()
    last = models.pop()
    models.clear()
    gc.collect()
    assert state.feed("papapa") == last.state().feed("papapa")
    assert content(pickle.loads(pickle.dumps(last))) == content(last)


def test_the_usual_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert memory.usual_limit() > 10_000_000
    monkeypatch.setattr(memory, "_available", lambda: 800)
    monkeypatch.setattr(memory, "_left_in_cgroup", lambda: None)
    assert memory.usual_limit() == 400
    assert pylm.train(["some text"]).n_symbols == 256  # it is a wish
    monkeypatch.setattr(memory, "_left_in_cgroup", lambda: 600)
    assert memory.usual_limit() == 300
    monkeypatch.setattr(memory, "_available", lambda: None)
    monkeypatch.setattr(memory, "_left_in_cgroup", lambda: None)
    assert memory.usual_limit() == 0
