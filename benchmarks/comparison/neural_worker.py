# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""One task of run.py for a network, in a process of its own: a JSON object in, one out. Progress goes to standard
error."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import torch
from neural import measured, tuned
from texts import load


def main() -> None:
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    task = json.loads(sys.argv[1])
    name = task["row"]
    text = load(task["text"], Path(task["data"]), Path(task["folder"]))

    def report(line: str) -> None:
        print(f"{task['text']} {name}: {line}", file=sys.stderr, flush=True)

    if task["tuning"] is None:
        result = tuned(name, text, task["seconds"], report)
    else:
        result = measured(name, text, task["tuning"], task["seed"], task["checkpoints"], task["adaptive"], report)
    result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result["torch"] = torch.__version__
    print(json.dumps(result))


if __name__ == "__main__":
    main()
