# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Added and forgotten is as never added, whatever is killed in between.

    python benchmarks/forget.py [DOCUMENTS [KEPT [SEED]]]

Documents of random lengths are cut out of CPython's library. KEPT of them are counted into a store. Then DOCUMENTS
others are added by `pylm add` and forgotten by `pylm forget`, each in a process of its own and in random order, and
most of the processes are killed (SIGKILL): at a random moment of their life, or at one of their writing, as soon as
STORE.new is there. After each kill the store must have the bytes from before or those that counting all its documents
at once gives; in the first case the same is done again. In the end the store and the model that is built from it must
be those of the documents that were there at first, and after one more change that nobody kills, nothing else must be
left in the folder.

tests/py/test_store_kills.py runs this with a few documents.
"""

from __future__ import annotations

import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from pathlib import Path

import pylm

DEFAULTS = 100, 150, 1  # 150 documents are some 3 MB
LONGEST = 40_000  # bytes of a document
KILLS = 0, 1, 1, 2, 3  # processes killed before one may end, each as probable


class Trial:
    """A store in a folder of its own, and what happens to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.store = folder / "store", folder / "store" / "s"
        self.random = random.Random(seed)
        self.library = [p.read_bytes() for p in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))]
        self.counted = folder / "counted"  # what counting anew gives
        self.folder.mkdir()
        self.kills: Counter[str] = Counter()
        self.seconds = 1.0  # that the last process took to its end

    def document(self) -> bytes:
        text = self.random.choice(self.library)
        begin = self.random.randrange(len(text) + 1)
        return text[begin : begin + self.random.randrange(LONGEST)]

    def bytes_of(self, documents: list[bytes]) -> bytes:
        pylm.count(documents, self.counted, progress=False)
        return self.counted.read_bytes()

    def change(self, command: str, document: Path, after: bytes, kills: int) -> None:
        """Adds or forgets a document; ends when it is done, after so many kills at most."""
        before = self.store.read_bytes()
        for kills_left in range(kills, -1, -1):
            # An `add` that was killed behind its last step leaves its parts, which are of no use any more.
            fresh = ["--fresh"] if command == "add" and (self.folder / "s.parts" / "plan.json").exists() else []
            began = time.monotonic()
            arguments = [sys.executable, "-m", "pylm", command, self.store, document, "--threads", "1", *fresh]
            process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, cwd=self.folder.parent)
            if kills_left:
                self._kill(process, command)
            elif process.wait() != 0:
                sys.exit(f"{command} failed after {sum(self.kills.values())} kills")
            else:
                self.seconds = time.monotonic() - began
            now = self.store.read_bytes()
            if now == after:
                return
            if now != before:
                sys.exit(f"{command}, killed, left a store that is neither as before nor as after")
        sys.exit(f"{command} ended and has not done it")

    def _kill(self, process: subprocess.Popen, command: str) -> None:
        """Waits for a random moment, or for one while the store is written, and kills."""
        if self.random.random() < 0.3:
            time.sleep(self.random.random() * self.seconds)
        else:
            while process.poll() is None and not (self.folder / "s.new").exists():
                time.sleep(0.0005)
            time.sleep(self.random.random() * 0.1)
        was_writing = (self.folder / "s.new").exists()
        process.kill()
        ended = process.wait() >= 0
        self.kills["too late" if ended else f"{command} while writing" if was_writing else command] += 1


def run(folder: Path, n_documents: int, n_kept: int, seed: int) -> str:
    """What was done; ends the program if anything is not as it must be."""
    trial = Trial(folder, seed)
    kept = [trial.document() for _ in range(n_kept)]
    untouched = folder / "untouched"
    pylm.count(kept, untouched, progress=False)
    trial.store.write_bytes(untouched.read_bytes())
    paths = [folder / f"{i}.txt" for i in range(n_documents)]
    for path in paths:
        path.write_bytes(trial.document())
    steps = paths * 2  # the first time that a document comes it is added, the second time forgotten
    trial.random.shuffle(steps)
    present: list[Path] = []
    for i, path in enumerate(steps):
        command = "forget" if path in present else "add"
        (present.remove if command == "forget" else present.append)(path)
        after = trial.bytes_of(kept + [p.read_bytes() for p in present])
        trial.change(command, path, after, trial.random.choice(KILLS))
        print(f"\r{i + 1} of {len(steps)} changes", end="", file=sys.stderr)
    print(file=sys.stderr)
    for command, documents in (
        ("add", [*kept, paths[0].read_bytes()]),
        ("forget", kept),
    ):  # clears what the last kill left
        trial.change(command, paths[0], trial.bytes_of(documents), kills=0)
    if trial.store.read_bytes() != untouched.read_bytes():
        sys.exit("the store is not what it was")
    if [path.name for path in trial.folder.iterdir()] != ["s"]:
        sys.exit("something is left beside the store")
    for name, store in ("model", trial.store), ("expected", untouched):
        pylm.build(store, output=folder / name, tokenizer="words", threads=1, progress=False)
    if (folder / "model").read_bytes() != (folder / "expected").read_bytes():
        sys.exit("the model is not that of a store which never had the documents")
    kills = ", ".join(f"{n} {what}" for what, n in sorted(trial.kills.items()))
    return (
        f"{n_documents} documents added and forgotten, in random order, "
        f"with {sum(trial.kills.values())} kills ({kills}): store and model are, byte for byte, "
        f"as if they had never been there"
    )


def main() -> None:
    given = [int(argument) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        print(run(Path(folder), *given, *DEFAULTS[len(given) :]))


if __name__ == "__main__":
    main()
