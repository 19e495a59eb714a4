# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Words that are given to a word model: Model.with_words(), --words."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm._core.lexicon import words_of_file
from pylm._core.native import ffi, lib
from pylm.cli import main

TEXT = make_text(3000, seed=3)
WORDS = {"Quxa": "papapa", "zork": 3, "quq": ("papapa", 3), "grue": None, "tepapa": 2}
TOLD = "papapa zork tepapa\nQuxa grue zorkmid quq\n"


@pytest.fixture(scope="module")
def plain() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words")


@pytest.fixture(scope="module")
def trees() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words", symbols=pylm.SymbolOptions(trees=2))


@pytest.fixture(scope="module")
def model(plain: pylm.Model) -> pylm.Model:
    return plain.with_words(WORDS)


def test_ids_follow_those_of_the_model(plain: pylm.Model, model: pylm.Model) -> None:
    n = len(plain)
    assert list(model.words) == ["Quxa", "zork", "quq", "grue"]  # tepapa is known
    assert model.words["quq"] == pylm.NewWord("papapa", 3) and plain.words == {}
    assert len(model) == n + 4 and list(model)[n:] == list(model.words)
    assert [model.id_of(word) for word in model.words] == [n, n + 1, n + 2, n + 3]
    ids = model.encode(TOLD)
    assert [i - n for i in ids if i >= n] == [1, 0, 3, 2] and ids.count(plain.encode("zorkmid")[0]) == 1
    assert model.decode(ids) == TOLD.replace("zorkmid", "<unk>")
    assert "Quxa" in model and "Quxa" not in plain
    assert plain.encode(TOLD) == plain.encode(model.decode(ids)) and len(plain) == n


def test_shares(plain: pylm.Model, model: pylm.Model) -> None:
    """Half of an example's place goes to the words that are like it; a word without one is as one of so many."""
    n, example, unknown = len(plain), plain.encode("papapa")[0], plain.encode("zorkmid")[0]
    left_out = plain.info.training["words_left_out"]
    for context in ("", "papapa", "tepapa kipapa"):
        before, p = plain.distribution(context), model.distribution(context)
        assert p.sum() == pytest.approx(1, abs=1e-12)
        assert p[example] == pytest.approx(before[example] / 2)
        assert p[n] == pytest.approx(before[example] / 8) and p[n + 2] == pytest.approx(before[example] * 3 / 8)
        assert p[n + 1] == pytest.approx(before[unknown] * 3 / (4 + left_out + 1))
        assert p[n + 3] == pytest.approx(before[unknown] / (4 + left_out + 1))
        rest = np.delete(p, [example, unknown, n, n + 1, n + 2, n + 3])
        assert np.array_equal(rest, np.delete(before, [example, unknown]))


def test_read_as_the_example(plain: pylm.Model, model: pylm.Model) -> None:
    n = len(plain)
    other = plain.distribution("kipapa papapa")
    own = model.distribution("kipapa Quxa")
    assert np.array_equal(np.delete(own, np.arange(n, n + 4))[2:50] > 0, other[2:50] > 0)
    symbols = [i for i in range(n) if i not in plain.encode("papapa zorkmid")]
    assert np.array_equal(own[symbols], other[symbols])


@pytest.mark.parametrize("name", ["plain", "trees"])
def test_every_way_to_ask_agrees(name: str, request: pytest.FixtureRequest) -> None:
    base: pylm.Model = request.getfixturevalue(name)
    model, n = base.with_words(WORDS), len(base)
    for context in ("", "papapa", "Quxa", "zork papapa"):
        p = model.distribution(context)
        best = model.next(context, k=len(model))
        assert len({b.id for b in best}) == len(model)
        costs = [b.probability for b in best]
        assert costs == sorted(costs, reverse=True)
        for b in best:
            assert b.probability == pytest.approx(p[b.id], rel=2e-3)
            assert math.log(b.probability) == pytest.approx(model.score([b.id], context=context), abs=1e-9)
        for k in (1, 3, 10):
            assert [b.id for b in model.next(context, k=k)] == [b.id for b in best[:k]]
        allowed = ["Quxa", "zork", "papapa", "tepapa", "grue"]
        found = model.next(context, k=5, constraint=pylm.OneOf(allowed))
        ids = [model.id_of(word) for word in allowed]
        assert {f.id for f in found} == set(ids)
        for f in found:
            assert f.probability == pytest.approx(p[f.id] / p[ids].sum(), rel=1e-3)
    q62 = model._image.distribution_q62(model._state_after("zork Quxa"))
    assert sum(q62.tolist()) == 1 << 62
    assert n + 4 == len(model)


