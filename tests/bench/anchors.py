# SPDX-License-Identifier: MIT
"""Quality, training cost and speed on the usual corpora, through the installed package's command line.

    python tests/bench/anchors.py FOLDER > results.md

FOLDER holds the corpora, which are not part of the project:
    ptb/ptb.train.txt, ptb/ptb.valid.txt             Penn Treebank (Mikolov's version)
    wikitext2/train.txt, wikitext2/valid.txt         WikiText-2, words
    tinyshakespeare/input.txt                        its first 1,003,854 bytes train, the rest validate
    wiki/train-100MB.txt.xz, wiki/valid-2MB.txt.xz   English Wikipedia as plain text: the first 20,000,000
                                                     bytes and all of it train, 1,000,000 bytes validate
"""

from __future__ import annotations

import json
import lzma
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9  # of what is timed; the median is reported
SHAKESPEARE_TRAIN_NBYTES = 1_003_854
WIKI_NBYTES, WIKI_VALID_NBYTES = 20_000_000, 1_000_000


def pylm(*arguments: object) -> dict:
    command = [sys.executable, "-m", "pylm", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def split_shakespeare(data: Path, folder: Path) -> tuple[Path, Path]:
    text = (data / "tinyshakespeare" / "input.txt").read_bytes()
    train, valid = folder / "train.txt", folder / "valid.txt"
    train.write_bytes(text[:SHAKESPEARE_TRAIN_NBYTES])
    valid.write_bytes(text[SHAKESPEARE_TRAIN_NBYTES:])
    return train, valid


def unpack_wiki(data: Path, folder: Path) -> tuple[Path, Path, Path]:
    paths = folder / "wiki20.txt", folder / "wiki100.txt", folder / "wiki-valid.txt"
    text = lzma.decompress((data / "wiki" / "train-100MB.txt.xz").read_bytes())
    paths[0].write_bytes(text[:WIKI_NBYTES])
    paths[1].write_bytes(text)
    valid = lzma.decompress((data / "wiki" / "valid-2MB.txt.xz").read_bytes())
    paths[2].write_bytes(valid[:WIKI_VALID_NBYTES])
    return paths


def measure(name: str, tokenizer: str, train: Path, valid: Path, folder: Path, settings: list[str]) -> None:
    model = folder / "model.pylm"
    trained = pylm("train", train, "-o", model, "--tokenizer", tokenizer, *settings)
    runs = [pylm("eval", model, valid) for _ in range(RUNS)]
    result = runs[0]
    microseconds = statistics.median(1e6 / run["symbols_per_second"] for run in runs)
    nats = result["bits"] * math.log(2) / result["symbols"]
    print(
        f"| {name} | {trained['vocabulary']:,} {trained['tokenizer']} | {result['perplexity']:.2f} | {nats:.4f} | {result['bits_per_byte']:.4f} | "
        f"{trained['cpu_seconds']:.1f} | {trained['seconds']:.1f} | {trained['peak_rss_bytes'] / 1e6:.0f} | "
        f"{trained['model_bytes'] / 1e6:.2f} | {trained['contexts']:,} | {microseconds:.2f} |",
        flush=True,
    )


def main() -> None:
    data = Path(sys.argv[1])
    print(
        "| corpus | symbols | perplexity | nats a symbol | bits a byte | train CPU s | train s | train MB | "
        "model MB | contexts | eval µs a symbol |"
    )
    print("| --- | --- " + "| ---: " * 9 + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ptb = (data / "ptb" / "ptb.train.txt", data / "ptb" / "ptb.valid.txt")
        wikitext = (data / "wikitext2" / "train.txt", data / "wikitext2" / "valid.txt")
        measure("PTB", "words", *ptb, folder, [])
        measure("PTB, two trees", "words", *ptb, folder, ["--trees", "2"])
        measure("WikiText-2", "words", *wikitext, folder, [])
        measure("tinyshakespeare", "bytes", *split_shakespeare(data, folder), folder, [])
        wiki20, wiki100, valid = unpack_wiki(data, folder)
        measure("Wikipedia 20 MB", "bytes", wiki20, valid, folder, [])
        measure("Wikipedia 20 MB", "auto", wiki20, valid, folder, [])
        measure("Wikipedia 20 MB, two trees", "auto", wiki20, valid, folder, ["--trees", "2"])
        measure("Wikipedia 100 MB", "auto", wiki100, valid, folder, [])


if __name__ == "__main__":
    main()
