# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Quality, training cost and speed on the usual corpora, through the installed package's command line.

    python benchmarks/anchors.py FOLDER > results.md

FOLDER holds the corpora, which are not part of the project:
    ptb/ptb.train.txt, ptb/ptb.valid.txt             Penn Treebank (Mikolov's version)
    wikitext2/train.txt, wikitext2/valid.txt         WikiText-2, words
    tinyshakespeare/input.txt                        its first 1,003,854 bytes train, the rest validate
    wiki/train-100MB.txt.xz, wiki/valid-2MB.txt.xz   English Wikipedia as plain text: the first 20,000,000
                                                     bytes and all of it train, 1,000,000 bytes validate
"""

from __future__ import annotations

import lzma
import math
import statistics
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from pathlib import Path

from common import ptb, pylm, split_shakespeare, unpack_wiki

RUNS = 5  # of what is timed; the median is reported


def measure(name: str, tokenizer: str, train: Path, valid: Path, folder: Path, settings: list[str]) -> None:
    model = folder / "model.pylm"
    trained = pylm("train", train, "-o", model, "--tokenizer", tokenizer, *settings)
    results, times = [], []
    for adapt in ([], ["--learn"]):
        runs = [pylm("eval", model, valid, "--threads", 1, *adapt) for _ in range(RUNS)]
        results.append(runs[0])
        times.append(statistics.median(1e6 / run["symbols_per_second"] for run in runs))
    columns = [
        name, f"{trained['vocabulary']:,} {trained['tokenizer']}",
        both(f"{result['perplexity']:.2f}" for result in results),
        both(f"{result['bits'] * math.log(2) / result['symbols']:.4f}" for result in results),
        both(f"{result['bits_per_byte']:.4f}" for result in results),
        f"{trained['cpu_seconds']:.1f}", f"{trained['seconds']:.1f}", f"{trained['peak_rss_bytes'] / 1e6:.0f}",
        f"{trained['model_bytes'] / 1e6:.2f}", f"{trained['contexts']:,}", both(f"{time:.2f}" for time in times),
    ]  # fmt: skip
    print("| " + " | ".join(columns) + " |", flush=True)


def both(values: Iterable[str]) -> str:
    return " / ".join(values)


def split_library(folder: Path) -> tuple[Path, Path]:
    """Python's own standard library: every twentieth file validates."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)
    paths = folder / "library-train.txt", folder / "library-valid.txt"
    paths[0].write_bytes(b"".join(path.read_bytes() for i, path in enumerate(files) if i % 20 != 7))
    paths[1].write_bytes(b"".join(path.read_bytes() for i, path in enumerate(files) if i % 20 == 7))
    return paths


def xz_bits_per_byte(train: Path, valid: Path) -> float:
    """What `xz -9e` takes for a text behind another one."""
    first, second = train.read_bytes(), valid.read_bytes()
    sizes = [len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)) for data in (first, first + second)]
    return (sizes[1] - sizes[0]) * 8 / len(second)


def main() -> None:
    data = Path(sys.argv[1])
    print(
        "| corpus | symbols | perplexity | nats a symbol | bits a byte | train CPU s | train s | train MB | "
        "model MB | contexts | eval µs a symbol |"
    )
    print("| --- | --- " + "| ---: " * 9 + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wikitext = (data / "wikitext2" / "train.txt", data / "wikitext2" / "valid.txt")
        measure("PTB", "words", *ptb(data), folder, [])
        measure("PTB, fast", "words", *ptb(data), folder, ["--profile", "fast"])
        measure("PTB, two trees", "words", *ptb(data), folder, ["--trees", "2"])
        measure("PTB, three trees", "words", *ptb(data), folder, ["--trees", "3"])
        measure("WikiText-2", "words", *wikitext, folder, [])
        measure("WikiText-2, two trees", "words", *wikitext, folder, ["--trees", "2"])
        measure("tinyshakespeare", "bytes", *split_shakespeare(data, folder), folder, [])
        wiki20, wiki100, valid = unpack_wiki(data, folder)
        measure("Wikipedia 20 MB", "auto", wiki20, valid, folder, [])
        measure("Wikipedia 20 MB, two trees", "auto", wiki20, valid, folder, ["--trees", "2"])
        measure("Wikipedia 20 MB, words", "words", wiki20, valid, folder, [])
        measure("Wikipedia 100 MB", "auto", wiki100, valid, folder, [])
        library = split_library(folder)
        measure("Python's library", "auto", *library, folder, [])
        print(f"\nxz -9e takes {xz_bits_per_byte(*library):.4f} bits a byte for the last.")


if __name__ == "__main__":
    main()