def test_scores_agree(model: pylm.Model) -> None:
    expected = model.score(TOLD)
    words = model.word_scores(TOLD)
    assert model.logprobs(TOLD).sum() == pytest.approx(expected)
    assert model.score_batch([TOLD, "", TOLD])[::2] == pytest.approx([expected] * 2)
    assert sum(word.logprob for word in words) == pytest.approx(expected)
    assert [word.text for word in words if word.unknown] == ["zorkmid"]
    assert -model.evaluate(TOLD).bits * math.log(2) == pytest.approx(expected)
    assert model.evaluate(TOLD).unknown == 1


def test_states(plain: pylm.Model, model: pylm.Model, tmp_path: Path) -> None:
    """A state learns of a word what it would learn of its example."""
    for learn in (False, True):
        state, other = model.state(learn=learn), plain.state(learn=learn)
        assert state.feed("kipapa Quxa quq\n") < other.feed("kipapa papapa papapa\n")
        known = [i for i in range(len(plain)) if i not in plain.encode("papapa zorkmid")]
        assert np.array_equal(state.distribution()[known], other.distribution()[known])
    file = tmp_path / "state"
    state.save(file)
    again = model.state(learn=True)
    again.load(file)
    assert again.feed("Quxa tepapa\n") == state.feed("Quxa tepapa\n")


def test_generation(plain: pylm.Model, model: pylm.Model) -> None:
    """Words come as often as their probabilities say."""
    example = next(best.text for best in plain.next("kipapa", k=3) if best.text not in ("</s>", "<unk>"))
    often = model.with_words({"Quxa": example, "quq": (example, 3)})
    p, n = often.distribution("kipapa"), 6000
    for settings in ({}, {"top_k": len(often)}):
        ids = Counter(often.generate_ids("kipapa", 1, seed=seed, **settings)[0] for seed in range(n))
        for word in (example, "quq", "Quxa"):
            symbol = often.id_of(word)
            assert abs(ids[symbol] - n * p[symbol]) < 4 * math.sqrt(n * p[symbol])
    text = often.generate("papapa", 5000, seed=1).split()
    assert text.count("quq") > text.count("Quxa") > 0
    assert "<unk>" not in model.generate("", 5000, seed=2)


def test_explained(model: pylm.Model) -> None:
    for token in ("Quxa", "papapa", "zork"):
        explanation = model.explain("kipapa Quxa", token)
        assert explanation.parts[-1].kind == "place" and explanation.parts[-1].bits < 0
        assert sum(part.bits for part in explanation.parts) * math.log(2) == pytest.approx(explanation.logprob)
        assert explanation.logprob == pytest.approx(model.score(token, context="kipapa Quxa", add_eos=False))
    assert model.explain("kipapa", "tepapa").parts[-1].bits == 0
    whole = model.explain_text(TOLD)
    assert sum(e.logprob - e.spelling_bits * math.log(2) for e in whole) == pytest.approx(model.score(TOLD))
    assert "shares the place of papapa" in model.explain_page(TOLD)
    report = pylm.report(model, TOLD * 3)
    assert report.tokens == len(model.encode(TOLD * 3))


