"""Store files: damage is found, and whatever happens while one is written, what was there is not lost."""

from __future__ import annotations

import bz2
import hashlib
import io
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from texts import make_text, random_numbers

import pylm
from pylm._core.files import exclusive
from pylm.store import file

TEXTS = [make_text(300, seed=seed).encode() for seed in range(30)]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("content") / "s"
    pylm.count(TEXTS[:3], path)
    return path.read_bytes()


def read(path: Path, content: bytes) -> list[bytes]:
    path.write_bytes(content)
    return [text for text in pylm.Store(path)]  # not list(), which believes len() before anything is checked


# ---- damage


def test_every_truncation_is_refused(content: bytes, tmp_path: Path) -> None:
    for n in [*range(0, 400), *range(400, len(content), 31)]:
        with pytest.raises(pylm.StoreFormatError):
            read(tmp_path / "s", content[:n])
    with pytest.raises(pylm.StoreDamagedError, match="copy the file again"):
        read(tmp_path / "s", content[:-1])
    with pytest.raises(pylm.StoreDamagedError, match="something was added"):
        read(tmp_path / "s", content + b"x")


def test_every_flipped_byte_is_refused(content: bytes, tmp_path: Path) -> None:
    numbers = random_numbers(1)
    for at in [*range(0, 310), *range(310, len(content), 13)]:
        damaged = bytearray(content)
        damaged[at] ^= 1 << next(numbers) % 8
        with pytest.raises(pylm.StoreFormatError):
            read(tmp_path / "s", bytes(damaged))


def test_numbers_that_do_not_agree_are_refused(content: bytes, tmp_path: Path) -> None:
    """Damage whose checksums are right, as only somebody who wants to do harm makes it."""

    def sign(store: bytearray) -> bytes:
        store[128 + 144 : 128 + 176] = hashlib.sha256(store[128 : 128 + 144] + store[128 + 176 :]).digest()
        store[96:128] = hashlib.sha256(store[:96]).digest()
        return bytes(store)

    assert read(tmp_path / "s", sign(bytearray(content)))
    for at in [*range(16, 64, 8), *range(128, 128 + 48, 8), 64, 128 + 48, 128 + 80, 128 + 112]:
        for number in (0, 1, 2, 4, 1 << 31, 1 << 61, (1 << 64) - 1):
            damaged = bytearray(content)
            damaged[at : at + 8] = number.to_bytes(8, "little")
            if damaged == content:
                continue
            with pytest.raises(pylm.StoreFormatError):
                read(tmp_path / "s", sign(damaged))


def store_of_zeros(path: Path, n: int) -> None:
    """A store of one document of n zeros, as nobody but an enemy writes it: short, and right in all it says."""
    packer, digest = bz2.BZ2Compressor(9), hashlib.sha256()
    coded = packer.compress(n.to_bytes(8, "little") + (1).to_bytes(8, "little"))
    for begin in range(0, n, 1 << 20):
        piece = bytes(min(n - begin, 1 << 20))
        digest.update(piece)
        coded += packer.compress(piece)
    coded += packer.flush()
    contents = hashlib.sha256(digest.digest() + (1).to_bytes(8, "little")).digest()
    block = file.BLOCK.pack(len(coded), 16 + n, 1, 1, n, n, digest.digest(), digest.digest(), contents, bytes(32))[:-32]
    block += hashlib.sha256(block + coded).digest()
    nbytes = file.HEAD.size + len(block) + len(coded)
    whole = hashlib.sha256(contents).digest()
    head = file.HEAD.pack(file.MAGIC, file.VERSION, file.BZIP2, nbytes, 1, 1, 1, n, n, whole, bytes(32))[:-32]
    path.write_bytes(head + hashlib.sha256(head).digest() + block + coded)


def test_a_short_store_does_not_become_a_long_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    store_of_zeros(path, 3_000_000)
    assert [text for text in pylm.Store(path)] == [bytes(3_000_000)]
    monkeypatch.setattr(file, "MOST_FREE", 1 << 20)
    store = pylm.Store(path)
    assert store.info.text_bytes == 3_000_000  # what the head says costs nothing
    with pytest.raises(pylm.TooLargeError, match="no text does"):
        store.verify()
    with pytest.raises(pylm.TooLargeError, match="no text does"):
        next(store.texts())
    with pytest.raises(pylm.TooLargeError, match="no text does"):
        pylm.count([bytes(3_000_000)], tmp_path / "t", documents="bytes")  # nothing is written that cannot be read
    assert not (tmp_path / "t").exists()


