"""The topic's part of an explanation: which words made it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import check_page, data_of
from texts import two_topics

import pylm
from pylm._core.image import Image
from pylm._core.native import ffi, lib
from pylm.cli import main

N_SYMBOLS = 102_000  # fewer are too few to find topics in
CONTEXT = "x1 w1 w2 x3 w3 w1 w2 w1 w5 w1 w2 w7"


@pytest.fixture(scope="module")
def topics() -> pylm.Model:
    text = "\n".join(two_topics(N_SYMBOLS))
    symbols = pylm.SymbolOptions(classes=4)
    return pylm.train([text], tokenizer="words", symbols=symbols, profile="fast", max_order=1)


@pytest.fixture(scope="module")
def trees() -> pylm.Model:
    """Two trees, and every line is a text of its own."""
    symbols = pylm.SymbolOptions(trees=2, classes=[4, 6])
    return pylm.train(two_topics(N_SYMBOLS), tokenizer="words", symbols=symbols, profile="fast", max_order=1)


@pytest.fixture(params=["topics", "trees"])
def model(request: pytest.FixtureRequest) -> pylm.Model:
    found: pylm.Model = request.getfixturevalue(request.param)
    return found


def ask(image: Image, state: Any, symbols: list[int], symbol: int) -> tuple[list[int], Any]:
    """The shares of symbols, and the pylm_topic that they are in."""
    parts, n = ffi.new("pylm_part[]", lib.pylm_n_parts(image.model)), ffi.new("uint32_t *")
    source, shares = ffi.new("uint32_t[]", symbols), ffi.new("int32_t[]", [77] * len(symbols))
    topic = ffi.new("pylm_topic *", {"symbols": source, "n": len(symbols), "shares_q16": shares})
    assert lib.pylm_explain_topic(image.model, state, symbol, image.new_work(), parts, n, topic) == lib.PYLM_OK
    cost = sum(parts[i].cost_q16 for i in range(n[0]) if parts[i].kind == lib.PYLM_PART_TOPIC)
    result = list(shares)
    assert (sum(result) + topic.offset_q16 + topic.rest_q16 - cost) % 2**32 == 0 and topic.cost_q16 == cost
    assert sum(parts[i].cost_q16 for i in range(n[0])) % 2**32 == image.cost(state, symbol)
    return result, topic


@pytest.mark.parametrize("learn", [False, True])
def test_everything_adds_up(model: pylm.Model, learn: bool) -> None:
    text = "\n".join(two_topics(500, seed=2))
    logprobs = model.state(learn=learn).logprobs(text, add_eos=True)
    worth = 0.0
    for explanation, logprob in zip(model.explain_text(text, learn=learn), logprobs, strict=True):
        parts, topic = explanation.parts, explanation.topic
        assert abs(sum(part.bits for part in parts) * math.log(2) - logprob) < 1e-9
        assert topic is not None and topic.bits == sum(part.bits for part in parts if part.kind == "topic")
        assert topic.bits == topic.offset + sum(word.bits for word in topic.words) + topic.rest
        worth += topic.bits
    assert worth > 10


def test_shares_of_all_that_was_read_leave_little(model: pylm.Model) -> None:
    image, state = model._image, model._image.new_state()
    symbols = model.encode(" ".join(two_topics(600, seed=3)))
    rests, costs = 0, 0
    for i, symbol in enumerate(symbols):
        if i % 20 == 0:
            _, topic = ask(image, state, [image.line_end, *symbols[:i]], symbol)  # a text begins behind a line end
            rests, costs = rests + abs(topic.rest_q16), costs + abs(topic.cost_q16 - topic.offset_q16)
        lib.pylm_state_push(image.model, state, symbol)
    assert rests < costs * 0.1


def test_words_speak_for_their_topic(model: pylm.Model) -> None:
    same, other = model.explain(CONTEXT, "x7").topic, model.explain(CONTEXT, "y7").topic
    assert same is not None and other is not None
    for topic in (same, other):
        assert {(word.token, word.back) for word in topic.words[:2]} == {("x3", 9), ("x1", 12)}
    assert all(word.bits > 0.05 for word in same.words[:2]) and all(word.bits < -0.05 for word in other.words[:2])
    assert all(abs(word.bits) < 0.05 for word in same.words[2:])
    twice = model.explain(f"x3 w1 w2 w1 w2 w3 {CONTEXT}", "x7").topic
    assert twice is not None
    near, far = (next(word.bits for word in twice.words if word.back == back) for back in (9, 18))
    assert near > far > 0.05  # it has faded
    assert twice.named == twice.words[: len(twice.named)] and 2 <= len(twice.named) <= 5
    first = twice.words[0]
    assert twice.made_of.startswith(f"{first.token} ({first.back} tokens back) {first.bits:+.2f}, ")


def test_states_tell_what_they_have_read(topics: pylm.Model) -> None:
    expected = topics.explain(CONTEXT, "x7").topic
    state = topics.state()
    state.feed(CONTEXT)
    assert state.explain("x7").topic == expected and state.copy().explain("x7").topic == expected
    state.start()
    topic = state.explain("x7").topic
    assert topic is not None and topic.words == []  # of a text that begins nothing is known but the offset
    assert topic.rest == pytest.approx(topic.bits - topic.offset)


def test_a_text_that_ended_says_nothing(trees: pylm.Model) -> None:
    image, state = trees._image, trees._image.new_state()
    before, behind = trees.encode("x1 x2 x3", add_eos=True), trees.encode("w1 x4 w2")
    for symbol in before + behind:
        lib.pylm_state_push(image.model, state, symbol)
    symbol = trees.encode("x7")[0]
    shares, _ = ask(image, state, before + behind, symbol)
    assert not any(shares[:3]) and shares[5] < 0  # costs
    assert shares[4:] == ask(image, state, behind, symbol)[0]


def test_what_is_refused(topics: pylm.Model) -> None:
    image = topics._image
    source, shares = ffi.new("uint32_t[]", [1, image.n_symbols]), ffi.new("int32_t[]", 2)
    topic = ffi.new("pylm_topic *", {"symbols": source, "n": 2, "shares_q16": shares})
    parts, n = ffi.new("pylm_part[]", lib.pylm_n_parts(image.model)), ffi.new("uint32_t *")
    for symbol, n_read in ((0, 2), (image.n_symbols, 1)):
        topic.n = n_read
        status = lib.pylm_explain_topic(image.model, image.new_state(), symbol, image.new_work(), parts, n, topic)
        assert status == lib.PYLM_ERR_ARGUMENT


def test_models_without_topics(bytes_model: pylm.Model, words_model: pylm.Model, topics: pylm.Model) -> None:
    layer = pylm.adapt(topics, ["\n".join(two_topics(3000, seed=4))])
    for model in (bytes_model, words_model, layer):
        explanation = model.explain(CONTEXT)
        assert explanation.topic is None and explanation.as_dict()["topic"] is None
        assert all(part.kind != "topic" for part in explanation.parts)
        state, symbols = model._image.new_state(), [1, 2, 3]
        shares, topic = ask(model._image, state, symbols, 1)
        assert shares == [0, 0, 0] and topic.cost_q16 == topic.offset_q16 == topic.rest_q16 == 0


def test_damaged_vectors_do_no_harm(model: pylm.Model) -> None:
    content = model._image.content()
    numbers = np.random.Generator(np.random.PCG64(5))
    head = int.from_bytes(content[12:16], "little")
    topics = int.from_bytes(content[136:144], "little") + 8  # behind its head, which is checked
    symbols = model.encode(CONTEXT)
    for kind in range(6):
        image = np.frombuffer(content, np.uint8).copy()
        if kind < 2:  # the largest vectors that there can be
            image[topics : topics + 65 * model.n_symbols] = (127, 128)[kind]
        else:
            image[head + numbers.integers(0, len(image) - head, 2000)] = numbers.integers(0, 256, 2000)
            image[topics - 8 : topics] = np.frombuffer(content[topics - 8 : topics], np.uint8)
        damaged = Image(image.tobytes(), verify=False)
        state = damaged.new_state()
        for symbol in symbols * 20:
            lib.pylm_state_push(damaged.model, state, symbol)
        for symbol in range(damaged.n_symbols):
            ask(damaged, state, symbols * 20, symbol)


# ---- for people


@pytest.fixture(scope="module")
def file(topics: pylm.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("topic") / "topics.pylm"
    topics.save(path)
    return path


def test_on_the_command_line(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, topics: pylm.Model
) -> None:
    for columns in (80, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["explain", str(file), CONTEXT, "--token", "x7"]) == 0
        out = capsys.readouterr().out
        assert any(line.split()[-1:] == ["topic"] for line in out.splitlines())
        topic = topics.explain(CONTEXT, "x7").topic
        assert topic is not None and f"topic: {topic.made_of}" in " ".join(out.split())
        assert all(len(line) <= columns for line in out.splitlines())
    assert main(["explain", str(file), CONTEXT, "--token", "x7", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["topic"]
    assert found["words"][0] == {
        "back": 9,
        "id": found["words"][0]["id"],
        "token": "x3",
        "bits": found["words"][0]["bits"],
    }
    assert found["bits"] == found["offset"] + sum(word["bits"] for word in found["words"]) + found["rest"]


def test_on_the_page(topics: pylm.Model) -> None:
    html = topics.explain_page(f"{CONTEXT} x7")
    data = data_of(check_page(html))
    notes, marks = data["tokens"][12][-1]
    assert notes[0].startswith("Topic (underlined): x3 (9 tokens back) +0.") and {9, 12} <= set(marks)
    assert all(abs(mark) <= i for i, token in enumerate(data["tokens"]) for mark in token[-1][1])
    assert "topic" in data["names"] and "topic-for" in html


def test_in_a_report(model: pylm.Model) -> None:
    text = "\n".join(two_topics(400, seed=6))
    report = pylm.report(model, text, positions=0)
    names = [part.name for part in report.parts if part.kind == "topic"]
    assert names == (["topic"] if model.info.trees == 1 else ["topic (tree 1)", "topic (tree 2)"])
    assert math.isclose(sum(part.bits for part in report.parts), -report.bits)
    assert any("topic" in cell for _, cell in check_page(report.html).all("td"))
