# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training on a real Dask cluster of this machine: the same bytes, with and without a common folder, and if workers are
lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from clusters import two_workers
from texts import make_text

import pylm
from pylm.cli import main
from pylm.training import elsewhere

pytestmark = pytest.mark.filterwarnings("ignore")  # those of other packages are not our affair

OPTIONS = {"tokenizer": "words", "max_order": 3, "symbols": pylm.SymbolOptions(classes=16, topics=False)}


def image_of(model: pylm.Model) -> bytes:
    content: bytes = model._image.content()
    return content


def trained(texts: list[str], **options: object) -> bytes:
    return image_of(pylm.train(texts, **options))


@pytest.fixture(scope="module")
def text() -> str:
    return make_text(4000, seed=1)


@pytest.fixture(scope="module")
def expected(text: str) -> bytes:
    return trained([text], **OPTIONS)


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process of its own."""
    with two_workers() as client:
        yield client


def no_common_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes workers ask for a job that they have not got: tasks are told another path."""
    count = elsewhere.count_template
    monkeypatch.setattr(elsewhere, "count_template", lambda path, job, k: count(path + " elsewhere", job, k))


def test_the_same_bytes(text: str, expected: bytes, client, tmp_path: Path) -> None:
    assert trained([text], dask=client, **OPTIONS) == expected
    output = tmp_path / "m.pylm"
    pylm.train([text], dask=client.scheduler_info()["address"], output=output, **OPTIONS)
    assert output.read_bytes() == expected
    assert os.listdir(tmp_path) == ["m.pylm"]


def test_several_trees(text: str, client) -> None:
    options = {**OPTIONS, "symbols": pylm.SymbolOptions(trees=2, classes=16, topics=False)}
    assert trained([text], dask=client, **options) == trained([text], **options)


def test_a_store(text: str, expected: bytes, client, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(text)
    store = pylm.count(tmp_path / "t.txt", tmp_path / "s")
    assert image_of(store.build(dask=client, **OPTIONS)) == expected


def test_the_command(text: str, expected: bytes, client, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(text)
    address = client.scheduler_info()["address"]
    arguments = ["--tokenizer", "words", "--max-order", "3", "--classes", "16", "--no-topics", "--dask", address]
    assert main(["train", str(tmp_path / "t.txt"), "-o", str(tmp_path / "m"), *arguments]) == 0
    assert (tmp_path / "m").read_bytes() == expected


def test_without_a_common_folder(text: str, expected: bytes, client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Job and results are sent in chunks, here several of each, and nothing of them stays in the workers."""
    no_common_folder(monkeypatch)
    monkeypatch.setattr(elsewhere, "CHUNK", 10_000)
    assert trained([text], dask=client, **OPTIONS) == expected
    left = client.run(lambda dask_worker: [n for n in os.listdir(dask_worker.local_directory) if "pylm" in n])
    assert len(left) == 2 and not any(left.values())


class Killed:
    """Stands in for a task: the worker that does the first one is killed in the middle of it."""

    def __init__(self, marker: Path) -> None:
        self.marker, self.count = str(marker), elsewhere.count_template

    def __call__(self, path: str, job: bytes, k: int) -> object:
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return self.count(path, job, k)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_a_worker_is_killed(text: str, expected: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While it counts; with and without a common folder."""
    with two_workers() as client:
        monkeypatch.setattr(elsewhere, "count_template", Killed(tmp_path / "shared"))
        assert trained([text], dask=client, **OPTIONS) == expected
        assert (tmp_path / "shared").exists()
        monkeypatch.setattr(elsewhere, "count_template", Killed(tmp_path / "apart"))
        monkeypatch.setattr(elsewhere.count_template, "count", elsewhere.count_template.count)
        no_common_folder(monkeypatch)
        assert trained([text], dask=client, **OPTIONS) == expected
        assert (tmp_path / "apart").exists()


def test_a_worker_with_a_result_is_killed(text: str, expected: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its first result is fetched: the template is counted again."""
    fetch, killed = elsewhere._Counting._fetch, []

    def kill_first(self: object, result: elsewhere.Result, k: int) -> bool:
        if not killed:
            killed.append(result.worker)
            pid = client.run(os.getpid, workers=[result.worker])[result.worker]
            os.kill(pid, signal.SIGKILL)
            while result.worker in client.scheduler_info(n_workers=-1)["workers"]:
                time.sleep(0.05)
        return fetch(self, result, k)

    with two_workers() as client:
        no_common_folder(monkeypatch)
        monkeypatch.setattr(elsewhere._Counting, "_fetch", kill_first)
        assert trained([text], dask=client, **OPTIONS) == expected
        assert killed


def test_ctrl_c(text: str, client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is left behind; the cluster can be used again."""
    monkeypatch.setattr(elsewhere, "count_template", lambda path, job, k: time.sleep(5))
    timer = threading.Timer(2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        pylm.train([text], dask=client, output=tmp_path / "m", **OPTIONS)
    assert not os.listdir(tmp_path)


def test_errors(text: str, client, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pylm.ArgumentError, match="size and kernel are not for dask"):
        pylm.train([text], dask=client, size="100K")
    with pytest.raises(pylm.ArgumentError, match="size and kernel are not for dask"):
        pylm.train([text], dask=client, tokenizer="words", kernel=pylm.KernelOptions())
    with pytest.raises(pylm.ArgumentError, match="dask must be True"):
        pylm.train([text], dask=7)
    monkeypatch.setattr(elsewhere, "count_template", lambda path, job, k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pylm.train([text], dask=client, **OPTIONS)


def test_too_little_memory(text: str, client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker says what it needs."""
    count = elsewhere.count_template

    def with_little(path: str, job: bytes, k: int) -> object:
        elsewhere.MEMORY_SHARE = 1e-6
        try:
            return count(path, job, k)
        finally:
            elsewhere.MEMORY_SHARE = 0.8

    monkeypatch.setattr(elsewhere, "count_template", with_little)
    with pytest.raises(pylm.ArgumentError, match="give workers more memory, or fewer threads"):
        pylm.train([text], dask=client, **OPTIONS)


def test_a_damaged_result(text: str, client, monkeypatch: pytest.MonkeyPatch) -> None:
    count = elsewhere.count_template

    def damaged(path: str, job: bytes, k: int) -> object:
        result = count(path, job, k)
        with open(f"{path}.{k}", "r+b") as file:
            file.seek(200)
            file.write(b"?")
        return result

    monkeypatch.setattr(elsewhere, "count_template", damaged)
    with pytest.raises(pylm.PylmError, match="what a Dask worker counted came back damaged"):
        pylm.train([text], dask=client, **OPTIONS)
