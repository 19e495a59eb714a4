"""Sources: where passages stand in the training text, compared with a plain search."""

from __future__ import annotations

import io
import json
import pickle
import random
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plain_search import normalised, words_of
from texts import byte_level, make_text

import pylm
from pylm._core.progress import Progress
from pylm.cli import main
from pylm.sources.writer import SourcesWriter

FOX = "The quick brown fox jumps over the lazy dog and runs away from here.\n"
NIGHT = "It was a dark and stormy night; the rain fell in torrents.\n"


def train(texts: list, folder: Path, **settings) -> pylm.Model:
    return pylm.train(texts, output=folder / "model.pylm", sources=True, **settings)


@cache
def some_model() -> bytes:
    return pylm.train(["some text"])._image.content()


def with_sources(texts: list[str], folder: Path) -> pylm.Model:
    """A model with the sources of other texts, for which it need not be trained."""
    model = pylm.Model(some_model())
    with SourcesWriter(folder / "sources") as writer:
        for i, text in enumerate(texts, 1):
            writer.add(f"text {i}", text.encode("utf-8", "surrogateescape"))
        writer.sort(Progress(False))
        model._save_sources(writer)
    return model


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of two files."""
    folder = tmp_path_factory.mktemp("trace")
    (folder / "a.txt").write_text(FOX + NIGHT)
    (folder / "b.txt").write_text("First line.\n" + NIGHT + "漢字の本を読む\n" + FOX)
    train([folder / "a.txt", folder / "b.txt"], folder)
    return folder


@pytest.fixture
def model(known: Path) -> pylm.Model:
    return pylm.load(known / "model.pylm")


# ---- against a plain search

UNUSUAL = ["a", "b", "ab", "b.", "漢", "字", "ก", "𠀀", "é", "\0", "\udcff", "\udce3\udc81", "c" * 70]
SPACES = [" ", " ", " ", "\n", "\r\n\t", "\u3000", "\xa0", "\u2003 "]


def unusual_text(numbers: random.Random, n: int) -> str:
    words = UNUSUAL[: numbers.randrange(2, len(UNUSUAL) + 1)]
    pairs = ((numbers.choice(words), numbers.choice([*SPACES, ""])) for _ in range(n))
    return "".join(word + space for word, space in pairs)


def check(trace: pylm.Trace, text: str, documents: list[str], least: int) -> None:
    """Everything that a trace says, by searching for every run of words in every document."""
    corpora = [normalised(document) for document in documents]

    def stands(words: list[str]) -> bool:
        return any(f" {' '.join(words)} " in corpus for corpus in corpora)

    words, expected, reached = words_of(text), [], 0
    for begin in range(len(words)):
        end = begin
        while end < len(words) and stands(words[begin : end + 1]):
            end += 1
        if end - begin >= least and end > reached:
            expected.append(words[begin:end])
            reached = end
    assert [words_of(passage.text) for passage in trace.passages] == expected
    assert trace.words == len(words)
    for passage in trace.passages:
        assert text[passage.begin : passage.end] == passage.text
        assert passage.words == len(words_of(passage.text))
        assert len(passage.sources) == min(3, passage.places)
        for source in passage.sources:
            document = documents[int(source.document.split()[1]) - 1].encode("utf-8", "surrogateescape")
            there = words_of(document[source.offset :])[: passage.words]
            assert there == words_of(passage.text)
            assert source.line == document[: source.offset].count(b"\n") + 1


@pytest.mark.parametrize("seed", range(25))
def test_random_texts(seed: int, tmp_path: Path) -> None:
    numbers = random.Random(seed)
    documents = [unusual_text(numbers, numbers.randrange(60)) for _ in range(numbers.randrange(1, 6))]
    text = unusual_text(numbers, 40) + documents[0] + unusual_text(numbers, 10)
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")  # as Python reads it
    model = with_sources(documents, tmp_path)
    for least in (1, 2, 3, 8):
        check(model.trace(text, min_words=least), text, documents, least)


def test_planted_passages(tmp_path: Path) -> None:
    numbers = random.Random(1)
    documents = [make_text(2000, seed=seed) for seed in range(5)]
    model = with_sources(documents, tmp_path)
    words, spans = [], []
    for i in range(60):
        source = words_of(documents[i % 5])
        n = numbers.randrange(8, 40)
        begin = numbers.choice([0, len(source) - n, numbers.randrange(len(source) - n)])
        words += [f"new{i}"]
        spans.append((len(words), len(words) + n))
        words += source[begin : begin + n]
    trace = model.trace("\n".join(words))
    assert [passage.text.split() for passage in trace.passages] == [words[a:b] for a, b in spans]
    assert trace.found == len(words) - 60 and trace.share == trace.found / len(words)
    assert trace.longest == max(b - a for a, b in spans)


def test_overlapping_passages(tmp_path: Path) -> None:
    model = train(["a b c d e f", "d e f g h", "f g h i"], tmp_path)
    trace = model.trace("a b c d e f g h i", min_words=3)
    assert [passage.text for passage in trace.passages] == ["a b c d e f", "d e f g h", "f g h i"]
    assert trace.share == 1


def test_nothing_goes_beyond_a_document(tmp_path: Path) -> None:
    model = train(["one two", "three\0", "\0four", ""], tmp_path)
    found = model.trace("one two three \0 \0 four", min_words=1).passages
    assert [passage.text for passage in found] == ["one two", "three \0", "\0 four"]
    assert model.trace("\0", min_words=1).passages[0].places == 2  # those behind documents do not count


REPEATED = ["a " * 300_000, "the same line\n" * 50_000, "漢字" * 100_000, "x" * 500_000, "\0" * 300_000]


@pytest.mark.parametrize("text", REPEATED)
def test_repetition(text: str, tmp_path: Path) -> None:
    """What compares suffixes one with the other would never finish."""
    model = with_sources([text], tmp_path)
    (passage,) = model.trace(text, min_words=1).passages
    assert passage.words == len(words_of(text)) and passage.places == 1
    assert passage.sources[0].offset == 0


@pytest.mark.parametrize("text", ["", " \n\t", b"", []])
def test_empty_texts(model: pylm.Model, text) -> None:
    trace = model.trace(text)
    assert (trace.passages, trace.words, trace.share, trace.longest) == ([], 0, 0.0, 0)
    assert model.sources.find(text) == []


def test_training_text_of_white_space(tmp_path: Path) -> None:
    model = train([" \n" * 10], tmp_path)
    assert model.trace("word", min_words=1).passages == []
    assert model.info.sources_bytes > 0


# ---- what it says


def test_sources_are_longest_first(model: pylm.Model, known: Path) -> None:
    a, b = str(known / "a.txt"), str(known / "b.txt")
    found = model.sources.find("a  dark and\nstormy night; with a brown fox")
    assert [(s.text, s.words, s.document, s.offset, s.line) for s in found] == [
        ("a  dark and\nstormy night;", 5, a, len(FOX) + 7, 2),
        ("a  dark and\nstormy night;", 5, b, len("First line.\n") + 7, 2),
        ("brown fox", 2, a, 10, 1),
        ("brown fox", 2, b, len(("First line.\n" + NIGHT + "漢字の本を読む\n").encode()) + 10, 4),
        ("a", 1, a, len(FOX) + 7, 2),
    ]
    assert model.sources.find("a  dark and\nstormy night; with a brown fox", k=1) == found[:1]
    assert model.sources.find("It was a dark and sto")[0].text == "It was a dark and"
    assert model.sources.find("Lorem ipsum") == []


def test_texts_and_their_forms(model: pylm.Model) -> None:
    text = "ほら、漢字の本を 読む! the rain fell in torrents. 𠀀"
    (first, second) = model.trace(text, min_words=5).passages
    assert (first.text, first.words) == ("漢字の本を 読む", 7)
    assert text[second.begin : second.end] == second.text == "the rain fell in torrents."
    encoded = text.encode()
    (_, second) = model.trace(encoded, min_words=5).passages
    assert encoded[second.begin : second.end].decode() == second.text
    assert model.trace(model.encode(text), min_words=5) == model.trace(encoded, min_words=5)


def test_paths(model: pylm.Model, known: Path) -> None:
    trace = model.trace(known / "b.txt")
    assert trace.share == 1 and trace.passages[0].places == 1
    with pytest.raises(pylm.ArgumentError, match="is the name of a file"):
        model.trace(str(known / "b.txt"))
    with pytest.raises(FileNotFoundError):
        model.trace(known / "missing.txt")


def test_settings(model: pylm.Model) -> None:
    assert len(model.trace(NIGHT, k=0).passages[0].sources) == 0
    assert len(model.trace(NIGHT, k=1).passages[0].sources) == 1
    assert len(model.trace(NIGHT, min_words=12).passages) == 1 and model.trace(NIGHT, min_words=13).passages == []
    for settings in ({"min_words": 0}, {"min_words": 1.5}, {"k": -1}):
        with pytest.raises((pylm.ArgumentError, TypeError)):
            model.trace(NIGHT, **settings)
    with pytest.raises(pylm.ArgumentError):
        model.sources.find(NIGHT, k=0)


def test_many_passages(tmp_path: Path) -> None:
    """More than are looked for at once."""
    model = train(["a b"], tmp_path)
    trace = model.trace("a b " * 10_000, min_words=2)
    assert len(trace.passages) == 10_000 and trace.share == 1
    assert model.trace("c " * 10_000).passages == []


# ---- files


def test_the_model_is_the_same_without(known: Path) -> None:
    texts = [known / "a.txt", known / "b.txt"]
    plain = pylm.train(texts)
    assert plain._image.content() == (known / "model.pylm").read_bytes()
    assert plain.info.sources_bytes == 0
    assert pylm.load(known / "model.pylm").info.sources_bytes == (known / "model.pylm.sources").stat().st_size


def test_the_same_bytes_again(known: Path, tmp_path: Path) -> None:
    pylm.train([known / "a.txt", known / "b.txt"], sources=tmp_path / "x", threads=1)
    assert (tmp_path / "x").read_bytes() == (known / "model.pylm.sources").read_bytes()


def test_elsewhere(known: Path, tmp_path: Path) -> None:
    model = pylm.train([NIGHT, FOX], sources=tmp_path / "x")  # in memory
    assert model.sources.find("brown fox")[0].document == "text 2"
    model.save(tmp_path / "moved.pylm")
    assert pylm.load(tmp_path / "moved.pylm", sources=tmp_path / "x").trace(FOX).share == 1
    assert pickle.loads(pickle.dumps(model)).trace(FOX).share == 1


def test_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    store = pylm.count([NIGHT, FOX, NIGHT], "s.store")
    assert main(["build", "s.store", "-o", "s.pylm", "--sources", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources_bytes"] == Path("s.pylm.sources").stat().st_size
    (passage,) = pylm.load("s.pylm").trace(NIGHT).passages
    assert passage.places == 1  # copies are there once
    digest = next(d.sha256 for d in store.documents() if d.text == NIGHT.encode())
    assert passage.sources[0].document == f"sha256:{digest}"


def test_external_vocabulary(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    tokenizer = byte_level(FOX + NIGHT, 300)
    model = train([FOX, NIGHT], tmp_path, tokenizer=tokenizer)
    assert model.trace(FOX).share == 1
    with pytest.raises(pylm.ArgumentError, match="only texts can be sources"):
        train([[1, 2, 3]], tmp_path, tokenizer=tokenizer)


def test_no_sources(known: Path, tmp_path: Path) -> None:
    with pytest.raises(pylm.SourcesError, match="train it again with --sources"):
        pylm.train([FOX]).trace(FOX)
    pylm.train([FOX], output=tmp_path / "plain.pylm")
    plain = pylm.load(tmp_path / "plain.pylm")
    with plain, pytest.raises(pylm.SourcesError, match="no such file.*--sources"):
        plain.sources.find(FOX)
    (tmp_path / "plain.pylm.sources").write_bytes((known / "model.pylm.sources").read_bytes())
    with pytest.raises(pylm.SourcesError, match="sources of another model"):
        pylm.load(tmp_path / "plain.pylm").trace(FOX)
    with pytest.raises(pylm.ArgumentError, match="say output"):
        pylm.train([FOX], sources=True)
    with pytest.raises(pylm.ArgumentError, match="the same file"):
        pylm.train([FOX], output=tmp_path / "x", sources=str(tmp_path / "x"))
    with pytest.raises(pylm.ArgumentError, match="closed"):
        plain.trace(FOX)


def test_damage(known: Path, tmp_path: Path) -> None:
    content = (known / "model.pylm.sources").read_bytes()
    path = tmp_path / "damaged"
    model = pylm.load(known / "model.pylm", sources=path)
    for at in [*range(24), *range(24, len(content), 7)]:
        path.write_bytes(content[:at])
        with pytest.raises(pylm.SourcesError):
            model.trace(FOX)
        path.write_bytes(content[:at] + bytes([content[at] ^ 64]) + content[at + 1 :])
        if not 12 <= at < 16:  # means nothing
            with pytest.raises(pylm.SourcesError):
                model.trace(FOX)
    for foreign in (b"", b"text", (known / "model.pylm").read_bytes()):
        path.write_bytes(foreign)
        with pytest.raises(pylm.SourcesError, match="not a sources file"):
            model.trace(FOX)
    path.write_bytes(content)
    assert model.trace(FOX).share == 1


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    for bad in (5, tmp_path / "missing.txt", tmp_path):
        with pytest.raises((TypeError, OSError, pylm.ArgumentError)):
            train([FOX, bad], tmp_path)
    with pytest.raises(pylm.EmptyTextError):
        train([""], tmp_path)
    with pytest.raises(OSError, match="missing"):
        pylm.train([FOX], sources=tmp_path / "missing" / "x")
    with pytest.raises(OSError):
        pylm.train([FOX], sources="/dev/null")
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys, pylm
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    pylm.train(["some text, and more " * 400], sources=sys.argv[1])
except OSError as error:
    print(error.filename, error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no way to limit file sizes")
def test_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "x"
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{path} File too large\n"
    assert list(tmp_path.iterdir()) == []


# ---- the command line


@pytest.fixture
def run(known: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(known)

    def run(*arguments: str, stdin: bytes = b"", status: int = 0) -> str:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        assert main(arguments) == status
        out, error = capsys.readouterr()
        return error if status else out

    return run


def test_train_and_info(run) -> None:
    out = run("train", "a.txt", "b.txt", "-o", "cli.pylm", "--sources")
    assert "wrote cli.pylm.sources" in out and "can read the text" in out
    assert pylm.load("cli.pylm").sources.find("brown fox")[1].document == "b.txt"
    assert "a file of their own" in run("info", "cli.pylm")
    size = Path("cli.pylm.sources").stat().st_size
    assert json.loads(run("info", "cli.pylm", "--json"))["sources_bytes"] == size
    run("train", "a.txt", "-o", "cli.pylm")
    out = run("info", "cli.pylm")
    assert "a file of their own" not in out and "cli.pylm.sources: these are the sources of another model" in out
    Path("d.sources").mkdir()
    assert "d.sources: it is a folder" in run("train", "a.txt", "-o", "d", "--sources", status=1)


def test_trace_marks_the_text(run) -> None:
    text = f"He said:  {FOX[:43]}! It was a dark and\nstormy night; the RAIN.".encode()
    assert run("trace", "model.pylm", "-", "--min-words", "5", stdin=text) == (
        "He said:  [1: The quick brown fox jumps over the lazy] dog! "
        "[2: It was a dark and\nstormy night; the] RAIN.\n\n"
        f"1: 8 words, in 2 places\n   {Path('a.txt').absolute()}, line 1 (byte 0)\n"
        f"   {Path('b.txt').absolute()}, line 4 (byte 93)\n"
        f"2: 8 words, in 2 places\n   {Path('a.txt').absolute()}, line 2 (byte 69)\n"
        f"   {Path('b.txt').absolute()}, line 2 (byte 12)\n"
        "80.0% of 20 words stand in the training text, in passages of 5 or more; the longest has 8\n"
    )
    listed = run("trace", "model.pylm", "-", "--list", "-k", "1", stdin=text)
    assert "He said" not in listed and "   It was a dark and stormy night; the\n" in listed and "   ...\n" in listed
    assert run("trace", "model.pylm", "-", stdin=b"what is new\n") == (
        "what is new\n\nthe text has 3 words, and no passage of 8 or more of them stands in the training text; "
        "--min-words finds shorter ones\n"
    )


def test_trace_in_json(run) -> None:
    out = json.loads(run("trace", "model.pylm", "b.txt", "--json"))
    expected = pylm.load("model.pylm").trace(Path("b.txt"))
    assert (out["words"], out["found"], out["share"], out["longest"]) == (expected.words,) * 2 + (1.0, expected.words)
    (passage,) = out["passages"]
    assert passage["sources"] == [{"document": str(Path("b.txt").absolute()), "offset": 0, "line": 1}]
    assert (passage["begin"], passage["places"]) == (0, 1)


def test_overlaps_are_marked_once(run, tmp_path: Path) -> None:
    train(["a b c d e", "d e f g h"], tmp_path)
    out = run("trace", str(tmp_path / "model.pylm"), "-", "--min-words", "3", stdin=b"a b c d e f g h\n")
    assert out.startswith("[1: a b c d e] [2: f g h]\n\n1: 5 words, in 1 place\n   text 1, line 1 (byte 0)\n2: 5")


class Page(HTMLParser):
    """What a page says: all of its text, the text of its marks, its identifiers and links."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.said, self.marks, self.open, self.ids, self.links, self.tags = "", [], 0, set(), set(), set()
        self.feed(content)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.add(tag)
        self.open += tag == "mark"
        if tag == "mark":
            self.marks.append("")
        self.ids |= {value for name, value in attributes if name == "id"}
        self.links |= {value for name, value in attributes if name in ("href", "src")}

    def handle_endtag(self, tag: str) -> None:
        self.open -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.said += data
        if self.open:
            self.marks[-1] += data


