"""Files and buffers that change while they are used: what was opened stays, or there is an error. The process goes
on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm._core import mapping, text
from pylm._core.contents import large_text
from pylm._core.documents import documents

LONG = make_text(3000, seed=21)


@pytest.fixture
def file(words_model: pylm.Model, tmp_path: Path) -> Path:
    words_model.save(tmp_path / "x.pylm")
    return tmp_path / "x.pylm"


def content(path: Path) -> bytes:
    return path.read_bytes()


# ---- buffers


@pytest.mark.parametrize(
    "kind", [bytearray, lambda b: memoryview(bytearray(b)), lambda b: memoryview(bytearray(b)).toreadonly()]
)
def test_buffer_that_changes_is_copied(words_model: pylm.Model, file: Path, kind: object) -> None:
    data = kind(content(file))  # type: ignore[operator]
    model = pylm.Model(data)
    expected = words_model.score(LONG)
    owner = data.obj if isinstance(data, memoryview) else data
    owner[40:2000] = b"\xff" * 1960
    assert model.score(LONG) == expected


def test_bytes_are_not_copied(file: Path) -> None:
    data = content(file)
    assert text.held(data) is data
    view = memoryview(data)[8:]
    assert text.held(view) is view


def test_text_of_several_rows(words_model: pylm.Model) -> None:
    data = LONG.encode()[: len(LONG.encode()) // 4 * 4]
    rows = memoryview(data).cast("B", [len(data) // 4, 4])
    assert words_model.score(rows) == words_model.score(data)
    assert words_model.encode(memoryview(data)[::-1]) == words_model.encode(data[::-1])


# ---- files that are read once


def test_file_that_becomes_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "text"
    path.write_text(LONG)
    fstat = os.fstat

    def shrinking(number: int) -> os.stat_result:
        found = fstat(number)
        os.truncate(path, 1000)
        return found

    for limit in (text.IN_MEMORY, 100):
        monkeypatch.setattr(text, "IN_MEMORY", limit)
        path.write_text(LONG)
        monkeypatch.setattr(os, "fstat", shrinking)
        with pytest.raises(OSError, match=re.escape("became shorter while it was read")) as caught:
            text.read_file(path)
        assert caught.value.filename == str(path)
        monkeypatch.setattr(os, "fstat", fstat)


@pytest.mark.parametrize("limit", [text.IN_MEMORY, 100])
def test_text_that_shrinks_behind_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Before, the process ended with SIGBUS."""
    monkeypatch.setattr(text, "IN_MEMORY", limit)
    path = tmp_path / "text"
    path.write_text(LONG * 40)
    data = text.read_file(path)
    os.truncate(path, 10)
    assert bytes(data) == (LONG * 40).encode()


def test_state_and_keyboard_files_that_shrink(words_model: pylm.Model, tmp_path: Path) -> None:
    state, keyboard = words_model.state(learn=True, memory=100_000), pylm.Keyboard(words_model)
    for thing, wrong in ((state, pylm.ModelDamagedError), (keyboard, pylm.ModelFormatError)):
        thing.save(tmp_path / "saved")
        os.truncate(tmp_path / "saved", 20_000 if thing is state else 20)
        with pytest.raises(wrong):
            thing.load(tmp_path / "saved")


def test_lines_of_a_file_in_pieces(tmp_path: Path) -> None:
    """Every line once, wherever the pieces end."""
    from pylm._core.contents import Unpacked
    from pylm.store.shards import File, Piece, _lines_of

    path = tmp_path / "lines"
    lines = [b"one\n", b"\n", b"two words\n", b"x" * 50 + b"\n", b" \n", b"no end"]
    path.write_bytes(b"".join(lines))
    info = path.stat()
    for size in (1, 2, 3, 7, 20, 1000):
        found: list[bytes] = []
        for begin in range(0, info.st_size, size):
            end = min(begin + size, info.st_size)
            made = File(str(path), info.st_size, info.st_mtime_ns)
            found += [bytes(line) for line, _ in _lines_of(Piece(made, begin, end, end - begin), Unpacked())]
        assert found == [line if line.strip() else b"" for line in lines], size


def test_store_that_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "a.store"
    pylm.count([make_text(400, seed=i) for i in range(40)], path)
    store = pylm.Store(path)
    os.truncate(path, 400)
    with pytest.raises(pylm.StoreDamagedError):
        list(store.documents())
    store.close()


# ---- models


def test_model_that_is_read_into_memory(words_model: pylm.Model, file: Path) -> None:
    expected = words_model.score(LONG)
    for copied in (pylm.load(file, copy=True), pylm.load(file)):  # which is small
        shutil.copyfile(Path(os.devnull), file)
        assert copied.score(LONG) == expected
        words_model.save(file)