def test_keyboard(model: pylm.Model, plain: pylm.Model) -> None:
    keyboard = pylm.Keyboard(model)
    suggestions = {s.text: s.probability for s in keyboard.suggest("kipapa", "qu", 8)}
    assert set(suggestions) >= {"quq", "quxa"} or set(suggestions) >= {"quq", "Quxa"}
    assert sum(suggestions.values()) == pytest.approx(1, rel=0.01)
    before = {s.text: s.probability for s in pylm.Keyboard(plain).suggest("kipapa", k=1000)}
    after = {s.text: s.probability for s in keyboard.suggest("kipapa", k=1000)}
    assert after["quq"] == pytest.approx(before["papapa"] * 3 / 8, rel=1e-3)
    assert after.pop("papapa") == pytest.approx(before.pop("papapa") / 2, rel=1e-3)
    assert all(before[word] == p for word, p in after.items() if word in before)
    keyboard.learn("quq quq Quxa zork\n")
    assert not keyboard.words()
    keyboard.forget("quq quq Quxa zork\n")
    assert keyboard.suggest("kipapa", "qu")[0].text == "quq"


def test_given_again(model: pylm.Model) -> None:
    """To words given before, others are added; ids stay."""
    more = model.with_words({"frotz": "tepapa", "zork": 60000})
    assert list(more.words) == [*model.words, "frotz"] and more.words["zork"].count == 60000
    assert more.id_of("frotz") == len(model)


def test_copies(model: pylm.Model) -> None:
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert other.words == model.words and other.score(TOLD) == model.score(TOLD)


def test_layers(plain: pylm.Model) -> None:
    layer = pylm.adapt(plain, [make_text(800, seed=9)])
    model = layer.with_words(WORDS)
    assert pylm.adapt(plain.with_words(WORDS), [make_text(800, seed=9)]).score(TOLD) == model.score(TOLD)
    assert model.distribution("papapa Quxa").sum() == pytest.approx(1)
    assert model.word_scores(TOLD)[1].text == "zork" and not model.word_scores(TOLD)[1].unknown
    assert pickle.loads(pickle.dumps(model)).score(TOLD) == model.score(TOLD)


def test_pruned(model: pylm.Model) -> None:
    """Of a log with new words, what their examples need stays."""
    pruning = pylm.prune(model, "papapa Quxa tepapa zork kipapa\n", keep=100)
    assert pruning.model.words == model.words
    for context in ("papapa Quxa", "papapa Quxa tepapa zork"):
        assert np.array_equal(pruning.model.distribution(context), model.distribution(context))


def test_kernel() -> None:
    model = pylm.train([TEXT], tokenizer="words", kernel=pylm.KernelOptions()).with_words(WORDS)
    assert model.distribution("papapa Quxa").sum() == pytest.approx(1)
    other = model.kernel(tau=2.0)
    assert other.words == model.words and other.score(TOLD) != model.score(TOLD)
    explanation = model.explain("papapa", "Quxa")
    assert explanation.logprob == pytest.approx(model.score("Quxa", context="papapa", add_eos=False))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["New York"], "not one word"),
        ([""], "not one word"),
        ([" a"], "not one word"),
        (["a\nb"], "not one word"),
        (["\n"], "not one word"),
        (["<s>"], "not one word"),
        (["x" * 256], "longer than 255 bytes"),
        ({"zork": "nowhere"}, "'zork' is to be like 'nowhere', which is not a word"),
        ({"zork": "<unk>"}, "not a word that the model has"),
        ({"zork": "</s>"}, "not a word that the model has"),
        ({"zork": 0}, "from 1 to 65535"),
        ({"zork": (None, 65536)}, "from 1 to 65535"),
    ],
)
def test_bad_words(plain: pylm.Model, words: object, message: str) -> None:
    with pytest.raises(pylm.ArgumentError, match=message):
        plain.with_words(words)  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["zork", b"zork", 3, [3], {"zork": 1.5}, {3: "papapa"}, {"zork": (1, 2)}])
def test_bad_types(plain: pylm.Model, words: object) -> None:
    with pytest.raises(TypeError):
        plain.with_words(words)  # type: ignore[arg-type]


