# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Fast models against pruned 5-grams of KenLM of the same size, on the same pieces.

    python benchmarks/pruned.py FOLDER-OF-KENLM TEXT VALID [--bytes 100000000] > results.md

A fast model of TEXT is trained without topics. Its pieces of the text, line by line, are what lmplz counts: with
--prune 0 0 0 1, 0 0 1, 0 0 1 2 and so on, made a trie of 8-bit probabilities. Then fast models get the size of each
trie (--size). Bits a byte are of the first MB of VALID; what KenLM spends on ends of lines, which always follow a piece
with a line end, is not counted.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

from common import kenlm_built, kenlm_counted, pylm, write_ids

import pylm as package

PRUNED = "0 0 0 1", "0 0 1", "0 0 1 2", "0 0 2 4", "0 1 3 6"


def kenlm_bits(query: Path, trie: Path, ids: Path) -> float:
    """Bits of the pieces of a text, without ends of lines, from "ID=NUMBER LENGTH LOG10<tab>..."."""
    command = [query, "-v", "word", trie]
    with open(ids, "rb") as given:
        said = subprocess.run(command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    logs = re.findall(r"(?:^|\t)(\d+)=\d+ \d+ (-[0-9.e+-]+)", said.stdout.decode(), re.MULTILINE)
    return -sum(float(log) for _, log in logs) / 0.30102999566


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kenlm", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("valid", type=Path)
    parser.add_argument("--bytes", type=int, default=100_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text, valid, ids, valid_ids, arpa, trie, path = (
            folder / part for part in ["text", "valid", "ids", "vids", "arpa", "trie", "m"]
        )
        with open(options.text, "rb") as file:
            text.write_bytes(file.read(options.bytes))
        with open(options.valid, "rb") as file:
            valid.write_bytes(file.read(1_000_000))
        n = valid.stat().st_size
        settings = ["--profile", "fast", "--no-topics"]

        def fast(*more: str) -> tuple[float, float]:
            """MB and bits a byte of a fast model."""
            result = pylm("train", text, "-o", path, "--tokenizer", "pieces", *settings, *more)
            bits = package.load(path).evaluate(valid.read_bytes(), progress=False).bits_per_byte
            return result["model_bytes"] / 1e6, bits

        size, bits = fast()
        print("| | MB | bits a byte | fast model of that size | ratio |\n| --- | ---: | ---: | ---: | ---: |")
        print(f"| fast | {size:.1f} | {bits:.4f} | | |", flush=True)
        model = package.load(path)
        write_ids(model, text, ids)
        write_ids(model, valid, valid_ids)
        model.close()
        for prune in PRUNED:
            kenlm_counted(options.kenlm, ids, arpa, "--prune", *prune.split())
            kenlm_built(options.kenlm, "trie", arpa, trie, "-q", "8", "-b", "8")
            theirs = kenlm_bits(options.kenlm / "query", trie, valid_ids) / n
            _, ours = fast("--size", str(trie.stat().st_size)) if trie.stat().st_size < size * 1e6 else (size, bits)
            ratio = f"{ours:.4f} | {ours / theirs:.3f}"
            print(f"| KenLM, --prune {prune} | {trie.stat().st_size / 1e6:.1f} | {theirs:.4f} | {ratio} |", flush=True)


main()