def test_listing_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "s"
    store_of_zeros(path, 100_000_000)
    tracemalloc.start()
    (entry,) = pylm.Store(path).entries()
    pylm.Store(path).verify()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert entry == (hashlib.sha256(bytes(100_000_000)).hexdigest(), 100_000_000, 1, bytes(256))
    assert most < 5_000_000


def test_entries_are_the_documents(tmp_path: Path) -> None:
    pylm.count([*TEXTS, b"", b"twice", b"twice"], tmp_path / "s")
    store = pylm.Store(tmp_path / "s")
    expected = [(d.sha256, len(d.text), d.copies, d.text[:256]) for d in store.documents()]
    assert list(store.entries()) == expected


@pytest.mark.parametrize("foreign", [b"", b"text", bytes(5000), b"\x93pylm\r\n\x1a" + bytes(500)])
def test_foreign_files(foreign: bytes, tmp_path: Path) -> None:
    with pytest.raises(pylm.StoreFormatError, match="only what `pylm count`") as caught:
        read(tmp_path / "s", foreign)
    assert str(tmp_path / "s") in str(caught.value)


def test_future_version(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(pylm.StoreVersionError, match="format version 2; this pylm reads version 1"):
        read(tmp_path / "s", content[:8] + b"\2" + content[9:])


def test_a_damaged_store_is_not_changed_and_no_store_is_overwritten(content: bytes, tmp_path: Path) -> None:
    path, damaged = tmp_path / "s", content[:-9] + b"\0" + content[-8:]
    path.write_bytes(damaged)
    store = pylm.Store(path)
    for change in (lambda: store.add([b"new"]), lambda: store.forget([TEXTS[0]])):
        with pytest.raises(pylm.StoreDamagedError):
            change()
        assert path.read_bytes() == damaged and list(tmp_path.iterdir()) == [path]


def test_the_bytes_of_the_format(tmp_path: Path) -> None:
    """The format, and the compressor, give these bytes on every machine: a change needs another version."""
    pylm.count([b"a document", b"another", b"another", b""], tmp_path / "s")
    assert pylm.Store(tmp_path / "s").info.contents == GOLDEN_CONTENTS
    pylm.count([make_text(20_000)], tmp_path / "t")
    assert hashlib.sha256((tmp_path / "t").read_bytes()).hexdigest() == GOLDEN_FILE


GOLDEN_CONTENTS = "5b01d8cf0edf1355d66216b2e8761d93a393ff21e2968b132e32a3e18cc94bb9"
GOLDEN_FILE = "a9845855d6209155ee542a99fadb03d51873508d832df50da399784c3e01cf6f"


# ---- writing


def python(code: str, *arguments: object, status: int | None = 0) -> subprocess.CompletedProcess:
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parent,  # where there is no pylm but the installed one
    )
    assert status is None or run.returncode == status, run.stderr
    return run


FULL_DISK = """
import resource, sys, pylm
path, text = sys.argv[1:]
pylm.count([b"old"], path)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    pylm.count([text], path)
except OSError as error:
    print(error.filename, error.strerror)
assert list(pylm.Store(path)) == [b"old"]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no way to limit file sizes")
def test_full_disk(tmp_path: Path) -> None:
    path, text = tmp_path / "s", tmp_path / "text"
    text.write_text(make_text(30_000))
    run = python(FULL_DISK, path, text)
    assert run.stdout.startswith(f"{path} File too large; what was counted is kept in {path}.parts: make room")
    pylm.count(text, path)
    assert sorted(tmp_path.iterdir()) == [path, text]


FULL_DISK_LATER = """
import random, resource, sys, pylm
from pathlib import Path
path, text = sys.argv[1:]
documents = [random.Random(i).randbytes(30_000) for i in range(3)]
open(text, "wb").write(documents[2])
store = pylm.count(documents[:2], path)
before = open(path, "rb").read()
changes = {
    "add texts": lambda: store.add(documents[2:]),
    "add files": lambda: store.add([Path(text)], documents="bytes"),
    "forget": lambda: store.forget(documents[:1]),
    "merge": lambda: pylm.merge([path, path], path),
}
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
for name, change in changes.items():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, unlimited[1]))
    try:
        change()
    except OSError as error:
        print(name, error.strerror.split(";")[0])
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert open(path, "rb").read() == before
    change()
    assert open(path, "rb").read() != before
    open(path, "wb").write(before)
    store = pylm.Store(path)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no way to limit file sizes")
