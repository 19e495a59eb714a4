"""Memory that is not there, wherever a call asks for it: a MemoryError and the old files, or it does without. Nothing
dies, and the same call works when there is memory again. tests/c/test_faults.c does this to the C library alone.

Some of the allocations of each call are tried, or all: PYLM_FAULTS=all.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import FAULTS, build_shim, needs_shim, seed_folder

MOST = 100_000 if os.environ.get("PYLM_FAULTS") == "all" else 6
CALLS = (
    "save", "load", "load bytes", "score", "score batch", "state", "keyboard", "prune", "sources", "trace",
    "count", "add", "forget", "merge",
)  # fmt: skip

pytestmark = [*needs_shim, pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory.c is for glibc")]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build_shim("memory", tmp_path_factory.mktemp("shim"))


@pytest.mark.parametrize("call", CALLS)
def test_allocation_fails(call: str, shim: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    shutil.copytree(seed_folder(tmp_path_factory), tmp_path / "f")
    done = subprocess.run(
        [sys.executable, "-I", FAULTS / "allocations.py", shim, tmp_path / "f", call, str(MOST)],
        env=os.environ | {"LD_PRELOAD": shim, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert not found["wrong"], found["wrong"]
    assert found["allocations"] and found["seen"].get("refused"), found
    print(f"{call}: {found['allocations']} allocations, {found['seen']}")  # for docs/reliability.md
