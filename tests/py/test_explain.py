"""Explanations: they add up, say what was counted, and can be read: on the terminal, as JSON, as a page."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pages import check_page, data_of

import pylm
from pylm._core.prediction import visible
from pylm.cli import main
from pylm.explain.mix import LEARNED
from pylm.explain.page import MAX_TOKENS, spelled

HOSTILE = "<script>alert(1)</script> </script><img src=x onerror=alert(2)> \" ' & &lt; <!-- ]]> \x00\x1b \u202e"


@pytest.fixture(scope="module")
def words_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from conftest import get

    path = tmp_path_factory.mktemp("explain") / "words.pylm"
    get("words").save(path)
    return path


# ---- the split


@pytest.mark.parametrize("learn", [False, True])
def test_parts_add_up_to_the_logprobs(model: pylm.Model, test_text: str, learn: bool) -> None:
    text = test_text[:300]
    state = model.state(learn=learn)
    expected = state.logprobs(text, add_eos=True)
    explanations = model.explain_text(text, learn=learn)
    assert [e.id for e in explanations] == model.encode(text, add_eos=True)
    for explanation, logprob in zip(explanations, expected, strict=False):
        assert abs(sum(part.bits for part in explanation.parts) * math.log(2) - logprob) < 1e-9
        assert abs(explanation.logprob - logprob) < 1e-9
        assert explanation.bits >= 0 and 0 < explanation.probability < 1
        assert {part.learned for part in explanation.parts} == ({False, True} if learn else {False})
        for part in explanation.parts:
            if part.kind in ("context", "recall", "indirect"):
                assert 0 <= part.count <= part.total
                assert part.total or part.bits == part.log_odds == part.weight == 0


def test_the_most_probable_token_is_explained_unless_one_is_named(model: pylm.Model, test_text: str) -> None:
    context = model.encode(test_text[:80])  # of a text, `next()` leaves the end open
    explanation = model.explain(context, k=3)
    assert explanation.next == model.next(context, 3)
    assert (explanation.id, explanation.token) == explanation.next[0][:2]
    second = explanation.next[1]
    assert math.isclose(model.explain(context, second.id).probability, second.probability)
    assert model.explain(context, np.int64(second.id)) == model.explain(context, second.id, k=5)
    assert model.explain().next == model.next()  # the empty context


def test_counts_are_those_of_the_text(words_model: pylm.Model, train_text: str) -> None:
    ids = words_model.encode(train_text, add_eos=True)
    line = [words_model.info.begins, *ids]  # as it was counted: behind a line end
    found = 0
    for template, back in {"1": (1,), "1 2": (2, 1), "2": (2,), "1 3": (3, 1)}.items():
        places = range(max(back), len(line))
        before = Counter(tuple(line[i - lag] for lag in back) for i in places)
        followed = Counter(tuple(line[i - lag] for lag in (*back, 0)) for i in places)
        for i in range(10, 300, 5):
            parts = {
                part.template: part for part in words_model.explain(ids[:i], ids[i]).parts if part.kind == "context"
            }
            assert (parts[""].count, parts[""].total) == (ids.count(ids[i]), len(ids))
            if parts[template].total:
                context = tuple(ids[i - lag] for lag in back)
                assert (parts[template].count, parts[template].total) == (followed[(*context, ids[i])], before[context])
                found += 1
    assert found > 100


def test_contexts_can_be_read(
    words_model: pylm.Model, bytes_model: pylm.Model, train_text: str, test_text: str
) -> None:
    a, b, c = test_text.split()[:3]
    parts = {
        part.template: part.name for part in words_model.explain(f"{a} {b} {c}").parts if part.template is not None
    }
    assert parts[""] == "any context" and parts["1"] == f"{c} _" and parts["1 2"] == f"{b} {c} _"
    assert parts["2"] == f"{b} * _" and parts["1 3"] == f"{a} * {c} _"
    assert parts["c1"].startswith("[") and parts["c1"].endswith("] _")
    assert [part.name for part in words_model.explain(a).parts if part.template == "1 2"] == [f"</s> {a} _"]
    named = parts["c1"][1:].split("]")[0].replace(" …", "").split()
    assert named and all(words_model.id_of(word) is not None for word in named)
    plain = pylm.train([train_text], tokenizer="bytes", symbols=pylm.SymbolOptions(layout=False))
    parts = {part.template: part.name for part in plain.explain("Into the\nTrou").parts if part.template is not None}
    assert parts["1 2"] == "ou_" and parts["1 2 3 4 5"] == "↵Trou_" and parts["2 3"] == "ro*_"
    assert parts["w0"] == "word: trou_" and parts["w0 w1"] == "words: the trou_"
    assert parts["w0 w2"] == "words: into * trou_" and parts["w0 w1 w2 w3"] == "words: ^ into the trou_"
    parts = {
        part.template: part.name for part in bytes_model.explain("Into the\nTrou").parts if part.template is not None
    }
    assert parts["1 a0"] == "column 5 under ␣: u_" and parts["1 s8"] == "shape ↵Aa␣a↵Aa: u_"
    assert parts["w0 l0"] == "line with 1 words, shape Aa: word: trou_" and parts["w0 w1"] == "words: the trou_"
    parts = {
        part.template: part.name for part in bytes_model.explain("something longer ").parts if part.template is not None
    }
    assert parts["1"] == "␣_" and parts["w0 w1"] == "words: longer _"
    assert parts["w0 w1 w2"] == "words: …omething longer _"
    assert visible("  a b ") == "␣␣a b␣"


def test_all_suffixes_speak_together(words_model: pylm.Model, train_text: str, test_text: str) -> None:
    """In one line, which a model without a voice does not have."""
    plain = pylm.train([train_text], tokenizer="words", symbols=pylm.SymbolOptions(voice=False))
    spoken = 0.0
    for end in range(100, 400, 30):
        text = test_text[:end].rsplit(" ", 1)[0]
        parts = [part for part in words_model.explain(text).parts if part.kind == "voice"]
        assert [part.name for part in parts] == ["all suffix contexts together"]
        assert abs(parts[0].log_odds) < 8.5 * 20 and not parts[0].learned and parts[0].template is None
        spoken += abs(parts[0].bits)
        assert all(part.kind != "voice" for part in plain.explain(text).parts)
    assert spoken > 0.1


def test_what_a_state_has_learned_is_told_apart(words_model: pylm.Model, test_text: str) -> None:
    state = words_model.state(learn=True)
    state.feed(test_text[:300])
    state.start()
    state.feed(test_text[:250].rsplit(" ", 1)[0])
    token = test_text[:250].rsplit(" ", 1)[0].split()[-1]
    before = state.distribution()
    explanation = state.explain()
    assert np.array_equal(state.distribution(), before)  # asking changes nothing
    kinds = {part.kind for part in explanation.parts if part.learned}
    assert kinds == LEARNED
    assert explanation.learned_bits > 1
    assert explanation.learned_bits == sum(part.bits for part in explanation.parts if part.learned)
    recalled = {part.template: part for part in explanation.parts if part.kind == "recall"}
    assert recalled["1"].name == f"{token} _" and recalled["1"].count >= 1
    repetition = next(part for part in explanation.parts if part.kind == "repetition")
    assert repetition.seen.startswith("goes on after") and repetition.name.startswith("repetition of ")
    assert words_model.explain(test_text[:250]).learned_bits == 0


def test_an_explanation_can_be_written_as_json(model: pylm.Model, test_text: str) -> None:
    explanation = model.explain(test_text[:50])
    found = json.loads(json.dumps(explanation.as_dict()))
    assert found["token"] == explanation.token and found["bits"] == explanation.bits
    assert math.isclose(sum(part["bits"] for part in found["parts"]), -found["bits"])
    assert found["next"][0]["probability"] == explanation.next[0].probability


def test_what_cannot_be_explained(words_model: pylm.Model, bytes_model: pylm.Model) -> None:
    with pytest.raises(pylm.ArgumentError, match="'qqq' is not in the model's vocabulary"):
        words_model.explain("a", "qqq")
    with pytest.raises(pylm.ArgumentError, match="vocabulary"):
        words_model.explain("a", "")
    with pytest.raises(pylm.ArgumentError, match="'an' is 2 tokens of this model: 'a', 'n'; explain one at a time"):
        bytes_model.explain("", "an")
    with pytest.raises(pylm.ArgumentError, match="token must be from 0 to 255, not 256"):
        bytes_model.explain("", 256)
    with pytest.raises(pylm.ArgumentError, match="k must be"):
        bytes_model.explain("", k=0)
    closed = pylm.train(["some text " * 50])
    closed.close()
    with pytest.raises(pylm.ArgumentError, match="closed"):
        closed.explain("")


# ---- the page


def test_a_page_shows_every_token(model: pylm.Model, test_text: str) -> None:
    text = test_text[:300] + "\nlast line"
    page = check_page(model.explain_page(text, title="A <title>"))
    assert page.all("h1")[0][1] == "A <title>"
    tokens = page.all("span", role="option")
    expected = model.explain_text(text)
    assert len(tokens) == len(expected) == len(data_of(page)["tokens"])
    assert [found["tabindex"] for found, _ in tokens] == ["0"] + ["-1"] * (len(tokens) - 1)
    bits_of = [e.bits + e.spelling_bits for e in expected]
    assert any(e.spelling_bits for e in expected) == (model.info.spelling_bytes > 0)
    assert all(f"{bits:.1f} bits" in found["title"] for (found, _), bits in zip(tokens, bits_of, strict=True))
    assert {"role", "aria-label"} <= set(page.all("div", id="text")[0][0])
    assert page.all("section", id="detail")[0][0]["aria-live"] == "polite"
    for (_, _, bits, parts, best, _), explanation in zip(data_of(page)["tokens"], expected, strict=False):
        assert abs(bits - explanation.bits) < 0.001
        assert abs(sum(part[1] for part in parts) + bits) < 0.05  # small ones are left out
        assert len(best) == min(5, model.n_symbols)


def test_no_text_can_become_a_part_of_the_page(model: pylm.Model) -> None:
    for learn in (False, True):
        page = check_page(model.explain_page(HOSTILE * 2, title=HOSTILE, learn=learn))
        assert len(page.all("script")) == 2 and not page.all("img")
        assert page.all("title")[0][1].startswith("<script>alert(1)</script>")


def test_words_that_are_hostile_themselves() -> None:
    model = pylm.train([f"{HOSTILE} and more\n" * 30], tokenizer="words", symbols=pylm.SymbolOptions(classes=4))
    html = model.explain_page(HOSTILE)
    page = check_page(html)
    assert len(page.all("script")) == 2 and not page.all("img")
    assert "<script>alert(1)" in next(text for _, text in page.all("span", role="option"))
    assert "alert(1)</script>" not in html
    assert any("<script>" in token[0] for token in data_of(page)["tokens"])


def test_the_text_on_the_page_is_the_text(bytes_model: pylm.Model) -> None:
    text = "Zürich, 東京\tand 😀\r\nend"
    page = check_page(bytes_model.explain_page(text))
    shown = page.all("div", id="text")[0][1]
    assert shown.replace("·", "") == text.replace("\t", "⇥").replace("\r", "␍").replace("\n", "↵")
    assert spelled([b"a\xc3", b"\xbc", b"", b"\xff\xe6\x9d", b"\xb1b"]) == ["aü", "", "", "\\xff東", "b"]


def test_pages_have_a_limit(bytes_model: pylm.Model) -> None:
    with pytest.raises(pylm.ArgumentError, match=f"has {MAX_TOKENS + 1:,} tokens; a page shows {MAX_TOKENS:,} at most"):
        bytes_model.explain_page("x" * (MAX_TOKENS + 1))
    with pytest.raises(pylm.EmptyTextError):
        bytes_model.explain_page("")


# ---- the command line


def test_table(
    words_file: Path, test_text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = " ".join(test_text.split()[:6])
    for columns in (60, 80, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["explain", str(words_file), context, "-k", "2"]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out and "even decisions" in out and "log2 of the probability" in out
        assert out.count("%") == 2
        assert all(len(line) <= max(columns, 70) for line in out.splitlines())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["explain", str(words_file), context, "--learn"]) == 0
    out = capsys.readouterr().out
    assert "\x1b[34m" in out and "this text: " in out and "learned from the text so far" in out


def test_figures_of_a_table_add_up(words_file: Path, test_text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(words_file), "", "--token", test_text.split()[0]]) == 0
    lines = capsys.readouterr().out.split("\n\n")[1].splitlines()
    *parts, total = [float(line.split()[0]) for line in lines[1:]]
    assert abs(sum(parts) - total) < 0.005 * (len(parts) + 1) + 0.01


def test_json(words_file: Path, tmp_path: Path, test_text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(words_file), "one two", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["context"] == "one two" and found["parts"]
    text = tmp_path / "text"
    text.write_text(test_text[:100])
    assert main(["explain", str(words_file), "--text", str(text), "--json", "--learn"]) == 0
    tokens = json.loads(capsys.readouterr().out)["tokens"]
    with pylm.load(words_file) as model:
        assert [token["id"] for token in tokens] == model.encode(test_text[:100], add_eos=True)


def test_html(words_file: Path, tmp_path: Path, test_text: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, out = tmp_path / "a & b.txt", tmp_path / "out.html"
    text.write_text(test_text[:100])
    assert main(["explain", str(words_file), "--text", str(text), "--html", str(out)]) == 0
    assert check_page(out.read_text(encoding="utf-8")).all("h1")[0][1] == "a & b.txt, explained"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a & b.txt", "out.html"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MODEL"], "give a CONTEXT"),
        (["MODEL", "a", "--text", "TEXT"], "give a CONTEXT"),
        (["MODEL", "a", "--html", "OUT"], "--text FILE"),
        (["MODEL", "--text", "TEXT"], "--html OUT"),
        (["MODEL", "--text", "TEXT", "--html", "OUT", "--json"], "--html OUT"),
        (["MODEL", "--text", "TEXT", "--html", "OUT", "--token", "a"], "--token"),
        (["MODEL", "--text", "TEXT", "--html", "/nowhere/out"], "does not exist"),
        (["MODEL", "--text", "TEXT", "--html", "TEXT"], "one of the texts"),
        (["MODEL", "--text", "nothing here", "--json"], "nothing here"),
        (["MODEL", "a", "--token", "qqq"], "not in the model's vocabulary"),
        (["TEXT", "a"], "not a pylm model"),
        (["nothing here", "a"], "nothing here"),
    ],
)
def test_errors(
    words_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    text, out = tmp_path / "text", tmp_path / "out"
    text.write_text("one two three")
    places = {"MODEL": str(words_file), "TEXT": str(text), "OUT": str(out)}
    assert main(["explain", *(places.get(argument, argument) for argument in arguments)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("pylm: error: ") and message in error
    assert not out.exists()