WRITES = """
import sys, random, pylm
path = sys.argv[1]
model = pylm.load(path, copy=False, verify=True)
before = model.score("the store is a file")
with open(path, "r+b") as file:
    size = file.seek(0, 2)
    for seed in range(4):
        file.seek(0)
        file.write({0: b"\\xff" * size, 1: bytes(size)}.get(seed) or random.Random(seed).randbytes(size))
        file.flush()
        model.score("the store is a file of words that nobody has seen " * 20)
        model.next("the store")
        model.generate("the store", 20, seed=1)
        model.distribution("the")
        model.explain("the store", 3)
        model.state(learn=True, memory=100_000).feed("the store is a file")
print("went on")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="another way of mapping")
@pytest.mark.parametrize("name", ["words_model", "bytes_model"])
def test_mapped_model_is_overwritten(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """What was checked when it was opened stays, so numbers are wrong, but no access is. Before, it was a SIGSEGV."""
    request.getfixturevalue(name).save(tmp_path / "x.pylm")
    run = subprocess.run(
        [sys.executable, "-I", "-X", "faulthandler", "-c", WRITES, str(tmp_path / "x.pylm")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0 and run.stdout == "went on\n", run.stderr[-2000:]


def test_mapped_model_is_what_is_in_the_file(words_model: pylm.Model, file: Path, tmp_path: Path) -> None:
    with pylm.load(file, copy=False) as model:
        model.save(tmp_path / "again.pylm")
        assert content(tmp_path / "again.pylm") == content(file)
        assert model.sha256() == pylm.load(file, copy=True).sha256()
    for size in (0, 3, 100, 4096, 5000):  # nothing to keep, or a part of it
        (tmp_path / "part").write_bytes(content(file)[:size])
        with pytest.raises(pylm.ModelFormatError):
            pylm.load(tmp_path / "part", copy=False)
        assert bytes(mapping.open_bytes(tmp_path / "part", False)) == content(file)[:size]


# ---- the file that is meant


def test_sha256(file: Path) -> None:
    import hashlib

    digest = hashlib.sha256(content(file)).hexdigest()
    assert pylm.load(file, sha256=digest.upper()).sha256() == digest
    with pytest.raises(pylm.ModelDamagedError, match="this is not the file that was meant"):
        pylm.load(file, sha256="0" * 64)
    for wrong in ("abc", ["0" * 64, "0" * 64], [3]):
        with pytest.raises((pylm.ArgumentError, TypeError), match="sha256 must be"):
            pylm.load(file, sha256=wrong)  # type: ignore[arg-type]


def layers(model: pylm.Model) -> Iterator[pylm.Model]:
    yield pylm.adapt(model, [LONG])


def test_sha256_of_layers(words_model: pylm.Model, file: Path, tmp_path: Path) -> None:
    for layer in layers(words_model):
        layer.save(tmp_path / "x.layer")
        digests = [words_model.sha256(), layer.sha256()]
        found = pylm.load(file, layers=[tmp_path / "x.layer"], sha256=digests)
        assert found.score(LONG) == layer.score(LONG)
        with pytest.raises(pylm.ModelDamagedError, match=r"x\.layer"):
            pylm.load(file, layers=[tmp_path / "x.layer"], sha256=[digests[0], digests[0]])


def test_a_large_text_is_read_in_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A large file makes the model that the same text in memory makes, also among other documents; if it becomes
    shorter while it is read, that is an error."""
    monkeypatch.setattr("pylm._core.contents.IN_MEMORY", 1000)
    monkeypatch.setattr("pylm._core.contents.PART", 999)
    content = b"".join(b"line %d of a text, not the last\n" % (i * i) for i in range(400))
    path, small = tmp_path / "large.txt", tmp_path / "small.txt"
    path.write_bytes(content)
    small.write_bytes(b"a small text\n")
    for tokenizer in ("auto", "bytes", "pieces", "words"):
        pylm.train([content, small.read_bytes()], tokenizer=tokenizer, output=tmp_path / "1")
        pylm.train([path, small], tokenizer=tokenizer, output=tmp_path / "2")
        assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes(), tokenizer
    assert isinstance(next(documents(str(path))), bytes)  # whoever does not ask for parts gets all of it

    large = large_text(path)
    assert large is not None and large_text(small) is None
    parts = large.parts()
    next(parts)
    os.truncate(path, 1500)
    with pytest.raises(OSError, match="shorter"):
        list(parts)
