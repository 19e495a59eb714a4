#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Fails where the C sources leave the plan of the house: CONTRIBUTING.md, "Rooms".

    python3 tests/structure/check.py            says what is wrong
    python3 tests/structure/check.py --lines    also says how long everything is

A *unit* is a header and the source of the same name. Units must not depend on each other in a circle, neither by
includes nor by calls; a header declares the functions of its own unit only; a folder includes only the folders that it
may; and nothing is too long.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CSRC = ROOT / "csrc"

MOST_LINES_OF_FUNCTION = 60
MOST_LINES_OF_FILE = 500
MOST_LINES_OF_HEADER = 400  # of a public one
MOST_PARAMETERS = 7
MOST_COLUMNS = 120

# What a folder may include besides itself and public headers; the first that fits counts.
MAY_INCLUDE = [
    ("core/fast", ["core"]),
    ("core", ["core/fast"]),
    ("modules/keyboard", ["core", "modules/text", "modules/adapt"]),
    ("modules/lexicon", ["core", "modules/text"]),
    ("modules", ["core", "modules/adapt"]),
    ("train", ["core", "modules", "platform"]),
    ("platform", []),
]
# The places where a module takes part in reading and predicting: opening, one more stage of mixing, another predictor.
MODULES_TAKE_PART = {"core/check.c", "core/stage1.h", "core/score.c", "core/walk.c"}

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DEFINITION = re.compile(r"^([A-Za-z_][\w \*]*?)\b(pylm_\w+)\(([^;{]*)\)\s*\n?\{", re.MULTILINE)
DECLARATION = re.compile(r"^(?:[A-Z_]+ |static inline )*[A-Za-z_][\w \*]*?\b(pylm_\w+)\([^;{}]*\);", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include "([^"]+)"', re.MULTILINE)

Graph = dict[str, set[str]]


def unit_of(name: str) -> str:
    """The unit of a file. The files of platform/ are one: each system has its own source for the same header."""
    return "platform" if name.startswith("platform/") else name.rsplit(".", 1)[0]


class Source:
    """A file of csrc, by its path from there."""

    def __init__(self, path: Path) -> None:
        self.name = path.relative_to(CSRC).as_posix()
        self.folder = path.parent.relative_to(CSRC).as_posix()
        self.unit = unit_of(self.name)
        self.is_header = path.suffix == ".h"
        self.is_public = self.folder == "."
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.code = COMMENT.sub(lambda match: "\n" * match[0].count("\n"), "\n".join(self.lines) + "\n")
        self.included = [self._find(path, name) for name in INCLUDE.findall(self.code)]

    @staticmethod
    def _find(path: Path, name: str) -> str:
        beside = path.parent / name
        found = beside if beside.exists() else CSRC / name
        return found.resolve().relative_to(CSRC).as_posix()

    @property
    def calls(self) -> set[str]:
        return set(re.findall(r"\b(pylm_\w+)\s*\(", DECLARATION.sub("", self.code)))


def homes(sources: list[Source]) -> dict[str, set[str]]:
    """Where functions are defined: names of files."""
    found: dict[str, set[str]] = {}
    for source in sources:
        for match in DEFINITION.finditer(source.code):
            found.setdefault(match[2], set()).add(source.name)
    return found


def dependencies(sources: list[Source], home: dict[str, set[str]]) -> Graph:
    graph: Graph = {}
    for source in sources:
        needed = {unit_of(name) for name in source.included}
        for function in source.calls:
            files = home.get(function, set())
            if len(files) == 1:
                needed.add(unit_of(next(iter(files))))
        graph.setdefault(source.unit, set()).update(needed - {source.unit})
    return graph


def circles(graph: Graph) -> Iterator[list[str]]:
    """The strongly connected components of more than one unit (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(unit: str) -> Iterator[list[str]]:
        index[unit] = low[unit] = len(index)
        stack.append(unit)
        for other in sorted(graph.get(unit, ())):
            if other not in index:
                yield from visit(other)
                low[unit] = min(low[unit], low[other])
            elif other in stack:
                low[unit] = min(low[unit], index[other])
        if low[unit] == index[unit]:
            at = stack.index(unit)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                yield sorted(component)

    for unit in sorted(graph):
        if unit not in index:
            yield from visit(unit)


def may_include(source: Source, included: str) -> bool:
    folder = included.rsplit("/", 1)[0] if "/" in included else "."
    if folder in (".", source.folder):
        return True
    if source.is_public:
        return False
    if source.name in MODULES_TAKE_PART and folder.startswith("modules/"):
        return True
    for prefix, allowed in MAY_INCLUDE:
        if source.folder == prefix or source.folder.startswith(prefix + "/"):
            within = prefix == "train" and folder.startswith("train")
            return within or any(folder == a or folder.startswith(a + "/") for a in allowed)
    return False


def foreign_declarations(source: Source, home: dict[str, set[str]]) -> Iterator[str]:
    if not source.is_header or source.is_public:
        return
    for function in DECLARATION.findall(source.code):
        for name in home.get(function, ()):
            if unit_of(name) != source.unit:
                yield f"{source.name}: declares {function}() of {name}"


def too_long(source: Source) -> Iterator[str]:
    n_lines = len(source.lines)
    if n_lines > (MOST_LINES_OF_HEADER if source.is_public else MOST_LINES_OF_FILE):
        yield f"{source.name}: {n_lines} lines"
    for number, line in enumerate(source.lines, 1):
        if len(line) > MOST_COLUMNS:
            yield f"{source.name}:{number}: {len(line)} columns"
    begin = 0
    for number, line in enumerate(source.lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin:
            if number - begin > MOST_LINES_OF_FUNCTION:
                yield f"{source.name}:{begin}: a function of {number - begin} lines"
            begin = 0
    for match in DEFINITION.finditer(source.code):
        n_parameters = match[3].count(",") + 1
        if n_parameters > MOST_PARAMETERS:
            yield f"{source.name}: {match[2]}() has {n_parameters} parameters"


def problems(sources: list[Source]) -> Iterator[str]:
    home = homes(sources)
    for circle in circles(dependencies(sources, home)):
        yield "circle: " + ", ".join(circle)
    for source in sources:
        for included in source.included:
            if not may_include(source, included):
                yield f"{source.name}: may not include {included}"
        yield from foreign_declarations(source, home)
        yield from too_long(source)


def say_lines(sources: list[Source]) -> None:
    folders: dict[str, int] = {}
    for source in sources:
        folders[source.folder] = folders.get(source.folder, 0) + len(source.lines)
    for folder, n_lines in sorted(folders.items()):
        print(f"{n_lines:6} lines  csrc/{'' if folder == '.' else folder}")
    longest = max(sources, key=lambda source: len(source.lines))
    print(f"{len(longest.lines):6} lines  csrc/{longest.name}, the longest file")


def main() -> None:
    sources = [Source(path) for path in sorted(CSRC.rglob("*.[ch]"))]
    if sys.argv[1:] == ["--lines"]:
        say_lines(sources)
    found = list(problems(sources))
    print("\n".join(found) or f"structure: {len(sources)} files of csrc are where and as they should be")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
