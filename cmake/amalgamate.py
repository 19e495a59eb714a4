# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Puts the engine into two files, pylm.c and pylm.h, for programs that would rather compile it than link it.

    python3 cmake/amalgamate.py FOLDER

pylm.h is the public header as it is. pylm.c is all of csrc/core: every header where it is first needed, and every
source in the order of names; those for particular processors come last, since headers must not begin behind the
options that these set. What is private to a source must not meet its namesake in another: its macros end with
it, and a static function, a structure or an enumeration constant whose name was taken before gets the name of its
file in front. The same sources give the same bytes.
"""

import os
import re
import sys
from pathlib import Path

CSRC = Path(__file__).resolve().parent.parent / "csrc"
LOCAL_INCLUDE = re.compile(r'#include "(?:\.\./)?(?:core/)?(\w+\.h)".*\n')
LICENSE = re.compile(r"/\* SPDX-.*\n \* Copyright.*\n(?: \*\n)?")
STATIC_FUNCTION = re.compile(r"^(?:static|[A-Z]\w+) [\w *]*?\b(\w+)\(", re.MULTILINE)
STRUCTURE = re.compile(r"^struct (\w+) \{", re.MULTILINE)
ENUMERATION = re.compile(r"^enum[\w ]*\{([^}]*)\}", re.MULTILINE)
COMMENT = re.compile(r"(/\*.*?\*/)", re.DOTALL)
DEFINE = re.compile(r"^#define (\w+)", re.MULTILINE)
UNDEF = re.compile(r"^#undef (\w+)", re.MULTILINE)

BANNER = """\
/* SPDX-License-Identifier: MIT
 * {copyright}
 *
 * pylm.c: the engine of pylm {version} in one file, made from csrc/core by cmake/amalgamate.py. Change it there.
 *
 *     cc -std=c99 -O2 -c pylm.c
 */
#include "pylm.h"

#ifdef __clang__ /* some functions in the headers are for the trainer */
#pragma clang diagnostic ignored "-Wunused-function"
#endif
"""


def read(name: str) -> str:
    """A file of csrc/core, with its name instead of its licence."""
    text = (CSRC / "core" / name).read_text(encoding="utf-8")
    return f"\n/* ================ {name} ================ */\n\n" + LICENSE.sub("/*\n", text, count=1).replace("/*\n */\n", "")


def expand(text: str, seen: set[str]) -> str:
    """`text` with the headers of the engine in the place of their #include, each once."""

    def header(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in seen:
            return ""
        seen.add(name)
        return expand(read(name), seen)

    return LOCAL_INCLUDE.sub(header, text)


def own_names(text: str, stem: str, taken: set[str]) -> str:
    """A source whose private names are its own."""
    functions = {rf"(?<![\w.])(?<!->)(?<!struct ){name}\b": name for name in STATIC_FUNCTION.findall(text)}
    structures = {rf"(?<=\bstruct ){name}\b": name for name in STRUCTURE.findall(text)}
    enumerations = ENUMERATION.findall(COMMENT.sub("", text))
    constants = {rf"\b{name}\b": name for names in enumerations for name in re.findall(r"(?:^|,)\s*(\w+)", names)}
    for use, name in sorted((functions | structures | constants).items()):
        if use in taken:
            text = "".join(
                part if part.startswith("/*") else re.sub(use, f"{stem}_{name}", part) for part in COMMENT.split(text)
            )
        taken.add(use)
    ended = set(UNDEF.findall(text))
    macros = [name for name in dict.fromkeys(DEFINE.findall(text)) if name not in ended]
    return text + "".join(f"#undef {name}\n" for name in macros)


def amalgamate() -> str:
    header = (CSRC / "pylm.h").read_text(encoding="utf-8")
    version = re.search(r'^#define PYLM_VERSION "(.+)"$', header, re.MULTILINE).group(1)
    copyright = re.search(r"Copyright.*", header).group()
    seen, taken = {"pylm.h"}, set()
    parts = [BANNER.format(copyright=copyright, version=version)]
    for source in sorted((CSRC / "core").glob("*.c"), key=lambda path: ("_avx2" in path.stem, path.stem)):
        parts.append(expand(own_names(read(source.name), source.stem, taken), seen))
    return "".join(parts)


def write(path: Path, content: bytes) -> None:
    """Replaces a file by renaming."""
    temporary = path.with_suffix(path.suffix + ".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: amalgamate.py FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "pylm.h", (CSRC / "pylm.h").read_bytes())
    write(folder / "pylm.c", amalgamate().encode())


if __name__ == "__main__":
    main()
