"""Layers: on their base they add what a domain knows, for any tokenizer; off it nothing has changed; on another model
they are refused. That a stack predicts as models do is tested with all models: conftest.py has one of two layers."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm._core.native import lib

DOMAIN = make_text(3000, seed=21, vocabulary=150)
HELD_OUT = make_text(400, seed=22, vocabulary=150)
ONE_TREE = ["bytes", "words", "words with <unk>", "pieces", "external"]


@pytest.fixture(params=ONE_TREE)
def base(request: pytest.FixtureRequest) -> pylm.Model:
    from conftest import get

    return get(request.param)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    (folder / "domain.txt").write_text(DOMAIN)
    base = pylm.train([make_text(2000)], output=folder / "base.pylm")
    layer = pylm.adapt(base, folder / "domain.txt", output=folder / "a.layer")
    pylm.adapt(layer, [make_text(800, seed=5)], output=folder / "b.layer")
    pylm.train([make_text(2001)], output=folder / "other.pylm")
    return folder


def test_a_layer_knows_its_domain_and_the_base_stays(base: pylm.Model) -> None:
    before = base.score(HELD_OUT)
    layer = pylm.adapt(base, [DOMAIN])
    assert layer.score(HELD_OUT) > 0.95 * before  # log-probabilities, below 0
    assert base.score(HELD_OUT) == before
    assert layer.encode(DOMAIN) == base.encode(DOMAIN)
    assert layer.info.layers == 1 and layer.info.tokenizer == base.info.tokenizer
    assert layer.tokenizer_file == base.tokenizer_file
    assert layer.info.bytes < base.info.bytes


def test_threads_and_order_do_not_matter(words_model: pylm.Model) -> None:
    texts = [make_text(500, seed=seed) for seed in (31, 32, 33)]
    content = pylm.adapt(words_model, texts, threads=1)._image.content()
    assert pylm.adapt(words_model, texts[::-1], threads=3)._image.content() == content


def test_unknown_words_stay_unknown(words_model: pylm.Model) -> None:
    layer = pylm.adapt(words_model, [("zzz yyy\n" * 300).encode()])
    assert layer.id_of("zzz") is None
    assert layer.decode(layer.encode("zzz yyy")) == "<unk> <unk>"
    assert layer.score("zzz yyy\n") > words_model.score("zzz yyy\n")


def test_a_few_words_do_little_harm(bytes_model: pylm.Model) -> None:
    same = make_text(400, seed=22)  # as the base: there is nothing to be gained
    before = bytes_model.bits_per_byte(same)
    for n in (1, 30, 300):
        assert pylm.adapt(bytes_model, [make_text(n, seed=6)]).bits_per_byte(same) < 1.02 * before


def test_ids_for_an_external_tokenizer() -> None:
    from conftest import get

    base = get("external")
    ids = base.encode(DOMAIN)
    assert pylm.adapt(base, [ids])._image.content() != b""
    with pytest.raises(pylm.ArgumentError, match="out of range"):
        pylm.adapt(base, [[base.n_symbols]])


def test_a_given_size(words_model: pylm.Model) -> None:
    large = pylm.adapt(words_model, [DOMAIN])
    small = pylm.adapt(words_model, [DOMAIN], size=large.info.bytes * 2 // 3)
    assert small.info.bytes <= large.info.bytes * 2 // 3
    assert small.score(HELD_OUT) > words_model.score(HELD_OUT)


def test_files(files: Path) -> None:
    base = pylm.load(files / "base.pylm")
    one = pylm.load(files / "base.pylm", layers=[files / "a.layer"])
    two = pylm.load(files / "base.pylm", layers=[files / "a.layer", files / "b.layer"], verify=True)
    assert [m.info.layers for m in (base, one, two)] == [0, 1, 2]
    assert len({m.score(HELD_OUT) for m in (base, one, two)}) == 3
    assert pickle.loads(pickle.dumps(two)).score(HELD_OUT) == two.score(HELD_OUT)
    one.save(files / "copy.layer")
    assert (files / "copy.layer").read_bytes() == (files / "a.layer").read_bytes()
    base.close()
    assert pylm.adapt(one, [make_text(800, seed=5)]).score(HELD_OUT) == two.score(HELD_OUT)


def test_what_does_not_belong_together(files: Path) -> None:
    a, b = files / "a.layer", files / "b.layer"
    with pytest.raises(pylm.LayerError, match=r"a\.layer: .*another model"):
        pylm.load(files / "other.pylm", layers=[a])
    with pytest.raises(pylm.LayerError, match="another model"):
        pylm.load(files / "base.pylm", layers=[b])
    with pytest.raises(pylm.LayerError, match="another model"):
        pylm.load(files / "base.pylm", layers=[a, a])
    with pytest.raises(pylm.LayerError, match="--layer"):
        pylm.load(a)
    with pytest.raises(pylm.LayerError, match="by itself"):
        pylm.load(files / "base.pylm", layers=[files / "other.pylm"])
    with pytest.raises(TypeError, match="list"):
        pylm.load(files / "base.pylm", layers=str(a))
    with pytest.raises(FileNotFoundError):
        pylm.load(files / "base.pylm", layers=[files / "none.layer"])


def test_damaged_layers(files: Path, tmp_path: Path) -> None:
    content, damaged = (files / "a.layer").read_bytes(), tmp_path / "damaged.layer"
    for at in (70, 200, len(content) // 2):
        damaged.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(pylm.ModelDamagedError):
            pylm.load(files / "base.pylm", layers=[damaged], verify=True)
    damaged.write_bytes(content[:-1])
    with pytest.raises(pylm.ModelDamagedError):
        pylm.load(files / "base.pylm", layers=[damaged])


def test_several_trees_and_nothing(words_model: pylm.Model) -> None:
    from conftest import get

    with pytest.raises(pylm.ArgumentError, match="several"):
        pylm.adapt(get("three trees"), [DOMAIN])
    with pytest.raises(pylm.ArgumentError, match="'kernel'"):
        pylm.adapt(pylm.train([DOMAIN.encode()], tokenizer="words", kernel=pylm.KernelOptions()), [DOMAIN])
    with pytest.raises(pylm.EmptyTextError):
        pylm.adapt(words_model, [""])
    with pytest.raises(pylm.ArgumentError, match="prune the model"):
        pylm.prune(pylm.adapt(words_model, [DOMAIN]), "papa")


def test_an_overlay_belongs_to_one_of_them(files: Path) -> None:
    base, layer = pylm.load(files / "base.pylm"), pylm.load(files / "base.pylm", layers=[files / "a.layer"])
    state = base.state(learn=True, memory="64K")
    wrong = lib.pylm_state_attach(layer._image.model, state._state, state._overlay, len(state._overlay))
    assert wrong == lib.PYLM_ERR_ARGUMENT
    assert layer.bits_per_byte(HELD_OUT * 2, learn=True) < layer.bits_per_byte(HELD_OUT * 2)


def test_explanation_names_what_lies_below(files: Path) -> None:
    layer = pylm.load(files / "base.pylm", layers=[files / "a.layer"])
    explanation = layer.explain("papa")
    assert [part.name for part in explanation.parts if part.kind == "below"] == ["the model below the layer"]
    assert explanation.bits == pytest.approx(-explanation.logprob / 0.6931471805599453, rel=1e-9)


def test_command_line(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pylm.cli import main

    base, domain, layer = (str(files / name) for name in ("base.pylm", "domain.txt", "c.layer"))
    assert main(["adapt", base, domain, "-o", layer]) == 0
    assert "adapted to" in capsys.readouterr().out
    assert Path(layer).read_bytes() == (files / "a.layer").read_bytes()
    figures = []
    for more in ([], ["--layer", layer], ["--layer", layer, "--layer", str(files / "b.layer")]):
        assert main(["eval", base, domain, "--json", *more]) == 0
        figures.append(json.loads(capsys.readouterr().out)["bits_per_byte"])
    assert figures[1] < figures[0] and figures[1] != figures[2]
    for command in (["next", base, "pa"], ["explain", base, "pa"], ["info", base], ["report", base, domain, "--json"]):
        assert main([*command, "--layer", layer]) == 0
    assert main(["generate", base, "--layer", layer, "--max-new-tokens", "3", "--seed", "1"]) == 0
    capsys.readouterr()
    assert main(["info", base, "--layer", layer, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"] == 1
    assert main(["eval", layer, domain]) == 1
    assert "--layer LAYER" in capsys.readouterr().err
    assert main(["adapt", base, domain, "-o", base]) == 1
    assert "another name" in capsys.readouterr().err
