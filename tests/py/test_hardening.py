"""The built library: what its compiler and linker could do against errors in C is there."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

import pytest

from pylm._core import library

needs = shutil.which("readelf") is not None and platform.libc_ver()[0] == "glibc" and library.path() == library.BUILT
pytestmark = [
    pytest.mark.skipif(not needs, reason="readelf, glibc, and the library that setup.py made"),
    pytest.mark.skipif(os.environ.get("PYLM_HARDEN") == "0", reason="built without"),
]


def says(*options: str) -> str:
    return subprocess.run(
        ["readelf", "-W", *options, library.path()], capture_output=True, text=True, check=True
    ).stdout


def test_addresses_of_functions_cannot_be_overwritten() -> None:
    assert "GNU_RELRO" in says("-l")
    assert any("NOW" in line for line in says("-d").splitlines() if "FLAGS" in line)


def test_library_is_looked_for_in_no_folder() -> None:
    """Before, in that of the Python that had built it."""
    assert "RUNPATH" not in says("-d") and "RPATH" not in says("-d")


def test_stack_cannot_be_run() -> None:
    stack = next(line for line in says("-l").splitlines() if "GNU_STACK" in line)
    assert " RW " in stack and "RWE" not in stack


def test_ends_of_arrays_are_watched() -> None:
    symbols = says("--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert "_chk@" in symbols.replace("__stack_chk", "")  # such as __snprintf_chk


@pytest.mark.skipif(platform.machine() != "x86_64", reason="of x86")
def test_jumps_have_marked_targets() -> None:
    """Whether the processor looks at the marks depends on the C library's parts, too, which have to have some."""
    with open(library.path(), "rb") as file:
        assert file.read().count(b"\xf3\x0f\x1e\xfa") > 100  # ENDBR64
