"""The command line, as people and scripts use it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "train.txt").write_text(make_text(3000, seed=1))
    (folder / "test.txt").write_text(make_text(300, seed=2))
    for tokenizer in ("bytes", "words"):
        text, model = str(folder / "train.txt"), str(folder / f"{tokenizer}.pylm")
        assert main(["train", text, "-o", model, "--tokenizer", tokenizer]) == 0
    return folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)

    def run(*arguments: str, status: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        assert main(arguments) == status
        return tuple(capsys.readouterr())

    return run


def python(*arguments: str, cwd: Path, **settings) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pylm", *arguments], cwd=cwd, capture_output=True, timeout=120, **settings
    )


def test_train(run) -> None:
    out = json.loads(run("train", "train.txt", "-o", "new.pylm", "--threads", "2", "--json")[0])
    assert out["model_bytes"] == Path("new.pylm").stat().st_size
    assert out["contexts"] == pylm.load("new.pylm").info.contexts
    assert out["seconds"] > 0 and out["cpu_seconds"] > 0
    assert out["peak_rss_bytes"] is None or out["peak_rss_bytes"] > 10_000_000
    assert Path("new.pylm").read_bytes() == Path("bytes.pylm").read_bytes()  # auto is bytes
    text, _ = run("train", "train.txt", "test.txt", "-o", "new.pylm", "--tokenizer", "words", "--trees", "2")
    assert "wrote new.pylm" in text
    assert pylm.load("new.pylm").info.training["documents"] == 2


@pytest.mark.parametrize("model", ["bytes.pylm", "words.pylm"])
def test_eval(run, model: str) -> None:
    out = json.loads(run("eval", model, "test.txt", "--json")[0])
    text = Path("test.txt").read_text()
    expected = pylm.load(model).evaluate(text)
    assert out["bytes"] == len(text)
    for name in ("symbols", "unknown", "bits", "perplexity", "bits_per_byte"):
        assert out[name] == getattr(expected, name)
    assert out["symbols_per_second"] == pytest.approx(out["symbols"] / out["seconds"])
    assert f"{expected.perplexity:.2f}" in run("eval", model, "test.txt")[0]


def test_standard_input(folder: Path) -> None:
    text = (folder / "test.txt").read_bytes()
    from_file = json.loads(python("eval", "bytes.pylm", "test.txt", "--json", cwd=folder).stdout)
    piped = json.loads(python("eval", "bytes.pylm", "-", "--json", cwd=folder, input=text).stdout)
    assert piped["bits"] == from_file["bits"]
    done = python("train", "-", "-o", "piped.pylm", cwd=folder, input=(folder / "train.txt").read_bytes())
    assert done.returncode == 0
    assert (folder / "piped.pylm").read_bytes() == (folder / "bytes.pylm").read_bytes()
    best = json.loads(python("next", "bytes.pylm", "-", "--json", cwd=folder, input=b"\xff\0pa").stdout)
    assert [p["id"] for p in best["next"]] == [p.id for p in pylm.load(folder / "bytes.pylm").next(b"\xff\0pa")]


def test_next(run) -> None:
    out = json.loads(run("next", "words.pylm", "papapa", "-k", "3", "--json")[0])
    assert [tuple(p.values()) for p in out["next"]] == pylm.load("words.pylm").next("papapa", 3)
    table = run("next", "bytes.pylm", "papapa", "-k", "256")[0].splitlines()
    assert len(table) == 256 and "%" in table[0]
    assert any("' '" in line for line in table) and any(r"\xff" in line for line in table)


def test_generate(run) -> None:
    settings = ["--prompt", "pa", "--max-new-tokens", "40", "--seed", "5", "--top-k", "0", "--stop", "\n"]
    expected = pylm.load("bytes.pylm").generate("pa", 40, seed=5, top_k=0, stop="\n")
    assert json.loads(run("generate", "bytes.pylm", *settings, "--json")[0]) == {"prompt": "pa", "text": expected}
    assert run("generate", "bytes.pylm", *settings)[0] == f"pa{expected}\n"


def test_info(run) -> None:
    out = json.loads(run("info", "words.pylm", "--json")[0])
    model = pylm.load("words.pylm")
    assert out == {**model.info.as_dict(), "sha256": model.sha256()}
    text = run("info", "words.pylm")[0]
    assert f"{out['contexts']:,}" in text and "c1 c2" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["eval", "missing.pylm", "test.txt"], "missing.pylm: No such file"),
        (["eval", "test.txt", "test.txt"], "test.txt: this is not a pylm model"),
        (["eval", "bytes.pylm", "missing.txt"], "missing.txt: No such file"),
        (["eval", "bytes.pylm", "."], "this is a folder; give one file in it"),
        (["train", ".", "-o", "x.pylm"], "lies in the folder"),
        (["train", "missing.txt", "-o", "x.pylm"], "missing.txt: No such file"),
        (["train", "train.txt", "-o", "no/x.pylm"], "folder no does not exist"),
        (["train", "train.txt", "-o", "."], "it is a folder"),
        (["train", "train.txt", "-o", "train.txt"], "one of the texts"),
        (["train", "train.txt", "-o", "x.pylm", "--threads", "0"], "threads must be"),
        (["train", "train.txt", "-o", "x.pylm", "--memory", "much"], "memory must be a number of bytes"),
        (["train", "train.txt", "-o", "x.pylm", "--memory", "1M"], "smallest possible is --memory "),
        (["train", "train.txt", "-o", "x.pylm", "--tokenizer", "bytes", "--trees", "2"], "add --tokenizer words"),
        (["next", "bytes.pylm", "a", "-k", "0"], "k must be"),
        (["generate", "bytes.pylm", "--temperature", "-1"], "temperature must be"),
    ],
)
def test_errors_are_one_line(run, arguments: list[str], says: str) -> None:
    out, error = run(*arguments, status=1)
    assert out == ""
    assert error.startswith("pylm: error: ") and error.count("\n") == 1
    assert says in error
    assert not Path("x.pylm").exists()


def test_usage(run, capsys: pytest.CaptureFixture) -> None:
    for arguments in ([], ["frobnicate"], ["train"], ["next", "bytes.pylm", "a", "-k", "many"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    for arguments in (["--help"], ["train", "--help"], ["generate", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    assert pylm.__version__ in capsys.readouterr().out


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        main([*arguments, "--help"])
    return capsys.readouterr().out


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands stand in groups, each once; options say what they are unless given, where that is something."""
    whole = help_of(capsys)
    titles = ["Make a model", "Ask a model", "Change a model", "Stores", "Look inside"]
    assert [line for line in whole.splitlines() if line in titles] == titles
    commands = re.findall(r"^  (\w+) +\w", whole[whole.index(titles[0]) :], re.M)
    assert len(set(commands)) == len(commands) >= 19
    for command in commands:
        text = " ".join(help_of(capsys, command).split())
        assert text.startswith(f"usage: pylm {command} ")
        assert not re.search(r"default: (None|False|\[\]|\))", text), command
        assert text.count("(default:") == len(re.findall(r"\(default: [\w.%]+\)", text)), command
    assert "(default: 1.0)" in " ".join(help_of(capsys, "generate").split())


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise")
def test_closed_pipe_is_quiet(folder: Path) -> None:
    command = f"'{sys.executable}' -m pylm generate bytes.pylm --max-new-tokens 200000 | head -c 10"
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, timeout=60)
    assert done.stderr == b""


