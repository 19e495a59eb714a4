# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How quick pylm is, against another version of it and against KenLM, in the same run.

    python benchmarks/speed.py FOLDER OLD-PYTHON [--kenlm FOLDER] [--kenlm-python PYTHON] [--models FOLDER]
        [--only NAME ...] [--write]

FOLDER          the corpora, as anchors.py has them
OLD-PYTHON      the Python of an environment in which the other version is installed
--kenlm         a folder with lmplz and build_binary
--kenlm-python  a Python that can import kenlm; this one unless given
--models        where models are kept for the next run; unless given, all are trained anew
--only          groups of rows whose names begin so: ptb, wikipedia, keyboard, filter
--write         puts the table into docs/benchmarks.md, with commit and date

Each version trains its own models. All rows of a group take TURNS turns, one after the other, each in a process of its
own (speed_worker.py); medians count. CPU time of one thread, but for filtering. A ratio says how many times as quick
pylm is: the time of the other divided by its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import speed_worker
from common import heading, kenlm_built, kenlm_counted, ptb, run, unpack_wiki, wiki_text, with_unknown, write

import pylm

TURNS = 5
KEYBOARD_WORDS = 19_998  # and <unk> and </s>
FILTERED = slice(50_000_000, 54_000_000)  # of Wikipedia: what models of its beginning have not seen
KENLM_KINDS = ("trie", "probing")
WORKER = Path(__file__).parent / "speed_worker.py"
HEAD = """| | pylm | before | ratio | KenLM, trie | ratio | KenLM, probing | ratio |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


class Row(NamedTuple):
    name: str
    measure: str  # of speed_worker.py
    model: str  # by its name
    text: Path
    unit: str = "µs"
    value: str = "cpu"
    beside: tuple[str, str] | None = None  # measure and model of a row that this is so many times as long as
    kenlm: str = ""  # its measure, if it has one
    kenlm_model: str = ""
    kenlm_text: Path = Path()


class Lab:
    """Where texts and models are made."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.data, self.programs, self.folder = options.data, options.kenlm, folder
        self.pythons = {"pylm": sys.executable, "before": options.old}
        self.kenlm_python = options.kenlm_python or sys.executable

    def model(self, version: str, name: str, text: Path, *options: str) -> None:
        """Trains a model by a version, if it is not there."""
        path = self.path(version, name)
        if not path.exists():
            run([self.pythons[version], "-I", "-m", "pylm", "train", text, "-o", path, *options])

    def models(self, name: str, text: Path, *options: str) -> None:
        for version in self.pythons:
            self.model(version, name, text, *options)

    def kenlm(self, name: str, text: Path) -> None:
        arpa = self.folder / f"{name}.arpa"
        for kind in KENLM_KINDS if self.programs else ():
            if not self.path(kind, name).exists():
                if not arpa.exists():
                    kenlm_counted(self.programs, text, arpa)
                kenlm_built(self.programs, kind, arpa, self.path(kind, name))
        arpa.unlink(missing_ok=True)

    def path(self, version: str, name: str) -> Path:
        return self.folder / f"{name}.{version}"

    def text(self, name: str, make: Callable[[], bytes]) -> Path:
        path = self.folder / name
        if not path.exists():
            path.write_bytes(make())
        return path


# ---- groups of rows


def of_ptb(lab: Lab) -> Iterator[Row]:
    train, valid = ptb(lab.data)
    lab.models("default", train, "--tokenizer", "words")
    lab.models("fast", train, "--tokenizer", "words", "--profile", "fast")
    lab.models("sized", train, "--tokenizer", "words", "--size", "16M")
    lab.kenlm("kenlm", train)
    yield Row("PTB, a word", "score", "default", valid, kenlm="kenlm-score", kenlm_model="kenlm", kenlm_text=valid)
    yield Row(
        "the same, `--profile fast`", "score", "fast", valid, kenlm="kenlm-score", kenlm_model="kenlm", kenlm_text=valid
    )
    yield Row("the same, `--size 16M`", "score", "sized", valid, beside=("score", "default"))
    yield Row("the same, learning", "learn", "default", valid, beside=("score", "default"))
    yield Row("`State.feed()` of one id", "feed", "default", valid)


def of_wikipedia(lab: Lab) -> Iterator[Row]:
    train, valid = wikipedia(lab)
    lab.models("pieces", train, "--tokenizer", "pieces")
    yield Row("Wikipedia, a piece", "score", "pieces", valid)
    yield Row("`State.feed()` of one id", "feed", "pieces", valid)
    yield Row("how probable one id is, at a state", "one", "pieces", valid)
    yield Row("`State.next(5)`", "next", "pieces", valid)
    yield Row("`State.distribution()`", "distribution", "pieces", valid)


def of_keyboard(lab: Lab) -> Iterator[Row]:
    texts = [(lab.data / "wikitext2" / name).read_text(encoding="utf-8") for name in ("train.txt", "valid.txt")]
    train = lab.text("words.txt", lambda: "".join(with_unknown(texts[0].splitlines(), KEYBOARD_WORDS)).encode())
    lab.models("words", train, "--tokenizer", "words")
    valid = lab.data / "wikitext2" / "valid.txt"
    yield Row("`Keyboard.suggest()`, a letter typed", "suggest", "words", valid, value="median")
    yield Row("the same, mean", "suggest", "words", valid, value="mean")


