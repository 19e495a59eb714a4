# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training against the size of the text, and within a limit of memory.

    python benchmarks/scale.py FOLDER > results.md
    python benchmarks/scale.py --mix mix --kenlm FOLDER-OF-LMPLZ > results.md

FOLDER/wiki/train-100MB.txt.xz is English Wikipedia as plain text; its first 1,000,000 and 10,000,000 bytes and all of
it train, pieces, on all processors; then all of it again within 500 MB.

mix.train.txt and mix.valid.txt are made by benchmarks/mix.py; the first 100, 300 and 1,000 MB train without topics,
within 16 GB, half of what that took, and 1 GB. KenLM (lmplz -o 5 and build_binary, a trie) counts the same pieces.
Bits a byte are of the first MB of the validation text.

With less memory the bytes must be the same, which is checked.
"""

from __future__ import annotations

import argparse
import filecmp
import tempfile
from pathlib import Path
from typing import Any

from common import kenlm_built, kenlm_counted, pylm, wiki_text, write_ids

import pylm as package

SIZES = 1_000_000, 10_000_000, 100_000_000
MIX_SIZES = 100_000_000, 300_000_000, 1_000_000_000
LIMIT = "500M"
ENOUGH = "16G"


def train(text: Path, model: Path, *settings: str) -> dict[str, Any]:
    return pylm("train", text, "-o", model, "--tokenizer", "pieces", *settings)


def show(name: str, result: dict[str, Any], more: str = "") -> None:
    nbytes = result["bytes"] / 1e6
    print(
        f"| {name} | {result['cpu_seconds']:.1f} | {result['cpu_seconds'] / nbytes:.2f} | {result['seconds']:.1f} "
        f"| {result['peak_rss_bytes'] / 1e6:.0f} | {result['model_bytes'] / 1e6:.1f} |{more}",
        flush=True,
    )


def check_same(model: Path, limited: Path) -> None:
    if not filecmp.cmp(model, limited, shallow=False):
        raise SystemExit("with less memory the model has other bytes")


def wikipedia(source: Path, folder: Path) -> None:
    data = wiki_text(source)
    print("| text | CPU s | CPU s a MB | s | peak MB | model MB |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    text, model, limited = (folder / name for name in ("text", "model", "limited"))
    for n in SIZES:
        text.write_bytes(data[:n])
        show(f"{n // 1_000_000} MB", train(text, model, "--memory", ENOUGH))
    show(f"the last within {LIMIT}", train(text, limited, "--memory", LIMIT))
    check_same(model, limited)


def kenlm_seconds(tools: Path, text: Path, model: Path, folder: Path) -> float:
    """CPU seconds of KenLM for the pieces of a text."""
    ids, arpa, trie = (folder / name for name in ("ids", "arpa", "trie"))
    with package.load(model) as loaded:
        write_ids(loaded, text, ids)
    seconds = kenlm_counted(tools, ids, arpa).cpu + kenlm_built(tools, "trie", arpa, trie).cpu
    for path in (ids, arpa, trie):
        path.unlink()
    return seconds


def mix(prefix: str, tools: Path | None, folder: Path) -> None:
    print("| text | CPU s | CPU s a MB | s | peak MB | model MB | KenLM, CPU s | bits a byte |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    text, valid, model, limited = (folder / name for name in ("text", "valid", "model", "limited"))
    valid.write_bytes(Path(f"{prefix}.valid.txt").read_bytes()[:1_000_000])
    for n in MIX_SIZES:
        with open(f"{prefix}.train.txt", "rb") as file:
            text.write_bytes(file.read(n))
        result = train(text, model, "--memory", ENOUGH, "--no-topics")
        kenlm = "" if tools is None else f"{kenlm_seconds(tools, text, model, folder):.1f}"
        bits = pylm("eval", model, valid)["bits_per_byte"]  # here it would add to the peak of what is called later
        show(f"{n // 1_000_000} MB", result, f" {kenlm} | {bits:.4f} |")
        for limit in (result["peak_rss_bytes"] // 2, 1_000_000_000):
            result = train(text, limited, "--memory", str(limit), "--no-topics")
            show(f"the same within {limit / 1e6:.0f} MB", result, " | |")
            check_same(model, limited)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="of the corpora")
    parser.add_argument("--mix", help="where benchmarks/mix.py wrote its texts: the beginning of their names")
    parser.add_argument("--kenlm", type=Path, help="folder of lmplz and build_binary")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.folder is not None:
            wikipedia(options.folder, Path(folder))
        if options.mix is not None:
            mix(options.mix, options.kenlm, Path(folder))


main()
