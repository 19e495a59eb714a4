# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Makes a large text of many kinds from Debian packages: programs, manuals and help in a dozen languages.

    apt-get download linux-source-6.1 gcc-12-source manpages-de doc-rfc-std ...
    python benchmarks/mix.py FOLDER-OF-PACKAGES mix

HTML is stripped, and a line that came before is dropped unless it is short. What is left is cut into parts of 64 KB,
which are shuffled by their digests, so the same packages give the same text. The first MB goes to mix.valid.txt, the
rest to mix.train.txt; files that are given behind the options are added.
"""

import argparse
import gzip
import hashlib
import html
import io
import lzma
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

PART = 1 << 16
HELD_OUT = 1 << 20
SHORT = 12  # bytes of a line that may be repeated
MOST = 4 << 20  # bytes of a file: larger ones are tables
SUFFIXES = {
    *(
        [
            ".c",
            ".h",
            ".cc",
            ".cpp",
            ".hpp",
            ".S",
            ".s",
            ".py",
            ".rs",
            ".go",
            ".java",
            ".rb",
            ".pl",
            ".pm",
            ".sh",
            ".ml",
            ".ads",
            ".adb",
            ".f90",
            ".f",
            ".js",
            ".ts",
        ]
    ),
    *(
        [
            ".txt",
            ".md",
            ".rst",
            ".html",
            ".htm",
            ".xhtml",
            ".tex",
            ".texi",
            ".el",
            ".1",
            ".2",
            ".3",
            ".4",
            ".5",
            ".6",
            ".7",
            ".8",
            ".n",
            ".po",
            ".yaml",
            ".dts",
            ".dtsi",
            ".m4",
        ]
    ),
}
HTML = {".html", ".htm", ".xhtml"}
TAGS = re.compile(rb"<script.*?</script>|<style.*?</style>|<!--.*?-->|<[^>]*>", re.S | re.I)
BLANK = re.compile(rb"\n\s*\n\s*\n+")


def files_in(name: str, data: io.IOBase) -> Iterator[tuple[str, bytes]]:
    """The files of a tar archive, and of the archives in it."""
    with tarfile.open(fileobj=data, mode="r|*") as archive:
        for member in archive:
            if not member.isfile():
                continue
            file = archive.extractfile(member)
            if file is None:
                continue
            inner = member.name
            if inner.endswith((".tar.xz", ".tar.gz", ".tar.bz2")):
                yield from files_in(inner, io.BytesIO(file.read()))
            elif inner.endswith(".zip") or member.size > MOST:
                continue
            elif inner.endswith(".gz"):
                try:
                    yield inner[:-3], gzip.decompress(file.read())
                except (OSError, EOFError):
                    continue
            elif inner.endswith(".xz"):
                try:
                    yield inner[:-3], lzma.decompress(file.read())
                except lzma.LZMAError:
                    continue
            else:
                yield inner, file.read()


def text_of(name: str, data: bytes) -> bytes:
    """The text of a file; empty if it is none."""
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES or len(data) > MOST or b"\0" in data[:4096]:
        return b""
    try:
        data.decode()
    except UnicodeDecodeError:
        return b""
    if suffix in HTML:
        data = BLANK.sub(b"\n\n", html.unescape(TAGS.sub(b"", data).decode()).encode())
    return data


def package_files(package: Path) -> Iterator[tuple[str, bytes]]:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as process:
        yield from files_in(package.name, process.stdout)


def kept(text: bytes, seen: set[int]) -> bytes:
    """A text without lines that came before."""
    lines = []
    for line in text.splitlines(keepends=True):
        shown = line.strip()
        if len(shown) >= SHORT:
            mark = hash(shown)
            if mark in seen:
                continue
            seen.add(mark)
        lines.append(line)
    return b"".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("more", type=Path, nargs="*", help="texts to be added")
    options = parser.parse_args()
    seen: set[int] = set()
    parts: list[tuple[bytes, int, int]] = []
    kinds: dict[str, int] = {}
    everything = options.output.with_suffix(".all")
    with open(everything, "w+b") as out:
        sources = [(p, package_files(p)) for p in sorted(options.packages.glob("*.deb"))]
        sources += [(p, iter([(f"{p.name}.txt", p.read_bytes())])) for p in options.more]
        for path, found in sources:
            begin = out.tell()
            for name, data in found:
                is_more = path in options.more
                out.write(kept(data if is_more else text_of(name, data), seen))
            kinds[path.name.split("_")[0]] = out.tell() - begin
            print(f"{path.name}: {(out.tell() - begin) / 1e6:.1f} MB", flush=True)
        n = out.tell()
        out.seek(0)
        for at in range(0, n, PART):
            parts.append((hashlib.sha256(out.read(PART)).digest(), at, min(PART, n - at)))
        parts.sort()
        with open(f"{options.output}.valid.txt", "wb") as valid, open(f"{options.output}.train.txt", "wb") as train:
            for _, at, length in parts:
                out.seek(at)
                (valid if valid.tell() < HELD_OUT else train).write(out.read(length))
    everything.unlink()
    print(f"{n / 1e6:.0f} MB in {len(parts)} parts")


if __name__ == "__main__":
    main()
