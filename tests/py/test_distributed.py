"""Counting on a real Dask cluster of this machine: the same bytes, also if a worker is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import two_workers
from texts import make_text

import pylm
from pylm.store import distributed as counting
from pylm.store import file
from pylm.store.counting import count_into
from pylm.store.unfinished import Parts

pytestmark = pytest.mark.filterwarnings("ignore")  # those of other packages are not our affair

N = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dask")
    for i in range(N):
        (folder / f"{i:02}.txt").write_text(make_text(300, seed=i))
    pylm.count(sorted(folder.glob("*.txt")), folder / "expected")
    pylm.count(sorted(folder.glob("*.txt")), folder / "expected lines", documents="lines")
    return folder


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process of its own."""
    with two_workers() as client:
        yield client


def count(folder: Path, where, name: str = "s", **settings) -> bytes:
    """Counts in shards of one file, or part of a file, each."""
    count_into(str(folder / name), sorted(folder.glob("*.txt")), dask=where, shard_nbytes=500, **settings)
    return (folder / name).read_bytes()


def test_the_same_bytes(folder: Path, client) -> None:
    assert count(folder, client) == (folder / "expected").read_bytes()
    address = client.scheduler_info()["address"]
    assert count(folder, address, documents="lines") == (folder / "expected lines").read_bytes()
    pylm.Store(folder / "s").forget(sorted(folder.glob("*.txt")), documents="lines")
    pylm.Store(folder / "s").add(sorted(folder.glob("*.txt")), dask=client)
    assert (folder / "s").read_bytes() == (folder / "expected").read_bytes()


