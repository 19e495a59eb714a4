# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The step of datatrove's pipelines, in a pipeline of datatrove."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import pytest
from texts import make_text

import pylm

pytest.importorskip("datatrove.pipeline.filters.base_filter")
pytestmark = pytest.mark.filterwarnings("ignore")  # of many packages

TEXT = make_text(3000, seed=3)
LIKE, STRANGE = make_text(60, seed=4), "zorkmid quux 17 frobnicate " * 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("datatrove") / "text.pylm"
    pylm.train([TEXT], tokenizer="pieces", output=path)
    return path


def test_a_pipeline(model: Path, tmp_path: Path) -> None:
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers import JsonlWriter

    from pylm.adapters.datatrove import PylmFilter

    documents = [Document(text=text, id=str(i)) for i, text in enumerate([LIKE, STRANGE, "", "papapa " * 200])]
    dropped = JsonlWriter(str(tmp_path / "dropped"), compression=None)
    kept = JsonlWriter(str(tmp_path / "kept"), compression=None)
    loaded = pylm.load(model)
    bits = {str(i): -loaded.score(d.text) / math.log(2) / max(len(d.text), 1) for i, d in enumerate(documents)}
    step = PylmFilter(model, least=bits["3"] + 0.01, most=bits["0"] + 0.01, exclusion_writer=dropped)
    LocalPipelineExecutor(pipeline=[documents, step, kept], logging_dir=str(tmp_path / "logs")).run()

    def read(folder: str) -> dict[str, dict[str, object]]:
        lines = [line for path in (tmp_path / folder).rglob("*.jsonl") for line in path.read_text().splitlines()]
        return {found["id"]: found["metadata"] for found in map(json.loads, lines)}

    assert list(read("kept")) == ["0"] and read("kept")["0"]["bits_per_byte"] == pytest.approx(bits["0"])
    assert {name: found["filter_reason"] for name, found in read("dropped").items()} == {
        "1": "above",
        "2": "above",
        "3": "below",
    }


def test_a_difference(model: Path, tmp_path: Path) -> None:
    from datatrove.data import Document

    from pylm.adapters.datatrove import PylmFilter

    layer = tmp_path / "strange.layer"
    pylm.adapt(pylm.load(model), [STRANGE * 20], output=layer)
    step = pickle.loads(pickle.dumps(PylmFilter(model, layers=[layer], general=model, most=-0.1)))
    strange, like = Document(text=STRANGE, id="a"), Document(text=LIKE, id="b")
    assert step.filter(strange) is True and step.filter(like) == (False, "above")
    selector = pylm.Selector(pylm.load(model, layers=[layer]), pylm.load(model))
    assert strange.metadata["bits_per_byte"] == pytest.approx(selector.scores([STRANGE])[0])
    trained = PylmFilter(selector.in_domain, general=selector.general, most=0)
    assert trained.filter(strange) is True


def test_messages(model: Path) -> None:
    from pylm.adapters.datatrove import PylmFilter

    with pytest.raises(pylm.ArgumentError, match="least, most or both"):
        PylmFilter(model)
    with pytest.raises(pylm.ArgumentError, match="most must be a number"):
        PylmFilter(model, most="few")  # type: ignore[arg-type]
    with pytest.raises(pylm.ArgumentError, match="has them already"):
        PylmFilter(pylm.load(model), layers=["a"], most=1.0)
    with pytest.raises(OSError, match="No such file"):
        PylmFilter("nothing", most=1.0)
