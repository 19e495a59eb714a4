"""A model and its sources are two files: whatever fails, both are old, both are new, or the pair is refused. Temporary
files that were left behind are removed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm._core import files
from pylm._core.native import ffi, lib
from pylm.sources.writer import SourcesWriter

OLD, NEW = make_text(300, seed=41), make_text(300, seed=42)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "x.pylm"
    train(OLD, path)
    return path


def train(text: str, path: Path) -> None:
    pylm.train([text], tokenizer="words", output=path, sources=True, threads=1).close()


def knows(path: Path, text: str) -> bool:
    """Whether the sources have a text, and belong to the model."""
    passage = " ".join(text.split()[20:40])
    return pylm.load(path).trace(passage, min_words=5).found == 20


def test_both_are_replaced(model: Path) -> None:
    assert knows(model, OLD) and not knows(model, NEW)
    train(NEW, model)
    assert knows(model, NEW) and not knows(model, OLD)
    assert sorted(os.listdir(model.parent)) == ["x.pylm", "x.pylm.sources"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_sources_cannot_be_completed(model: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Before, the model was the new one by then."""

    def save(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(SourcesWriter, "save", save)
        with pytest.raises(type(error) if isinstance(error, OSError) else KeyboardInterrupt):
            train(NEW, model)
    assert knows(model, OLD)
    assert sorted(os.listdir(model.parent)) == ["x.pylm", "x.pylm.sources"]


def test_ended_between_the_two(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, done = os.replace, []

    def once(source: str, target: str) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(KeyboardInterrupt):
        train(NEW, model)
    before = pylm.load(model)
    assert before.score(OLD) == pylm.train([OLD], tokenizer="words", threads=1).score(OLD)  # as before
    with pytest.raises(pylm.SourcesError, match="sources of another model"):
        before.trace(NEW)


def test_links_are_followed(model: Path, tmp_path: Path) -> None:
    link = tmp_path / "folder" / "link.pylm"
    link.parent.mkdir()
    link.symlink_to(model)
    train(NEW, link)
    assert link.is_symlink() and pylm.load(model).score(NEW) == pylm.load(link).score(NEW)


# ---- what was left behind


def dead_name(path: Path, number: int) -> Path:
    """A temporary file of a process that has ended."""
    script = "import sys, pylm\nfrom pylm._core.native import ffi, lib\nroom = ffi.new('char[]', 4096)\n"
    script += f"lib.pylm_file_temporary(sys.argv[1].encode(), {number}, room, 4096)\nprint(ffi.string(room).decode())"
    run = subprocess.run([sys.executable, "-I", "-c", script, str(path)], capture_output=True, text=True, check=True)
    return Path(run.stdout.strip())


def writers(path: Path, model: pylm.Model) -> Iterator[object]:
    """What writes files of each kind."""
    yield lambda: model.save(path)
    yield lambda: model.state(learn=True, memory=100_000).save(path)
    yield lambda: pylm.Keyboard(model).save(path)
    yield lambda: pylm.train([OLD], tokenizer="words", output=path, threads=1).close()
    yield lambda: train(OLD, path)
    yield lambda: pylm.adapt(model, [OLD], output=path, threads=1).close()


@pytest.mark.parametrize("number", range(6))
def test_what_was_left_is_removed(words_model: pylm.Model, tmp_path: Path, number: int) -> None:
    path = tmp_path / "x"
    dead = dead_name(path, 1000)
    inner = Path(f"{dead}{dead.name.removeprefix('x')}")  # of a file that is to be renamed twice
    other, kept = tmp_path / dead.name.replace("x.", "xy.", 1), tmp_path / "x.0-1-0.tmp"
    for file in (dead, inner, other, kept):
        file.write_text("left")
    list(writers(path, words_model))[number]()  # type: ignore[operator]
    assert not dead.exists() and not inner.exists()
    assert other.exists() and kept.exists()  # of another file, and of another computer


def test_what_is_written_now_stays(words_model: pylm.Model, tmp_path: Path) -> None:
    room = ffi.new("char[]", 4096)
    lib.pylm_file_temporary(os.fsencode(tmp_path / "x"), 7, room, 4096)
    mine = Path(os.fsdecode(ffi.string(room)))
    mine.write_text("of this process, which lives")
    words_model.save(tmp_path / "x")
    assert mine.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_ended_by_a_signal(tmp_path: Path) -> None:
    """A command that is told to end leaves nothing."""
    script = (
        "import os, signal, sys\n"
        "from pylm.cli import main\n"
        "from pylm.sources.writer import SourcesWriter\n"
        "SourcesWriter.sort = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.exit(main(['train', 'a.txt', '-o', 'x.pylm', '--sources']))"
    )
    (tmp_path / "a.txt").write_text(OLD)
    run = subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM), run.stderr
    assert os.listdir(tmp_path) == ["a.txt"]


# ---- errors after all is done


def test_store_is_there_whatever_fails_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, these were errors, and the command returned 1, though the store was there."""
    from pylm.store import unfinished

    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    path, text = tmp_path / "a.store", tmp_path / "a.txt"
    text.write_text(OLD)
    monkeypatch.setattr(files, "flush_folder", broken)
    rmtree = unfinished.shutil.rmtree

    def removes(folder: Path, **settings: bool) -> None:
        rmtree(folder, **settings)
        broken()

    monkeypatch.setattr(unfinished.shutil, "rmtree", removes)
    pylm.count([text], path)
    store = pylm.Store(path)
    store.add([NEW])
    assert store.info.documents == 2
    store.forget([NEW])
    assert store.info.documents == 1
    assert pylm.merge([path, path], tmp_path / "b.store").info.copies == 2


def test_lock_that_cannot_be_closed(tmp_path: Path) -> None:
    with contextlib.suppress(OSError), files.exclusive(tmp_path / "x"):
        pass
    with files.exclusive(tmp_path / "x"):  # not locked
        assert (tmp_path / "x.lock").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="strace")
def test_folder_is_flushed(words_model: pylm.Model, tmp_path: Path) -> None:
    """After a rename, so that the new name lasts."""
    import shutil

    if shutil.which("strace") is None:
        pytest.skip("no strace")
    script = "import sys, pylm\npylm.Model(open(sys.argv[1], 'rb').read()).save(sys.argv[2])"
    words_model.save(tmp_path / "x")
    command = ["strace", "-f", "-e", "trace=rename,fsync,open,openat", sys.executable, "-I", "-c", script]
    run = subprocess.run([*command, tmp_path / "x", tmp_path / "y"], capture_output=True, text=True, check=False)
    calls = run.stderr[run.stderr.index("rename(") :]
    assert "fsync(" in calls and str(tmp_path) in calls
