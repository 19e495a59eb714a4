"""What is given as a text: compressed files, encodings, folders, names; and what is none."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from texts import make_text

import pylm
from pylm import cli
from pylm._core import contents
from pylm.store import shards

TEXT = make_text(2000).encode()


def zstd() -> object:
    try:
        return contents._zstd("test")
    except pylm.MissingPackageError:
        pytest.skip("no zstd here")


COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": lambda data: zstd().compress(data)}


def content(model: pylm.Model) -> bytes:
    return bytes(model._image.content())


@pytest.fixture(scope="module")
def plain() -> bytes:
    return content(pylm.train([TEXT]))


# ---- compressed


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_compressed_files_are_read_as_text(kind: str, tmp_path: Path, plain: bytes) -> None:
    """By what is in them: the name does not matter. Several streams one after the other are one text."""
    compress = COMPRESSORS[kind]
    path, store = tmp_path / "text.dat", tmp_path / "s"
    path.write_bytes(compress(TEXT[:1000]) + compress(TEXT[1000:]))
    model = pylm.train(path)
    assert content(model) == content(pylm.train([str(path)])) == plain
    assert model.perplexity(path) == model.perplexity(TEXT)
    assert list(pylm.count([path], store)) == [TEXT]
    assert sorted(pylm.count([path], store, documents="lines")) == sorted(TEXT.splitlines(keepends=True))
    pylm.count([path], store).forget(path)
    path.write_bytes(compress(TEXT)[:-20])
    with pytest.raises(pylm.TextFormatError, match=r"text\.dat: this is compressed by .* its end is missing"):
        pylm.train(path)


def test_a_short_file_does_not_become_a_long_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_FREE", 1 << 20)
    path = tmp_path / "a"
    for n, is_text in ((1 << 20, True), (1 << 22, False)):
        path.write_bytes(gzip.compress(b"a" * n))
        if is_text:
            assert len(contents.text_of_file(path)) == n
            continue
        with pytest.raises(pylm.TextFormatError, match=r"a: its [\d,]+ bytes unpack to more than .* unpack it first"):
            contents.text_of_file(path)
    path.write_bytes(gzip.compress(gzip.compress(gzip.compress(TEXT))))
    assert bytes(contents.text_of_file(path)) == TEXT
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(pylm.TextFormatError, match="compressed more than 3 times"):
        contents.text_of_file(path)


def test_short_files_do_not_become_a_long_text_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one that is compressed several times: before, each time had a limit of its own."""
    monkeypatch.setattr(contents, "MOST_FREE", 1 << 20)
    for name in "abc":
        (tmp_path / name).write_bytes(gzip.compress(b"a" * 400_000))
    paths = [tmp_path / name for name in "abc"]
    assert len(pylm.count(paths[:2], tmp_path / "s")) == 2
    grown = r"c: with the 2 compressed files before it, [\d,]+ bytes unpack to more than"
    for call in (
        lambda: pylm.train(paths),
        lambda: pylm.count(paths, tmp_path / "s"),
        lambda: pylm.count(paths, tmp_path / "s", documents="lines"),
    ):
        with pytest.raises(pylm.TextFormatError, match=grown):
            call()
    twice = gzip.compress(gzip.compress(b"a" * (1 << 19)) + gzip.compress(b"a" * (1 << 20)))
    paths[0].write_bytes(twice)
    with pytest.raises(pylm.TextFormatError, match=f"a: its {len(twice):,} bytes unpack to more than"):
        pylm.train(paths[0])


def test_large_files_are_unpacked_to_a_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "IN_MEMORY", 1000)
    (tmp_path / "a").write_bytes(gzip.compress(TEXT))
    text = contents.text_of_file(tmp_path / "a")
    assert not isinstance(text, bytes) and bytes(text) == TEXT


def test_many_lines_are_counted_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(TEXT))
    pylm.count([tmp_path / "a"], tmp_path / "s", documents="lines")
    monkeypatch.setattr(shards, "TALLY_NBYTES", 5000)
    pylm.count([tmp_path / "a"], tmp_path / "t", documents="lines")
    assert (tmp_path / "s").read_bytes() == (tmp_path / "t").read_bytes()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "a").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    with pytest.raises(pylm.MissingPackageError, match=r"pip install 'pylm-engine\[zstd\]'"):
        pylm.train(tmp_path / "a")


# ---- encodings


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_byte_order_marks(encoding: str, tmp_path: Path) -> None:
    path, text = tmp_path / "a", "Ein Satz über Öl.\n" * 20
    path.write_bytes(text.encode(encoding))
    model = pylm.train([path])
    assert content(model) == content(pylm.train([text.encode()]))
    assert model.perplexity(path) == model.perplexity(text)
    assert sorted(pylm.count([path], tmp_path / "s", documents="lines")) == sorted(text.encode().splitlines(True))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("A line of text.\n".encode("utf-16-le"), "looks like UTF-16LE without a byte order mark"),
        ("A line of text.\n".encode("utf-16-be"), "looks like UTF-16BE"),
        ("Grüße aus Köln\n".encode("latin-1"), "another encoding than UTF-8, such as Latin-1; convert it"),
        (b"text\0text, text and text", "byte 4 is NUL"),
        (b"\xff\xfea\0b", "begins as UTF-16 does"),
        (b"PK\3\4 and more", "zip archive, or a document in one; unpack it first"),
        (b"%PDF-1.7\n", "a PDF; save its text"),
        (b"\x7fELF\2\1\1", "a program"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"PAR1....", "documents='parquet'"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, says: str, tmp_path: Path) -> None:
    """Everywhere, and inside compressed files; unless bytes are wanted."""
    words = pylm.train([TEXT], tokenizer="words")
    for content in (data, gzip.compress(data)):
        (tmp_path / "a").write_bytes(content)
        for use in (
            lambda path: pylm.train(path),
            lambda path: pylm.train([path], tokenizer="words"),
            lambda path: pylm.adapt(words, [path]),
            lambda path: pylm.count([path], tmp_path / "s"),
            lambda path: pylm.count([path], tmp_path / "s", documents="lines"),
            lambda path: words.perplexity(path),
            lambda path: pylm.report(words, path),
            lambda path: pylm.prune(words, path),
        ):
            with pytest.raises(pylm.TextFormatError, match=says):
                use(tmp_path / "a")
    model = pylm.train(tmp_path / "a", tokenizer="bytes")
    assert model.perplexity(tmp_path / "a") == model.perplexity(data)
    assert list(pylm.count([tmp_path / "a"], tmp_path / "t", documents="bytes")) == [data]