def test_full_disk_changes_nothing(tmp_path: Path) -> None:
    """Whatever does not fit is not there at all, and can be done when there is room."""
    run = python(FULL_DISK_LATER, tmp_path / "s", tmp_path / "text")
    assert run.stdout.splitlines() == [
        f"{name} File too large" for name in ("add texts", "add files", "forget", "merge")
    ]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "s", tmp_path / "text"]


OPERATIONS = """
import pylm
from pathlib import Path
from pylm.store.counting import count_into

def texts(folder):
    return sorted(Path(folder).glob("*.txt"))

def count(folder):
    count_into(f"{folder}/s", texts(folder), shard_nbytes=5000)

def add(folder):
    pylm.Store(f"{folder}/s").add(texts(folder))

def add_texts(folder):
    pylm.Store(f"{folder}/s").add([path.read_bytes() for path in texts(folder)])

def forget(folder):
    pylm.Store(f"{folder}/s").forget([b"old"])

def merge(folder):
    pylm.merge([f"{folder}/s", f"{folder}/s"], f"{folder}/s")
"""

DIES = (
    OPERATIONS
    + """
import os, sys
folder, at, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
calls = 0

def dying(function):
    def wrapped(*arguments, **settings):
        global calls
        calls += 1
        if calls == at:
            os._exit(9)
        return function(*arguments, **settings)
    return wrapped

for name in ("fsync", "replace", "unlink", "mkdir", "rmdir"):
    setattr(os, name, dying(getattr(os, name)))
globals()[kind](folder)
"""
)


@pytest.mark.parametrize("kind", ["count", "add", "add_texts", "forget", "merge"])
def test_killed_at_any_moment(tmp_path: Path, kind: str) -> None:
    """The process ends at every call that changes something on the disk, one after the other: the store is as before
    or as after, and the same call brings it to its end."""
    folder, operations = tmp_path / "f", {}
    exec(OPERATIONS, operations)
    folder.mkdir()
    texts = TEXTS[:4]
    for i, text in enumerate(texts):
        (folder / f"{i}.txt").write_bytes(text)
    after = {"count": texts, "forget": [], "merge": [b"old", b"old"]}.get(kind, [*texts, b"old"])
    pylm.count(after, tmp_path / "expected")
    pylm.count([b"old"], tmp_path / "old")
    old, expected = (tmp_path / "old").read_bytes(), (tmp_path / "expected").read_bytes()
    for at in range(1, 1000):
        (folder / "s").write_bytes(old)
        run = python(DIES, folder, at, kind, status=None)
        assert (folder / "s").read_bytes() in (old, expected)
        if run.returncode == 0:
            break
        assert run.returncode == 9, run.stderr
        (folder / "s").write_bytes(old)
        operations[kind](folder)
        assert (folder / "s").read_bytes() == expected
        assert sorted(path.name for path in folder.iterdir()) == ["0.txt", "1.txt", "2.txt", "3.txt", "s"]
    assert at > 4 and (folder / "s").read_bytes() == expected


