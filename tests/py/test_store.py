"""Stores: exact, additive, and the same bytes however they came about."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from texts import make_text, random_numbers

import pylm
from pylm.store.counting import count_into
from pylm.store.file import digest_of, ends_block
from pylm.store.shards import cut, texts_of


def make_documents(n: int, seed: int = 1) -> list[bytes]:
    """Documents of all kinds: long and short ones, one that is empty, some that are there several times."""
    text, numbers = make_text(3000, seed=seed).encode(), random_numbers(seed)
    result = [b"", b"\xc3\xa4\xff\n", b"twice", b"twice"]
    while len(result) < n:
        begin, size = next(numbers) % len(text), next(numbers) % 3000
        result.append(text[begin : begin + size])
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 files, and the store of all of them."""
    folder = tmp_path_factory.mktemp("store")
    for i, text in enumerate(DOCUMENTS):
        (folder / f"{i:03}.txt").write_bytes(text)
    (folder / "long.txt").write_bytes(LONG)
    pylm.count(sorted(folder.glob("*.txt")), folder / "all.store")
    return folder


DOCUMENTS = make_documents(200)
LONG = b"".join(make_text(5000, seed=seed).encode() for seed in range(32))  # ends a block of its own
ALL = [*DOCUMENTS, LONG]


def test_a_store_has_what_was_counted(folder: Path) -> None:
    store = pylm.Store(folder / "all.store")
    assert sorted(store) == sorted(ALL)
    assert [d.sha256 for d in store.documents()] == sorted({hashlib.sha256(text).hexdigest() for text in ALL})
    assert {d.text: d.copies for d in store.documents()} == {text: ALL.count(text) for text in ALL}
    info = store.info
    assert (info.documents, info.copies) == (len(set(ALL)), len(ALL)) and len(store) == len(ALL)
    assert info.text_bytes == sum(map(len, set(ALL))) and info.total_bytes == sum(map(len, ALL))
    assert info.bytes == (folder / "all.store").stat().st_size < info.text_bytes / 3
    assert b"twice" in store and "twice" in store and b"" in store and b"not there" not in store
    with pytest.raises(TypeError, match="a document must be a text"):
        _ = 7 in store
    store.verify()
    assert "all.store" in repr(store)
    with store as opened:
        assert opened is store
    for use in (lambda: len(store), lambda: list(store), lambda: store.add([b"x"]), lambda: store.build()):
        with pytest.raises(pylm.ArgumentError, match="closed"):
            use()
    assert "closed" in repr(store)


def test_the_order_and_the_kind_of_source_do_not_matter(folder: Path, tmp_path: Path) -> None:
    content = (folder / "all.store").read_bytes()
    paths = sorted(folder.glob("*.txt"))
    for i, source in enumerate([paths[::-1], [str(path) for path in paths], ALL, iter(ALL[::-1]), [LONG, *paths[:-1]]]):
        pylm.count(source, tmp_path / "other", threads=i % 3 + 1)
        assert (tmp_path / "other").read_bytes() == content
    assert list(tmp_path.iterdir()) == [tmp_path / "other"]


@pytest.mark.parametrize("n", [2, 3, 7])
def test_any_split_merges_to_the_same_bytes(folder: Path, tmp_path: Path, n: int) -> None:
    numbers = random_numbers(n)
    shards: list[list[bytes]] = [[] for _ in range(n)]
    for text in ALL:
        shards[next(numbers) % n].append(text)
    for i, shard in enumerate(shards):
        pylm.count(shard, tmp_path / str(i))
    pylm.merge([tmp_path / str(i) for i in range(1, n)], tmp_path / "some")
    merged = pylm.merge([tmp_path / "some", pylm.Store(tmp_path / "0")], tmp_path / "0")  # into one of them
    assert (tmp_path / "0").read_bytes() == (folder / "all.store").read_bytes()
    assert merged.info.contents == pylm.Store(folder / "all.store").info.contents


@pytest.mark.parametrize("shard_nbytes", [1, 5000, 200_000])
def test_the_size_of_shards_does_not_matter(folder: Path, tmp_path: Path, shard_nbytes: int) -> None:
    count_into(str(tmp_path / "s"), sorted(folder.glob("*.txt")), shard_nbytes=shard_nbytes)
    assert (tmp_path / "s").read_bytes() == (folder / "all.store").read_bytes()


