# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The lm-evaluation-harness with models of pylm: by the adapter, and by its client of a server. On tasks of local
files; nothing is fetched."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from texts import make_text

import pylm

lm_eval = pytest.importorskip("lm_eval")
pytestmark = pytest.mark.filterwarnings("ignore")  # of many packages

TEXT = make_text(6000, seed=3)
LINES = make_text(300, seed=4).splitlines()
CHOICE = """\
task: choice
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{context}}"
doc_to_choice: "{{choices}}"
doc_to_target: "{{right}}"
metric_list: [{metric: acc}]
"""
ROLLING = """\
task: rolling
dataset_path: text
dataset_kwargs: {data_files: {test: DATA}, sample_by: document}
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list: [{metric: bits_per_byte}]
"""
UNTIL = """\
task: until
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: generate_until
doc_to_text: "{{context}}"
doc_to_target: "{{written}}"
generation_kwargs: {until: ["\\n"], max_gen_toks: 12, do_sample: false}
metric_list: [{metric: exact_match}]
"""


@pytest.fixture(scope="module", autouse=True)
def offline() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE"):
            patch.setenv(name, "1")
        yield


@pytest.fixture(scope="module", params=["words", "bytes", "pieces"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pylm.Model]:
    path = tmp_path_factory.mktemp("lm_eval") / f"{request.param}.pylm"
    pylm.train([TEXT], tokenizer=request.param, output=path)
    return path, pylm.load(path)


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    """Which end does a line have: its own, or that of another one?"""
    found = []
    for i, line in enumerate(LINES):
        words, other = line.split(), LINES[i - 1].split()
        if len(words) > 3 and len(other) > 3:
            context, right, wrong = " ".join(words[:-2]), " ".join(words[-2:]), " ".join(other[-2:])
            found.append({"context": context, "choices": [right, wrong], "right": 0})
    return found[:12]


def write_tasks(folder: Path, questions: list[dict[str, Any]], model: pylm.Model) -> None:
    """The three tasks, and their data."""
    with open(folder / "choice.json", "w") as choice, open(folder / "until.json", "w") as until:
        for question in questions:
            written = model.generate(question["context"], 12, temperature=0, stop="\n")
            choice.write(json.dumps(question) + "\n")
            until.write(json.dumps({**question, "written": written}) + "\n")
    (folder / "rolling.txt").write_text("\n".join(LINES[:5]))
    for name, task, data in (
        ("choice", CHOICE, "choice.json"),
        ("rolling", ROLLING, "rolling.txt"),
        ("until", UNTIL, "until.json"),
    ):
        (folder / f"{name}.yaml").write_text(task.replace("DATA", json.dumps(str(folder / data))))


def evaluate(folder: Path, tasks: list[str], **options: Any) -> dict[str, Any]:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = lm_eval.simple_evaluate(tasks=tasks, task_manager=manager, bootstrap_iters=0, verbosity="ERROR", **options)
    return found["results"]  # type: ignore[no-any-return]


def share_right(model: pylm.Model, questions: list[dict[str, Any]]) -> float:
    right = 0
    for question in questions:
        scores = [model.score(f" {text}", context=question["context"], add_eos=False) for text in question["choices"]]
        right += scores[0] > scores[1]
    return right / len(questions)


def test_tasks(model: tuple[Path, pylm.Model], questions: list[dict[str, Any]], tmp_path: Path) -> None:
    import pylm.adapters.lm_eval  # noqa: F401 - the harness knows of it then

    path, loaded = model
    write_tasks(tmp_path, questions, loaded)
    results = evaluate(tmp_path, ["choice", "rolling", "until"], model="pylm", model_args=f"path={path}")
    assert results["choice"]["acc,none"] == pytest.approx(share_right(loaded, questions))
    text = "\n".join(LINES[:5])
    expected = -loaded.score(text, add_eos=False) / math.log(2) / len(text)
    assert results["rolling"]["bits_per_byte,none"] == pytest.approx(expected)
    assert results["until"]["exact_match,none"] == 1.0
    learned = evaluate(tmp_path, ["rolling"], model="pylm", model_args=f"path={path},learn=True,memory=64K")
    state = loaded.state(learn=True, memory="64K")
    assert learned["rolling"]["bits_per_byte,none"] == pytest.approx(-state.feed(text) / math.log(2) / len(text))


def test_likelihoods(model: tuple[Path, pylm.Model]) -> None:
    """Wherever a context is cut, its two parts have the probability of the whole."""
    from lm_eval.api.instance import Instance

    from pylm.adapters.lm_eval import PylmLM

    _, loaded = model
    lm = PylmLM(loaded)
    line = " ".join([*TEXT.splitlines()[5].split()[:4], "zorkmid"])
    cuts = [*range(0, len(line), 3), line.index(" "), line.index(" ") + 1]
    asked = [Instance("loglikelihood", {}, (line[:cut], line[cut:]), 0) for cut in cuts]
    for cut, (logprob, _) in zip(cuts, lm.loglikelihood(asked, disable_tqdm=True), strict=True):
        kept = line[:cut].rstrip()
        before, whole = loaded.encode(kept), loaded.encode(line)
        if whole[: len(before)] == before:
            assert logprob == pytest.approx(
                loaded.score(line, add_eos=False) - loaded.score(kept, add_eos=False), abs=1e-6
            )
    context = " ".join(line.split()[:3])
    best = loaded.generate_ids(loaded.encode(context), 3, temperature=0)
    greedy = loaded.decode([*loaded.encode(context), *best]).removeprefix(context)
    if loaded.encode(context + greedy) == [*loaded.encode(context), *best]:
        assert lm.loglikelihood([Instance("loglikelihood", {}, (context, greedy), 0)])[0][1]
    assert not lm.loglikelihood([Instance("loglikelihood", {}, (context, " zorkmid"), 0)])[0][1]


def test_what_it_does_not_know(model: tuple[Path, pylm.Model]) -> None:
    from lm_eval.api.instance import Instance

    from pylm.adapters.lm_eval import PylmLM

    lm = PylmLM(model[0], batch_size=1, device="cpu")
    with pytest.raises(pylm.ArgumentError, match="'num_beams', which pylm does not know"):
        lm.generate_until([Instance("generate_until", {}, ("papapa", {"num_beams": 3}), 0)])
    with pytest.raises(OSError, match="nothing"):
        PylmLM("nothing")


def test_command_line(model: tuple[Path, pylm.Model], questions: list[dict[str, Any]], tmp_path: Path) -> None:
    path, loaded = model
    write_tasks(tmp_path, questions, loaded)
    command = [
        "run",
        "--model",
        "pylm",
        "--model_args",
        f"path={path}",
        "--tasks",
        "choice",
        "--include_path",
        tmp_path,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pylm.adapters.lm_eval", *command], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"\|choice.*?\| *([0-9.]+)\|±", done.stdout)
    assert found is not None and float(found[1]) == pytest.approx(share_right(loaded, questions), abs=1e-4)


def test_a_server(model: tuple[Path, pylm.Model], questions: list[dict[str, Any]], tmp_path: Path) -> None:
    """The harness's own client finds the same, asking `pylm serve` for tokens and for probabilities."""
    serving = pytest.importorskip("test_serving")
    path, loaded = model
    write_tasks(tmp_path, questions, loaded)
    with serving.served((str(path),)) as url:
        results = evaluate(
            tmp_path,
            ["choice", "rolling", "until"],
            model="local-completions",
            model_args=f"model={path.name},base_url={url}/v1/completions,tokenizer_backend=remote,max_length=4096",
        )
    assert results["choice"]["acc,none"] == pytest.approx(share_right(loaded, questions))
    assert results["until"]["exact_match,none"] == 1.0
    text = "\n".join(LINES[:5])
    ids = loaded.encode(text)  # the letters of unknown words are no tokens
    expected = -loaded.score(ids, add_eos=False) / math.log(2) / len(text)  # there a line end was read before
    assert results["rolling"]["bits_per_byte,none"] == pytest.approx(expected, rel=1e-3)
