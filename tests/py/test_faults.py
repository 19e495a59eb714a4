"""Commands whose files fail, or which are killed, at each operation on the files that they write: what was there is
there, or all of the new; never half of it, and never a success that is none. Then the same command works.

Of many operations every third is tried in one way, or each in all if PYLM_FAULTS=all is set.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from texts import make_text

SHIM = Path(__file__).parents[1] / "faults" / "files.c"
EVERY = 1 if os.environ.get("PYLM_FAULTS") == "all" else 3
FEW = 6  # operations; of so many, each is tried
MODES = ("kill", "half", "eio", "enospc")
KEYBOARD = """
import pylm
keyboard = pylm.Keyboard(pylm.load("words.pylm"), memory="32K")
keyboard.load("k")
keyboard.learn("another line of text")
keyboard.save("k")
"""
STATE = """
import pylm
state = pylm.load("words.pylm").state(learn=True, memory="16K")
state.load("t")
state.feed("another line of text")
state.save("t")
"""
SEED = """
import pylm
model = pylm.load("words.pylm")
keyboard, state = pylm.Keyboard(model, memory="32K"), model.state(learn=True, memory="16K")
keyboard.learn("a first line")
keyboard.save("k")
state.feed("a first line")
state.save("t")
"""
PYLM = (sys.executable, "-I", "-m", "pylm")
ONE = ("--threads", "1")
# What is run, in a folder of texts, models and stores, and the file that it writes.
COMMANDS = {
    "train": ((*PYLM, "train", "b.txt", "-o", "m.pylm", *ONE), "m.pylm"),
    "adapt": ((*PYLM, "adapt", "words.pylm", "b.txt", "-o", "layer", *ONE), "layer"),
    "build": ((*PYLM, "build", "t.store", "-o", "m.pylm", *ONE), "m.pylm"),
    "count": ((*PYLM, "count", "b.txt", "log.txt", "-o", "s.store"), "s.store"),
    "add": ((*PYLM, "add", "s.store", "b.txt"), "s.store"),
    "forget": ((*PYLM, "forget", "s.store", "log.txt"), "s.store"),
    "merge": ((*PYLM, "merge", "s.store", "t.store", "-o", "s.store"), "s.store"),
    "keyboard": ((sys.executable, "-I", "-c", KEYBOARD), "k"),
    "state": ((sys.executable, "-I", "-c", STATE), "t"),
}
ONCE = {"add", "forget", "merge", "keyboard", "state"}  # done twice, they do more

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="calls are led elsewhere by LD_PRELOAD"),
    pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler"),
]


def run(command: tuple[str, ...], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | settings
    # relative names are those of the folder; the shim compares whole ones
    whole = tuple(str(folder / part) if (folder / part).exists() or part in OUTPUTS else part for part in command)
    whole = tuple(part.replace('"words.pylm"', repr(str(folder / "words.pylm"))) for part in whole)
    for name in ("k", "t"):
        whole = tuple(part.replace(f'("{name}")', f"({str(folder / name)!r})") for part in whole)
    return subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


OUTPUTS = {output for _, output in COMMANDS.values()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("shim") / "files.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, SHIM, "-ldl"], check=True)
    return str(path)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    for name, n in (("a.txt", 900), ("b.txt", 1100), ("log.txt", 100)):
        (folder / name).write_text(make_text(n, seed=n))
    for command in (
        (*PYLM, "train", "a.txt", "-o", "m.pylm", *ONE),
        (*PYLM, "train", "a.txt", "-o", "words.pylm", "--tokenizer", "words", *ONE),
        (*PYLM, "count", "a.txt", "log.txt", "-o", "s.store"),
        (*PYLM, "count", "b.txt", "-o", "t.store"),
        (*PYLM, "adapt", "words.pylm", "a.txt", "-o", "layer", *ONE),
        (sys.executable, "-I", "-c", SEED),
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_files_are_old_or_new(name: str, seed: Path, shim: str, tmp_path: Path) -> None:
    command, output = COMMANDS[name]
    folder, log = tmp_path / "f", tmp_path / "log"
    preload = {"LD_PRELOAD": shim, "PYLM_FAULT_FOLDER": str(folder)}

    def fresh() -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(seed, folder)
        return folder / output

    path = fresh()
    old = digest(path)
    done = run(command, folder, PYLM_FAULT_LOG=str(log), **preload)
    assert done.returncode == 0, done.stderr
    new, operations = digest(path), log.read_text().split()
    assert new != old and len(operations) > 3
    seen: Counter[str] = Counter()
    every = EVERY if len(operations) > FEW else 1
    for at in range(1, len(operations) + 1, every):
        for mode in MODES if every == 1 else (MODES[at // every % len(MODES)],):
            path = fresh()
            done = run(command, folder, PYLM_FAULT_MODE=mode, PYLM_FAULT_AT=str(at), **preload)
            where = f"{mode} at {at}, {operations[at - 1]}: {done.stderr[-300:]}"
            found = digest(path)
            assert found in (old, new), where
            assert done.returncode != 0 or found == new, where
            assert done.returncode != 0 or mode not in ("kill", "half"), where
            assert "Traceback" not in done.stderr or name in ("keyboard", "state"), where
            seen[mode] += 1
            if name not in ONCE or found == old:
                done = run(command, folder)
                assert done.returncode == 0 and digest(path) == new, (where, done.stderr[-300:])
    print(f"{name}: {len(operations)} operations, {dict(seen)}")  # for docs/reliability.md
