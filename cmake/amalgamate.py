# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Puts the engine into two files, pylm.c and pylm.h, for programs that would rather compile it than link it.

    python3 cmake/amalgamate.py FOLDER                   all modules
    python3 cmake/amalgamate.py FOLDER text keyboard     the core and these; `none`: the core alone

pylm.h is the public header, followed by those of the modules. pylm.c is csrc/core and the modules: every header where
it is first needed, and every source in the order of names; those for particular processors come last, since headers
must not begin behind the options that these set. What is private to a source must not meet its namesake in another:
its macros end with it, and a static function, a structure or an enumeration constant whose name was taken before gets
the name of its file in front. The same sources give the same bytes.
"""

import os
import re
import sys
from pathlib import Path

CSRC = Path(__file__).resolve().parent.parent / "csrc"
MODULES = sorted(folder.name for folder in (CSRC / "modules").iterdir() if folder.is_dir())
LOCAL_INCLUDE = re.compile(r'#include "([\w/.]+)".*\n')
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
 * pylm.c: the engine of pylm {version} in one file, made from csrc/core and csrc/modules by cmake/amalgamate.py. Change
 * it there.
 *
 *     cc -std=c99 -O2 -c pylm.c
 */
{switches}#include "pylm.h"

#ifdef __clang__ /* some functions in the headers are for the trainer */
#pragma clang diagnostic ignored "-Wunused-function"
#endif
"""


def read(path: Path) -> str:
    """A file of csrc, with its name instead of its licence."""
    name = path.relative_to(CSRC).as_posix()
    text = LICENSE.sub("/*\n", path.read_text(encoding="utf-8"), count=1).replace("/*\n */\n", "")
    return f"\n/* ================ {name} ================ */\n\n{text}"


def find(name: str, includer: Path) -> Path:
    """The header that a file means: beside it, or below csrc."""
    beside = includer.parent / name
    return (beside if beside.exists() else CSRC / name).resolve()


def expand(text: str, path: Path, seen: set[Path]) -> str:
    """`text` of a file with the headers of the engine in the place of their #include, each once."""

    def header(match: re.Match[str]) -> str:
        included = find(match.group(1), path)
        if included in seen:
            return ""
        seen.add(included)
        return expand(read(included), included, seen)

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


def sources(modules: list[str]) -> list[Path]:
    folders = [CSRC / "core", CSRC / "core" / "fast", *(CSRC / "modules" / name for name in modules)]
    paths = [path for folder in folders for path in sorted(folder.glob("*.c"))]
    return sorted(paths, key=lambda path: "_avx2" in path.stem)


def public_headers(modules: list[str]) -> list[Path]:
    return [CSRC / "pylm.h", *(CSRC / f"pylm_{name}.h" for name in modules)]


def header(modules: list[str]) -> str:
    seen: set[Path] = set()
    text = ""
    for path in public_headers(modules):
        if path not in seen:
            seen.add(path)
            text += expand(path.read_text(encoding="utf-8") if not text else read(path), path, seen)
    return text


def source(modules: list[str]) -> str:
    first = (CSRC / "pylm.h").read_text(encoding="utf-8")
    version = re.search(r'^#define PYLM_VERSION "(.+)"$', first, re.MULTILINE)
    copyright = re.search(r"Copyright.*", first)
    assert version and copyright
    left_out = [name for name in MODULES if name not in modules]
    switches = "".join(f"#define PYLM_MODULE_{name.upper()} 0\n" for name in left_out)
    seen, taken = set(public_headers(modules)), set()
    parts = [BANNER.format(copyright=copyright.group(), version=version.group(1), switches=switches)]
    for path in sources(modules):
        parts.append(expand(own_names(read(path), path.stem, taken), path, seen))
    return "".join(parts)


def write(path: Path, content: str) -> None:
    """Replaces a file by renaming."""
    temporary = path.with_suffix(path.suffix + ".tmp")
    temporary.write_bytes(content.encode())
    os.replace(temporary, path)


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: amalgamate.py FOLDER [MODULE...]")
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    unknown = [name for name in names if name not in [*MODULES, "none"]]
    if unknown:
        sys.exit(f"amalgamate.py: there is no module {unknown[0]}; there are {', '.join(MODULES)}")
    modules = [name for name in MODULES if name in names] if names else MODULES
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "pylm.h", header(modules))
    write(folder / "pylm.c", source(modules))


if __name__ == "__main__":
    main()
