"""A Python that was built without bzip2 and xz, as those of pyenv often are: what needs neither works, and what needs
one says so."""

from __future__ import annotations

import lzma
import subprocess
import sys
from pathlib import Path

from texts import make_text

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("bz2", "_bz2", "lzma", "_lzma"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from pylm.cli import main

sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT, *map(str, arguments)], capture_output=True, text=True, timeout=300
    )


def test_python_without_bzip2_and_xz(tmp_path: Path) -> None:
    text, model = tmp_path / "a.txt", tmp_path / "a.pylm"
    text.write_text(make_text(200, seed=3))
    done = run("train", text, "-o", model)
    assert done.returncode == 0, done.stderr
    done = run("eval", model, text)
    assert done.returncode == 0, done.stderr
    done = run("count", text, "-o", tmp_path / "a.store")
    assert done.returncode == 1 and "libbz2-dev" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "a.store").exists()
    packed = tmp_path / "a.txt.xz"
    packed.write_bytes(lzma.compress(text.read_bytes()))
    done = run("eval", model, packed)
    assert done.returncode == 1 and "liblzma-dev" in done.stderr and "Traceback" not in done.stderr
