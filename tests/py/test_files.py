"""Model files: what is damaged is refused, what cannot be written leaves nothing behind."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from texts import random_numbers

import pylm
from pylm import cli


@pytest.fixture(scope="module")
def content() -> bytes:
    return pylm.train(["some text, some more text\n" * 20], tokenizer="words")._image.content()


def test_every_truncation_is_refused(content: bytes) -> None:
    for n in [*range(0, 400), *range(400, len(content), 37)]:
        with pytest.raises(pylm.ModelFormatError):
            pylm.Model(content[:n])
    with pytest.raises(pylm.ModelDamagedError, match="copy the file again"):
        pylm.Model(content[: len(content) // 2])


def test_every_flipped_byte_is_refused(content: bytes) -> None:
    numbers = random_numbers(1)
    for at in [*range(0, 300), *range(300, len(content), 11)]:
        damaged = bytearray(content)
        damaged[at] ^= 1 << next(numbers) % 8
        with pytest.raises(pylm.ModelFormatError):
            pylm.Model(damaged)


@pytest.mark.parametrize("foreign", [b"", b"text", b"\x93NUMPY" + bytes(500), bytes(5000), b"GGUF" * 100])
def test_foreign_files(foreign: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(foreign)
    with pytest.raises(pylm.ModelFormatError, match="not a pylm model") as caught:
        pylm.load(path)
    assert str(path) in str(caught.value)


def test_future_version(content: bytes) -> None:
    with pytest.raises(pylm.ModelVersionError, match="this pylm reads version 13"):
        pylm.Model(content[:8] + b"\x0e" + content[9:])


def test_what_follows_a_model_is_ignored(content: bytes) -> None:
    assert pylm.Model(content + b"more").score("some text") == pylm.Model(content).score("some text")


def test_missing_files(tmp_path: Path, content: bytes) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError, match="missing"):
        pylm.load(missing)
    with pytest.raises(OSError, match="missing"):
        pylm.Model(content).save(missing / "model.pylm")
    with pytest.raises(IsADirectoryError):
        pylm.load(tmp_path)
    with pytest.raises(OSError):
        pylm.Model(content).save(tmp_path)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys, pylm
path, old = sys.argv[1], pylm.train(["old"])
model = pylm.train(["some text, and more"])
old.save(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    model.save(path)
except OSError as error:
    print(error.filename, error.strerror)
assert pylm.load(path).score("old") == old.score("old")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no way to limit file sizes")
def test_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "model.pylm"
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{path} File too large\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_saving_to_a_device_does_not_replace_it(content: bytes) -> None:
    """Replacing by renaming must not turn a device into a file."""
    model = pylm.Model(content)
    model.save("/dev/null")
    with pytest.raises(OSError, match="No space left"):
        model.save("/dev/full")
    for device in ("/dev/null", "/dev/full"):
        assert stat.S_ISCHR(os.stat(device).st_mode)


def test_large_files_are_compared_when_asked(tmp_path: Path) -> None:
    random = random_numbers(3)
    text = bytes(next(random) & 255 for _ in range(150_000))
    content = bytearray(pylm.train([text * 2])._image.content())
    assert len(content) > 1 << 20
    content[-100_000] ^= 1
    path = tmp_path / "large.pylm"
    path.write_bytes(content)
    with pytest.raises(pylm.ModelDamagedError):
        pylm.load(path, verify=True)
    with pytest.raises(pylm.ModelDamagedError):
        pylm.Model(bytes(content))
    with pylm.load(path) as damaged:
        assert abs(damaged.distribution("a").sum() - 1) < 1e-9
    assert cli.main(["info", str(path)]) == 1
