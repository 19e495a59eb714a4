# SPDX-License-Identifier: MIT
"""Finds the deepest stack of functions in what gcc -fcallgraph-info=su has written.

    python stack.py FILE.ci FUNCTION...      writes bytes and the path, the deepest of the functions

Recursion, a frame of unknown size or a call through a pointer is an error: then there is no bound. Functions of which
gcc knows nothing, those of libgcc and memcpy() and the like, are taken for 48 bytes: they save all registers at most.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

UNKNOWN_NBYTES = 48
NODE = re.compile(r'node: \{ title: "([^"]*)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')


def read(path: str) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Frames in bytes, and calls."""
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for line in Path(path).read_text().splitlines():
        if node := NODE.match(line):
            title, label = node.groups()
            size = re.search(r"(\d+) bytes \((\w+)", label)
            if size and size[2] != "static":
                sys.exit(f"{title}: its frame has no fixed size")
            frames[title] = int(size[1]) if size else UNKNOWN_NBYTES
        elif edge := EDGE.match(line):
            calls.setdefault(edge[1], set()).add(edge[2])
    return frames, calls


def deepest(function: str, frames: dict[str, int], calls: dict[str, set[str]], above: list[str]) -> tuple[int, list[str]]:
    if function in above:
        sys.exit("recursion: " + " -> ".join([*above, function]))
    if function.endswith("__indirect_call"):
        sys.exit(f"{above[-1]} calls through a pointer")
    best, path = 0, []
    for called in sorted(calls.get(function, ())):
        below, its_path = deepest(called, frames, calls, [*above, function])
        if below > best:
            best, path = below, its_path
    own = frames.get(function, UNKNOWN_NBYTES)
    name = function.split(":")[-1]
    return own + best, [f"{name} {own}", *path]


def main() -> None:
    frames, calls = read(sys.argv[1])
    found = []
    for name in sys.argv[2:]:
        titles = [title for title in frames if title.split(":")[-1] == name]
        if len(titles) != 1:
            sys.exit(f"{name}: {len(titles)} functions of that name")
        found.append(deepest(titles[0], frames, calls, []))
    nbytes, path = max(found)
    print(nbytes, ", ".join(path))


if __name__ == "__main__":
    main()
