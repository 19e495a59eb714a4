# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The module that stands in for kenlm, and ARPA files."""

from __future__ import annotations

import copy
import math
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest
from texts import make_text

import pylm
from pylm import kenlm
from pylm.cli import main

TEXT = make_text(3000, seed=3)
LINES = [line for line in make_text(300, seed=5).splitlines() if line]
LOG10 = math.log(10)


@pytest.fixture(scope="module")
def words() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="words")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, words: pylm.Model) -> Path:
    path = tmp_path_factory.mktemp("kenlm") / "model.pylm"
    words.save(path)
    return path


def test_sentences(words: pylm.Model, path: Path) -> None:
    model = kenlm.Model(str(path))
    assert model.path == str(path).encode() and repr(model) == "<Model from model.pylm>"
    assert model.order == words.state().branch().reach + 1
    for line in [*LINES[:20], "papapa zorkmid tepapa", ""]:
        assert model.score(line) == pytest.approx(words.score(line) / LOG10)
        assert model.score(line, eos=False) == pytest.approx(words.score(line, add_eos=False) / LOG10)
        found = list(model.full_scores(line))
        assert sum(score for score, _, _ in found) == pytest.approx(model.score(line))
        assert [oov for _, _, oov in found] == [word.unknown for word in words.word_scores(line)]
        assert [n - 1 for _, n, _ in found] == [word.matched for word in words.word_scores(line)]
        assert model.perplexity(line) == pytest.approx(10 ** (-model.score(line) / (len(line.split()) + 1)))
    assert model.score("papapa", bos=False) != model.score("papapa")
    assert model.score(b"papapa") == model.score("papapa")
    assert "papapa" in model and "zorkmid" not in model and "<s>" in model and "</s>" in model


def test_states(path: Path) -> None:
    model = kenlm.LanguageModel(path)
    line = next(line for line in LINES if len(line.split()) > 4)
    a, b, total = kenlm.State(), kenlm.State(), 0.0
    model.BeginSentenceWrite(a)
    for word in [*line.split(), "</s>"]:
        full = model.BaseFullScore(a, word, b)
        score = model.BaseScore(a, word, b)
        assert (full.log_prob, full.oov) == (score, word not in model)
        total += score
        a, b = b, a
    assert total == pytest.approx(model.score(line))
    begin, again = kenlm.State(), kenlm.State()
    model.BeginSentenceWrite(begin)
    model.BeginSentenceWrite(again)
    assert begin == again and hash(begin) == hash(again) and not begin < again and begin <= again
    model.BaseScore(begin, "papapa", again)
    assert begin != again and (begin < again) != (begin > again)
    for other in (copy.copy(again), copy.deepcopy(again)):
        assert other == again
        model.BaseScore(other, "tepapa", other)
        assert other != again
    model.NullContextWrite(again)
    assert again == kenlm.State() or again.__hash__() != begin.__hash__()
    assert model.BaseScore(begin, "<s>", again) == pytest.approx(-99) and again == begin


def test_merged_by_their_last_words(path: Path) -> None:
    model = kenlm.Model(path)
    words = LINES[0].split() * 3
    a, b = kenlm.State(), kenlm.State()
    model.BeginSentenceWrite(a)
    model.NullContextWrite(b)
    model.BaseScore(a, "papapa", a)
    for word in words[: model.order - 1]:
        assert a != b
        model.BaseScore(a, word, a)
        model.BaseScore(b, word, b)
    assert a == b


@pytest.mark.parametrize("name", ["bytes", "pieces"])
def test_other_tokenizers(name: str, request: pytest.FixtureRequest) -> None:
    base = pylm.train([TEXT], tokenizer=name)
    model = kenlm.Model(base)
    for line in LINES[:5]:
        assert model.score(line, eos=False) == pytest.approx(sum(n for n, _, _ in model.full_scores(line, eos=False)))
        if name == "bytes":
            assert model.score(line) == pytest.approx(base.score(line + "\n") / LOG10)
    assert "zorkmid" in model
    assert pickle.loads(pickle.dumps(model)).score(LINES[0]) == model.score(LINES[0])


def test_pickles_and_settings(path: Path) -> None:
    config = kenlm.Config()
    config.load_method = kenlm.LoadMethod.LAZY
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    model = kenlm.Model(str(path), config)
    assert pickle.loads(pickle.dumps(model)).score("papapa") == model.score("papapa")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    arpa = tmp_path / "x.arpa"
    arpa.write_text("\n\\data\\\nngram 1=1\n")
    with pytest.raises(OSError, match="Cannot read model .*an ARPA file; train on the text instead"):
        kenlm.Model(str(arpa))
    with pytest.raises(OSError):
        kenlm.Model(str(tmp_path / "nothing"))
    with pytest.raises(TypeError):
        kenlm.Model(pylm.train(["a b"]).info)


def test_stands_in(path: Path) -> None:
    program = (
        "import pylm.kenlm\n"
        "pylm.kenlm.stand_in()\n"
        "import kenlm\n"
        f"model = kenlm.Model({str(path)!r})\n"
        "print(model.order, round(model.score('papapa tepapa'), 6))\n"
    )
    out = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    model = kenlm.Model(path)
    assert out.split() == [str(model.order), str(round(model.score("papapa tepapa"), 6))]


