"""With too little memory, or too little for threads: an error, or fewer threads; the process is never ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm._core.ahead import ahead
from pylm._core.progress import new_task, run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are those of Linux")

CALLS = """
import resource, sys
import json, socket, concurrent.futures, hashlib  # what is loaded when it is needed, which takes memory, too
import pylm
from pylm._core import documents
kind, room, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
text, model = open(path + ".txt").read(), pylm.load(path)
calls = {
    "train": lambda: pylm.train([text], tokenizer="words", threads=16, profile="fast"),
    "kernel": lambda: pylm.train([text[:9000]], tokenizer="words", threads=16, kernel=pylm.KernelOptions()),
    "sized": lambda: pylm.train([text[:20000]], tokenizer="words", threads=16, size="60K"),
    "adapt": lambda: pylm.adapt(model, [text], threads=16),
    "batch": lambda: model.score_batch([text[:2000]] * 40, threads=16),
    "evaluate": lambda: model.evaluate(text, threads=16),
}
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + (room << 20),) * 2)
try:
    calls[kind]()
except MemoryError as error:
    print(isinstance(error, pylm.OutOfMemoryError) or error, end="")
except ImportError:
    print(True, end="")  # of Python's own parts
else:
    print(True, end="")
"""


@pytest.mark.parametrize("kind", ["train", "kernel", "sized", "adapt", "batch", "evaluate"])
def test_threads_that_cannot_be_started(words_model: pylm.Model, tmp_path: Path, kind: str) -> None:
    """Before, libgomp ended the process: "Thread creation failed"."""
    path = tmp_path / "x.pylm"
    words_model.save(path)
    Path(f"{path}.txt").write_text(make_text(4000, seed=31))
    for room in (12, 24, 40, 80, 150):
        run = subprocess.run(
            [sys.executable, "-I", "-c", CALLS, kind, str(room), str(path)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if "libgomp: Out of memory" in run.stderr:
            continue  # not a kilobyte was left for the runtime's own lists, which ends the process still
        assert (run.returncode, run.stdout) == (0, "True"), (room, run.stdout, run.stderr[-1500:])


def test_python_cannot_start_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Thread

    def start(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)
    with pytest.raises(pylm.OutOfMemoryError, match="starts no more threads"):
        run(lambda: 0, new_task(), lambda *_: None)
    with pytest.raises(pylm.OutOfMemoryError):
        list(ahead([1], lambda _: 1))


def test_memory_that_fails_is_no_limit_of_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A disk or a memory that is full while the image is written says nothing about the smallest possible memory."""
    from pylm._core.native import ffi, lib

    made = ffi.new("pylm_train_options *")
    lib.pylm_train_options_init(made)
    trainer, nbytes = ffi.new("pylm_trainer **"), ffi.new("uint64_t *", 7)
    assert lib.pylm_trainer_new(trainer, made) == lib.PYLM_OK
    data = make_text(3000, seed=32).encode() * 12  # long enough to be written in parts
    assert lib.pylm_trainer_add(trainer[0], data, len(data), ffi.NULL) == lib.PYLM_OK
    task = ffi.new("pylm_task *")
    path = str(tmp_path / "no folder" / "x.pylm").encode()
    assert lib.pylm_trainer_save(trainer[0], path, task, nbytes) == lib.PYLM_ERR_FILE
    assert nbytes[0] == 0
    lib.pylm_trainer_free(trainer[0])
