# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What it costs to forget one document, against counting all others anew and training again.

    python benchmarks/forget_cost.py TEXT ... > results.md

Each TEXT is counted with a line as a document, one of them is forgotten by `pylm forget`, and a model is built. For
comparison the text without that line is counted, which must give the same store, byte for byte. CPU seconds of the
commands, all of what they do included.
"""

from __future__ import annotations

import filecmp
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def pylm(*arguments: object) -> tuple[float, float]:
    """CPU seconds and seconds of a command."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "pylm", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds


def measure(text: Path, folder: Path) -> None:
    lines = text.read_bytes().splitlines(keepends=True)
    at = next(i for i in range(len(lines) // 2, len(lines)) if len(lines[i]) > 200)
    store, others, anew, document = (folder / name for name in ("store", "others.txt", "anew", "document.txt"))
    document.write_bytes(lines[at])
    others.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
    kind = "--documents", "lines"
    pylm("count", text, "-o", store, *kind)
    n_documents = sum(1 for line in lines if line.strip())
    forgotten, seconds = pylm("forget", store, document, *kind)
    counted, _ = pylm("count", others, "-o", anew, *kind)
    if not filecmp.cmp(store, anew, shallow=False):
        sys.exit("the store is not that of the other documents")
    print(
        f"| {os.path.getsize(text) / 1e6:.0f} MB, {n_documents:,} documents | {os.path.getsize(store) / 1e6:.1f} "
        f"| {forgotten:.2f} ({seconds:.2f}) | {counted:.1f} | ",
        end="", flush=True,
    )  # fmt: skip
    built, _ = pylm("build", store, "-o", folder / "model", "--tokenizer", "pieces")
    print(f"{built:.1f} | {counted / forgotten:.0f} x | {(counted + built) / forgotten:.0f} x |", flush=True)


def main() -> None:
    print(
        "| text | store MB | forget, CPU s (s) | count the others anew, CPU s | build, CPU s "
        "| counting against forgetting | counting and building against forgetting |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for text in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(text), Path(folder))


if __name__ == "__main__":
    main()
