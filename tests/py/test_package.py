"""The package as Python sees it: names, what importing costs, and a checkout in which nothing was built."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pylm

PACKAGE = Path(pylm.__file__).parent


def python(code: str, **options: object) -> subprocess.CompletedProcess[str]:
    options = {"cwd": Path(__file__).parent, **options}  # where there is no pylm but the installed one
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, **options)


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    assert pylm.__all__ == sorted(pylm.__all__, key=lambda name: (not name[0].isupper(), name))
    assert {*pylm.__all__, "__version__"} <= set(dir(pylm))
    for name in pylm.__all__:
        value = getattr(pylm, name)
        assert inspect.getdoc(value), name
        if not inspect.isclass(value) or issubclass(value, (tuple, dict)):
            continue
        for attribute, member in inspect.getmembers_static(value) if sys.version_info >= (3, 11) else []:
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if not attribute.startswith("_") and inspect.isfunction(function):
                assert function.__doc__, f"{name}.{attribute}"
    with pytest.raises(AttributeError, match="'pylm' has no attribute 'nothing'"):
        pylm.nothing  # noqa: B018


def test_type_checkers_are_told_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    told = {}
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            told.update({alias.name: node.module for alias in node.names})
    assert told.pop("errors") is None
    assert told == pylm._HOMES and {*told, "errors"} == set(pylm.__all__)


def test_no_name_hides_a_module() -> None:
    for name in pylm.__all__:
        if name != "errors":
            assert importlib.util.find_spec(f"pylm.{name}") is None, name


def test_importing_needs_next_to_nothing() -> None:
    loaded = python("import sys; before = set(sys.modules); import pylm; print(*sorted(set(sys.modules) - before))")
    ours = [name for name in loaded.stdout.split() if name.startswith("pylm")]
    assert ours == ["pylm", "pylm._core", "pylm._core.library"]
    run = python("import sys, pylm; pylm.load; print(*sys.modules)")
    assert "pylm._model" in run.stdout.split()
    assert not {"numpy", "tqdm", "cffi", "pycparser", "tokenizers", "argparse"} & set(run.stdout.split())
    assert python("import pylm; print(pylm.errors.BusyError.__name__)").stdout == "BusyError\n"


@pytest.mark.parametrize("left", [(), ("_abi.py",)])
def test_a_checkout_in_which_nothing_was_built_says_what_to_do(tmp_path: Path, left: tuple[str, ...]) -> None:
    built = ("_abi.py", "__pycache__", "*.so", "*.dylib", "*.dll")
    ignore = shutil.ignore_patterns(*(name for name in built if name not in left))
    shutil.copytree(PACKAGE, tmp_path / "pylm", ignore=ignore)
    environment = {name: value for name, value in os.environ.items() if name != "PYLM_LIBRARY"}
    run = python("import pylm", cwd=tmp_path, env=environment)
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: pylm's library is not built here: run `pip install .`")
    assert os.path.realpath(tmp_path) in os.path.realpath(last.split(" in ")[1].split(", or")[0])
