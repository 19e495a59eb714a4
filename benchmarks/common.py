# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the benchmarks share: the command line, and the corpora that anchors.py names."""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
from pathlib import Path
from typing import Any

SHAKESPEARE_TRAIN_NBYTES = 1_003_854
WIKI_NBYTES, WIKI_VALID_NBYTES = 20_000_000, 1_000_000


def pylm(*arguments: object) -> dict[str, Any]:
    """What a command of the installed package says with --json."""
    command = [sys.executable, "-I", "-m", "pylm", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def ptb(data: Path) -> tuple[Path, Path]:
    return data / "ptb" / "ptb.train.txt", data / "ptb" / "ptb.valid.txt"


def split_shakespeare(data: Path, folder: Path) -> tuple[Path, Path]:
    text = (data / "tinyshakespeare" / "input.txt").read_bytes()
    train, valid = folder / "train.txt", folder / "valid.txt"
    train.write_bytes(text[:SHAKESPEARE_TRAIN_NBYTES])
    valid.write_bytes(text[SHAKESPEARE_TRAIN_NBYTES:])
    return train, valid


def wiki_text(data: Path) -> bytes:
    return lzma.decompress((data / "wiki" / "train-100MB.txt.xz").read_bytes())


def unpack_wiki(data: Path, folder: Path) -> tuple[Path, Path, Path]:
    paths = folder / "wiki20.txt", folder / "wiki100.txt", folder / "wiki-valid.txt"
    text = wiki_text(data)
    paths[0].write_bytes(text[:WIKI_NBYTES])
    paths[1].write_bytes(text)
    valid = lzma.decompress((data / "wiki" / "valid-2MB.txt.xz").read_bytes())
    paths[2].write_bytes(valid[:WIKI_VALID_NBYTES])
    return paths
