"""The blocks of code in Markdown, run as a reader would: one after the other, in one folder."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^ *(```+) *(\S*)")
REASON = re.compile(r"^<!-- not run: (.+) -->$")
OUTPUT = ("", "text", "json")  # what a program prints, drawings, formulas
FAULTS = ("Traceback (most recent call last)", "pylm: error", "usage: pylm")
SECONDS = 120  # for a block; most take less than one


@dataclass(frozen=True)
class Block:
    page: Path
    line: int  # of its first line of code
    language: str
    code: str
    reason: str  # why it is not run; "": it is

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """All blocks of code, and of nothing else. A reason is that of the block that begins on the next line."""
    found, lines, i = [], page.read_text(encoding="utf-8").splitlines(), 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        if fence:
            begin = i + 1
            end = next(j for j in range(begin, len(lines)) if lines[j].strip() == fence[1])
            mark = REASON.match(lines[i - 1]) if i else None
            if fence[2] not in OUTPUT:
                code = "\n".join(lines[begin:end]) + "\n"
                found.append(Block(page, begin + 1, fence[2], code, mark[1] if mark else ""))
            elif mark:
                raise AssertionError(f"{page}:{i}: a reason in front of what is no code")
            i = end
        elif lines[i].startswith("<!-- not run") and not (i + 1 < len(lines) and FENCE.match(lines[i + 1])):
            raise AssertionError(f"{page}:{i + 1}: a reason without a block behind it")
        i += 1
    return found


class Reader:
    """Somebody who types what a page says, in a folder. What Python blocks define, later ones know."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        here = str(Path(sys.executable).parent)
        self._environment = {**os.environ, **environment, "PATH": here + os.pathsep + os.environ["PATH"]}
        self._names: dict[str, Any] = {"__name__": "__page__"}

    def run(self, block: Block) -> None:
        if block.language == "sh":
            self._run_shell(block)
        elif ">>> " in block.code:
            self._run_doctest(block)
        else:
            padded = "\n" * (block.line - 1) + block.code  # so that a traceback has the lines of the page
            exec(compile(padded, str(block.page), "exec"), self._names)

    def _run_shell(self, block: Block) -> None:
        run = subprocess.run(
            ["sh", "-e", "-c", block.code],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
        said = f"{block}\n{block.code}\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}"
        assert run.returncode == 0, said
        assert not any(fault in run.stderr for fault in FAULTS), said  # also of the first program of a pipe

    def _run_doctest(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.code, self._names, str(block), str(block.page), block.line - 1)
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
        assert not result.failed, block
        self._names.update(test.globs)
