# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What training costs, against another version of pylm in the same run, and against KenLM where it is there.

    python benchmarks/training.py FOLDER OLD-PYTHON [--kenlm FOLDER] [--only NAME ...] [--write]

FOLDER      the corpora, as anchors.py has them
OLD-PYTHON  the Python of an environment in which the other version is installed
--kenlm     a folder with lmplz and build_binary
--only      rows whose names begin so
--write     puts the table into docs/benchmarks.md, with commit and date

Both versions train in turn, RUNS times. CPU is user and system time of the process, and the median counts. Memory is
the largest that was resident.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from common import Run, heading, kenlm_built, kenlm_counted, ptb, run, split_shakespeare, unpack_wiki, write

RUNS = 3
NO_TOPICS = ("--no-topics",)  # other versions know none
SMALL_NBYTES = 300_000
HEAD = """| training | CPU s | ratio | processors busy | ratio | MB | ratio | static, learning | before |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |"""


class Corpus(NamedTuple):
    name: str
    train: Path
    valid: Path
    options: list[str]
    own: tuple[str, ...] = ()  # options of this version alone


def corpora(data: Path, folder: Path) -> Iterator[Corpus]:
    shakespeare = split_shakespeare(data, folder)
    small = folder / "small.txt"
    small.write_bytes(shakespeare[0].read_bytes()[:SMALL_NBYTES])
    words, wikitext = ["--tokenizer", "words"], data / "wikitext2"
    yield Corpus("300 KB of bytes", small, shakespeare[1], ["--tokenizer", "bytes"])
    yield Corpus("300 KB of bytes, no topics", small, shakespeare[1], ["--tokenizer", "bytes"], NO_TOPICS)
    yield Corpus("tinyshakespeare, bytes", *shakespeare, ["--tokenizer", "bytes"])
    yield Corpus("tinyshakespeare, bytes, no topics", *shakespeare, ["--tokenizer", "bytes"], NO_TOPICS)
    yield Corpus("tinyshakespeare, 180 KB", *shakespeare, ["--tokenizer", "bytes", "--size", "180K"])
    yield Corpus("PTB, words", *ptb(data), words)
    yield Corpus("PTB, words, no topics", *ptb(data), words, NO_TOPICS)
    yield Corpus("PTB, fast", *ptb(data), [*words, "--profile", "fast"])
    yield Corpus("WikiText-2, words", wikitext / "train.txt", wikitext / "valid.txt", words)
    wiki20, _, valid = unpack_wiki(data, folder)
    yield Corpus("Wikipedia 20 MB, pieces", wiki20, valid, ["--tokenizer", "pieces"])
    yield Corpus("Wikipedia 20 MB, pieces, no topics", wiki20, valid, ["--tokenizer", "pieces"], NO_TOPICS)
    yield Corpus("Wikipedia 20 MB, 1 MB", wiki20, valid, ["--tokenizer", "pieces", "--size", "1M"])


def train(python: str, corpus: Corpus, model: Path) -> Run:
    own = corpus.own if python == sys.executable else ()
    return run([python, "-I", "-m", "pylm", "train", corpus.train, "-o", model, *corpus.options, *own])


def perplexity(python: str, corpus: Corpus, model: Path, *learn: str) -> float:
    command = [python, "-I", "-m", "pylm", "eval", model, corpus.valid, "--json", *learn]
    result = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE)
    return float(json.loads(result.stdout)["perplexity"])


def quality(python: str, corpus: Corpus, model: Path) -> str:
    says = subprocess.run([python, "-I", "-m", "pylm", "eval", "--help"], check=True, stdout=subprocess.PIPE).stdout
    learn = "--learn" if b"--learn" in says else "--adapt"  # as earlier versions called it
    return f"{perplexity(python, corpus, model):.4f}, {perplexity(python, corpus, model, learn):.4f}"


def compared(corpus: Corpus, old: str, folder: Path) -> str:
    """A row of the table."""
    pythons, models = (sys.executable, old), (folder / "new.pylm", folder / "old.pylm")
    runs: tuple[list[Run], list[Run]] = ([], [])
    for _ in range(RUNS):
        for python, model, done in zip(pythons, models, runs, strict=True):
            done.append(train(python, corpus, model))
    cpu, busy, memory = (
        [median(measure(one) for one in done) for done in runs]
        for measure in (lambda r: r.cpu, lambda r: r.cpu / r.wall, lambda r: r.nbytes / 1e6)
    )
    shown = [f"{cpu[0]:.1f}", f"{cpu[0] / cpu[1]:.2f}", f"{busy[0]:.2f}", f"{busy[0] / busy[1]:.2f}"]
    shown += [f"{memory[0]:.0f}", f"{memory[0] / memory[1]:.2f}"]
    shown += [quality(python, corpus, model) for python, model in zip(pythons, models, strict=True)]
    return "| " + " | ".join([corpus.name, *shown]) + " |"


def kenlm(corpus: Corpus, programs: Path, folder: Path) -> str:
    """A 5-gram model by KenLM, and `--profile fast` in the same run."""
    arpa, model = folder / "kenlm.arpa", folder / "kenlm.bin"
    theirs, ours = [], []
    for _ in range(RUNS):
        counted = kenlm_counted(programs, corpus.train, arpa)
        theirs.append(counted.cpu + kenlm_built(programs, "probing", arpa, model).cpu)
        ours.append(train(sys.executable, corpus, folder / "fast.pylm").cpu)
    ratio = median(ours) / median(theirs)
    return (
        f"KenLM, order 5, lmplz and build_binary: {median(theirs):.1f} CPU s on {corpus.name}; pylm "
        f"{median(ours):.1f}, {ratio:.2f} times as much."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("old")
    parser.add_argument("--kenlm", type=Path)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [heading(), "", HEAD]
    print("\n".join(lines), flush=True)
    peer = ""
    with tempfile.TemporaryDirectory() as name:
        for corpus in corpora(options.data, Path(name)):
            if corpus.name.startswith(tuple(options.only)):
                lines.append(compared(corpus, options.old, Path(name)))
                print(lines[-1], flush=True)
                if options.kenlm and "fast" in corpus.name:
                    peer = kenlm(corpus, options.kenlm, Path(name))
        if peer:
            lines += ["", peer]
            print(f"\n{peer}")
    if options.write:
        write("training.py", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
