"""Reports: their figures are those that the model gives one by one, and the page shows them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from pages import check_page

import pylm
from pylm.cli import main
from pylm.reports.figures import Bin, Calibration
from pylm.reports.page import smoothed
from pylm.reports.plot import ticks


@pytest.fixture
def text(test_text: str) -> str:
    return test_text[:500]


@pytest.mark.parametrize("learn", [False, True])
def test_figures_are_those_of_the_model(model: pylm.Model, text: str, learn: bool) -> None:
    report = pylm.report(model, text, learn=learn, positions=20)
    logprobs = model.state(learn=learn).logprobs(text, add_eos=True)
    assert np.allclose(report.costs * -math.log(2), logprobs, rtol=0, atol=1e-9)
    evaluation = model.evaluate(text, learn=learn)
    assert report.tokens == evaluation.symbols and report.bytes == evaluation.bytes
    assert math.isclose(report.perplexity, evaluation.perplexity)
    assert sum(order.tokens for order in report.orders) == report.tokens
    assert math.isclose(sum(order.bits for order in report.orders), report.bits)
    assert math.isclose(sum(part.bits for part in report.parts), -report.bits)
    assert sum(part.contexts for part in report.parts) == model.info.contexts
    assert sum(part.bytes for part in report.parts) < model.info.bytes
    assert [h.bits for h in report.hardest] == sorted(report.costs, reverse=True)[:20]
    json.dumps(report.as_dict())


def test_best_guesses(words_model: pylm.Model, text: str) -> None:
    report = pylm.report(words_model, text)
    ids = words_model.encode(text, add_eos=True)
    right, predicted = 0, 0.0
    for i, symbol in enumerate(ids):
        best = words_model.next(ids[:i], 1)[0]
        right += best.id == symbol
        predicted += best.probability
    assert report.accuracy == right / len(ids)
    assert math.isclose(sum(b.predicted for b in report.top.bins), predicted)
    assert sum(b.n for b in report.top.bins) == report.top.positions == len(ids)


def test_all_probabilities(model: pylm.Model, text: str) -> None:
    report = pylm.report(model, text, positions=10)
    assert 10 <= report.all.positions <= 20
    assert math.isclose(sum(b.predicted for b in report.all.bins), report.all.positions)
    assert sum(b.observed for b in report.all.bins) == report.all.positions
    assert sum(b.n for b in report.all.bins) == report.all.positions * model.n_symbols
    assert pylm.report(model, text, positions=0).all.positions == 0


def test_orders(words_model: pylm.Model, text: str) -> None:
    report = pylm.report(words_model, text)
    longest: dict[int, int] = {}
    for explanation in words_model.explain_text(text):
        known = [part.template for part in explanation.parts if part.kind == "context" and part.total]
        order = next(n for n in range(9, -1, -1) if " ".join(str(i) for i in range(1, n + 1)) in known)
        longest[order] = longest.get(order, 0) + 1
    assert {order.order: order.tokens for order in report.orders} == longest
    assert len(longest) > 1


def test_expected_calibration_error() -> None:
    bins = [Bin(100, 10.0, 14, 9.0), Bin(0, 0.0, 0, 0.0), Bin(100, 90.0, 88, 9.0)]
    calibration = Calibration(bins, 200)
    assert math.isclose(calibration.ece, (4 + 2) / 200)  # the usual: 1/2 |14 % - 10 %| + 1/2 |88 % - 90 %|
    assert math.isclose(calibration.chance, 2 * math.sqrt(2 / math.pi * 9) / 200)


def test_true_probabilities_are_calibrated() -> None:
    """Tosses of a coin, about which the model can know nothing but how often it falls."""
    numbers = np.random.Generator(np.random.PCG64(1)).random(24000) < 0.3
    tosses = ["heads" if heads else "tails" for heads in numbers]
    model = pylm.train(
        [" ".join(tosses[:20000])], tokenizer="words", symbols=pylm.SymbolOptions(classes=2), profile="fast"
    )
    report = pylm.report(model, " ".join(tosses[20000:]), positions=0)
    assert 0.002 < report.top.chance < 0.01 and report.top.ece < 0.02


def test_hardest(words_model: pylm.Model) -> None:
    words = [words_model.text_of(i) for i in (5, 6, 7)]
    report = pylm.report(words_model, " ".join(words))
    assert {h.token for h in report.hardest} == {*words, "</s>"}
    by_place = {h.position: h for h in report.hardest}
    assert by_place[0].context == "" and by_place[2].context == " ".join(words[:2])
    assert sum(kind.count for kind in report.hardest_kinds) == 4


def test_page(model: pylm.Model, text: str) -> None:
    report = pylm.report(model, text, title='<script>"', learn=True, positions=5)
    page = check_page(report.html)
    assert page.all("h1")[0][1].startswith('<script>"')
    assert not page.all("script")
    assert len(page.all("svg", role="img")) == 3
    assert all(found["aria-label"] for found, _ in page.all("svg"))
    assert {"Surprise by the longest context known", "The model"} <= {text for _, text in page.all("h2")}
    assert f"{report.perplexity:.2f}" in [text for _, text in page.all("dd")]


def test_hostile_text() -> None:
    word = "<img/src=x/onerror=alert(1)>"
    model = pylm.train([f"{word} a b \x01\x07 c\n" * 30], tokenizer="words", symbols=pylm.SymbolOptions(classes=3))
    page = check_page(pylm.report(model, f"{word} b {word}").html)
    assert not page.all("img") and any(word in text for _, text in page.all("td"))


def test_shortest_texts(bytes_model: pylm.Model) -> None:
    check_page(pylm.report(bytes_model, "x").html)
    with pytest.raises(pylm.EmptyTextError):
        pylm.report(bytes_model, "")


def test_smoothing_and_ticks() -> None:
    assert smoothed([1.0, 3.0, 5.0, 7.0, 100.0], 2) == [(1.0, 2.0), (3.0, 6.0), (4.5, 100.0)]
    assert smoothed([4.0], 50) == [(0.5, 4.0)]
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert ticks(0, 73760) == [0, 20000, 40000, 60000]
    assert ticks(3, 3) == [3]


def test_command(bytes_model: pylm.Model, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, source, out = tmp_path / "model", tmp_path / "text.txt", tmp_path / "out.html"
    bytes_model.save(model)
    source.write_text(text)
    assert main(["report", str(model), str(source), "-o", str(out), "--learn"]) == 0
    assert "calibration error" in capsys.readouterr().out
    assert check_page(out.read_text(encoding="utf-8")).all("h1")[0][1].startswith("text.txt")
    assert main(["report", str(model), str(source), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tokens"] == len(text) and len(found["costs"]) == len(text) and 0 < found["top"]["ece"] < 1
    for arguments, message in (
        ([], "-o OUT.html"),
        (["-o", str(tmp_path / "no" / "out")], "does not exist"),
        (["-o", str(source)], "one of the texts"),
        (["-o", str(out), "--positions", "-1"], "positions must be from 0"),
    ):
        assert main(["report", str(model), str(source), *arguments]) == 1
        assert message in capsys.readouterr().err
    assert main(["report", str(source), str(source), "-o", str(out)]) == 1
    assert "not a pylm model" in capsys.readouterr().err
