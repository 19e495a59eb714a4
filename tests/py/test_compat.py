# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Models of earlier format versions are refused, and the message says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pylm
from pylm.cli import main

MODELS = sorted((Path(__file__).parent.parent / "compat").glob("version*.pylm"))
ADVICE = r"another format version; this pylm reads version \d+: train it again, or use the pylm that wrote it$"


def test_models_are_whole() -> None:
    """So that nothing but the version can be the reason."""
    assert MODELS
    for path in MODELS:
        content = path.read_bytes()
        assert content[:8] == b"\x93pylm\r\n\x1a"
        assert f"version{int.from_bytes(content[8:12], 'little')}.pylm" == path.name
        assert int.from_bytes(content[16:24], "little") == len(content)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_refused(path: Path) -> None:
    with pytest.raises(pylm.ModelVersionError, match=re.escape(str(path)) + ".*" + ADVICE):
        pylm.load(path)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_refused_by_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(path)]) != 0
    out, err = capsys.readouterr()
    assert not out
    assert re.search(ADVICE, err.strip())