def test_a_page(run) -> None:
    Path("&amp.txt").write_text(f"<script>alert('&amp;')</script>\0 and {FOX} and {NIGHT}")
    run("trace", "model.pylm", "&amp.txt", "--html", "page.html")
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert page.marks == [f"1 {FOX[:-1]}", f"2 {NIGHT[:-1]}"]
    assert "<script>alert('&amp;')</script>\ufffd and" in page.said and "What of &amp.txt stands" in page.said
    assert page.links == {f"#passage-{i}" for i in (1, 2)} | {f"#text-{i}" for i in (1, 2)}
    assert {link[1:] for link in page.links} <= page.ids
    assert "script" not in page.tags
    assert "one of the texts" in run("trace", "model.pylm", "a.txt", "--html", "a.txt", status=1)


def test_generated_text_is_traced(known: Path) -> None:
    command = (
        f"'{sys.executable}' -m pylm generate model.pylm --prompt 'It was a dark and stormy night; the rain fell in t' "
        f"--temperature 0 --prefix orrents. "
        f"--max-new-tokens 40 | '{sys.executable}' -m pylm trace model.pylm -"
    )
    if sys.platform == "win32":
        command = command.replace("'", '"')
    done = subprocess.run(command, shell=True, cwd=known, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("[1: It was a dark and stormy night; the rain fell in torrents.")


def test_errors_are_one_line(run) -> None:
    run("train", "a.txt", "-o", "plain.pylm")
    for arguments, says in (
        (["trace", "plain.pylm", "a.txt"], "plain.pylm.sources: no such file, so where passages stand is not known"),
        (["trace", "model.pylm", "missing.txt"], "missing.txt: No such file"),
        (["trace", "model.pylm", "a.txt", "--min-words", "0"], "--min-words must be"),
    ):
        error = run(*arguments, status=1)
        assert says in error and error.count("\n") == 1
