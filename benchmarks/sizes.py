# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What models of a given size are worth, through the installed package's command line.

    python benchmarks/sizes.py FOLDER > sizes.md

FOLDER is that of anchors.py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from common import ptb, pylm, unpack_wiki

SIZES = ["64K", "256K", "1M", "3M", "4M", "16M"]


def measure(name: str, tokenizer: str, train: Path, valid: Path, folder: Path, size: str) -> None:
    model = folder / "model.pylm"
    settings = ["--size", size]
    try:
        trained = pylm("train", train, "-o", model, "--tokenizer", tokenizer, *settings)
    except subprocess.CalledProcessError:  # too small; it has said so on standard error
        print(f"| {name} | {size} | | | | | |", flush=True)
        return
    result, adaptive = pylm("eval", model, valid), pylm("eval", model, valid, "--learn")
    print(
        f"| {name} | {size} | {trained['model_bytes'] / 1e6:.3f} | {trained['vocabulary']:,} "
        f"{trained['tokenizer']} | {result['perplexity']:.2f} / {adaptive['perplexity']:.2f} | "
        f"{result['bits_per_byte']:.4f} / {adaptive['bits_per_byte']:.4f} | "
        f"{trained['cpu_seconds']:.0f} |",
        flush=True,
    )


def main() -> None:
    data = Path(sys.argv[1])
    print("| corpus | size | MB | symbols | perplexity | bits a byte | train CPU s |")
    print("| --- | --- | ---: | --- " + "| ---: " * 3 + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in SIZES:
            measure("PTB", "words", *ptb(data), folder, size)
        wiki20, _, valid = unpack_wiki(data, folder)
        for size in SIZES:
            measure("Wikipedia 20 MB", "auto", wiki20, valid, folder, size)


if __name__ == "__main__":
    main()