def test_demo(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a part of its text: demo.sh runs it on all."""
    from pylm.cli import demo

    pages = demo.find_pages()
    monkeypatch.setattr(demo, "find_pages", lambda: demo.Pages(pages.title, pages.train[::4], pages.test[::4]))
    out, _ = run("demo")
    rows = {line.split()[0]: float(line.split()[1]) for line in out.splitlines() if line.startswith(("  xz", "  pylm"))}
    assert rows["pylm"] < rows["xz"]
    assert "The prompt stands in [brackets]" in out and "What comes next?" in out


def test_demo_without_the_manual(monkeypatch: pytest.MonkeyPatch) -> None:
    from pylm.cli import demo

    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    pages = demo.find_pages()
    assert "library" in pages.title
    assert sum(map(len, pages.train)) > 50_000 and len(pages.test) > 3


def test_kernel(run, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ("--tokenizer", "words", "--predictor", "kernel", "--reach", "2")
    run("train", "train.txt", "-o", "kernel.pylm", *settings)
    assert "predictor   kernel, distances " in run("info", "kernel.pylm")[0]
    given = ("--distances", "3,1", "--class-distances", "none", "--json")
    assert json.loads(run("train", "train.txt", "-o", "given.pylm", *settings, *given)[0])["contexts"] > 0
    assert pylm.load("given.pylm").info.kernel == pylm.Kernel(1.0, (3.0, 1.0), ())
    model = pylm.load("kernel.pylm")
    out = json.loads(run("eval", "kernel.pylm", "test.txt", "--tau", "0.5", "--radius", "0", "--json")[0])
    assert out["perplexity"] == model.kernel(0.5).perplexity(Path("test.txt"))
    found = model.coverage(Path("test.txt"), radius=0)
    assert (out["coverage"], out["accuracy"], out["answered"]) == (found.coverage, found.accuracy, found.answered)
    assert "answered   " in run("eval", "kernel.pylm", "test.txt", "--min-positions", "2")[0]
    assert "answered" not in run("eval", "kernel.pylm", "test.txt")[0]
    with monkeypatch.context() as patch:  # where it is right is found in a second pass, which takes time, too
        patch.setattr(pylm.Model, "coverage", lambda *_, **__: time.sleep(0.3) or found)
        assert json.loads(run("eval", "kernel.pylm", "test.txt", "--radius", "0", "--json")[0])["seconds"] > 0.3
    assert "unknown" in run("next", "kernel.pylm", "zzz qqq", "--radius", "0", "--tau", "2")[0]
    assert run("generate", "kernel.pylm", "--tau", "3", "--seed", "1")[0]
    assert "no kernel" in run("eval", "words.pylm", "test.txt", "--tau", "2", status=1)[1]
    assert "leave them out" in run("train", "train.txt", "-o", "x.pylm", *settings, "--size", "1M", status=1)[1]
