"""The commands on stores, as people and scripts use them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm.cli import main


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for i in (1, 2, 3):
        Path(f"{i}.txt").write_text(make_text(500, seed=i))

    def run(command: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main(command.split()) == status, capsys.readouterr()
        out, error = capsys.readouterr()
        assert (error == "") == (status == 0), error
        return out if status == 0 else error

    return run


def test_count_merge_build(run) -> None:
    assert "a.store has 3 documents of" in run("count 3.txt 1.txt 2.txt -o a.store")
    run("count 2.txt -o b.store")
    out = json.loads(run("count 1.txt 3.txt -o c.store --json"))
    assert out["documents"] == out["copies"] == 2 and out["store"] == "c.store" and out["seconds"] > 0
    assert "d.store has 3 documents" in run("merge b.store c.store -o d.store --threads 1")
    assert Path("a.store").read_bytes() == Path("d.store").read_bytes()
    out = json.loads(run("build b.store -o b.pylm --tokenizer words --classes 9 --min-count 1 --json"))
    assert out["model_bytes"] == Path("b.pylm").stat().st_size
    run("train 2.txt -o t.pylm --tokenizer words --classes 9 --min-count 1")
    assert Path("b.pylm").read_bytes() == Path("t.pylm").read_bytes()
    assert "wrote a.pylm" in run("build a.store -o a.pylm")
    assert pylm.load("a.pylm").info.training["documents"] == 3


def test_add_forget_store(run) -> None:
    run("count 1.txt -o a.store")
    before = Path("a.store").read_bytes()
    assert "a.store has 4 documents, 3 of them different," in run("add a.store 2.txt 3.txt 3.txt")
    listed = run("store a.store --list").splitlines()
    hashes = [hashlib.sha256(Path(f"{i}.txt").read_bytes()).hexdigest() for i in (1, 2, 3)]
    assert [line.split()[0] for line in listed] == sorted(hashes)
    assert [line.split()[1] for line in listed if line.startswith(hashes[2])] == ["2"]
    out = json.loads(run("store a.store --json --list --verify"))
    assert out["copies"] == 4 and [row["sha256"] for row in out["list"]] == sorted(hashes)
    text = run("store a.store --verify")
    assert pylm.Store("a.store").info.contents in text and "as it was written" in text
    assert "nothing was changed" in run("forget a.store 3.txt 3.txt 3.txt", 1)
    run(f"forget a.store 2.txt 3.txt --sha256 {hashes[2]}")
    assert Path("a.store").read_bytes() == before
    run("add a.store 2.txt --documents lines")
    run("forget a.store 2.txt --documents lines")
    assert Path("a.store").read_bytes() == before


def test_standard_input(run, tmp_path: Path) -> None:
    text = Path("1.txt").read_bytes() + b"\n \n"
    for kind in ("files", "lines"):
        done = subprocess.run(
            [sys.executable, "-m", "pylm", "count", "-", "2.txt", "-o", "piped", "--documents", kind],
            cwd=tmp_path,
            input=text,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        pylm.count([text, Path("2.txt")], "direct", documents=kind)
        assert Path("piped").read_bytes() == Path("direct").read_bytes()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("count missing.txt -o x", "missing.txt: No such file"),
        ("count . -o x", "the output x lies in the folder ."),
        ("count 1.txt -o no/x", "folder no does not exist"),
        ("count 1.txt -o 2.txt", "2.txt is there already and is not a store"),
        ("count 1.txt -o 1.txt", "one of the texts"),
        ("count 1.txt -o x --column text", "--documents parquet"),
        ("merge 1.txt -o x", "1.txt: this is not a pylm store"),
        ("merge missing -o x", "missing: No such file"),
        ("build 1.txt -o x", "1.txt: this is not a pylm store"),
        ("store missing", "missing: No such file"),
        ("add missing 1.txt", "missing: No such file"),
        ("add 1.txt 2.txt", "1.txt: this is not a pylm store"),
        ("forget missing 1.txt", "missing: No such file"),
    ],
)
def test_errors_are_one_line(run, command: str, says: str) -> None:
    error = run(command, 1)
    assert error.startswith("pylm: error: ") and error.count("\n") == 1
    assert says in error
    assert not Path("x").exists() and sorted(map(str, Path().iterdir())) == ["1.txt", "2.txt", "3.txt"]


def test_what_forget_needs(run) -> None:
    run("count 1.txt -o a.store")
    assert "say what to forget" in run("forget a.store", 1)
    assert "has no document of SHA-256 00" in run(f"forget a.store --sha256 {'0' * 64}", 1)


def test_dask_takes_no_text_for_an_address(run, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["count", "--dask", "1.txt", "2.txt", "-o", "x"])
    assert caught.value.code == 2 and "put --dask behind it" in capsys.readouterr().err