# ---- ARPA files


class Arpa:
    """Reads a file and scores by it, as its readers do."""

    def __init__(self, path: Path) -> None:
        self.p: dict[tuple[str, ...], float] = {}
        self.backoff: dict[tuple[str, ...], float] = {}
        self.counts: list[int] = []
        said: list[int] = []
        for line in path.read_text().splitlines():
            if line.startswith("ngram "):
                said.append(int(line.split("=")[1]))
            elif line.endswith("-grams:"):
                self.counts.append(0)
            elif line and not line.startswith("\\"):
                fields = line.split("\t")
                words = tuple(fields[1].split(" "))
                assert len(words) == len(self.counts)
                self.counts[-1] += 1
                self.p[words] = 10 ** float(fields[0])
                self.backoff[words] = 10 ** float(fields[2]) if len(fields) > 2 else 1.0
        assert said == self.counts

    def __call__(self, *words: str) -> float:
        """P(last word | those before)."""
        if words in self.p:
            return self.p[words]
        return self.backoff.get(words[:-1], 1.0) * self(*words[1:])


@pytest.mark.parametrize("settings", [{}, {"order": 2}, {"contexts": 50}])
def test_arpa_files_are_models(words: pylm.Model, tmp_path: Path, settings: dict[str, int]) -> None:
    file = tmp_path / "x.arpa"
    counts = pylm.export_arpa(words, file, **settings)
    arpa = Arpa(file)
    assert counts == [arpa.counts[0] - 1, *arpa.counts[1:]] and counts[0] == len(words)
    assert len(counts) == min(settings.get("order", 5), kenlm.Model(words).order)
    contexts = [("<s>",), ("papapa",), ("<s>", "papapa"), ("kipapa", "papapa"), ("zzz", "qqq")]
    contexts += [gram for gram in arpa.p if len(gram) == len(counts) - 1 and "</s>" not in gram][:20]
    for context in contexts:
        assert sum(arpa(*context, word) for word in words) == pytest.approx(1, abs=1e-3)
    for gram in arpa.p:  # what its readers rely on
        assert len(gram) == 1 or (gram[:-1] in arpa.p and (gram[1:] in arpa.p))
        assert "</s>" not in gram[:-1] and "<s>" not in gram[1:]


def test_arpa_files_predict(tmp_path: Path) -> None:
    """Nearly as well as the model: a word of this text depends on the one before."""
    rng = random.Random(1)
    text, word = [], 0
    for _ in range(9000):
        word = (word * 7 + rng.randrange(5)) % 300 if rng.random() < 0.75 else rng.randrange(40)
        text.append(f"w{word}" + ("\n" if rng.random() < 0.1 else ""))
    words, lines = pylm.train([" ".join(text[:8000])], tokenizer="words"), " ".join(text[8000:]).splitlines()
    perplexities = []
    for order in (1, 2, 3):
        pylm.export_arpa(words, tmp_path / "x.arpa", order=order)
        arpa, cost, n = Arpa(tmp_path / "x.arpa"), 0.0, 0
        for line in lines:
            text = ["<s>", *(word if word in words else "<unk>" for word in line.split()), "</s>"]
            cost -= sum(math.log(arpa(*text[max(i + 1 - order, 0) : i + 1])) for i in range(1, len(text)))
            n += len(text) - 1
        perplexities.append(math.exp(cost / n))
    assert perplexities[0] > 2 * perplexities[1] and perplexities[2] < 1.1 * perplexities[1]
    own = words.evaluate("\n".join(lines)).perplexity
    assert perplexities[1] < 1.2 * own


def test_what_has_no_ngrams(bytes_model: pylm.Model, words: pylm.Model, tmp_path: Path) -> None:
    file = tmp_path / "x.arpa"
    with pytest.raises(pylm.ArgumentError, match="ARPA files hold words"):
        pylm.export_arpa(bytes_model, file)
    with pytest.raises(pylm.ArgumentError, match="a layer has no n-grams"):
        pylm.export_arpa(pylm.adapt(words, [TEXT[:2000]]), file)
    with pytest.raises(pylm.ArgumentError, match="not with a model whose predictor is 'kernel'"):
        pylm.export_arpa(pylm.train([TEXT], tokenizer="words", kernel=pylm.KernelOptions()), file)
    for name, value in (("order", 0), ("order", 9), ("contexts", 0)):
        with pytest.raises(pylm.ArgumentError, match=name):
            pylm.export_arpa(words, file, **{name: value})
    assert not file.exists()


def test_export_on_the_command_line(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.arpa"
    assert main(["export", str(path), "--arpa", str(file), "--order", "2"]) == 0
    assert "of 1, " in capsys.readouterr().out and Arpa(file).counts[1] > 100
    given = tmp_path / "words.txt"
    given.write_text("zorkmid\tlike papapa\n")
    assert main(["export", str(path), "--words", str(given), "--arpa", str(file), "--order", "1"]) == 0
    assert ("zorkmid",) in Arpa(file).p
    assert main(["export", str(path), "--arpa", str(tmp_path / "no" / "x.arpa")]) == 1
    assert "does not exist" in capsys.readouterr().err
