# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Build time only: the public C headers as the declarations that cffi reads.

cffi knows no preprocessor. So this is a small one, for what the headers have: comments, conditions on macros, and
macros that are integers or empty. A compiler is not asked, since not every one of them can print what it reads.
"""

from __future__ import annotations

import re
from pathlib import Path

EXPORT = "PYLM_API"  # stands before each function
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CONDITION = re.compile(r"(ifdef|ifndef|if|elif|else|endif)\b\s*(.*)")
DEFINED = re.compile(r"\bdefined\b\s*(?:\(\s*(\w+)\s*\)|(\w+))")
NUMBER = re.compile(r"\b(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*\b")
WRAPPED = re.compile(r"\bU?INT(?:32|64)_C\(\s*(\w+)\s*\)")
IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*\b")
ARITHMETIC = re.compile(r"(?:\s|0[xX][0-9a-fA-F]+|[0-9]+|<<|>>|[()+*|&~-])+")
STANDARD = {"UINT32_MAX": "4294967295", "INT32_MAX": "2147483647"}


def declarations(headers: list[Path]) -> str:
    """All that these headers declare, for `FFI.cdef()`; what one includes of the others comes before it."""
    reader = _Reader({header.name: header for header in headers})
    for header in headers:
        reader.include(header.name)
    numbers = [f"#define {name} {value}" for name, value in reader.integers().items()]
    return "\n".join([*numbers, *reader.lines]) + "\n"


class _Reader:
    """Reads headers, each once, as a compiler would that defines no macro of its own."""

    def __init__(self, headers: dict[str, Path]) -> None:
        self._waiting = headers
        self._macros: dict[str, str] = dict(STANDARD)
        self.lines: list[str] = []

    def include(self, name: str) -> None:
        header = self._waiting.pop(name, None)
        if header is None:
            return  # read before, or a header of the system
        text = COMMENT.sub(" ", header.read_text(encoding="utf-8")).replace("\\\n", " ")
        branches: list[tuple[bool, bool]] = []  # of each open #if: whether this branch counts, and whether any has
        for line in text.splitlines():
            directive = line.lstrip().removeprefix("#").lstrip() if line.lstrip().startswith("#") else None
            condition = CONDITION.match(directive) if directive else None
            if condition:
                self._branch(branches, condition[1], condition[2])
            elif all(counts for counts, _ in branches):
                self._line(line, directive)
        if branches:
            raise ValueError(f"{name}: a condition is not closed")

    def _branch(self, branches: list[tuple[bool, bool]], kind: str, condition: str) -> None:
        if kind == "endif":
            branches.pop()
        elif kind in ("else", "elif"):
            _, found = branches.pop()
            counts = not found and (kind == "else" or self._holds(condition))
            branches.append((counts, found or counts))
        else:
            condition = {"ifdef": "defined({})", "ifndef": "!defined({})"}.get(kind, "{}").format(condition)
            counts = all(counts for counts, _ in branches) and self._holds(condition)
            branches.append((counts, counts))

    def _line(self, line: str, directive: str | None) -> None:
        if directive is None:
            if line.strip():
                self.lines.append(self._substituted(line.replace(EXPORT + " ", "")))
            return
        name, _, rest = directive.partition(" ")
        if name == "define":
            macro, _, value = rest.strip().partition(" ")
            self._macros[macro] = value.strip()
        elif name == "include" and '"' in rest:
            self.include(rest.strip().strip('"'))

    def _holds(self, condition: str) -> bool:
        text = DEFINED.sub(lambda match: str(int((match[1] or match[2]) in self._macros)), condition)
        text = IDENTIFIER.sub("0", NUMBER.sub(r"\1", self._substituted(text)))
        text = text.replace("&&", " and ").replace("||", " or ").replace("!=", " != ")
        return bool(eval(re.sub(r"!(?!=)", " not ", text), {"__builtins__": {}}))

    def _substituted(self, text: str) -> str:
        """A line with the values of macros in it that are integers."""
        return IDENTIFIER.sub(
            lambda match: str(number) if (number := self._integer(match[0])) is not None else match[0], text
        )

    def _integer(self, macro: str) -> int | None:
        """The value of a macro; None if it is no integer."""
        value = self._macros.get(macro, "")
        value = self._substituted(NUMBER.sub(r"\1", WRAPPED.sub(r"\1", value)))
        if ARITHMETIC.fullmatch(value):
            return int(eval(value, {"__builtins__": {}}))
        return None

    def integers(self) -> dict[str, int]:
        """Macros of the headers that are integers."""
        found = {name: self._integer(name) for name in self._macros if name not in STANDARD}
        return {name: value for name, value in found.items() if value is not None}