def test_much_text_is_cut_into_larger_shards_not_into_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths = sorted(folder.glob("*.txt"))
    monkeypatch.setattr("pylm.store.shards.MANY_SHARDS", 20)
    assert 1 < len(cut(paths, "files", None, 1)) <= 21 < len(paths)
    monkeypatch.setattr("pylm.store.shards.TALLY_NBYTES", 900)  # then more of them does not fit into memory
    count_into(str(tmp_path / "s"), paths, shard_nbytes=1)
    assert (tmp_path / "s").read_bytes() == (folder / "all.store").read_bytes()


def test_blocks_that_nothing_changes_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pylm.store.file import StoreWriter

    store = tmp_path / "s"
    store.write_bytes((folder / "all.store").read_bytes())
    copied, copy = [], StoreWriter.copy
    monkeypatch.setattr(StoreWriter, "copy", lambda self, block: (copied.append(block), copy(self, block)))
    assert ends_block(digest_of(LONG), len(LONG))
    behind = next(text for text in map(str, range(100)) if digest_of(text.encode()) > digest_of(LONG))
    pylm.Store(store).add([behind])
    assert digest_of(LONG) in [block.last for block in copied]
    pylm.Store(store).forget([behind])
    assert store.read_bytes() == (folder / "all.store").read_bytes()


def test_add_and_forget_leave_no_trace(folder: Path, tmp_path: Path) -> None:
    path, content = tmp_path / "s", (folder / "all.store").read_bytes()
    path.write_bytes(content)
    store = pylm.Store(path)
    (tmp_path / "more.txt").write_bytes(b"read from a file")
    store.add([b"new", b"twice", LONG])
    store.add(tmp_path / "more.txt")
    assert len(store) == len(ALL) + 4 and b"read from a file" in store
    assert {d.text: d.copies for d in store.documents()}[b"twice"] == 3
    assert path.read_bytes() != content
    store.forget([b"new", LONG], sha256=[hashlib.sha256(b"twice").hexdigest().upper()])
    store.forget([tmp_path / "more.txt"])
    assert path.read_bytes() == content
    for text in (b"", ALL[50], LONG):
        store.forget([text])
        store.add([text])
        assert path.read_bytes() == content
    store.forget(ALL)
    assert len(store) == 0 and list(store) == [] and store.info.total_bytes == 0
    pylm.count([], tmp_path / "empty")
    assert path.read_bytes() == (tmp_path / "empty").read_bytes()
    with pytest.raises(pylm.EmptyTextError):
        store.build()


def test_what_is_not_there_cannot_be_forgotten(folder: Path, tmp_path: Path) -> None:
    path, content = tmp_path / "s", (folder / "all.store").read_bytes()
    path.write_bytes(content)
    store = pylm.Store(path)
    with pytest.raises(pylm.ArgumentError, match="has no document of SHA-256 .* nothing was changed"):
        store.forget([b"twice", b"not there"])
    with pytest.raises(pylm.ArgumentError, match="2 times, not 3; nothing was changed"):
        store.forget([b"twice"] * 3)
    with pytest.raises(pylm.ArgumentError, match="64 hexadecimal digits"):
        store.forget(sha256=["abc"])
    assert path.read_bytes() == content and sorted(store) == sorted(ALL)
    assert list(tmp_path.iterdir()) == [path]


# ---- what a document is