def test_other_tokenizers(bytes_model: pylm.Model) -> None:
    with pytest.raises(pylm.ArgumentError, match="for models of words"):
        bytes_model.with_words(["zork"])


def test_files(tmp_path: Path, plain: pylm.Model) -> None:
    file = tmp_path / "words.txt"
    file.write_text("zork\t3\n\nQuxa\tlike papapa\r\nquq\t like papapa \t3\ngrue\t\nCafé\n", encoding="utf-8")
    assert words_of_file(str(file)) == {
        "zork": pylm.NewWord(None, 3),
        "Quxa": pylm.NewWord("papapa"),
        "quq": pylm.NewWord("papapa", 3),
        "grue": pylm.NewWord(),
        "Café": pylm.NewWord(),
    }
    assert list(plain.with_words(file).words) == ["zork", "Quxa", "quq", "grue", "Café"]
    for content, message in (
        (b"zork\tthree\n", "line 1: 'three' is neither a count nor an example"),
        (b"zork\t" + b"9" * 5000 + b"\n", "line 1: '999.* is neither a count nor an example"),
        (b"a\nzork\t0\n", "line 2: a count must be from 1"),
        (b"z\xff\n", "byte 1 is not UTF-8"),
    ):
        file.write_bytes(content)
        with pytest.raises((pylm.ArgumentError, pylm.TextFormatError), match=message):
            plain.with_words(file)
    with pytest.raises(FileNotFoundError):
        plain.with_words(tmp_path / "nothing")


def test_command_line(tmp_path: Path, plain: pylm.Model, capsys: pytest.CaptureFixture[str]) -> None:
    plain.save(tmp_path / "m.pylm")
    (tmp_path / "words.txt").write_text("Quxa\tlike papapa\nzork\t3\n")
    arguments = [str(tmp_path / "m.pylm"), "--words", str(tmp_path / "words.txt")]
    main(["score", *arguments, "zork Quxa", "--json"])
    out = json.loads(capsys.readouterr().out)
    model = plain.with_words({"Quxa": "papapa", "zork": 3})
    assert out["unknown"] == 0 and out["logprob"] == pytest.approx(model.score("zork Quxa"))
    main(["vocab", *arguments])
    assert capsys.readouterr().out.splitlines()[-2:][-1].split("\t")[-1] == "zork"


def test_foreign_bytes(plain: pylm.Model, model: pylm.Model) -> None:
    """Whatever the bytes of a lexicon are, they are taken or refused."""
    content = bytes(ffi.buffer(model._image.lexicon.memory))
    handle = ffi.new("pylm_model *", plain._image.model[0])
    assert lib.pylm_model_set_lexicon(handle, content, len(content)) == lib.PYLM_OK
    for n in (0, 8, 39, 40, len(content) // 2):
        assert lib.pylm_model_set_lexicon(handle, content[:n], n) < 0
    other = pylm.train([make_text(500, seed=4)], tokenizer="words")._image.model
    assert lib.pylm_model_set_lexicon(ffi.new("pylm_model *", other[0]), content, len(content)) == lib.PYLM_ERR_ARGUMENT


def test_the_same_everywhere() -> None:
    """The bytes of a lexicon, and what its words cost, to the last unit, on every machine."""
    golden = Path(__file__).parent.parent / "golden" / "words.pylm"
    if not golden.exists():
        pytest.skip("the golden models are not here")
    model = pylm.load(golden).with_words({"Quxford": "situle", "zork": 3, "grue": ("situle", 2), "Wörter": None})
    image = model._image
    content = bytes(ffi.buffer(image.lexicon.memory))
    assert hashlib.sha256(content).hexdigest() == "b5100e771df5f8d94d15e92fb19c02cd82b9724a1fc9de38d7789aaaf405d4e0"
    symbols = image.symbols("zork Quxford grue Wörter situle", False)
    assert image.score(image.new_state(), symbols) == 4575258
