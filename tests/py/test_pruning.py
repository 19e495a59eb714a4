"""Pruning: what is kept is predicted as before; the rest is smaller; arguments that cannot be are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm.cli import main

LOG, OTHER = make_text(500, seed=3), make_text(300, seed=4)


def changed_places(model: pylm.Model, small: pylm.Model, text: str) -> int:
    """Symbols of a text whose cost is not the same; fewer than places, but all of these are such."""
    symbols = model.encode(text)
    return int(np.count_nonzero(model.logprobs(symbols) != small.logprobs(symbols)))


def test_everything_that_is_used_stays(model: pylm.Model) -> None:
    if model.info.layers:
        pytest.skip("layers are refused: test_layers.py")
    result = pylm.prune(model, LOG, keep=100)
    assert result.given_up == 0 and result.kept == 1.0
    assert result.places == len(model.encode(LOG)) + 1
    assert changed_places(model, result.model, LOG) == 0
    assert (model.distribution(LOG) == result.model.distribution(LOG)).all()  # behind the last symbol, too
    assert result.prompts.before == result.prompts.after
    assert result.bytes_after == result.model.info.bytes < result.bytes_before == model.info.bytes
    assert pylm.prune(result.model, LOG, keep=100).model.info.contexts == result.model.info.contexts


@pytest.mark.parametrize("keep", [99.9, 95, 40, 0.0001])
def test_no_more_changes_than_was_allowed(words_model: pylm.Model, keep: float) -> None:
    result = pylm.prune(words_model, LOG, keep=keep)
    assert result.given_up <= result.places * (100 - keep) / 100
    assert changed_places(words_model, result.model, LOG) <= result.given_up
    assert result.model.info.bytes <= pylm.prune(words_model, LOG, keep=100).model.info.bytes
    assert result.model.distribution("pa").sum() == pytest.approx(1, abs=1e-12)
    if keep < 99:
        assert changed_places(words_model, result.model, LOG) > 0


def test_figures(words_model: pylm.Model) -> None:
    result = pylm.prune(words_model, LOG, keep=90, valid=OTHER, threads=2)
    for comparison, text in ((result.prompts, LOG), (result.valid, OTHER)):
        for quality, model in ((comparison.before, words_model), (comparison.after, result.model)):
            evaluation = model.evaluate(text)
            assert quality.symbols == evaluation.symbols
            assert quality.perplexity == pytest.approx(evaluation.perplexity, rel=1e-12)
    symbols = words_model.encode(OTHER[:400])
    few = pylm.prune(words_model, LOG, keep=90, valid=symbols).valid.before
    assert few.right == sum(words_model.next(symbols[:i], 1)[0].id == symbol for i, symbol in enumerate(symbols))
    assert sum(t.contexts_before for t in result.templates) == words_model.info.contexts
    assert sum(t.contexts_after for t in result.templates) == result.model.info.contexts
    assert all(0 <= t.dropped <= 1 and t.bytes_after <= t.bytes_before for t in result.templates)
    assert result.templates[0].name == "" and result.templates[0].dropped == 0  # the empty context is always used


def test_several_texts_begin_anew(words_model: pylm.Model, tmp_path: Path) -> None:
    lines = LOG.splitlines()
    (tmp_path / "a").write_text(lines[0])
    several = pylm.prune(words_model, lines, keep=100)
    assert several.places == sum(len(words_model.encode(line)) + 1 for line in lines)
    assert all(changed_places(words_model, several.model, line) == 0 for line in lines)
    ids = [words_model.encode(line) for line in lines]
    again = pylm.prune(words_model, [tmp_path / "a", *ids[1:]], keep=100)
    assert bytes(again.model._image.content()) == bytes(several.model._image.content())
    assert pylm.prune(words_model, np.array(words_model.encode(LOG)), keep=100).given_up == 0


def test_sized_models(tmp_path: Path) -> None:
    model = pylm.train([make_text(2500, seed=1)], tokenizer="words", size="50K")
    result = pylm.prune(model, LOG, keep=100, output=tmp_path / "small.pylm")
    assert result.bytes_after < result.bytes_before
    assert changed_places(model, pylm.load(tmp_path / "small.pylm", verify=True), LOG) == 0


def test_adapts_as_before(words_model: pylm.Model) -> None:
    small = pylm.prune(words_model, LOG, keep=100).model
    assert small.evaluate(LOG, learn=True).bits == words_model.evaluate(LOG, learn=True).bits


@pytest.mark.parametrize("keep", [0, -1, 100.1, float("nan"), "99", float("inf")])
def test_shares_that_are_none(words_model: pylm.Model, keep: object) -> None:
    with pytest.raises(pylm.ArgumentError, match="keep must be a percentage"):
        pylm.prune(words_model, LOG, keep=keep)


@pytest.mark.parametrize("prompts", ["", b"", [], [b"", ""], np.array([], np.uint32)], ids=repr)
def test_an_empty_log(words_model: pylm.Model, prompts: object) -> None:
    with pytest.raises(pylm.EmptyTextError, match="prompts holds no text"):
        pylm.prune(words_model, prompts)


def test_wrong_arguments(words_model: pylm.Model, tmp_path: Path) -> None:
    with pytest.raises(pylm.ArgumentError, match="out of range"):
        pylm.prune(words_model, [words_model.n_symbols])
    with pytest.raises(pylm.ArgumentError, match="threads"):
        pylm.prune(words_model, LOG, threads=0)
    with pytest.raises(TypeError, match="prompts must be a text"):
        pylm.prune(words_model, 5)
    with pytest.raises(FileNotFoundError):
        pylm.prune(words_model, tmp_path / "missing")
    with pytest.raises(pylm.EmptyTextError, match="valid holds no text"):
        pylm.prune(words_model, LOG, valid="")
    with pytest.raises(OSError):
        pylm.prune(words_model, LOG, output=tmp_path / "no" / "folder")


def test_command(words_model: pylm.Model, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    words_model.save("large.pylm")
    Path("log.txt").write_text(LOG)
    Path("other.txt").write_text(OTHER)
    command = ["prune", "large.pylm", "--prompts", "log.txt", "-o", "small.pylm", "--threads", "2"]
    assert main([*command, "--keep", "95", "--valid", "other.txt", "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    expected = pylm.prune(words_model, LOG, keep=95, valid=OTHER)
    assert Path("small.pylm").read_bytes() == expected.model._image.content()
    assert out["bytes_after"] == Path("small.pylm").stat().st_size
    assert out["given_up"] == expected.given_up and out["places"] == expected.places
    assert out["valid"]["after"]["perplexity"] == expected.valid.after.perplexity
    assert out["prompts"]["before"]["accuracy"] == expected.prompts.before.accuracy
    assert len(out["templates"]) == words_model.info.templates
    assert main([*command, "--prompts", "other.txt"]) == 0
    text = capsys.readouterr().out
    assert "wrote small.pylm" in text and "contexts dropped, by template" in text
    assert main(["info", "small.pylm"]) == 0
    assert "pruned      for 99.9 % of a log" in capsys.readouterr().out
    for wrong in (["--keep", "101"], ["-o", "large.pylm"], ["-o", "log.txt"]):
        assert main([*command, *wrong]) == 1
        assert "pylm: error: " in capsys.readouterr().err
    Path("bad.pylm").write_bytes(b"no model")
    assert main(["prune", "bad.pylm", "--prompts", "log.txt", "-o", "x"]) == 1
