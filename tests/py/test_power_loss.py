"""Power that goes while files are written: afterwards there is the old file or the new one, whole, whatever the disk
had not been told to flush; and the new one once the command has said that it is done.

Each command is recorded once (tests/faults/record.c). Then power goes behind some step, and of what was not flushed
anything may be lost, torn or out of order (disk.py). 50 times for each command, or PYLM_POWER_POINTS=1000.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from random import Random

import pytest
from commands import COMMANDS, ONCE, build_shim, digest, needs_shim, run, seed_folder
from disk import Disk, make

N_POINTS = int(os.environ.get("PYLM_POWER_POINTS", "50"))
N_AGAIN = max(2, N_POINTS // 50)  # after so many of them, the same command is run once more
RECORDED = ("save", "state", "keyboard", "sources", "count", "add", "forget", "merge")

pytestmark = needs_shim


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build_shim("record", tmp_path_factory.mktemp("shim"))


@pytest.fixture
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed_folder(tmp_path_factory)


def record(name: str, seed: Path, shim: str, tmp_path: Path, without: str = "") -> tuple[Disk, Path]:
    """What a command did in its folder, and the folder."""
    folder, log = tmp_path / f"f{without}", tmp_path / f"log{without}"
    shutil.copytree(seed, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    settings = {"PYLM_RECORD_FOLDER": str(folder), "PYLM_RECORD_LOG": str(log), "PYLM_RECORD_WITHOUT": without}
    done = run(COMMANDS[name][0], folder, LD_PRELOAD=shim, **settings)
    assert done.returncode == 0, done.stderr
    return Disk(folder, before, log), folder


def digest_in(there: dict[str, bytes | None], name: str) -> str:
    data = there.get(name)
    return "none" if data is None else hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", RECORDED)
def test_power_loss_leaves_the_old_file_or_the_new_one(name: str, seed: Path, shim: str, tmp_path: Path) -> None:
    command, output = COMMANDS[name]
    disk, folder = record(name, seed, shim, tmp_path)
    old, new = digest(seed / output), digest(folder / output)
    assert old != new
    random, states = Random(1), set()
    between = [at for at, step in enumerate(disk.steps) if step.what not in ("data", "size")]
    for point in range(N_POINTS):  # behind the last step, between those that order others, anywhere
        at = (len(disk.steps), random.choice(between), random.randrange(len(disk.steps) + 1))[point % 3]
        there = disk.after_loss(at, random)
        found = digest_in(there, output)
        where = f"point {point}: behind {disk.steps[at - 1].what if at else 'nothing'}, step {at}"
        assert found in (old, new), where
        assert found == new or at < len(disk.steps), where
        states.add(hash(tuple(sorted(there.items()))))
        if point % (N_POINTS // N_AGAIN) == 0 and (name not in ONCE or found == old):
            make(folder, there)
            done = run(command, folder)
            assert done.returncode == 0, (where, done.stderr[-300:])
            assert digest(folder / output) == new, where
    print(f"{name}: {len(disk.steps)} steps, {N_POINTS} losses of power, {len(states)} different folders after them")


@pytest.mark.parametrize(("without", "name"), [(w, n) for w in ("files", "folders") for n in ("save", "forget")])
def test_it_would_be_noticed(without: str, name: str, seed: Path, shim: str, tmp_path: Path) -> None:
    """If nobody flushed files, or folders, this disk would lose them."""
    disk, folder = record(name, seed, shim, tmp_path, without)
    output = COMMANDS[name][1]
    new, random = digest(folder / output), Random(2)
    found = {digest_in(disk.after_loss(len(disk.steps), random), output) for _ in range(50)}
    assert len(found - {new}) >= (1 if without == "folders" else 2)
