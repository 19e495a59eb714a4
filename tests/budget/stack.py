# SPDX-License-Identifier: MIT
"""Finds the deepest stack of functions in what gcc -fcallgraph-info=su has written.

    python stack.py FILE.ci... FUNCTION... [CALLER=FUNCTION...]

writes bytes and path of the deepest of the functions. Recursion, a frame of unknown size, and a call through a pointer
by anybody but a CALLER, of whom it is known what is called, are errors: then there is no bound. Functions of which
gcc knows nothing, those of libgcc, memcpy() and the like, are taken for 48 bytes: they save all registers at most.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

UNKNOWN_NBYTES = 48
NODE = re.compile(r'node: \{ title: "([^"]*)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')


class Graph:
    def __init__(self, paths: list[str], pointers: dict[str, str]) -> None:
        self.frames: dict[str, int] = {}  # bytes
        self.calls: dict[str, set[str]] = {}
        self.pointers = pointers
        for path in paths:
            for line in Path(path).read_text().splitlines():
                self._read(line)

    def _read(self, line: str) -> None:
        if node := NODE.match(line):
            title, label = node.groups()
            size = re.search(r"(\d+) bytes \((\w+)", label)
            if size and size[2] != "static":
                sys.exit(f"{title}: its frame has no fixed size")
            if size:
                self.frames[title] = int(size[1])
        elif edge := EDGE.match(line):
            self.calls.setdefault(edge[1], set()).add(edge[2])

    def find(self, name: str) -> str:
        titles = [title for title in self.frames if name_of(title) == name]
        if len(titles) != 1:
            sys.exit(f"{name}: there are {len(titles)} functions of that name")
        return titles[0]

    def deepest(self, function: str, above: list[str]) -> tuple[int, list[str]]:
        if function in above:
            sys.exit("recursion: " + " -> ".join([*above, function]))
        if name_of(function) == "__indirect_call":
            caller = name_of(above[-1])
            if caller not in self.pointers:
                sys.exit(f"{caller} calls through a pointer")
            return self.deepest(self.find(self.pointers[caller]), above)
        below = [self.deepest(called, [*above, function]) for called in sorted(self.calls.get(function, ()))]
        nbytes, path = max(below, default=(0, []))
        own = self.frames.get(function, UNKNOWN_NBYTES)
        return own + nbytes, [f"{name_of(function)} {own}", *path]


def name_of(title: str) -> str:
    """Without the file, and without what the compiler appends to a part or a special version."""
    return re.sub(r"\.(constprop|isra|part|lto_priv|cold).*", "", title.split(":")[-1])


def main() -> None:
    arguments = sys.argv[1:]
    files = [a for a in arguments if a.endswith(".ci")]
    pointers = dict(a.split("=") for a in arguments if "=" in a)
    graph = Graph(files, pointers)
    found = [graph.deepest(graph.find(a), []) for a in arguments if a not in files and "=" not in a]
    nbytes, path = max(found)
    print(nbytes, ", ".join(path))


if __name__ == "__main__":
    main()
