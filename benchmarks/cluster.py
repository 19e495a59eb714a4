# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training on a Dask cluster of this machine against training in one process, or counting into a store.

    python benchmarks/cluster.py TEXT [--bytes 100000000] [--store] > results.md

Two workers, each a process with one thread. What the client does itself, before they count and after it, takes one
thread, and then two: never more than two processors work. CPU seconds are of the process, and of the workers while it
trained. The bytes must be the same, which is checked.
"""

from __future__ import annotations

import argparse
import filecmp
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import distributed

import pylm


def cpu_seconds(client: distributed.Client | None) -> float:
    workers = {} if client is None else client.run(time.process_time)
    return time.process_time() + sum(workers.values())


def train(text: Path, model: Path, threads: int, client: distributed.Client | None = None) -> None:
    options = pylm.SymbolOptions(topics=False)
    pylm.train(text, output=model, tokenizer="pieces", symbols=options, threads=threads, dask=client).close()


def count(documents: Path, store: Path, threads: int, client: distributed.Client | None = None) -> None:
    pylm.count(documents, store, threads=threads, dask=client).close()


def timed(
    work: Callable[..., None], text: Path, made: Path, threads: int, client: distributed.Client | None = None
) -> tuple[float, float]:
    """CPU seconds, of the workers too, and wall seconds."""
    cpu, wall = cpu_seconds(client), time.monotonic()
    work(text, made, threads, client)
    return cpu_seconds(client) - cpu, time.monotonic() - wall


def cut(text: Path, folder: Path) -> None:
    """Writes documents of 20 KB."""
    folder.mkdir()
    data = text.read_bytes()
    for i in range(0, len(data), 20_000):
        (folder / f"{i:012}.txt").write_bytes(data[i : i + 20_000].decode(errors="ignore").encode())


def show(name: str, took: tuple[float, float], alone: tuple[float, float]) -> None:
    cpu, wall = took[0] / alone[0], took[1] / alone[1]
    print(f"| {name} | {took[0]:.1f} | {took[1]:.1f} | {cpu:.2f}, {wall:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--bytes", type=int, default=100_000_000, help="of the text")
    parser.add_argument("--store", action="store_true", help="count documents of 20 KB into a store")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text, one, two = (Path(name) / part for part in ("text", "one", "two"))
        with open(options.text, "rb") as file:
            text.write_bytes(file.read(options.bytes))
        work: Callable[..., None] = train
        if options.store:
            cut(text, Path(name) / "documents")
            text, work = Path(name) / "documents", count
        print("| | CPU s | s | ratios to the first |\n| --- | ---: | ---: | --- |", flush=True)
        alone = timed(work, text, one, 1)
        show("one process, one thread", alone, alone)
        show("one process, two threads", timed(work, text, one, 2), alone)
        with (
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            for threads, named in (1, "one thread"), (2, "two threads"):
                show(f"two workers, client with {named}", timed(work, text, two, threads, client=client), alone)
                if not filecmp.cmp(one, two, shallow=False):
                    raise SystemExit("the cluster made something else")


if __name__ == "__main__":
    main()
