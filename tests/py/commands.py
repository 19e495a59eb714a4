"""Commands that write files, for tests that let them fail: what is run in a folder, and which file it writes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from texts import make_text

FAULTS = Path(__file__).parents[1] / "faults"
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
SAVE = """
import pylm
pylm.load("words.pylm").save("m.pylm")
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
QUICK = ("--profile", "fast", "--max-order", "2", *ONE)
# What is run, in a folder of texts, models and stores, and the file that it writes.
COMMANDS = {
    "train": ((*PYLM, "train", "b.txt", "-o", "m.pylm", *QUICK), "m.pylm"),
    "sources": ((*PYLM, "train", "b.txt", "-o", "p.pylm", "--sources", *QUICK), "p.pylm"),
    "prune": ((*PYLM, "prune", "words.pylm", "--prompts", "log.txt", "-o", "m.pylm", *ONE), "m.pylm"),
    "adapt": ((*PYLM, "adapt", "words.pylm", "b.txt", "-o", "layer", *ONE), "layer"),
    "build": ((*PYLM, "build", "t.store", "-o", "m.pylm", *QUICK), "m.pylm"),
    "count": ((*PYLM, "count", "b.txt", "log.txt", "-o", "s.store"), "s.store"),
    "add": ((*PYLM, "add", "s.store", "b.txt"), "s.store"),
    "forget": ((*PYLM, "forget", "s.store", "log.txt"), "s.store"),
    "merge": ((*PYLM, "merge", "s.store", "t.store", "-o", "s.store"), "s.store"),
    "save": ((sys.executable, "-I", "-c", SAVE), "m.pylm"),
    "keyboard": ((sys.executable, "-I", "-c", KEYBOARD), "k"),
    "state": ((sys.executable, "-I", "-c", STATE), "t"),
}
OUTPUTS = {output for _, output in COMMANDS.values()}
IN_PYTHON = {"save", "keyboard", "state"}  # an error is a traceback
ONCE = {"add", "forget", "merge", "keyboard", "state"}  # done twice, they do more

needs_shim = [
    pytest.mark.skipif(sys.platform != "linux", reason="calls are led elsewhere by LD_PRELOAD"),
    pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler"),
]


def build_shim(name: str, folder: Path) -> str:
    """A library of tests/faults, to be loaded before others."""
    path = folder / f"{name}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, FAULTS / f"{name}.c", "-ldl", "-lpthread"], check=True)
    return str(path)


def run(command: tuple[str, ...], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | settings
    # relative names are those of the folder; the shims compare whole ones
    whole = tuple(str(folder / part) if (folder / part).exists() or part in OUTPUTS else part for part in command)
    for name in ("words.pylm", "m.pylm", "k", "t"):
        whole = tuple(part.replace(f'("{name}")', f"({str(folder / name)!r})") for part in whole)
    return subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"


_seeds: list[Path] = []


def seed_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder in which each command can run, made once. To be copied."""
    if _seeds:
        return _seeds[0]
    folder = factory.mktemp("seed")
    for name, n in (("a.txt", 900), ("b.txt", 1100), ("log.txt", 100)):
        (folder / name).write_text(make_text(n, seed=n))
    for command in (
        (*PYLM, "train", "a.txt", "-o", "m.pylm", *QUICK),
        (*PYLM, "train", "a.txt", "-o", "p.pylm", "--sources", *QUICK),
        (*PYLM, "train", "a.txt", "-o", "words.pylm", "--tokenizer", "words", *QUICK),
        (*PYLM, "count", "a.txt", "log.txt", "-o", "s.store"),
        (*PYLM, "count", "b.txt", "-o", "t.store"),
        (*PYLM, "adapt", "words.pylm", "a.txt", "-o", "layer", *ONE),
        (sys.executable, "-I", "-c", SEED),
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    _seeds.append(folder)
    return folder
