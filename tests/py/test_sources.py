"""What has to agree between files of the project."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pylm

ROOT = Path(__file__).parent.parent.parent
CSRC = ROOT / "csrc"


def test_tables_are_what_their_script_writes() -> None:
    script = CSRC / "core" / "make_tables.py"
    written = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout
    assert written == (CSRC / "core" / "tables.h").read_text()


def test_the_core_is_freestanding() -> None:
    """No heap, no stdio, no floating point, no globals: what a microcontroller needs."""
    allowed = {"<stddef.h>", "<stdint.h>", "<string.h>"}
    of_processors = {"dot.h": {"<emmintrin.h>", "<arm_neon.h>"}, "lanes.h": {"<immintrin.h>"}}
    for path in [*(CSRC / "core").glob("*.[ch]"), CSRC / "pylm.h"]:
        text = path.read_text()
        code = re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\\n])*"', "", text, flags=re.DOTALL)
        includes = set(re.findall(r"#include (<[^>]+>)", text))
        assert includes <= allowed | of_processors.get(path.name, set()), path
        assert not re.search(r"\b(float|double|malloc|free|printf|FILE|abort|exit)\b", code), path
        assert not re.search(r"^static (?!const|inline|uint|int|void|struct|enum|uint32_t|size_t)", code, re.M), path
        included = re.findall(r'#include "([^"]+)"', text)
        assert not any("train" in name for name in included), path  # dependencies point one way


def test_versions_agree() -> None:
    header = (CSRC / "pylm.h").read_text()
    version = re.search(r'#define PYLM_VERSION "(.+)"', header).group(1)
    major, minor, patch = map(int, version.split("."))
    assert f"#define PYLM_VERSION_NUMBER {major * 10000 + minor * 100 + patch}\n" in header
    assert pylm.__version__ == version
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_one_wheel_serves_every_python_of_a_platform() -> None:
    wheel = metadata.distribution("pylm-engine").read_text("WHEEL")
    assert set(re.findall(r"^Tag: (\w+-\w+)-", wheel, re.M)) == {"py3-none"}
    assert "Root-Is-Purelib: false" in wheel
    assert not re.search(r"^Tag: .*-any$", wheel, re.M)