INTERRUPTED = """
import os, signal, sys
import pylm.store.counting as counting
from pylm.cli import main
counted, at = 0, int(sys.argv[1])
count_shard, cut = counting.count_shard, counting.cut

def watched(shard, file, step):
    global counted
    counted += 1
    if counted == at:
        os.kill(os.getpid(), signal.SIGINT)
    count_shard(shard, file, step)

counting.count_shard = watched
counting.cut = lambda paths, documents, column, _: cut(paths, documents, column, 5000)
status = main(["count", *sys.argv[3:], "-o", sys.argv[2]])
print(counted, "shards")
sys.exit(status)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_ctrl_c_keeps_what_was_counted(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.txt" for i in range(len(TEXTS))]
    for path, text in zip(paths, TEXTS, strict=False):
        path.write_bytes(text)
    store = tmp_path / "s"
    run = python(INTERRUPTED, 3, store, *paths, status=130)
    assert f"what was counted is kept in {store}.parts" in run.stderr and run.stdout == "3 shards\n"
    assert not store.exists()
    with pytest.raises(pylm.ArgumentError, match="what was counted of 30 files .* never finished.*fresh=True"):
        pylm.count(paths[:3], store)
    with pytest.raises(pylm.ArgumentError, match="never finished"):
        pylm.count([b"a text"], store)
    run = python(INTERRUPTED, -1, store, *paths[::-1])
    all_shards = int(python(INTERRUPTED, -1, tmp_path / "t", *paths).stdout.split("\n")[-2].split()[0])
    assert run.stdout.split("\n")[-2] == f"{all_shards - 2} shards"
    assert store.read_bytes() == (tmp_path / "t").read_bytes()
    assert sorted(pylm.Store(store)) == sorted(TEXTS)
    assert not (tmp_path / "s.parts").exists()


def test_what_never_finished_can_be_given_up(tmp_path: Path) -> None:
    parts = tmp_path / "s.parts"
    parts.mkdir()
    (parts / "plan.json").write_text("{")
    (parts / "00000000").write_text("not a segment")
    (tmp_path / "text").write_text("some text")
    with pytest.raises(pylm.ArgumentError, match="never finished"):
        pylm.count(tmp_path / "text", tmp_path / "s")
    assert list(pylm.count(tmp_path / "text", tmp_path / "s", fresh=True)) == [b"some text"]
    assert not parts.exists()


def test_a_damaged_part_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pylm.store.counting as counting

    (tmp_path / "text").write_text("some text")
    write_store = counting.write_store
    monkeypatch.setattr(counting, "write_store", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        pylm.count(tmp_path / "text", tmp_path / "s")
    monkeypatch.setattr(counting, "write_store", write_store)
    segment = tmp_path / "s.parts" / "00000000"
    segment.write_bytes(segment.read_bytes()[:-1] + b"X")
    with pytest.raises(pylm.StoreDamagedError, match="00000000.*given up by fresh=True"):
        pylm.count(tmp_path / "text", tmp_path / "s")
    assert list(pylm.count(tmp_path / "text", tmp_path / "s", fresh=True)) == [b"some text"]


def test_a_file_that_changes_is_no_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pylm.store.counting as counting

    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        path.write_bytes(b"some text")
    count_shard = counting.count_shard

    def changing(shard, file, step) -> None:
        paths[1].write_bytes(b"longer than it was")
        count_shard(shard, file, step)

    monkeypatch.setattr(counting, "count_shard", changing)
    with pytest.raises(pylm.ArgumentError, match="changed while it was being counted"):
        pylm.count(paths, tmp_path / "s")
    assert not (tmp_path / "s").exists()


# ---- two at a time


def test_two_writers_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "s"
    store = pylm.count([b"old"], path)
    before = path.read_bytes()
    with exclusive(path):
        for write in (
            lambda: pylm.count([b"new"], path),
            lambda: pylm.merge([path], path),
            lambda: store.add([b"new"]),
            lambda: store.forget([b"old"]),
        ):
            with pytest.raises(pylm.BusyError, match="is being written by another pylm.*wait until"):
                write()
        assert list(pylm.Store(path)) == [b"old"]  # reading needs no lock
        run = python(
            "import sys; from pylm.cli import main; sys.exit(main(sys.argv[1:]))", "merge", path, "-o", path, status=1
        )
        assert "is being written by another pylm" in run.stderr
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    store.add([b"new"])


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "s"
    python(
        "import os, sys\nfrom pylm._core.files import exclusive\nwith exclusive(sys.argv[1]): os._exit(9)",
        path,
        status=9,
    )
    assert (tmp_path / "s.lock").exists()
    pylm.count([b"text"], path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_keeps_what_it_has_opened(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("a mapped file is not replaced there")
    old = pylm.count([b"old"], tmp_path / "s")
    pylm.count([b"new"], tmp_path / "s")
    assert list(old) == [b"old"] and list(pylm.Store(tmp_path / "s")) == [b"new"]


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no devices here")
def test_a_store_is_an_ordinary_file(tmp_path: Path) -> None:
    for path in ("/dev/null", tmp_path):
        with pytest.raises(pylm.ArgumentError, match="no ordinary file"):
            pylm.count([b"text"], path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_are_read_once(tmp_path: Path) -> None:
    from threading import Thread

    os.mkfifo(tmp_path / "pipe")
    writer = Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"from a pipe"))
    writer.start()
    assert list(pylm.count([tmp_path / "pipe"], tmp_path / "s")) == [b"from a pipe"]
    writer.join()


def test_who_gives_up_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of bzip2 can take seconds."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(*_: object) -> list[bytes]:
        begun.set()
        go_on.wait(5)
        ended.set()
        return []

    monkeypatch.setattr(file, "compressed", slow)
    with pytest.raises(KeyboardInterrupt), file.StoreWriter(io.BytesIO()) as writer:
        writer.add(file.Document(bytes(32), b"a text", 1))
        writer._end_block()
        begun.wait(5)
        raise KeyboardInterrupt
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(5)
