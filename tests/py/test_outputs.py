"""Where files are written: links are followed, devices written to, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm import cli

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no links and no /dev here")

COMMAND = [sys.executable, "-m", "pylm"]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_text(make_text(300))
    return tmp_path


def pylm_command(folder: Path, *arguments: str, stdout: object = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, stdout=stdout, stderr=subprocess.PIPE, timeout=120)


def test_links_are_followed(texts: Path) -> None:
    """Everything that is written: models, states, counts, stores, sources, pages."""
    (texts / "real").mkdir()
    names = ["model", "model.sources", "saved", "state", "keyboard", "store", "page", "built", "report"]
    for name in names:
        (texts / name).symlink_to(Path("real", name))
    text = texts / "text.txt"
    model = pylm.train(text, output=texts / "model", sources=True)
    model.save(texts / "saved")
    model.state(learn=True).save(texts / "state")
    pylm.Keyboard(model).save(texts / "keyboard")
    store = pylm.count([text], texts / "store")
    store.add([b"more"])
    store.forget([b"more"])
    pylm.merge([texts / "store"], texts / "store")
    store.build(output=texts / "built")
    assert cli.main(["trace", str(texts / "model"), str(text), "--html", str(texts / "page")]) == 0
    assert cli.main(["report", str(texts / "model"), str(text), "-o", str(texts / "report")]) == 0
    assert all((texts / name).is_symlink() for name in names)
    assert sorted(path.name for path in (texts / "real").iterdir()) == sorted(names)
    assert (texts / "real" / "model").read_bytes() == (texts / "built").read_bytes()


@pytest.mark.parametrize("name", ["-", "link"])
def test_standard_output_has_the_model_alone(texts: Path, name: str) -> None:
    """It is written where it stands, also through a link, as a pipe and behind what is in a file."""
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("open files have no names in /proc here")
    (texts / "link").symlink_to("/proc/self/fd/1")
    expected = bytes(pylm.train(texts / "text.txt")._image.content())
    for options in ([], ["--json"]):
        run = pylm_command(texts, "train", "text.txt", "-o", name, *options)
        assert run.stdout == expected and (b'"model"' if options else b"trained on") in run.stderr
    with open(texts / "out", "wb") as file:
        file.write(b"before ")
        file.flush()
        pylm_command(texts, "train", "text.txt", "-o", name, stdout=file)
    assert (texts / "out").read_bytes() == b"before " + expected
    assert (texts / "link").is_symlink()
    assert sorted(path.name for path in texts.iterdir()) == ["link", "out", "text.txt"]


def test_stores_and_pages_on_standard_output(texts: Path) -> None:
    (texts / "m").write_bytes(pylm_command(texts, "train", "text.txt", "-o", "-").stdout)
    pylm.count([texts / "text.txt"], texts / "s")
    for command in ("count text.txt", "merge s"):
        run = pylm_command(texts, *command.split(), "-o", "-")
        assert run.stdout == (texts / "s").read_bytes() and b"standard output has 1 document" in run.stderr
    run = pylm_command(texts, "report", "m", "text.txt", "-o", "-")
    assert run.stdout.startswith(b"<!DOCTYPE html>") and run.stdout.rstrip().endswith(b"</html>")
    assert b"wrote standard output" in run.stderr
    run = pylm_command(texts, "train", "text.txt", "-o", "-", "--sources")
    assert run.returncode == 1 and b"--sources writes a file beside the model" in run.stderr


def test_ended_by_a_signal_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(make_text(60_000))
    command = [*COMMAND, "train", "text.txt", "-o", "m", "--sources", "--trees", "8", "--tokenizer", "words"]
    for number in (signal.SIGTERM, signal.SIGHUP):
        ended = signal.signal(number, signal.SIG_DFL)  # what runs the tests may ignore it, and a child inherits that
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        signal.signal(number, ended)
        while not list(tmp_path.glob("m.sources.*.tmp")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert list(tmp_path.iterdir()) == [tmp_path / "text.txt"]


def test_what_the_dead_left_is_removed(tmp_path: Path) -> None:
    """Of this process nothing, of one that has ended its files."""
    (tmp_path / "text.txt").write_text(make_text(60_000))
    command = [*COMMAND, "train", "text.txt", "-o", "m", "--sources", "--trees", "8", "--tokenizer", "words"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (left := list(tmp_path.glob("m.sources.*.tmp"))):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert left[0].exists()
    other = tmp_path / left[0].name.replace(f"-{process.pid}-", f"-{os.getpid()}-")
    other.write_text("in use")
    pylm.train([b"text"], output=tmp_path / "m", sources=True)
    assert not left[0].exists() and other.exists()
