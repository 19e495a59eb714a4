"""Lets allocations of one call fail, one after the other: tests/py/test_allocations.py runs it with memory.c preloaded.

python allocations.py SHIM FOLDER CALL N

The folder has what commands.py puts there. Each time is a process of its own, forked when all is loaded. It tries N of
the allocations, alone and with all behind them, and prints one line of JSON: how many there were, what was tried, what
became of it; and what is wrong, which is nothing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pylm

LEAST = 600  # bytes, of others than libpylm: objects of Python are smaller, and without one it may fail by itself
DONE, REFUSED, WRONG = 0, 1, 2
OUTPUTS = ("m.pylm", "p.pylm", "p.pylm.sources", "p.sources", "s.store", "t", "k")


def calls(folder: Path) -> dict[str, Callable[[], object]]:
    text = (folder / "b.txt").read_text()
    model = pylm.load(folder / "words.pylm")
    state = model.state(learn=True, memory="16K")
    keyboard = pylm.Keyboard(model, memory="32K")

    def merge() -> None:
        pylm.merge([folder / "s.store", folder / "t.store"], folder / "s.store", threads=1, progress=False)

    def store(change: str, name: str) -> None:
        with pylm.Store(folder / "s.store") as opened:
            getattr(opened, change)([folder / name], threads=1, progress=False)

    return {
        "save": lambda: model.save(folder / "m.pylm"),
        "load": lambda: pylm.load(folder / "words.pylm").perplexity(text[:400]),
        "load bytes": lambda: pylm.Model((folder / "words.pylm").read_bytes()),
        "score": lambda: model.score(text),
        "score batch": lambda: model.score_batch([text[:500], text[500:900]] * 9, threads=1),
        "state": lambda: (state.load(folder / "t"), state.feed(text[:300]), state.save(folder / "t")),
        "keyboard": lambda: (keyboard.load(folder / "k"), keyboard.learn(text[:300]), keyboard.save(folder / "k")),
        "prune": lambda: pylm.prune(model, text[:600], threads=1).model.save(folder / "m.pylm"),
        "sources": lambda: pylm.train(
            [text], tokenizer="words", output=folder / "p.pylm", sources=True, threads=1, progress=False
        ),
        "trace": lambda: pylm.load(folder / "p.pylm").trace(text[:500]),
        "count": lambda: pylm.count([folder / "b.txt"], folder / "s.store", threads=1, progress=False),
        "add": lambda: store("add", "b.txt"),
        "forget": lambda: store("forget", "log.txt"),
        "merge": merge,
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUTS if (folder / name).exists()}


class Campaign:
    def __init__(self, shim: str, folder: Path, call: Callable[[], object]) -> None:
        self._shim, self._folder, self._call = ctypes.CDLL(shim), folder, call
        self._shim.pylm_fault_begin.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_size_t)
        self._shim.pylm_fault_end.restype = ctypes.c_long
        self._kept = folder.with_name(folder.name + ".kept")
        shutil.copytree(folder, self._kept)
        self.old = contents(folder)
        call()  # what is loaded when it is needed is loaded
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []

    def _forked(self, act: Callable[[], int]) -> int:
        """What `act` returns, or -signal; in a process of its own, and a fresh folder."""
        shutil.rmtree(self._folder)
        shutil.copytree(self._kept, self._folder)
        process = os.fork()
        if process == 0:
            os._exit(act())
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    def count(self) -> int:
        """How many allocations there are. Afterwards `new` is what the call writes."""

        def act() -> int:
            self._shim.pylm_fault_begin(0, 0, LEAST)
            self._call()
            n = self._shim.pylm_fault_end()
            (self._kept / "n").write_text(str(n))
            return DONE

        assert self._forked(act) == DONE
        self.new = contents(self._folder)
        return int((self._kept / "n").read_text())

    def fail(self, n: int, sticky: bool) -> None:
        said = self._kept / "said"

        def act() -> int:
            self._shim.pylm_fault_begin(n, sticky, LEAST)
            try:
                self._call()
                status = DONE
            except MemoryError:
                status = REFUSED
            except BaseException as error:
                self._shim.pylm_fault_end()
                said.write_text(traceback.format_exc()[-600:])
                no_memory = isinstance(error, OSError) and error.errno == errno.ENOMEM
                if not no_memory and "more than the system has" not in str(error):
                    return WRONG
                status = REFUSED
            self._shim.pylm_fault_end()
            found = contents(self._folder)
            if any(found.get(name) not in (self.old.get(name), self.new.get(name)) for name in OUTPUTS):
                said.write_text("a file is neither the old one nor the new one")
                return WRONG
            if status == REFUSED and found == self.old:
                self._call()  # it works when there is memory again
                found = contents(self._folder)
            if found != self.new and status == DONE:
                said.write_text("it said that it had succeeded")
                return WRONG
            return status

        said.write_text("it died")
        status = self._forked(act)
        self.seen["done" if status == DONE else "refused" if status == REFUSED else "wrong"] += 1
        if status not in (DONE, REFUSED):
            self.wrong.append(f"allocation {n}{' and all behind it' if sticky else ''}: {status}, {said.read_text()}")


def main() -> None:
    shim, folder, name, most = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    campaign = Campaign(shim, folder, calls(folder)[name])
    n = campaign.count()
    for at in range(1, n + 1, max(1, n // most)):
        for sticky in (False, True):
            campaign.fail(at, sticky)
    print(json.dumps({"allocations": n, "seen": campaign.seen, "wrong": campaign.wrong}))


if __name__ == "__main__":
    main()
