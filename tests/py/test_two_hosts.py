# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training on a Dask cluster of two computers that share no folder.

Two network namespaces are the computers. A cable joins them, each has an address of its own, and the second one has an
empty file system where the first one has its folders. Only root may make such things, and not everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from texts import make_text

import pylm

FIRST, SECOND = "pylm-first", "pylm-second"
FIRST_ADDRESS, SECOND_ADDRESS = "10.99.77.1", "10.99.77.2"
OPTIONS = "tokenizer='words', max_order=3, symbols=pylm.SymbolOptions(classes=16, topics=False)"

CLIENT = f"""
import os
from pathlib import Path
import distributed, pylm
from pylm.training import elsewhere
sent, send = [], elsewhere._Counting._send
elsewhere._Counting._send = lambda self, worker: (sent.append(worker), send(self, worker))
with distributed.LocalCluster(n_workers=0, host={FIRST_ADDRESS!r}, dashboard_address=None) as cluster:
    print(cluster.scheduler_address, flush=True)
    with distributed.Client(cluster) as client:
        client.wait_for_workers(1)
        pylm.train(Path("text"), dask=client, output="model", {OPTIONS})
        hosts = {{worker["host"] for worker in client.scheduler_info()["workers"].values()}}
        left = client.run(lambda dask_worker: [n for n in os.listdir(dask_worker.local_directory)
                                               if n.startswith("pylm")])
print(*hosts, len(set(sent)), list(left.values()))
"""
WORKER = """
import asyncio, sys
from distributed import Worker

async def work():
    async with Worker(sys.argv[1], nthreads=1, local_directory="work", host=sys.argv[2]) as worker:
        await worker.finished()

asyncio.run(work())
"""


def ip(*arguments: str) -> bool:
    return subprocess.run(["ip", *arguments], capture_output=True).returncode == 0


@pytest.fixture
def two_hosts() -> Iterator[None]:
    if sys.platform != "linux" or os.geteuid() or not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("needs Linux, root, ip and unshare")
    ip("netns", "del", FIRST), ip("netns", "del", SECOND)  # what a run that was killed has left
    made = ip("netns", "add", FIRST) and ip("netns", "add", SECOND)
    made = made and ip("link", "add", "pylm0", "netns", FIRST, "type", "veth", "peer", "pylm1", "netns", SECOND)
    for host, card, address in (FIRST, "pylm0", FIRST_ADDRESS), (SECOND, "pylm1", SECOND_ADDRESS):
        made = made and ip("-n", host, "addr", "add", f"{address}/24", "dev", card)
        made = made and ip("-n", host, "link", "set", card, "up") and ip("-n", host, "link", "set", "lo", "up")
    try:
        if not made:
            pytest.skip("no network namespaces here")
        yield
    finally:
        ip("netns", "del", FIRST), ip("netns", "del", SECOND)


def on(host: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", host, *command]


def test_no_common_folder(two_hosts: None, tmp_path: Path) -> None:
    text = make_text(4000, seed=1)
    (tmp_path / "text").write_text(text)
    expected = pylm.train([text], **eval(f"dict({OPTIONS})"))._image.content()
    hide = f'mount -t tmpfs none {tmp_path} && cd {tmp_path} && exec "$@"'  # the folder, for what runs there only
    with subprocess.Popen(
        on(FIRST, sys.executable, "-I", "-c", CLIENT), cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as client:
        address = client.stdout.readline().strip()
        worker = subprocess.Popen(
            on(SECOND, "unshare", "-m", "sh", "-c", hide, "sh", sys.executable, "-I", "-c", WORKER, address,
               SECOND_ADDRESS), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            said = client.communicate(timeout=120)[0].split(maxsplit=1)
        finally:
            worker.terminate()
            worker.wait()
            client.kill()
    assert said == [SECOND_ADDRESS, "1 [[]]\n"]  # counted there, where the job was sent to, and nothing has stayed
    assert (tmp_path / "model").read_bytes() == expected
    assert sorted(os.listdir(tmp_path)) == ["model", "text"]
