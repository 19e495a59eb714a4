"""What a type checker makes of programs that use pylm: tests/typing."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

import pylm

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "tests" / "typing"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy found about pylm, so that it need not look twice."""
    return tmp_path_factory.mktemp("mypy")


def errors_of(name: str, cache: Path) -> set[int]:
    """The lines in which mypy --strict finds errors."""
    if not {"mypy", "types-tqdm"} <= {found.name for found in distributions()}:
        pytest.skip("mypy and what it needs are not installed: pip install '.[dev]'")
    command = [
        "-m",
        "mypy",
        "--strict",
        "--config-file=pyproject.toml",
        "--no-error-summary",
        f"--cache-dir={cache}",
        str(FOLDER / name),
    ]
    run = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert not run.stderr, run.stderr
    found = re.findall(rf"\b{re.escape(name)}:(\d+): error: ", run.stdout, re.M)
    assert (run.returncode == 0) == (not found), run.stdout
    return set(map(int, found))


def test_what_is_right_passes(cache: Path) -> None:
    assert errors_of("passes.py", cache) == set()


def test_what_is_wrong_is_found(cache: Path) -> None:
    lines = (FOLDER / "fails.py").read_text().splitlines()
    expected = {i for i, line in enumerate(lines, 1) if line.endswith("# error")}
    assert len(expected) > 15
    assert errors_of("fails.py", cache) == expected


def test_options_that_do_not_exist_are_named_at_run_time(bytes_model: pylm.Model) -> None:
    for call, says in (
        (lambda: bytes_model.generate("a", temprature=0.2), r"no option 'temprature'; did you mean 'temperature'"),
        (lambda: bytes_model.stream("a", n=2), r"stream\(\) has no option 'n'"),
        (lambda: bytes_model.generate_ids("a", 3, sede=2), "'sede'; did you mean 'seed'"),
        (lambda: bytes_model.beam_search("a", temperature=0), r"beam_search\(\) has no option 'temperature'"),
        (lambda: bytes_model.state().generate(5, topk=2), "'topk'; did you mean 'top_k'"),
        (lambda: bytes_model.state().beam_search(5, bean=2), "'bean'; did you mean 'beam'"),
        (lambda: pylm.train(["a"], tokeniser="words"), "'tokeniser'; did you mean 'tokenizer'"),
        (lambda: pylm.train(["a"], trees=2), r"train\(\) has no option 'trees'"),
        (lambda: pylm.adapt(bytes_model, ["a"], tokenizer="words"), r"adapt\(\) has no option 'tokenizer'"),
        (lambda: pylm.count(["a"], "s", thread=2), "'thread'; did you mean 'threads'"),
    ):
        with pytest.raises(TypeError, match=says):
            call()