def test_a_cluster_of_its_own(folder: Path) -> None:
    """What `pylm count --dask` begins and ends."""
    texts = sorted(map(str, folder.glob("*.txt")))
    run = subprocess.run(
        [sys.executable, "-m", "pylm", "count", *texts, "-o", str(folder / "own"), "--dask"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    assert (folder / "own").read_bytes() == (folder / "expected").read_bytes()


def test_parquet(folder: Path, client) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = [path.read_text() for path in sorted(folder.glob("*.txt"))]
    parquet.write_table(pyarrow.table({"text": texts}), folder / "p.parquet", row_group_size=3)
    count_into(str(folder / "s"), folder / "p.parquet", documents="parquet", dask=client, shard_nbytes=500)
    assert (folder / "s").read_bytes() == (folder / "expected").read_bytes()


def die_once(marker: str, number: int) -> None:
    """On a worker: makes its process end in the middle of one shard, if no other worker did so before."""
    import os
    import signal

    from pylm.store import distributed as counting

    count_shard = counting.count_shard

    def dying(shard, file, step):
        if shard.pieces[0].file.path.endswith(f"{number:02}.txt") and not os.path.exists(marker):
            file.write(b"half of a segment")
            open(marker, "w").close()
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        count_shard(shard, file, step)

    counting.count_shard = dying


def test_a_worker_is_lost(folder: Path, tmp_path: Path) -> None:
    """It kills itself within a shard; what it had counted and not handed over is lost with it."""
    marker = tmp_path / "killed"
    with two_workers() as client:
        before = set(client.run(os.getpid).values())
        assert len(before) == 2 and os.getpid() not in before
        client.run(die_once, str(marker), N // 2)
        assert count(folder, client) == (folder / "expected").read_bytes()
        assert marker.exists()


def test_a_worker_is_killed_from_outside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the third segment, whatever it is doing then."""
    with two_workers() as client:
        victim = sorted(client.run(os.getpid).values())[0]
        take, done = counting._take, []

        def killing(parts: Parts, i: int, segment: bytes | None) -> bool:
            done.append(i)
            if len(done) == 3:
                os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))
            return take(parts, i, segment)

        monkeypatch.setattr(counting, "_take", killing)
        assert count(folder, client) == (folder / "expected").read_bytes()
        assert len(done) == N


def test_goes_on_with_what_was_counted_elsewhere(folder: Path, client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted on the cluster, finished here."""
    take, done = counting._take, []

    def interrupted(parts: Parts, i: int, segment: bytes | None) -> bool:
        done.append(i)
        if len(done) == 5:
            raise KeyboardInterrupt
        return take(parts, i, segment)

    monkeypatch.setattr(counting, "_take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        count(folder, client, "t")
    assert 4 <= len(list((folder / "t.parts").glob("0*"))) < N  # workers have written some that were not taken
    assert count(folder, None, "t") == (folder / "expected").read_bytes()


def test_workers_that_still_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a run that was interrupted: they rename what they wrote while the folder is swept, or removed."""
    plan = {"files": 1, "bytes": 1, "documents": "files", "shards": 1}
    parts = Parts(str(tmp_path / "s"), plan, fresh=False)
    begun = parts.folder / "00000000.1.new"
    begun.write_bytes(b"")
    unlink, rmdir = os.unlink, os.rmdir

    def renamed(path, *args, **settings) -> None:
        if begun.exists():
            begun.rename(parts.segment(parts.folder, 0))
        (rmdir if os.path.isdir(parts.folder / path) else unlink)(path, *args, **settings)

    monkeypatch.setattr(os, "unlink", renamed)
    Parts(str(tmp_path / "s"), plan, fresh=False)
    assert parts.has(0) and not begun.exists()
    begun.write_bytes(b"")
    monkeypatch.setattr(os, "rmdir", renamed)
    parts.remove()
    assert not parts.folder.exists()


# ---- merging, and where things lie


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "RANGE_NBYTES", 1500)


def die_once_merging(marker: str) -> None:
    """On a worker: makes its process end within a range, if no other worker did so before."""
    import os
    import signal

    from pylm.store import distributed as counting

    merge = counting.merge_into

    def dying(writer, stores, step, **settings):
        merge(writer, stores, step, **settings)
        if not os.path.exists(marker):
            open(marker, "w").close()
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    counting.merge_into = dying


def test_a_worker_is_lost_while_it_merges(folder: Path, small_ranges: None, tmp_path: Path) -> None:
    with two_workers() as client:
        client.run(die_once_merging, str(tmp_path / "killed"))
        assert count(folder, client) == (folder / "expected").read_bytes()
        assert (tmp_path / "killed").exists()


def merges(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many stores each merge here is made of: one if a worker has merged a range."""
    merge, found = counting.merge_into, []

    def noticed(writer, stores, step, **settings) -> None:
        found.append(len(stores))
        merge(writer, stores, step, **settings)

    monkeypatch.setattr(counting, "merge_into", noticed)
    return found


def test_ranges_are_merged_by_workers(
    folder: Path, client, small_ranges: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = merges(monkeypatch)
    assert count(folder, client) == (folder / "expected").read_bytes()
    assert len(found) > 5 and set(found) == {1}
    texts = sorted(folder.glob("*.txt"))
    for i in range(3):
        pylm.count(texts[i::3], tmp_path / str(i), documents="lines")
    pylm.merge([tmp_path / str(i) for i in range(3)], tmp_path / "all", dask=client)
    assert (tmp_path / "all").read_bytes() == (folder / "expected lines").read_bytes()
    pylm.merge([tmp_path / "all", tmp_path / "all"], tmp_path / "twice", dask=client)
    assert len(pylm.Store(tmp_path / "twice")) == 2 * len(pylm.Store(tmp_path / "all"))


def test_large_blocks_are_cut_at_the_ends_of_ranges(
    folder: Path, client, small_ranges: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many blocks as documents, some blocks, or one: the ranges have nothing to do with them."""
    texts = sorted(folder.glob("*.txt"))
    for shift in (64, 64 - 9, 64 - 12):
        monkeypatch.setattr(file, "BLOCK_SHIFT", shift)
        client.run(lambda shift=shift: setattr(__import__("pylm.store.file").store.file, "BLOCK_SHIFT", shift))
        pylm.count(texts, folder / "here", documents="lines")
        assert count(folder, client, documents="lines") == (folder / "here").read_bytes()
    client.run(lambda: setattr(__import__("pylm.store.file").store.file, "BLOCK_SHIFT", 64 - 20))


def test_without_a_common_folder(folder: Path, client, small_ranges: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers see the texts, but not where the store is made; or another folder of its name."""
    found = merges(monkeypatch)
    for stale in (False, True):
        found.clear()
        client.run(hide, str(folder / "s.parts"), stale)
        assert count(folder, client, "s") == (folder / "expected").read_bytes()
        assert set(found) == {N}
    client.run(lambda: __import__("importlib").reload(__import__("pylm.store.distributed").store.distributed) and None)


def hide(path: str, stale: bool) -> None:
    """On a worker: hides a folder, or lets it look as if it were another one."""
    from pylm.store import distributed as counting
    from pylm.store import shards

    def look_at(name: str):
        if str(name).startswith(path):
            if not stale:
                raise FileNotFoundError(name)
            return shards.look_at(name)._replace(changed=1)
        return shards.look_at(name)

    counting.look_at = look_at
    counting.Place.is_here = lambda self: False


def test_a_segment_that_does_not_appear_is_counted_again(folder: Path, client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network's file system may be late."""
    has, seen = Parts.has, []

    def late(self: Parts, i: int) -> bool:
        seen.append(i)
        return has(self, i) and seen.count(i) != 2

    monkeypatch.setattr(Parts, "has", late)
    assert count(folder, client, "v") == (folder / "expected").read_bytes()
    assert max(map(seen.count, range(N))) == 3


def test_errors(folder: Path, client) -> None:
    (folder / "not.parquet").write_text("text")
    with pytest.raises(pylm.ArgumentError, match="True, the address of a scheduler"):
        count(folder, 7, "u", fresh=True)
    with pytest.raises(pylm.ArgumentError, match="no Dask scheduler answers"):
        count(folder, "nonsense://nowhere", "u", fresh=True)
    client.run(lambda: setattr(__import__("pylm.store.distributed").store.distributed, "count_shard", None))
    with pytest.raises(TypeError):
        count(folder, client, "u", fresh=True)
