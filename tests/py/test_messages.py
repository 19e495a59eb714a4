"""What is wrong is said in the words of whoever asked: the argument by its name, and what it takes."""

from __future__ import annotations

import inspect
import itertools
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm.cli import main
from pylm.decoding.options import BeamOptions, SamplingOptions
from pylm.store.options import CountOptions
from pylm.training.options import LayerOptions, TrainOptions

TEXT = make_text(300, seed=1)
FLAGS = {
    "progress",
    "verify",
    "copy",
    "learn",
    "add_eos",
    "fingerprint",
    "fresh",
    "unknown",
    "ignore_eos",
    "diverse",
    "exact",
}  # any value is true or false
SLOW = {"dask"}  # any address is tried
OPTIONS = {
    ("train", "build"): TrainOptions,
    ("adapt",): LayerOptions,
    ("count", "add"): CountOptions,
    ("generate", "stream", "generate_ids"): SamplingOptions,
    ("beam_search",): BeamOptions,
}
# What an argument is called in a message, besides its name; of texts, also what is wrong with their content.
ALSO = {
    "source": ["document", "text 'zzz'", "No such file"],
    "pool": ["no list of documents"],
    "like": ["document", "text 'zzz'", "source must be"],
    "tokenizer": ["tokenizer"],
    "token": ["'zzz'", "b'zzz'", "'4'"],
    "term": ["the word 'zzz'", "a context of"],
    "text": ["a symbol", "a document", "not learned", "text:"],
    "class_distances": ["distances"],
    "data": ["not a pylm model"],
    "path": ["zzz: "],
    "store": ["zzz: "],
    "stores": ["zzz: "],
    "flags": ["not a regular expression"],
    "words": ["a word", "No such file"],
    "lists": ["a hypothesis", "a text and its score"],
    "schema": ["#: "],
}


class Case(typing.NamedTuple):
    """A call, and one of its arguments."""

    name: str
    call: Callable[..., Any]
    arguments: dict[str, Any]  # all that are needed
    argument: str


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is right for each argument that must be given, and what methods are called of."""
    folder = tmp_path_factory.mktemp("messages")
    model = pylm.train([TEXT], tokenizer="words", output=folder / "model", sources=True)
    pylm.count([TEXT], folder / "store")
    pylm.count([TEXT], folder / "other store")
    state = model.state(learn=True)
    state.save(folder / "state")
    keyboard = pylm.Keyboard(model)
    keyboard.save(folder / "keyboard")
    kernel = pylm.train([TEXT], tokenizer="words", kernel=pylm.KernelOptions(reach=2))
    pieces = pylm.train([TEXT], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=300))
    return {
        "folder": folder,
        "packing model": pieces,
        "packing state": pieces.state(learn=True),
        "model": model,
        "kernel": kernel,
        "Model": model,
        "Sources": model.sources,
        "State": state,
        "Keyboard": keyboard,
        "Store": pylm.Store(folder / "store"),
        "other store": pylm.Store(folder / "other store"),
        "selector": pylm.Selector.train([TEXT], [TEXT], progress=False),
    }


def right(things: dict[str, Any], owner: str, function: str, name: str) -> Any:
    """A value that an argument takes."""
    folder = things["folder"]
    if name == "path":
        kind = {"load": "model", "State": "state", "Keyboard": "keyboard", "Store": "store"}
        return folder / (
            "written" if function in ("save", "export_arpa") else kind.get(owner, kind.get(function, "model"))
        )
    if name == "model" and "archive" in function:
        return things["packing model"]
    if name == "text":
        return TEXT.splitlines()[0]
    values = {
        "model": things["model"],
        "source": [TEXT],
        "data": (folder / "model").read_bytes(),
        "ids": [1, 2],
        "id": 1,
        "term": "papapa",
        "contrast": things["model"],
        "prompts": ["papapa tepapa"],
        "output": folder / "written.store",
        "stores": [folder / "store"],
        "store": folder / "store",
        "pattern": "a+",
        "texts": ["papapa", "tepapa"],
        "continuations": ["papapa", "tepapa"],
        "states": [things["model"].state(), things["model"].state()],
        "schema": {"type": "boolean"},
        "word": "papapa",
        "words": ["zork"],
        "undo": "case",
        "lists": [[("papapa", 1.0)]],
        "references": ["papapa"],
        "lattice": pylm.Lattice([(0, 1, "papapa", 0.5)]),
        "context": "papapa",
        "ngram": "papapa",
        "drafter": things["model"].drafter(memory="64K"),
        "exchanges": [([1, 2], [3, 4])],
        "packet": things["packing model"].compress("papapa"),
        "archive": pylm.pack_archive(things["packing model"], "papapa"),
        "pool": ["papapa", "tepapa"],
        "like": things["selector"],
    }
    return values[name]


def wrong_values(path: Path) -> dict[str, Callable[[], Any]]:
    return {
        "None": lambda: None,
        "str": lambda: "zzz",
        "bytes": lambda: b"zzz",
        "int": lambda: 5,
        "negative": lambda: -5,
        "float": lambda: 2.5,
        "list of str": lambda: ["a", "b"],
        "list of None": lambda: [None],
        "file": lambda: open(path),
        "path": lambda: path / "zzz",
        "dict": lambda: {"a": 1},
        "array": lambda: np.array([1.5, 2.5]),
        "generator": lambda: (x for x in "ab"),
        "object": object,
        "type": lambda: int,
    }


def arguments_of(call: Callable[..., Any]) -> Iterator[tuple[str, bool]]:
    """Names of all arguments, and whether each must be given."""
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            (options,) = [kind for names, kind in OPTIONS.items() if call.__name__ in names]
            yield from ((option, False) for option in options.__optional_keys__)
        elif name != "self":
            yield name, parameter.default is parameter.empty


def public_calls(things: dict[str, Any]) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Functions, methods, and what makes objects; with the names of the owner and of the call."""
    for name in pylm.__all__:
        value = getattr(pylm, name)
        if inspect.isfunction(value):
            yield "", name, value
        elif name in ("Model", "Keyboard", "Store", "Regex", "OneOf", "Prefix", "Schema"):
            yield name, name, value
        if name in ("Model", "State", "Keyboard", "Store", "Sources"):
            for method in dir(value):
                if not method.startswith("_") and callable(getattr(value, method)):
                    other = {"kernel": "kernel", "nearest": "kernel", "coverage": "kernel", "add": "other store"}
                    other |= dict.fromkeys(["compress", "decompress"], f"packing {name.lower()}")
                    yield name, method, getattr(things[other.get(method, name)], method)
    yield "Model", "__contains__", things["model"].__contains__
    yield "Store", "__contains__", things["Store"].__contains__


