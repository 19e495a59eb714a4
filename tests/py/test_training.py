"""Training: the same bytes however it is run, sane models from the smallest texts, clear refusals."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from texts import make_text

import pylm


def content(model: pylm.Model) -> bytes:
    return model._image.content()


@pytest.mark.parametrize(
    "settings", [{}, {"tokenizer": "words"}, {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(trees=2)}]
)
def test_threads_do_not_change_the_model(train_text: str, settings: dict) -> None:
    one = content(pylm.train([train_text], threads=1, **settings))
    assert content(pylm.train([train_text], threads=2, **settings)) == one
    assert content(pylm.train([train_text], threads=7, **settings)) == one


SMALL = [
    b"a",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"a\n\n",
    b"\n\n\n",
    b"a b",
    b"a a a a a a",
    b"ab" * 5000,
    b"z" * 10000,
    "größer\n".encode(),
    b" \t ",
    b"x" * 70000 + b"\n",
]


@pytest.mark.parametrize("text", SMALL, ids=lambda text: repr(text[:12]))
@pytest.mark.parametrize("tokenizer", ["bytes", "words", "pieces"])
@pytest.mark.parametrize("settings", [{}, {"min_count": 1, "max_order": 12}, {"max_order": 0}])
def test_small_texts_give_sane_models(text: bytes, tokenizer: str, settings: dict) -> None:
    model = pylm.train([text], tokenizer=tokenizer, **settings)
    for context in ([], model.encode(text)[:50], [0, model.n_symbols - 1]):
        distribution = model.distribution(context)
        assert distribution.sum() == pytest.approx(1, abs=1e-12)
        assert distribution.min() > 0
    assert math.isfinite(model.score(text))
    assert model.evaluate(text).perplexity <= model.n_symbols * 1.5
    assert len(model.generate_ids(text[:10], 20, seed=1)) == 20


def test_min_count_by_order(train_text: str) -> None:
    """Each template has the contexts that it has with the number of its order alone."""

    def contexts(min_count: int | list[int]) -> dict[str, int]:
        model = pylm.train([train_text], tokenizer="words", min_count=min_count)
        assert model.info.training["min_count"] == min_count
        return model.info.training["trees"][0]["contexts"]

    alone = {n: contexts(n) for n in (2, 3, 7)}
    together = contexts([2, 3, 7])
    assert together.keys() == alone[2].keys()
    for name, n in together.items():
        order = len(name.split())
        assert n == (alone[7] if order > 2 else alone[3] if order == 2 else alone[2])[name], name
    assert sum(alone[7].values()) < sum(together.values()) < sum(alone[2].values())
    assert contexts([3, 3]) == alone[3]


def test_min_count_by_order_with_a_size(train_text: str) -> None:
    size = pylm.train([train_text], tokenizer="words").info.bytes // 2
    counts = [content(pylm.train([train_text], tokenizer="words", min_count=n, size=size)) for n in (2, [2, 2], [2, 9])]
    assert counts[0] != counts[1] != counts[2]  # the facts differ
    few, many = (
        pylm.train([train_text], tokenizer="words", min_count=[2, n], size=10**7).info.contexts for n in (9, 1)
    )
    assert few < many


@pytest.mark.parametrize("trees", [1, 2, 8])
@pytest.mark.parametrize("classes", [2, 1024])
def test_small_vocabularies_with_several_trees(trees: int, classes: int) -> None:
    model = pylm.train(["b a\nc a b\n\n"], tokenizer="words", symbols=pylm.SymbolOptions(trees=trees, classes=classes))
    assert model.info.trees == trees
    assert model.distribution("a").sum() == pytest.approx(1, abs=1e-12)


def test_three_byte_characters_cost_little_more(train_text: str, test_text: str) -> None:
    """The same text in an alphabet of three bytes a letter: two of them say nothing."""

    def bits(spell: dict[int, int]) -> float:
        model = pylm.train([train_text.translate(spell)], tokenizer="bytes")
        return model.evaluate(test_text.translate(spell)).bits

    kana = {letter: 0x3041 + i for i, letter in enumerate(map(ord, "aeioupklmnrst"))}
    assert bits(kana) < 1.15 * bits({})


def test_learns_what_repeats() -> None:
    model = pylm.train(["the cat sat. " * 200])
    assert model.bits_per_byte("the cat sat. the cat sat. ") < 1.0
    assert model.generate("the c", 8, temperature=0) == "at sat. "
    words = pylm.train(["the cat sat .\n" * 200], tokenizer="words")
    assert [p.text for p in words.next("the cat", 1)] == ["sat"]
    assert words.generate("the cat", 3, temperature=0) == " sat .\n"


def test_unknown_words() -> None:
    learned = pylm.train(["a b a b c\n" * 5 + "once upon\n"], tokenizer="words")
    assert learned.id_of("once") is None and learned.id_of("a") is not None
    assert learned.evaluate("a zebra").unknown == 1
    assert learned.info.training["closed_vocabulary"] is False
    closed = pylm.train(["a b <unk> b c\n" * 5 + "once upon\n"], tokenizer="words")
    assert closed.id_of("once") is not None
    assert closed.info.training["closed_vocabulary"] is True
    assert closed.encode("zebra") == [closed.id_of("<unk>")]


@pytest.fixture(scope="module")
def pieces_model(train_text: str) -> pylm.Model:
    return pylm.train([train_text], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=500))


@pytest.mark.parametrize("text", [b"", b"\0\xff\xfe\r\n", bytes(range(256)) * 3, "größer 日本".encode(), b"a" * 9999])
def test_pieces_lose_nothing(text: bytes, train_text: str, pieces_model: pylm.Model) -> None:
    model = pieces_model
    assert 256 < model.n_symbols <= 500
    for form in (text, text + train_text.encode()[:5000] + text):
        ids = model.encode(form)
        assert model.decode_bytes(ids) == form
        assert len(ids) <= len(form)
    assert all(model.id_of(bytes([byte])) is not None for byte in range(256))


def test_the_longest_piece_is_taken(train_text: str, pieces_model: pylm.Model) -> None:
    model = pieces_model
    pieces = {model.decode_bytes([i]) for i in range(model.n_symbols)}
    text = train_text.encode()[:3000]
    at = 0
    for symbol in model.encode(text):
        piece = model.decode_bytes([symbol])
        assert text.startswith(piece, at)
        assert not any(text.startswith(longer, at) for longer in pieces if len(longer) > len(piece))
        at += len(piece)


def test_pieces_do_not_cut_characters() -> None:
    text = "これは日本語の文です。カメラーとDebianを、１２回。한국어는 좋다. ภาษาไทย “größer” 😀\n" * 50
    model = pylm.train([text], tokenizer="pieces")
    for form in (text, text.encode()[1:300], b"\xe3\x81" * 5 + text.encode()[:100] + b"\xff"):
        assert model.decode_bytes(model.encode(form)) == (form if isinstance(form, bytes) else form.encode())
    pieces = [model.decode_bytes([i]).decode() for i in model.encode(text)]
    assert "".join(pieces) == text
    assert {"カメラー", "日本語", "です", "。", "１２"} <= set(pieces)


def test_auto_takes_pieces_for_long_texts() -> None:
    short, long = make_text(2000), make_text(450_000)
    assert pylm.train([short]).info.tokenizer == "bytes"
    assert len(long) > 3_000_000
    assert pylm.train([long], min_count=50, max_order=1).info.tokenizer == "pieces"


def test_documents_do_not_look_back() -> None:
    """At the start of a document, only starts of documents have been seen."""
    apart = pylm.train(["xa" * 50, "yb" * 50] * 20)
    assert apart.next("", 2)[0].text in "xy"
    assert sum(p.probability for p in apart.next("", 2)) > 0.9


def test_sources(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("hello world\n" * 30)
    models = [
        pylm.train(str(path)),
        pylm.train(path),
        pylm.train([path]),
        pylm.train([path.read_bytes()]),
        pylm.train(iter([path.read_text()])),
        pylm.train((path,)),
        pylm.train([str(path)]),
    ]
    assert len({content(model) for model in models}) == 1


@pytest.mark.parametrize(
    ("source", "settings", "error", "says"),
    [
        ([], {}, pylm.EmptyTextError, "at least one character"),
        ([""], {}, pylm.EmptyTextError, "at least one character"),
        ([b"", ""], {"tokenizer": "words"}, pylm.EmptyTextError, "at least one character"),
        ("no such file.txt", {}, FileNotFoundError, "put a text into a list"),
        ([Path("no such file.txt")], {}, FileNotFoundError, "no such file.txt"),
        ([__file__, "text"], {}, pylm.ArgumentError, "pathlib.Path"),
        (b"text", {}, TypeError, "[text]"),
        (5, {}, TypeError, "path of a file or an iterable"),
        ([5], {}, TypeError, "document 0"),
        (["a"], {"tokenizer": "letters"}, pylm.ArgumentError, "'pieces' or 'ids'"),
        (["a"], {"threads": 0}, pylm.ArgumentError, "threads must be from 1"),
        (["a"], {"min_count": 0}, pylm.ArgumentError, "min_count must be from 1"),
        (["a"], {"min_count": [2, 0]}, pylm.ArgumentError, "min_count[1] must be from 1"),
        (["a"], {"min_count": []}, pylm.ArgumentError, "min_count must be one number, or 1 to 12 of them, not 0"),
        (["a"], {"min_count": [2] * 13}, pylm.ArgumentError, "1 to 12 of them, not 13"),
        (["a"], {"min_count": "2"}, pylm.ArgumentError, "min_count must be"),
        (["a"], {"profile": "quick"}, pylm.ArgumentError, "profile must be 'standard', 'fast' or 'best'"),
        (["a"], {"max_order": 13}, pylm.ArgumentError, "max_order must be from 0 to 12"),
        (
            ["a"],
            {"symbols": pylm.SymbolOptions(trees=2), "tokenizer": "bytes"},
            pylm.ArgumentError,
            "tokenizer='words'",
        ),
        (
            ["a"],
            {"symbols": pylm.SymbolOptions(pieces=2), "tokenizer": "pieces"},
            pylm.ArgumentError,
            "pieces must be from 256",
        ),
        (
            ["a"],
            {"symbols": pylm.SymbolOptions(pieces=300), "tokenizer": "words"},
            pylm.ArgumentError,
            "tokenizer='pieces'",
        ),
        (
            ["a"],
            {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=9)},
            pylm.ArgumentError,
            "trees must be from 1 to 8",
        ),
        (
            ["a"],
            {"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=1)},
            pylm.ArgumentError,
            "classes must be from 2",
        ),
        (
            ["a"],
            {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=2, classes=[5])},
            pylm.ArgumentError,
            "2, one for every tree",
        ),
        (["\ud800"], {}, pylm.ArgumentError, "surrogate"),
    ],
)
def test_refusals_say_what_to_do(source: object, settings: dict, error: type, says: str) -> None:
    with pytest.raises(error) as caught:
        pylm.train(source, **settings)
    assert says in str(caught.value)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(pylm.ArgumentError, match="has no files in it") as caught:
        pylm.train(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_long_line() -> None:
    text = b"abc def " * 1_310_720  # 10 MB
    model = pylm.train([text], tokenizer="words", profile="fast", max_order=1)
    assert model.info.training["symbols"] == 2 * 1_310_720 + 1
    assert model.evaluate(text).symbols == 2 * 1_310_720 + 1


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")


def _train_in_child(queue: multiprocessing.Queue, text: str) -> None:
    queue.put(content(pylm.train([text], tokenizer="words")))


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_training_after_a_fork(train_text: str) -> None:
    """OpenMP runtimes do not survive a fork; training must."""
    here = content(pylm.train([train_text], tokenizer="words", threads=2))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_train_in_child, args=(queue, train_text))
    child.start()
    assert queue.get(timeout=120) == here
    child.join()


def test_the_interpreter_ends_well_after_training(tmp_path: Path) -> None:
    """The library must not be closed under threads of OpenMP that are still ending."""
    code = "import pylm; pylm.train(['some text, some more text. ' * 500], threads=2)"
    for policy in ("", "passive", "active"):
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
        if policy:
            environment["OMP_WAIT_POLICY"] = policy
        for _ in range(2):
            run = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment
            )
            assert run.returncode == 0, run.stderr


def test_what_is_imported_leaves_the_environment_as_it_was(tmp_path: Path) -> None:
    code = "import os; before = dict(os.environ); import pylm; assert dict(os.environ) == before"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


INTERRUPTED = """
import sys, threading, _thread, pylm
text = sys.stdin.read()
threading.Timer(float(sys.argv[1]), _thread.interrupt_main).start()
try:
    pylm.train([text], threads=1)
    print("finished", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(pylm.train(["still works"]), flush=True)
"""  # the exit status would tell of a call that goes on in freed memory


@pytest.mark.parametrize("after", ["0.05", "0.3", "1.0"])
def test_ctrl_c_ends_training(tmp_path: Path, after: str) -> None:
    text = make_text(150_000, seed=3)
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, after],
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    assert "interrupted" in run.stdout
    assert "pylm.Model" in run.stdout  # and the library can go on


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise")
def test_ctrl_c_on_the_command_line(tmp_path: Path) -> None:
    text, model = tmp_path / "text.txt", tmp_path / "model.pylm"
    text.write_text(make_text(150_000, seed=3))
    process = subprocess.Popen(
        [sys.executable, "-m", "pylm", "train", str(text), "-o", str(model), "--threads", "1"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    time.sleep(1.0)  # if this is too early, the interpreter itself is interrupted, which ends as well
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "interrupted" in error or "KeyboardInterrupt" in error
    assert list(tmp_path.iterdir()) == [text]


@pytest.mark.parametrize(
    ("settings", "trees"),
    [
        ({"tokenizer": "words"}, 2),
        ({"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=5)}, 2),
        ({"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=3)}, 3),
        ({"tokenizer": "words", "size": 30_000}, 1),
        ({"tokenizer": "bytes"}, 1),
    ],
)
def test_the_best_profile_has_two_trees(settings: dict[str, object], trees: int) -> None:
    model = pylm.train([make_text(4000, seed=1)], profile="best", **settings)
    assert model.info.trees == trees and model.info.training["profile"] == "best"
    assert [tree["classes"] for tree in model.info.training["trees"] if "symbols" in settings][:2].count(5) in (0, 2)


@pytest.mark.parametrize(
    "settings",
    [{}, {"tokenizer": "words"}, {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=300)}, {"size": 30_000}],
)
def test_the_fast_profile_has_suffixes_only(settings: dict[str, object]) -> None:
    text, other = make_text(4000, seed=1), make_text(300, seed=2)
    whole, fast = (pylm.train([text], profile=profile, **settings) for profile in ("standard", "fast"))
    contexts = fast.info.training["trees"][0]["contexts"]
    assert set(contexts) <= {" ".join(map(str, range(1, n + 1))) for n in range(9)}
    assert fast.info.training["profile"] == "fast" and whole.info.training["profile"] == "standard"
    if "size" not in settings:  # else as many contexts as fit
        assert fast.info.templates < whole.info.templates and fast.info.bytes < whole.info.bytes
    assert abs(fast.distribution("some").sum() - 1) < 1e-9
    assert fast.perplexity(other, learn=True) < fast.n_symbols
