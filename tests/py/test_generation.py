"""Generated text: what is drawn, what never comes, where it ends, what it learns; and prompts that end anywhere."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path

import pytest

import pylm
from pylm._core.native import lib
from pylm.cli import main

NAMES = ["paris", "parma", "parable", "london", "lima", "lisbon", "rome", "riga", "oslo", "osaka"]


def sentences(n: int, seed: int) -> str:
    numbers = random.Random(seed)
    return "".join(
        f"the city of {numbers.choice(NAMES)} is {numbers.choice(['old', 'older', 'large'])} .\n" for _ in range(n)
    )


TEXT = sentences(3000, 1)


@pytest.fixture(scope="module")
def pieces() -> pylm.Model:
    return pylm.train([TEXT], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=400))


@pytest.fixture(scope="module")
def with_unknown() -> pylm.Model:
    """A third of what follows "a" is `<unk>`."""
    return pylm.train([sentences(300, 3) + "a <unk>\na b\na c\n" * 400], tokenizer="words")


def frequencies(model: pylm.Model, n: int, prompt: list[int], **settings: object) -> Counter[int]:
    return Counter(model.generate_ids(prompt, 1, seed=seed, **settings)[0] for seed in range(n))


def is_like(found: Counter[int], expected: dict[int, float]) -> bool:
    """Whether frequencies are within five standard deviations, and some more of what is rare."""
    n = sum(found.values())
    return all(abs(found[s] - n * p) < 5 * math.sqrt(n * p * (1 - p)) + 4 for s, p in expected.items())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0.5},
        {"min_p": 0.2},
        {"top_p": 0.7},
        {"temperature": 0.7, "repetition_penalty": 2.0},
        {"temperature": 2.0},
        {"temperature": 0.6, "top_p": 0.8},
    ],
)
def test_it_draws_as_the_settings_say(model: pylm.Model, test_text: str, settings: dict[str, float]) -> None:
    prompt = model.encode(test_text[:60])
    p = model.distribution(prompt)
    if settings.get("repetition_penalty"):
        for symbol in set(prompt[-64:]):
            p[symbol] **= settings["repetition_penalty"]
    p **= 1 / settings.get("temperature", 1.0)
    unknown = model.id_of("<unk>") if model.info.tokenizer == "words" else None
    if unknown is not None:
        p[unknown] = 0
    p /= p.sum()
    order = p.argsort()[::-1]
    ahead = p[order].cumsum() - p[order]
    p[order[ahead >= settings.get("top_p", 1.0)]] = 0
    p[p < settings.get("min_p", 0) * p.max()] = 0
    p /= p.sum()
    found = frequencies(model, 400, prompt, **settings)
    assert is_like(found, dict(enumerate(p.tolist())))
    assert all(p[symbol] > 0 for symbol in found)


def test_unknown_words_never_come_unless_asked_for(with_unknown: pylm.Model) -> None:
    unknown = with_unknown.id_of("<unk>")
    p = with_unknown.distribution("a")
    assert p[unknown] > 0.2
    prompt = with_unknown.encode("a")
    assert frequencies(with_unknown, 200, prompt)[unknown] == 0
    assert is_like(frequencies(with_unknown, 300, prompt, unknown=True), {unknown: p[unknown]})
    assert "<unk>" not in with_unknown.generate("a", 300, seed=1, top_k=5)
    assert "<unk>" not in with_unknown.generate("a", 300, seed=1, contrast=with_unknown, contrast_weight=0)
    assert with_unknown.generate("a", 1, temperature=0) != " <unk>"
    state = with_unknown.state(learn=True)
    state.feed("a <unk>\n" * 30 + "a")
    assert "<unk>" not in state.generate(200, seed=2)


def test_the_rest_is_divided_by_its_sum(with_unknown: pylm.Model) -> None:
    p = with_unknown.distribution("a")
    b, unknown = with_unknown.id_of("b"), with_unknown.id_of("<unk>")
    given = math.log(p[b] / (1 - p[unknown]))
    found = {c.text: c.logprob for c in with_unknown.beam_search("a", 1, n=10)}
    assert found[" b"] == pytest.approx(given, abs=1e-3) and " <unk>" not in found
    plain = {c.text: c.logprob for c in with_unknown.beam_search("a", 1, n=10, unknown=True)}
    assert plain[" b"] == pytest.approx(math.log(p[b]), abs=1e-3) and " <unk>" in plain
    may_end = {c.text: c.logprob for c in with_unknown.beam_search("a", 3, constraint=pylm.OneOf(["", " b"]))}
    assert may_end[" b"] == pytest.approx(given, abs=1e-3)
    assert may_end[""] == pytest.approx(math.log(1 - p[b] / (1 - p[unknown])), abs=1e-3)


def test_a_line_end_is_a_stop(with_unknown: pylm.Model) -> None:
    whole = with_unknown.generate("the city", 30, seed=4)
    assert "\n" in whole
    line = whole.split("\n")[0]
    assert with_unknown.generate("the city", 30, seed=4, stop="</s>") == line
    assert "".join(with_unknown.stream("the city", 30, seed=4, stop=["</s>", "nowhere"])) == line
    for found in with_unknown.beam_search("the city", 30, stop="</s>"):
        assert "\n" not in found.text and with_unknown.text_of(found.ids[-1]) == "</s>"


def test_the_best_texts_differ_from_the_first_symbol_on(pieces: pylm.Model) -> None:
    for model in (pieces, pylm.train([TEXT], tokenizer="words")):
        found = model.beam_search(model.encode("the city of"), 8, n=5)
        assert len({c.ids[0] for c in found}) == len(found) == 5
        assert [c.logprob for c in found] == sorted((c.logprob for c in found), reverse=True)
        alike = model.beam_search(model.encode("the city of"), 8, n=5, diverse=False)
        assert alike[0].logprob >= found[0].logprob - 1e-9


def test_it_learns_from_the_prompt() -> None:
    model = pylm.train([TEXT], tokenizer="words")
    prompt = "the city of london is osaka .\n" * 40 + "the city of london is"
    assert model.generate(prompt, 1, temperature=0) != " osaka"
    for learn in (True, "prompt"):
        assert model.generate(prompt, 1, temperature=0, learn=learn) == " osaka"
        assert model.generate_ids(prompt, 40, seed=1, learn=learn) == model.generate_ids(
            prompt, 40, seed=1, learn=learn
        )
    assert model.beam_search(prompt, 1, n=1, learn="prompt")[0].text == " osaka"
    state = model.state(learn=True)
    state.feed(prompt)
    assert state.generate(30, seed=5) == model.generate(prompt, 30, seed=5, learn="prompt")
    assert state.generate(30, seed=5, learn=True) == model.generate(prompt, 30, seed=5, learn=True)
    assert state.generate(30, seed=5) == model.generate(prompt, 30, seed=5, learn="prompt")
    for call in (
        lambda: model.generate("the", learn="all"),
        lambda: model.beam_search("the", learn=True),
        lambda: model.state().generate(3, learn=True),
    ):
        with pytest.raises(pylm.ArgumentError, match="learn"):
            call()


def greedy(state: pylm.State, n: int, learn: tuple[int, int]) -> list[int]:
    """The n most probable symbols behind a state; of those at even and at odd places it learns, or not."""
    state, symbols = state.copy(), list[int]()
    for i in range(n):
        symbols += state.generate_ids(1, temperature=0)
        lib.pylm_state_set_learning(state._state, learn[i % 2])
        state.feed(symbols[-1:])
        lib.pylm_state_set_learning(state._state, 1)
    return symbols


def test_it_learns_from_every_second_symbol_of_its_own() -> None:
    state = pylm.train([TEXT], tokenizer="words").state(learn=True)
    state.feed("old river")
    expected = greedy(state, 200, (0, 1))
    assert state.generate_ids(200, temperature=0, learn=True) == expected
    assert expected not in (greedy(state, 200, (0, 0)), greedy(state, 200, (1, 1)))


# ---- a prompt may end anywhere


def text_probability(model: pylm.Model, text: str, beginning: str) -> float:
    """The log of the probability of the symbols of a text, of those behind which `beginning` ends."""
    return model.score(model.encode(text)) - model.score(model.encode(beginning))


def test_a_space_at_the_end_changes_nothing(pieces: pylm.Model) -> None:
    for name in ("the city of", "the city of rome is"):
        plain = {p.text: p.probability for p in pieces.next(name, 50)}
        healed = {p.text: p.probability for p in pieces.next(name + " ", 50)}
        for text, probability in plain.items():
            if probability > 0.01 and text.startswith(" ") and len(text) > 1:
                assert healed[text[1:]] >= 0.9 * probability


def test_a_prompt_within_a_word(pieces: pylm.Model) -> None:
    for n in range(1, len("the city of paris")):
        prompt = "the city of paris"[:n]
        text = "the city of paris"[n:]
        best = pieces.next(prompt, 3)
        if n < len("the city of"):
            assert any(text.startswith(p.text) for p in best), prompt
        assert sum(p.probability for p in pieces.next(prompt, 10**6)) == pytest.approx(1, abs=1e-3)
    names = {"par" + pieces.generate("the city of par", 6, seed=s).split(" ")[0] for s in range(40)}
    assert names <= {"paris", "parma", "parable"} and len(names) > 1
    state = pieces.state()
    state.feed("the city of par")
    assert state.next(5) == pieces.next("the city of par", 5)
    assert state.generate(9, seed=1) == pieces.generate("the city of par", 9, seed=1)
    assert state.copy().next(5) == state.next(5)
    found = pieces.beam_search("the city of par", 1, n=3)
    assert {c.text for c in found} <= {"is", "ma", "able", "i", "m", "a", "is is"}
    ids = pieces.encode("the city of par")
    assert pieces.next(ids, 5) != pieces.next("the city of par", 5)


def test_a_constraint_is_about_what_follows(pieces: pylm.Model) -> None:
    allowed = pylm.OneOf(["is", "ma"])
    assert {pieces.generate("the city of par", 9, seed=s, constraint=allowed) for s in range(30)} == {"is", "ma"}
    found = pieces.beam_search("the city of par", 9, constraint=allowed)
    assert {c.text for c in found} == {"is", "ma"}
    assert sum(math.exp(c.logprob) for c in found) == pytest.approx(1, abs=0.05)
    assert {p.text[0] for p in pieces.next("the city of par", 9, constraint=allowed)} <= {"i", "m"}
    assert pieces.generate("the city of ", 9, constraint=pylm.OneOf(["rome"])) == "rome"


def test_commands(
    with_unknown: pylm.Model, pieces: pylm.Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, small = str(tmp_path / "words.pylm"), str(tmp_path / "pieces.pylm")
    with_unknown.save(words)
    pieces.save(small)

    def said(*arguments: str) -> object:
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    common = ["--prompt", "a", "--max-new-tokens", "50", "--seed", "3"]
    for options, settings in (
        ([], {}),
        (["--unknown"], {"unknown": True}),
        (["--stop", "</s>"], {"stop": "</s>"}),
        (["--learn"], {"learn": True}),
        (["--learn", "prompt", "--memory", "64K"], {"learn": "prompt", "memory": "64K"}),
    ):
        expected = with_unknown.generate("a", 50, seed=3, **settings)
        assert said("generate", words, *common, *options)["text"] == expected
    best = said("generate", words, *common, "--best", "3", "--no-diverse", "--learn", "prompt")["best"]
    assert [b["text"] for b in best] == [
        c.text for c in with_unknown.beam_search("a", 50, n=3, diverse=False, learn="prompt")
    ]
    assert said("next", small, "the city of ")["next"][0]["text"] == pieces.next("the city of ")[0].text
