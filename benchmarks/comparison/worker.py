# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""One task of run.py, in a process of its own: a JSON object in, one out. Progress goes to standard error. A process of
its own also because one begins with the peak of memory of the process that started it."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import protocol
from samples import described
from texts import Text, load


def main() -> None:
    task = json.loads(sys.argv[1])
    text = load(task["text"], Path(task["data"]), Path(task["folder"]))
    work = {"real": _real}.get(task["row"], _network if task["row"] in protocol.NETWORKS else _counted)
    found = work(task, text)
    if "sample" in found:  # described only now, since that takes memory
        found["sample"] = described(found["sample"], text)
    print(json.dumps(found))


def _real(task: dict[str, Any], text: Text) -> dict[str, Any]:
    return {"sample": text.spelled(text.valid[: protocol.GENERATED].tolist())}


def _network(task: dict[str, Any], text: Text) -> dict[str, Any]:
    import torch
    from neural import measured, tuned

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)

    def report(line: str) -> None:
        print(f"{task['text']} {task['row']}: {line}", file=sys.stderr, flush=True)

    if task["tuning"] is None:
        result = tuned(task["row"], text, task["seconds"], report)
    else:
        result = measured(
            task["row"], text, task["tuning"], task["seed"], task["checkpoints"], task["adaptive"], report
        )
    return result | {"peak_bytes": _peak_nbytes(), "torch": torch.__version__}


def _counted(task: dict[str, Any], text: Text) -> dict[str, Any]:
    import counted

    kenlm = task["kenlm"]
    try:
        found = counted.measured(task["row"], text, Path(task["results"]), None if kenlm is None else Path(kenlm))
    except counted.NotPossible as reason:
        return {"not_possible": str(reason)}
    return {"peak_bytes": _peak_nbytes()} | found


def _peak_nbytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
