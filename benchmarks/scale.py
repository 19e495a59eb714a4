# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training against the size of the text, and within a limit of memory.

    python benchmarks/scale.py FOLDER > results.md

FOLDER/wiki/train-100MB.txt.xz is English Wikipedia as plain text; its first 1,000,000 and 10,000,000 bytes and all of
it train, pieces, on all processors; then all of it again within 500 MB, which must give the same bytes.
"""

from __future__ import annotations

import filecmp
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import pylm, wiki_text

SIZES = 1_000_000, 10_000_000, 100_000_000
LIMIT = "500M"


def train(text: Path, model: Path, *settings: str) -> dict[str, Any]:
    return pylm("train", text, "-o", model, "--tokenizer", "pieces", *settings)


def show(name: str, result: dict[str, Any]) -> None:
    nbytes = result["bytes"] / 1e6
    print(
        f"| {name} | {result['cpu_seconds']:.1f} | {result['cpu_seconds'] / nbytes:.2f} | {result['seconds']:.1f} "
        f"| {result['peak_rss_bytes'] / 1e6:.0f} | {result['model_bytes'] / 1e6:.1f} |",
        flush=True,
    )


def main() -> None:
    data = wiki_text(Path(sys.argv[1]))
    print("| text | CPU s | CPU s a MB | s | peak MB | model MB |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        text, model, limited = (Path(folder) / name for name in ("text", "model", "limited"))
        for n in SIZES:
            text.write_bytes(data[:n])
            show(f"{n // 1_000_000} MB", train(text, model, "--memory", "16G"))
        show(f"the last within {LIMIT}", train(text, limited, "--memory", LIMIT))
        print("\nthe same bytes:", filecmp.cmp(model, limited, shallow=False))


main()