def of_filtering(lab: Lab) -> Iterator[Row]:
    train, _ = wikipedia(lab)
    lab.models("fast-pieces", train, "--tokenizer", "pieces", "--profile", "fast")
    text = lab.text("filtered.txt", lambda: wiki_text(lab.data)[FILTERED])
    model = pylm.load(lab.path("pylm", "fast-pieces"))
    lab.kenlm("kenlm-pieces", lab.text("pieces.txt", lambda: in_pieces(model, train)))
    asked = lab.text("asked.txt", lambda: b"%d\n" % text.stat().st_size + in_pieces(model, text))
    row = Row("filtering", "filter", "fast-pieces", text, "MB/s")
    row = row._replace(kenlm="kenlm-filter", kenlm_model="kenlm-pieces", kenlm_text=asked)
    yield row._replace(name="filtering on two threads, by the clock", value="wall")
    yield row._replace(name="the same, by CPU seconds", value="cpu")


GROUPS: dict[str, Callable[[Lab], Iterator[Row]]] = {
    "ptb": of_ptb,
    "wikipedia": of_wikipedia,
    "keyboard": of_keyboard,
    "filter": of_filtering,
}


def wikipedia(lab: Lab) -> tuple[Path, Path]:
    if not (lab.folder / "wiki-valid.txt").exists():
        unpack_wiki(lab.data, lab.folder)
    return lab.folder / "wiki20.txt", lab.folder / "wiki-valid.txt"


def in_pieces(model: pylm.Model, text: Path) -> bytes:
    """Each line as its pieces, by number."""
    return b"".join(
        b" ".join(b"%d" % i for i in model.encode(line)) + b"\n" for line in speed_worker.lines_of(str(text))
    )


# ---- measuring


class Worker:
    """A process that measures."""

    def __init__(self, python: str, measure: str, model: Path, text: Path) -> None:
        command = [python, "-I", str(WORKER), measure, str(model), str(text)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.can = self._line() == "ready"
        self.turns: list[dict[str, float]] = []

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"{self._process.args} failed")
        return line

    def turn(self) -> None:
        if self.can:
            assert self._process.stdin
            print(file=self._process.stdin, flush=True)
            self.turns.append(json.loads(self._line()))

    def end(self) -> None:
        self._process.communicate()

    def median(self, value: str) -> float | None:
        return median(turn[value] for turn in self.turns) if self.can else None

    def busy(self) -> float:
        """Processors that it had."""
        return median(turn["cpu"] / turn["wall"] for turn in self.turns)


def workers_of(rows: list[Row], lab: Lab) -> dict[tuple[str, str, str], Worker]:
    """By version, measure and model: rows of the same share one."""
    found: dict[tuple[str, str, str], Worker] = {}
    for row in rows:
        for version, python in lab.pythons.items():
            key = version, row.measure, row.model
            if key not in found:
                found[key] = Worker(python, row.measure, lab.path(version, row.model), row.text)
        for kind in KENLM_KINDS if row.kenlm and lab.programs else ():
            key = kind, row.kenlm, row.kenlm_model
            if key not in found:
                found[key] = Worker(lab.kenlm_python, row.kenlm, lab.path(kind, row.kenlm_model), row.kenlm_text)
    return found


def measured(rows: list[Row], lab: Lab) -> Iterator[str]:
    """The rows of the table."""
    workers = workers_of(rows, lab)
    for _ in range(TURNS):
        for worker in workers.values():
            worker.turn()
    for worker in workers.values():
        worker.end()
    for given in rows:
        row = given
        keys = [(version, row.measure, row.model) for version in lab.pythons]
        keys += [(kind, row.kenlm, row.kenlm_model) for kind in KENLM_KINDS]
        times = [workers[key].median(row.value) if key in workers else None for key in keys]
        if row.beside and times[0] and (first := workers[("pylm", *row.beside)].median(row.value)):
            row = row._replace(name=f"{row.name} ({times[0] / first:.2f} x the time)")
        if row.value == "wall":
            row = row._replace(name=f"{row.name} ({workers[keys[0]].busy():.2f} processors busy)")
        yield shown(row, times)


def shown(row: Row, times: list[float | None]) -> str:
    own, *others = times
    assert own
    cells = [f"{row.name}, {row.unit}", number(own, row.unit)]
    for time in others:
        cells += [number(time, row.unit), f"{time / own:.2f}"] if time else ["", ""]
    return "| " + " | ".join(cells) + " |"


def number(seconds: float, unit: str) -> str:
    """Three digits."""
    value = seconds * 1e6 if unit == "µs" else 1 / seconds
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("old")
    parser.add_argument("--kenlm", type=Path)
    parser.add_argument("--kenlm-python")
    parser.add_argument("--models", type=Path)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [heading(), "", HEAD]
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = options.models or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        lab = Lab(options, folder)
        for group, rows in GROUPS.items():
            if group.startswith(tuple(options.only)):
                for line in measured(list(rows(lab)), lab):
                    lines.append(line)
                    print(line, flush=True)
    if options.write:
        write("speed.py", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
