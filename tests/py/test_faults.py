"""Commands whose files fail, or which are killed, at each operation on the files that they write: what was there is
there, or all of the new; never half of it, and never a success that is none. Then the same command works.

Of many operations every third is tried in one way, of few each in two; or each in all four if PYLM_FAULTS=all is set.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from commands import COMMANDS, IN_PYTHON, ONCE, build_shim, digest, needs_shim, run, seed_folder

import pylm

EVERY = 1 if os.environ.get("PYLM_FAULTS") == "all" else 3
FEW = 6  # operations; of so many, each is tried in more than one way
MODES = ("kill", "half", "eio", "enospc")

pytestmark = needs_shim


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build_shim("files", tmp_path_factory.mktemp("shim"))


@pytest.fixture
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed_folder(tmp_path_factory)


def check_pair(folder: Path, found: str, old: str) -> None:
    """A model never names places in another one's text: its sources are its own, or are refused."""
    text = (folder / ("a.txt" if found == old else "b.txt")).read_text()
    model = pylm.load(folder / "p.pylm")
    try:
        passages = model.trace(text[:400]).passages
    except pylm.SourcesError as error:
        assert "another model" in str(error)
    else:
        assert passages and passages[0].begin == 0


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
    n_modes = len(MODES) if EVERY == 1 else 2 if every == 1 else 1
    for at in range(1, len(operations) + 1, every):
        for mode in [MODES[(at // every + i) % len(MODES)] for i in range(n_modes)]:
            path = fresh()
            done = run(command, folder, PYLM_FAULT_MODE=mode, PYLM_FAULT_AT=str(at), **preload)
            where = f"{mode} at {at}, {operations[at - 1]}: {done.stderr[-300:]}"
            found = digest(path)
            assert found in (old, new), where
            assert done.returncode != 0 or found == new, where
            assert done.returncode != 0 or mode not in ("kill", "half"), where
            assert "Traceback" not in done.stderr or name in IN_PYTHON, where
            if name == "sources":
                check_pair(folder, found, old)
            seen[mode] += 1
            if name not in ONCE or found == old:
                done = run(command, folder)
                assert done.returncode == 0 and digest(path) == new, (where, done.stderr[-300:])
    print(f"{name}: {len(operations)} operations, {dict(seen)}")  # for docs/reliability.md