def test_lines(tmp_path: Path) -> None:
    text = "one\n\n  \t\ntwo\r\none\nüñ\x85\u2028still\n" + "long " * 100 + "\nthe last has no end"
    (tmp_path / "a.txt").write_bytes(text.encode())
    expected = [line + b"\n" for line in text.encode().split(b"\n") if line.strip()]
    expected[-1] = b"the last has no end"
    store = pylm.count(tmp_path / "a.txt", tmp_path / "s", documents="lines")
    assert sorted(store) == sorted(expected)
    for source in ([text], [text.encode()], [memoryview(text.encode())]):
        pylm.count(source, tmp_path / "t", documents="lines")
        assert (tmp_path / "t").read_bytes() == (tmp_path / "s").read_bytes()
    for shard_nbytes in range(1, len(text) + 9):  # ranges of a file that begin anywhere in a line
        found = [texts_of(shard) for shard in cut([tmp_path / "a.txt"], "lines", None, shard_nbytes)]
        assert [text for texts in found for text, _ in texts if text] == expected
    count_into(str(tmp_path / "t"), tmp_path / "a.txt", documents="lines", shard_nbytes=61)
    assert (tmp_path / "t").read_bytes() == (tmp_path / "s").read_bytes()


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = ["some text", "ü", None, "", *(text.decode("latin-1") for text in DOCUMENTS[10:60])]
    numbers = list(range(len(texts)))
    parquet.write_table(pyarrow.table({"n": numbers, "t": texts}), tmp_path / "a.parquet", row_group_size=7)
    for i, shard_nbytes in enumerate([1, 3000, 1 << 20]):
        count_into(str(tmp_path / f"{i}"), tmp_path / "a.parquet", documents="parquet", shard_nbytes=shard_nbytes)
    store = pylm.Store(tmp_path / "0")
    assert sorted(store) == sorted(text.encode() for text in texts if text)
    for kind in (pyarrow.large_string(), pyarrow.binary(), pyarrow.dictionary(pyarrow.int32(), pyarrow.string())):
        column = pyarrow.array([t.encode() if t and kind == pyarrow.binary() else t for t in texts]).cast(kind)
        parquet.write_table(pyarrow.table({"x": texts, "t": column}), tmp_path / "b.parquet")
        pylm.count(tmp_path / "b.parquet", tmp_path / "1", documents="parquet", column="t")
        assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    with pytest.raises(pylm.ArgumentError, match="there are: x, t"):
        pylm.count(tmp_path / "b.parquet", tmp_path / "1", documents="parquet")
    with pytest.raises(pylm.ArgumentError, match="no column 'n' of texts; there are: t"):
        pylm.count(tmp_path / "a.parquet", tmp_path / "1", documents="parquet", column="n")
    with pytest.raises(pylm.ArgumentError, match="not a parquet file"):
        pylm.count(tmp_path / "0", tmp_path / "1", documents="parquet")
    store.forget(tmp_path / "a.parquet", documents="parquet")
    assert len(store) == 0


def test_arguments(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for source, settings, says in [
        (["a"], {"documents": "words"}, "documents must be one of 'files', 'lines', 'parquet', 'bytes'"),
        (["a"], {"column": "text"}, "documents='parquet'"),
        (["a"], {"documents": "parquet"}, "needs the paths"),
        (["a"], {"threads": 0}, "threads must be"),
        (["a"], {"dask": True}, "paths of files"),
    ]:
        with pytest.raises(pylm.ArgumentError, match=says):
            pylm.count(source, path, **settings)
    with pytest.raises(FileNotFoundError, match="put a text into a list"):
        pylm.count("a text", path)
    with pytest.raises(FileNotFoundError):
        pylm.count([tmp_path / "missing"], path)
    with pytest.raises(pylm.ArgumentError, match="lies in the folder"):
        pylm.count(tmp_path, path)
    with pytest.raises(TypeError, match="a store holds texts"):
        pylm.count([[1, 2, 3]], path)
    with pytest.raises(TypeError, match="stores must be several stores"):
        pylm.merge("a", path)
    with pytest.raises(pylm.ArgumentError, match="no stores"):
        pylm.merge([], path)
    (tmp_path / "text").write_text("precious")
    with pytest.raises(pylm.ArgumentError, match="is not a store"):
        pylm.count(["a"], tmp_path / "text")
    assert (tmp_path / "text").read_text() == "precious"
    assert list(tmp_path.iterdir()) == [tmp_path / "text"]


# ---- building


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=12)},
        {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=300)},
    ],
)
def test_build_is_train(tmp_path: Path, settings: dict) -> None:
    """In whatever order documents come to either."""
    texts = [*DOCUMENTS[:12], make_text(300)]
    store = pylm.count(texts[::-1], tmp_path / "s")
    expected = pylm.train(texts, **settings)._image.content()
    assert store.build(**settings)._image.content() == expected
    assert pylm.build(tmp_path / "s", threads=1, **settings)._image.content() == expected
    pylm.build(store, output=tmp_path / "m", memory="1G", **settings)
    assert (tmp_path / "m").read_bytes() == expected


def test_build_with_an_external_tokenizer(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    from texts import byte_level

    text = make_text(2000)
    tokenizer = byte_level(text, 300)
    store = pylm.count([text], tmp_path / "s")
    assert store.build(tokenizer=tokenizer)._image.content() == pylm.train([text], tokenizer=tokenizer)._image.content()


def test_build_refuses_what_train_refuses(tmp_path: Path) -> None:
    store = pylm.count(["some text"], tmp_path / "s")
    with pytest.raises(pylm.ArgumentError, match="min_count"):
        store.build(min_count=0)
    with pytest.raises(TypeError, match="no option 'colour'"):
        store.build(colour="blue")