def cases(things: dict[str, Any]) -> Iterator[Case]:
    for owner, function, call in public_calls(things):
        if function in ("close", "verify", "documents", "texts"):
            continue
        arguments = list(arguments_of(call))
        needed = {name: right(things, owner, function, name) for name, is_needed in arguments if is_needed}
        for name, _ in arguments:
            if name not in FLAGS | SLOW:
                yield Case(f"{owner}.{function}".strip("."), call, needed, name)


def complaint(call: Callable[..., Any], arguments: dict[str, Any]) -> BaseException | None:
    try:
        found = call(**arguments)
        if inspect.isgenerator(found):
            for _ in itertools.islice(found, 3):
                pass
    except Exception as error:
        return error
    return None


def is_clear(error: BaseException, argument: str) -> bool:
    """Whether an error is of a kind that is documented, and names the argument or the file."""
    if isinstance(error, OSError):
        return error.filename is not None or "path" in str(error)
    if not isinstance(error, (pylm.PylmError, TypeError, ValueError)):
        return False
    names = [argument, *ALSO.get(argument, ())]
    return any(name in str(error) for name in names) and "cffi" not in str(error)


def test_every_wrong_type_is_named(things: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "file"
    file.write_text("papapa tepapa\n")
    unclear, n, n_refused = [], 0, 0
    for case in cases(things):
        for kind, value in wrong_values(file).items():
            wrong = value()
            error = complaint(case.call, {**case.arguments, case.argument: wrong})
            if kind == "file":
                wrong.close()
            for written in tmp_path.glob("zzz*"):
                written.unlink()
            n += 1
            if error is not None:
                n_refused += 1
                if not is_clear(error, case.argument):
                    unclear.append(f"{case.name}({case.argument}={kind}): {type(error).__name__}: {error}")
    assert not unclear, "\n".join(unclear)
    assert n > 1500 and n_refused > n // 2


def test_nothing_was_left_out(things: dict[str, Any]) -> None:
    names = {case.name for case in cases(things)}
    assert {"train", "load", "Model.generate", "State.feed", "Keyboard.suggest", "Store.forget", "OneOf.OneOf"} <= names
    assert len(names) > 55


def score_a_file(model: pylm.Model) -> None:
    with open(__file__) as file:
        model.score(file)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: m.generate("a", constraint="[0-9]"), r"constraint must be a pylm.Regex.*pylm.Regex\('\[0-9\]'\)"),
        (lambda m: pylm.prune("model.pylm", ["a"]), r"model must be a pylm.Model, not 'model.pylm'; .*pylm.load\(\)"),
        (lambda m: pylm.Keyboard(Path("model.pylm")), r"model must be a pylm.Model, not a path"),
        (lambda m: m.generate("a", contrast="other.pylm"), r"contrast must be a pylm.Model"),
        (lambda m: m.generate("a", top_p=None), r"top_p must be a number from 0 to 1, not None"),
        (lambda m: m.score(["a", "b"]), r"text must be a text .* not a list of str; give one text at a time"),
        (score_a_file, r"text must be .* not an open file; give what is in it"),
        (lambda m: m.next(Path("a")), r"context must be .* not a path \(a\); give what is in it"),
        (lambda m: m.score_batch(["a", None]), r"texts\[1\] must be a text"),
        (lambda m: m.decode("abc"), r"ids must be integers, not 'abc'"),
        (lambda m: pylm.load(5), r"path must be the path of a file .* not 5"),
        (lambda m: m.generate("a", stop=3), r"stop must be a str, or several, not 3"),
    ],
)
def test_messages(words_model: pylm.Model, call: Callable[[pylm.Model], Any], says: str) -> None:
    with pytest.raises((TypeError, pylm.ArgumentError), match=says):
        call(words_model)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\\data\\\nngram 1=5\n\n\\1-grams:\n-1.0\t<s>\n", "an ARPA file"),
        (b"\n\\data\\\n", "an ARPA file"),
        (b"mmap lm http://kheafield.com/code format version 5\n\0" + bytes(100), "a binary of KenLM"),
    ],
)
def test_models_of_other_tools(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(pylm.ModelFormatError, match=f"m: this is not a pylm model but {says}; train on the text"):
        pylm.load(tmp_path / "m")


# ---- the command line


@pytest.fixture
def run(things: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.chdir(things["folder"])
    Path("text").write_text(TEXT)

    def run(*arguments: str) -> str:
        capsys.readouterr()
        try:
            assert main(arguments) == 1
        except SystemExit as error:
            assert error.code == 2
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("train text -o x --size 10", "smallest possible is --size "),
        ("train text -o x --size big", "--size must be a number of bytes"),
        ("train text -o x --memory 1M", "smallest possible is --memory "),
        ("train text -o x --threads 0", "--threads must be from 1"),
        ("train text -o x --min-count 0", "--min-count must be from 1"),
        ("train text -o x --min-count 2,0", r"--min-count\[1\] must be from 1"),
        ("train text -o x --max-order 99", "--max-order must be from 0"),
        (
            "train text -o x --tokenizer bytes --trees 2",
            "--trees and --classes are for words and pieces: add --tokenizer ",
        ),
        ("train text -o x --tokenizer words --pieces 300", "--pieces is the size .* --tokenizer pieces"),
        ("train text -o x --predictor kernel --max-order 3", "--trees, --size, --max-order and --profile are not for"),
        ("train text -o x --predictor kernel --distances 0,0,0", "--distances are all 0"),
        ("generate model --top-p 2", "--top-p must be a number from 0 to 1"),
        ("generate model --repetition-window -1", "--repetition-window must be from 0"),
        ("generate model --best 0", "--best must be from 1"),
        ("next model papapa -k 0", "-k must be from 1"),
        ("next model papapa --contrast model --contrast-alpha 7", "--contrast-alpha must be"),
        ("eval model text --learn --memory 5", "--memory of 5 bytes is too small"),
        ("related model papapa --window 99", "--window must be from 1"),
        ("eval model text --tau 1", "--predictor kernel"),
        ("count text -o x --documents lines --column a", "--column is for parquet files: add --documents parquet"),
        ("forget store --sha256 12", "--sha256 must be 64 hexadecimal digits"),
        ("prune model --prompts text -o x --keep 200", "--keep must be a percentage"),
    ],
)
def test_options_are_named_as_they_were_typed(run, command: str, says: str) -> None:
    assert re.search(rf"pylm: error: .*{says}", run(*command.split()))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("next model the cat", 'quotes: pylm next model "the cat"'),
        ("explain model the cat sat", 'quotes: pylm explain model "the cat sat"'),
        ("related model the cat", 'quotes: pylm related model "the cat"'),
        ("generate model --prompt the cat", 'quotes: --prompt "the cat"'),
        ("generate model the cat", 'quotes: --prompt "the cat"'),
        ("eval model text other", "unrecognized arguments: other"),
        ("next model the --nothing", "unrecognized arguments: --nothing"),
    ],
)
def test_texts_of_several_words_need_quotes(run, command: str, says: str) -> None:
    error = run(*command.split())
    assert says in error and error.startswith("usage: pylm " + command.split()[0])


def test_without_a_compiler(tmp_path: Path) -> None:
    """The build says what to install, and nothing of OpenMP."""
    pytest.importorskip("setuptools")
    root = Path(__file__).parent.parent.parent
    code = (
        "import os, sys; os.environ['CC'] = 'no-such-compiler'; "
        f"sys.argv = ['setup.py', 'build_ext', '--build-temp={tmp_path}', '--build-lib={tmp_path}']; "
        "exec(compile(open('setup.py').read(), 'setup.py', 'exec'))"
    )
    if sys.platform == "win32" or not (root / "setup.py").exists():
        pytest.skip("there the compiler is looked for elsewhere")
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pylm needs a C compiler" in done.stderr and "apt install gcc libc6-dev" in done.stderr
    assert "OpenMP" not in done.stderr + done.stdout
