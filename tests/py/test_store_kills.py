"""Documents that come and go while processes are killed: a short run of benchmarks/forget.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "forget.py"


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_added_and_forgotten_is_as_never_added(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT, "4", "20", "7"], capture_output=True, text=True, timeout=600, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("4 documents added and forgotten, in random order, with "), run.stdout
    assert run.stdout.endswith("store and model are, byte for byte, as if they had never been there\n")
