# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the benchmarks share: the command line, what a program takes, KenLM's programs, tables in docs/benchmarks.md,
and the corpora that anchors.py names."""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pylm as package

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
SHAKESPEARE_TRAIN_NBYTES = 1_003_854
WIKI_NBYTES, WIKI_VALID_NBYTES = 20_000_000, 1_000_000


def pylm(*arguments: object) -> dict[str, Any]:
    """What a command of the installed package says with --json."""
    command = [sys.executable, "-I", "-m", "pylm", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


# ---- programs


class Run(NamedTuple):
    """What a program took."""

    cpu: float  # s, user and system
    wall: float  # s
    nbytes: int  # resident, at most


def run(command: Sequence[object], stdin: Path | None = None) -> Run:
    """What a program takes. Its output goes nowhere."""
    began = time.monotonic()
    with open(stdin or os.devnull, "rb") as given:
        process = subprocess.Popen(
            list(map(str, command)), stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(map(str, command)))
    return Run(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * 1024)


def write_ids(model: package.Model, text: Path, ids: Path) -> None:
    """A text in a model's symbols, line by line, as words for KenLM."""
    with open(text, "rb") as lines, open(ids, "w") as out:
        while some := lines.readlines(1 << 22):
            out.writelines(" ".join(map(str, model.encode(line))) + "\n" for line in some)


def kenlm_counted(programs: Path, text: Path, arpa: Path, *more: str) -> Run:
    """KenLM's 5-grams of a text."""
    options = ["-o", "5", "--skip_symbols", "-S", "1G", "-T", arpa.parent, *more]
    return run([programs / "lmplz", *options, "--arpa", arpa], text)


def kenlm_built(programs: Path, kind: str, arpa: Path, model: Path, *options: str) -> Run:
    return run([programs / "build_binary", *options, kind, arpa, model])


# ---- tables


def heading() -> str:
    """What was measured, and where."""
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=PAGE.parent, stdout=subprocess.PIPE)
    return f"Commit {described.stdout.decode().strip()}, {date.today()}, {os.cpu_count()} processors."


def write(script: str, table: str) -> None:
    """Puts a table between the marks of its script."""
    begin, end = f"<!-- begin: benchmarks/{script} -->\n", f"<!-- end: benchmarks/{script} -->\n"
    page = PAGE.read_text("utf-8")
    before, rest = page.split(begin)
    PAGE.write_text(before + begin + table + end + rest.split(end)[1], "utf-8")


# ---- corpora


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


def with_unknown(lines: Iterable[str], n_words: int) -> Iterator[str]:
    """Lines with "<unk>" for all but the most frequent words, and for all that came once."""
    words = [line.split() for line in lines]
    counts = Counter(word for line in words for word in line)
    known = {word for word, count in counts.most_common(n_words) if count > 1}
    for line in words:
        yield " ".join(word if word in known else "<unk>" for word in line) + "\n"
