# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Neural and other systems at equal cost: runs what has not been run yet, a JSON file a run.

    python benchmarks/comparison/run.py DATA [--results FOLDER] [--text TEXT ...] [--only ROW ...]

DATA holds the corpora, as for anchors.py. Results that are there, in results/ beside this file unless --results says
another folder, are kept: to run a row again, remove its files, or begin in a new folder. PyTorch has to be installed
for the networks (`pip install torch`); a row whose program is missing is left out, and said so. One process and one
thread at a time. What was interrupted is run again from its last file: the tuning of a network is one, each seed is
one. A larger --budget runs a network again, from the beginning, with the rates that were chosen.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import protocol
from texts import Text, load

HERE = Path(__file__).resolve().parent
UNPACKED = HERE.parents[1] / "build-comparison"  # texts in the form that the systems read


def main() -> int:
    """Returns the exit status: 1 if a row failed; the others are run all the same."""
    options, status = _options(), 0
    for name in options.text:
        text = load(name, options.data, UNPACKED / name)
        _real(text, options)
        for row in options.only:
            try:
                (_network if row in protocol.NETWORKS else _counted)(row, text, options)
            except subprocess.CalledProcessError as error:
                print(f"{name} {row}: failed: {error}", file=sys.stderr)
                status = 1
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run what docs/comparison.md compares.")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="FOLDER", help="where they are kept")
    parser.add_argument("--text", nargs="+", choices=protocol.TEXTS, default=protocol.TEXTS, metavar="TEXT")
    parser.add_argument("--only", nargs="+", choices=protocol.ROWS, default=list(protocol.ROWS), metavar="ROW")
    parser.add_argument("--budget", type=int, default=max(protocol.CHECKPOINTS), help="CPU s of training at most")
    parser.add_argument("--tuning", type=float, default=protocol.TUNING, help="CPU s for each learning rate")
    parser.add_argument("--seeds", type=int, default=len(protocol.SEEDS), help="runs of each network")
    parser.add_argument("--adaptive", nargs="+", type=int, default=protocol.ADAPTIVE, help="CPU s at which to adapt")
    parser.add_argument("--kenlm", type=Path, metavar="FOLDER", help="where lmplz is")
    options = parser.parse_args()
    options.data, options.results = options.data.resolve(), options.results.resolve()
    return options


def _real(text: Text, options: argparse.Namespace) -> None:
    """What samples are compared with: the beginning of the validation text, which is not shown."""
    path = options.results / text.name / "real.json"
    if not path.exists():
        found = _work(_task("real", text, options))["sample"]
        _write(path, "real", text, {"sample": found | {"shown": ""}})


def _network(row: str, text: Text, options: argparse.Namespace) -> None:
    if importlib.util.find_spec("torch") is None:
        print(f"{row}: left out, PyTorch is not installed", file=sys.stderr)
        return
    task = _task(row, text, options) | {"seconds": options.tuning, "tuning": None}
    choice_file = options.results / text.name / f"{row}-tuning.json"
    if not choice_file.exists():
        _write(choice_file, row, text, _work(task))
    task["tuning"] = json.loads(choice_file.read_text("utf-8"))
    task["checkpoints"] = [seconds for seconds in protocol.CHECKPOINTS if seconds <= options.budget]
    task["adaptive"] = list(options.adaptive)
    for seed in protocol.SEEDS[: options.seeds]:
        path = options.results / text.name / f"{row}-{seed}.json"
        if path.exists() and json.loads(path.read_text("utf-8"))["budget"] >= options.budget:
            continue
        found = _work(task | {"seed": seed})
        _write(path, row, text, {"seed": seed, "budget": options.budget, "tuning": task["tuning"]} | found)


def _work(task: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "worker.py"), json.dumps(task)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _counted(row: str, text: Text, options: argparse.Namespace) -> None:
    path = options.results / text.name / f"{row}-1.json"
    if path.exists():
        return
    found = _work(_task(row, text, options) | {"kenlm": None if options.kenlm is None else str(options.kenlm)})
    if "not_possible" in found:
        print(f"{text.name} {row}: left out, {found['not_possible']}", file=sys.stderr)
        return
    _write(path, row, text, found)


def _task(row: str, text: Text, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "row": row, "text": text.name, "data": str(options.data), "folder": str(UNPACKED / text.name),
        "results": str(options.results),
    }  # fmt: skip


def _write(path: Path, row: str, text: Text, found: dict[str, Any]) -> None:
    """A run's file. It is complete, or not there."""
    about = {
        "row": row, "text": text.name, "unit": text.unit, "valid_symbols": len(text.valid),
        "valid_bytes": text.valid_nbytes, "commit": _commit(), "machine": _machine(), "load": _load(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(about | found, indent=1) + "\n", "utf-8")
    unfinished.replace(path)
    print(f"wrote {path.name}", file=sys.stderr)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, check=False).stdout.decode().strip()


def _load() -> float | None:
    """Processes that wanted a processor, on average over the last minutes; a second is worth less on a busy machine."""
    return round(os.getloadavg()[1], 1) if hasattr(os, "getloadavg") else None


def _machine() -> str:
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        processor = names[0] if names else processor
    return f"{processor}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