def test_few_bytes_that_are_not_utf_8_are_let_pass(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("Ä, Ö and Ü".encode() + b"\xff")
    assert pylm.train(tmp_path / "a").info.training["bytes"] == 14
    (tmp_path / "a").write_bytes(b"the end is cut \xc3")
    pylm.train(tmp_path / "a")


def test_files_of_pylm_are_refused(tmp_path: Path) -> None:
    model = pylm.train([TEXT], output=tmp_path / "model", sources=True)
    pylm.count([TEXT], tmp_path / "store")
    state, keyboard = model.state(learn=True), pylm.Keyboard(model)
    state.save(tmp_path / "state")
    keyboard.save(tmp_path / "keyboard")
    with tarfile.open(tmp_path / "archive", "w:gz") as archive:
        archive.add(tmp_path / "store")
    for name, what in {
        "model": "a model or a layer of pylm",
        "model.sources": "a sources file of pylm",
        "store": "a store of pylm; `pylm build`",
        "state": "what a state of pylm learned",
        "keyboard": "what a keyboard of pylm learned",
        "archive": "a tar archive",
    }.items():
        with pytest.raises(pylm.TextFormatError, match=f"{name}: this is no text but {what}"):
            pylm.train([tmp_path / name])


# ---- sources


def test_folders_are_the_files_in_them(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    for name in ("b.txt", "a/2.txt", "a/1.txt", ".hidden", ".git/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the text of {name}\n")
    files = [folder / name for name in ("a/1.txt", "a/2.txt", "b.txt")]
    expected = content(pylm.train(files))
    for source in (folder, str(folder), [folder], [str(folder)], iter([folder]), [files[2], folder / "a"]):
        assert content(pylm.train(source)) == expected
    assert sorted(pylm.count(folder, tmp_path / "s")) == sorted(path.read_bytes() for path in files)
    with pytest.raises(pylm.ArgumentError, match="lies in the folder"):
        pylm.train(folder, output=folder / "model")
    with pytest.raises(pylm.ArgumentError, match="lies in the folder"):
        pylm.count(folder, folder / "store")
    with pytest.raises(IsADirectoryError, match="give one file in it"):
        pylm.train([TEXT]).perplexity(folder)
    assert cli.main(["train", str(folder), "-o", str(tmp_path / "m")]) == 0
    assert (tmp_path / "m").read_bytes() == expected


def test_names_of_missing_files_are_no_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.txt").write_text("some text")
    for names in (
        ["train.txt", "missing.txt"],
        ["missing.txt", "train.txt"],
        ["missing.txt"],
        ["missing.txt", "data/more.jsonl.gz"],
        [Path("train.txt"), "./missing"],
    ):
        for use in (pylm.train, lambda names: pylm.count(names, "store")):
            with pytest.raises((pylm.ArgumentError, FileNotFoundError), match="missing"):
                use(names)
    for texts in (["example.org", "pylm.dev"], ["hello", "see missing.txt"], [b"missing.txt"], ["/help", "/quit"]):
        pylm.train(texts)


def test_a_dict_is_no_list_of_documents() -> None:
    for use in (pylm.train, lambda source: pylm.count(source, "never")):
        with pytest.raises(TypeError, match=r"a dict is no list of documents: .* list\(texts.values\(\)\)"):
            use({"a": "text"})


# ---- standard input


@pytest.mark.parametrize("kind", ["plain", "gz", "utf-16"])
def test_standard_input_is_read_as_files_are(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plain: bytes
) -> None:
    data = {"plain": TEXT, "gz": gzip.compress(TEXT), "utf-16": TEXT.decode().encode("utf-16")}[kind]

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        return cli.main(list(arguments))

    model, store = str(tmp_path / "m"), str(tmp_path / "s")
    assert run("train", "-", "-o", model) == 0 and (tmp_path / "m").read_bytes() == plain
    assert run("eval", model, "-") == 0
    assert run("count", "-", "--documents", "lines", "-o", store) == 0
    assert sorted(pylm.Store(store)) == sorted(TEXT.splitlines(keepends=True))
    data = b"%PDF-1.7\n"
    for arguments in (("train", "-", "-o", model), ("count", "-", "--documents", "lines", "-o", store)):
        assert run(*arguments) == 1 and "standard input: this is no text but a PDF" in capsys.readouterr().err


def test_texts_may_be_called_like_folders_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("make").mkdir()
    Path("README").write_text("a file")
    texts = ["hello", ".", "make", "README", "..", "good bye"] * 3
    assert pylm.train(texts, tokenizer="bytes").info.training["documents"] == 18
    pylm.count(texts, "store")
    Path("notes.txt").write_text("a file")
    with pytest.raises(pylm.ArgumentError, match="is the name of a file"):
        pylm.train([*texts, "notes.txt"])
