#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a layer is worth: a general model and text of a domain, of which some is held out. Not a test.

    python3 benchmarks/layers.py GENERAL DOMAIN [--held-out FILE] [--share N] [--model FILE]

GENERAL is a text file, DOMAIN a folder of HTML pages, of which every fifth is held out, or a text file, and then
--held-out names another. Compared, on the held-out text, are the general model alone, with a layer, one model of both
texts, and one of the domain alone: bits a byte, without and with adaptation to the held-out text itself; bytes; and
seconds of processor time on one thread. The manual of Python is in Debian's package python3.11-doc:

    apt-get download python3.11-doc && dpkg -x python3.11-doc*.deb doc
    python3 benchmarks/layers.py wiki20.txt doc/usr/share/doc/python3.11/html
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pylm

LINE = ("p", "li", "dt", "dd", "pre", "h1", "h2", "h3", "h4", "tr")
HELD_OUT = 5  # of so many pages, one
LEAST = 200  # characters of a page


class Page(HTMLParser):
    """The text of the part of a page whose role is "main"; other pages have none."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.depth = self.silent = 0  # open <div>s of that part; <script>s and <style>s

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "div" and (self.depth or ("role", "main") in attrs):
            self.depth += 1
        self.silent += tag in ("script", "style")
        if tag in LINE:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "div" and self.depth > 0
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self.depth and not self.silent:
            self.pieces.append(data.replace("\N{PILCROW SIGN}", ""))


def text_of(path: Path) -> str:
    page = Page()
    page.feed(path.read_text("utf-8", "replace"))
    lines = (line.rstrip() for line in "".join(page.pieces).splitlines())
    return "".join(line + "\n" for line in lines if line)


def domain(options: argparse.Namespace) -> tuple[list[bytes], bytes]:
    """Documents, and held-out text."""
    if not options.domain.is_dir():
        return [options.domain.read_bytes()], options.held_out.read_bytes()
    texts = [text for path in sorted(options.domain.rglob("*.html")) if len(text := text_of(path)) >= LEAST]
    held_out = texts[HELD_OUT - 1 :: HELD_OUT]
    del texts[HELD_OUT - 1 :: HELD_OUT]
    return [text.encode() for text in texts[:: options.share]], "".join(held_out).encode()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("general", type=Path)
    parser.add_argument("domain", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--share", type=int, default=1, metavar="N", help="only every N-th page of the domain")
    parser.add_argument("--model", type=Path, help="the general model, which is trained if there is none")
    parser.add_argument("--tokenizer", default="auto")
    parser.add_argument("--most", type=int, metavar="BYTES", help="of the held-out text, only so much")
    parser.add_argument("--only", default="", help="the first letters of the rows wanted, such as 'gl'")
    options = parser.parse_args()
    texts, held_out = domain(options)
    held_out = held_out[: options.most]
    general = options.general.read_bytes()
    print(
        f"domain {sum(map(len, texts)):,} bytes in {len(texts)} documents, held out {len(held_out):,} bytes", flush=True
    )

    def base() -> pylm.Model:
        if options.model and options.model.exists():
            return pylm.load(options.model)
        return pylm.train([general], tokenizer=options.tokenizer, threads=1, output=options.model)

    def row(name: str, make: Callable[[], pylm.Model]) -> None:
        if options.only and name[0] not in options.only:
            return
        began = time.process_time()
        model = make()
        seconds = time.process_time() - began
        bits = [model.bits_per_byte(held_out, learn=adapt) for adapt in (False, True)]
        print(f"{name:20} {bits[0]:.4f} {bits[1]:.4f} {model.info.bytes:12,} bytes {seconds:6.1f} s", flush=True)

    model = base()
    row("general alone", base)
    row("layer on it", lambda: pylm.adapt(model, texts, threads=1))
    row("both in one", lambda: pylm.train([general, *texts], tokenizer=options.tokenizer, threads=1))
    row("domain alone", lambda: pylm.train(texts, tokenizer=options.tokenizer, threads=1))


if __name__ == "__main__":
    main()
