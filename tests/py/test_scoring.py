"""Scores with and without the line's end, with and without unknown words, and word by word."""

from __future__ import annotations

import io
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from texts import make_text

import pylm
from pylm.cli import main

READ = make_text(300, seed=21)
UNKNOWN = "papapa zzz tepapa\nqqq kipapa"


def test_alternatives_are_compared_without_the_line_end(words_model: pylm.Model) -> None:
    distribution = words_model.distribution("papapa")
    for word in list(words_model)[2:40]:
        open_score = words_model.score(word, context="papapa", add_eos=False)
        assert open_score == pytest.approx(math.log(distribution[words_model.id_of(word)]), abs=1e-3)
        end = words_model.score("", context=f"papapa {word}")
        assert words_model.score(word, context="papapa") == pytest.approx(open_score + end)


def test_parts_add_up(model: pylm.Model) -> None:
    ids = model.encode(READ)
    for n in (0, 1, len(ids) // 2, len(ids)):
        parts = model.score(ids[:n], add_eos=False) + model.score(ids[n:], context=ids[:n])
        assert parts == pytest.approx(model.score(ids))


def test_every_way_of_scoring_has_it(model: pylm.Model, tmp_path: Path) -> None:
    text = "papapa tepapa\nkipapa"
    n = len(model.encode(text))
    is_words = model.info.tokenizer == "words"
    for add_eos in (True, False):
        logprobs = model.logprobs(text, add_eos=add_eos)
        assert len(logprobs) == n + (is_words and add_eos) == len(model.encode(text, add_eos=add_eos))
        total = pytest.approx(logprobs.sum())
        assert model.score(text, add_eos=add_eos) == total
        assert model.score_batch([text, text], add_eos=add_eos) == [total, total]
        assert np.array_equal(model.logprobs_batch([text], add_eos=add_eos)[0], logprobs)
        evaluation = model.evaluate(text, add_eos=add_eos)
        assert evaluation.symbols == len(logprobs)
        assert -evaluation.bits * math.log(2) == total
        assert model.perplexity(text, add_eos=add_eos) == evaluation.perplexity
        assert model.bits_per_byte(text, add_eos=add_eos) == evaluation.bits_per_byte
        assert model.state().feed(text, add_eos=add_eos) == total
        words = model.word_scores(text, add_eos=add_eos)
        assert [word.logprob for word in words] == logprobs.tolist()
    file = tmp_path / "text"
    file.write_text(text)
    assert model.perplexity(file, add_eos=False) == model.perplexity(text, add_eos=False)


def test_an_empty_text_is_an_empty_line(model: pylm.Model) -> None:
    is_words = model.info.tokenizer == "words"
    assert model.score("", add_eos=False) == 0.0 and model.logprobs("", add_eos=False).shape == (0,)
    assert (model.score("") < 0) == is_words
    assert model.score("") == (model.score("\n") if is_words else 0.0)
    assert model.score([]) == 0.0
    with pytest.raises(pylm.EmptyTextError):
        model.evaluate("")


# ---- unknown words


def test_unknown_words_are_counted_and_left_out(words_model: pylm.Model) -> None:
    found, costs = words_model.evaluate(UNKNOWN), words_model.logprobs(UNKNOWN)
    unknown = words_model.id_of("<unk>")
    is_unknown = np.array([i == unknown for i in words_model.encode(UNKNOWN, add_eos=True)])
    assert found.unknown == is_unknown.sum() == 2
    assert found.spelling_bits > 0
    costs[is_unknown] += found.spelling_bits * math.log(2) / 2  # of two words: on average
    assert found.bits - found.spelling_bits == pytest.approx(-costs.sum() / math.log(2))
    assert found.perplexity == pytest.approx(math.exp(-costs.mean()))
    assert found.perplexity_without_unknown == pytest.approx(math.exp(-costs[~is_unknown].mean()))
    assert -found.unknown_bits * math.log(2) == pytest.approx(costs[is_unknown].sum())
    known = words_model.evaluate("papapa tepapa")
    assert known.unknown == 0 and known.unknown_bits == 0 and known.spelling_bits == 0
    assert known.perplexity_without_unknown == known.perplexity
    assert math.isnan(words_model.evaluate("zzz", add_eos=False).perplexity_without_unknown)


def test_unknown_words_of_long_texts(words_model: pylm.Model) -> None:
    """In slices, as a text is read that does not fit into one."""
    text = "papapa zzz tepapa\n" * 20_000
    found, costs = words_model.evaluate(text), words_model.logprobs(text)
    assert found.unknown == 20_000
    assert -(found.unknown_bits + found.spelling_bits) * math.log(2) == pytest.approx(costs[1::4].sum())


def test_vocabulary(model: pylm.Model) -> None:
    texts = list(model)
    assert len(texts) == len(model) == model.n_symbols
    assert texts == [model.text_of(i) for i in range(model.n_symbols)]
    assert ("papapa" in model) == (model.id_of("papapa") is not None)
    assert "no such word" not in model
    with pytest.raises(TypeError, match="must be a text"):
        5 in model  # noqa: B015


# ---- word by word


def longest_match(model: pylm.Model, ids: list[int], i: int) -> int:
    """From what explanations say: how far back the context goes that a symbol followed."""
    longest = 0
    for part in model.explain(ids[:i], ids[i]).parts:
        orders = (part.template or "x").split()
        if part.kind == "context" and part.tree == 1 and orders == [str(n + 1) for n in range(len(orders))]:
            longest = max(longest, len(orders) if part.count else 0)
    return longest


def test_matched_is_the_longest_context(model: pylm.Model) -> None:
    if model.info.layers:
        pytest.skip("explanations are of the uppermost layer alone")
    ids = model.encode(READ, add_eos=True)[:60]
    words = model.word_scores(ids)
    assert [word.matched for word in words] == [longest_match(model, ids, i) for i in range(len(ids))]
    assert max(word.matched for word in words) >= 1


def test_a_layer_matches_what_the_model_below_does(model: pylm.Model) -> None:
    layer = pylm.adapt(model, [make_text(300, seed=31)]) if model.info.trees == 1 else None
    if layer is None:
        return
    ids = model.encode(READ)[:60]
    pairs = list(zip(model.word_scores(ids), layer.word_scores(ids), strict=True))
    assert all(below.matched <= above.matched for below, above in pairs)


def test_words_are_marked(words_model: pylm.Model) -> None:
    words = words_model.word_scores(UNKNOWN)
    assert [word.text for word in words] == ["papapa", "zzz", "tepapa", "</s>", "qqq", "kipapa", "</s>"]
    assert [word.unknown for word in words] == [False, True, False, False, True, False, False]
    assert sum(word.logprob for word in words) == pytest.approx(words_model.score(UNKNOWN))
    assert words_model.word_scores(words_model.encode(UNKNOWN))[1].text == "<unk>"
    later = words_model.word_scores("tepapa", context="papapa", add_eos=False)
    assert later[0].logprob == words_model.score("tepapa", context="papapa", add_eos=False)


def test_a_kernel_has_no_match() -> None:
    model = pylm.train([READ], tokenizer="words", kernel=pylm.KernelOptions(reach=2))
    words = model.word_scores("papapa zzz")
    assert {word.matched for word in words} == {None}
    assert sum(word.logprob for word in words) == pytest.approx(model.score("papapa zzz"))


def test_a_state_reads_on_word_by_word(words_model: pylm.Model) -> None:
    state, other = words_model.state(learn=True, memory="64K"), words_model.state(learn=True, memory="64K")
    for line in READ.splitlines()[:10]:
        words = state.word_scores(line, add_eos=True)
        assert sum(word.logprob for word in words) == pytest.approx(other.feed(line, add_eos=True))
    assert state.generate(10, seed=1, repetition_penalty=2) == other.generate(10, seed=1, repetition_penalty=2)


# ---- the command line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scoring")
    pylm.train([make_text(3000, seed=1)], tokenizer="words", output=folder / "words.pylm")
    pylm.train([make_text(2000, seed=1)], output=folder / "bytes.pylm")
    (folder / "text").write_text(UNKNOWN)
    return folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> str:
        capsys.readouterr()
        assert main(arguments) == 0
        return capsys.readouterr().out

    return run


def test_score_on_the_command_line(run) -> None:
    model = pylm.load("words.pylm")
    for more, settings in (
        ((), {}),
        (("--no-eos",), {"add_eos": False}),
        (("--context", "papapa"), {"context": "papapa"}),
    ):
        lines = run("score", "words.pylm", "tepapa zzz", "", *more).splitlines()
        for text, line in zip(["tepapa zzz", ""], lines, strict=True):
            logprob, symbols, unknown, spelling = line.split("\t")
            assert float(spelling) == pytest.approx(sum(word.spelling for word in model.word_scores(text)), abs=1e-6)
            assert float(logprob) == pytest.approx(model.score(text, **settings), abs=1e-6)
            assert int(symbols) == len(model.encode(text, add_eos=settings.get("add_eos", True)))
            assert int(unknown) == (1 if text else 0)
    after = run("score", "words.pylm", "--no-eos", "--context", "papapa", "tepapa", "kipapa")
    assert after == run("score", "words.pylm", "tepapa", "kipapa", "--no-eos", "--context", "papapa")
    out = json.loads(run("score", "words.pylm", "tepapa zzz", "--json", "--base", "10"))
    assert out["logprob"] == pytest.approx(model.score("tepapa zzz") / math.log(10))
    assert (out["text"], out["symbols"], out["unknown"]) == ("tepapa zzz", 3, 1)


def test_words_on_the_command_line(run) -> None:
    model = pylm.load("words.pylm")
    expected = model.word_scores("papapa zzz")
    rows = [line.split("\t") for line in run("score", "words.pylm", "papapa zzz", "--each-word").splitlines()]
    assert [row[0] for row in rows] == ["papapa", "zzz", "</s>", ""]
    assert [float(row[1]) for row in rows[:-1]] == pytest.approx([word.logprob for word in expected], abs=1e-6)
    assert [int(row[2]) for row in rows[:-1]] == [word.matched for word in expected]
    assert rows[1][3:] == ["<unk>", f"{expected[1].spelling:.6f}"]
    out = json.loads(run("score", "words.pylm", "papapa zzz", "--each-word", "--json"))
    assert out["words"] == [word._asdict() for word in expected]
    assert (out["symbols"], out["unknown"]) == (3, 1)
    assert run("score", "bytes.pylm", "a b", "--each-word").splitlines()[1].startswith("' '\t")


def test_score_is_a_pipe(folder: Path) -> None:
    """A line is answered before the next one is written."""
    command = [sys.executable, "-m", "pylm", "score", "words.pylm"]
    model = pylm.load(folder / "words.pylm")
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in ("papapa tepapa", "", "kipapa"):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            assert float(process.stdout.readline().split("\t")[0]) == pytest.approx(model.score(line), abs=1e-6)
        process.stdin.close()
        assert process.wait(20) == 0


def test_score_of_many_lines(folder: Path) -> None:
    """What is waiting is read and scored together: line ends between two reads, "\\r\\n", no end at the end."""
    lines = ["papapa tepapa" * (i % 7) + "\r" * (i % 2) for i in range(40_000)] + ["kipapa zzz"]
    command = [sys.executable, "-m", "pylm", "score", "words.pylm", "--threads", "2"]
    text = "\n".join(lines).encode()
    piped = subprocess.run(command, cwd=folder, input=text, stdout=subprocess.PIPE, check=True).stdout
    (folder / "lines.txt").write_bytes(text)
    with open(folder / "lines.txt", "rb") as file:
        assert subprocess.run(command, cwd=folder, stdin=file, stdout=subprocess.PIPE, check=True).stdout == piped
    model, rows = pylm.load(folder / "words.pylm"), [row.split(b"\t") for row in piped.splitlines()]
    assert len(rows) == len(lines)
    for i in (0, 1, 2, 20_000, 39_999, 40_000):
        assert float(rows[i][0]) == pytest.approx(model.score(lines[i].rstrip("\r")), abs=1e-6)
    assert [int(x) for x in rows[-1][1:3]] == [3, 1]


def give(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Standard input, to read."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_lines_add_up_to_the_text(run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = READ.replace("papapa", "zzz", 2)
    model = pylm.load("words.pylm")
    give(monkeypatch, text.encode())
    rows = [line.split("\t") for line in run("score", "words.pylm", "-").splitlines()]
    whole = model.evaluate(text)
    assert sum(int(row[1]) for row in rows) == whole.symbols
    assert sum(int(row[2]) for row in rows) == whole.unknown


def test_eval_says_both_perplexities(run) -> None:
    found = pylm.load("words.pylm").evaluate(UNKNOWN)
    out = json.loads(run("eval", "words.pylm", "text", "--json"))
    assert out["perplexity_without_unknown"] == found.perplexity_without_unknown
    assert (out["unknown"], out["perplexity"]) == (2, found.perplexity)
    text = run("eval", "words.pylm", "text")
    assert f"without unknown   {found.perplexity_without_unknown:.2f}" in text and "unknown words     2, " in text
    assert "unknown" not in run("eval", "bytes.pylm", "text")
    out = json.loads(run("eval", "words.pylm", "text", "--json", "--no-eos"))
    assert out["symbols"] == found.symbols - 1


def test_the_last_line_end_of_a_pipe_is_no_part_of_a_context(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*arguments: str, given: bytes) -> dict:
        give(monkeypatch, given)
        return json.loads(run(*arguments, "--json"))

    for model, (ending, same) in itertools.product(
        ("words.pylm", "bytes.pylm"), ((b"\n", True), (b"\r\n", True), (b"\n\n", False))
    ):
        for command in (("next", model, "-"), ("explain", model, "-")):
            plain, piped = asked(*command, given=b"papapa te"), asked(*command, given=b"papapa te" + ending)
            assert (plain["next"] == piped["next"]) == same
    generate = ("generate", "bytes.pylm", "--seed", "1", "--prompt", "-")
    assert asked(*generate, given=b"pa\n") == asked(*generate, given=b"pa")
