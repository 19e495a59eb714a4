# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training on a Dask cluster of this machine against training in one process with one thread.

    python benchmarks/cluster.py TEXT [--bytes 100000000] > results.md

Two workers, each a process with one thread; the client trains with one thread, too. CPU seconds are of the process, and
of the workers while it trained. The bytes must be the same, which is checked.
"""

from __future__ import annotations

import argparse
import filecmp
import tempfile
import time
from pathlib import Path

import distributed

import pylm


def cpu_seconds(client: distributed.Client | None) -> float:
    workers = {} if client is None else client.run(time.process_time)
    return time.process_time() + sum(workers.values())


def train(text: Path, model: Path, client: distributed.Client | None) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = cpu_seconds(client), time.monotonic()
    options = pylm.SymbolOptions(topics=False)
    pylm.train(text, output=model, tokenizer="pieces", symbols=options, threads=1, dask=client).close()
    return cpu_seconds(client) - cpu, time.monotonic() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--bytes", type=int, default=100_000_000, help="of the text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text, one, two = (Path(name) / part for part in ("text", "one", "two"))
        with open(options.text, "rb") as file:
            text.write_bytes(file.read(options.bytes))
        print("| | CPU s | s |\n| --- | ---: | ---: |", flush=True)
        alone = train(text, one, None)
        print(f"| one process | {alone[0]:.1f} | {alone[1]:.1f} |", flush=True)
        with (
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            both = train(text, two, client)
        print(f"| two workers | {both[0]:.1f} | {both[1]:.1f} |")
        print(f"| ratio | {both[0] / alone[0]:.2f} | {both[1] / alone[1]:.2f} |")
        if not filecmp.cmp(one, two, shallow=False):
            raise SystemExit("the cluster made another model")


if __name__ == "__main__":
    main()
