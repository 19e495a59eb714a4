"""Constraints: texts that keep to them, with exactly the model's probabilities among what they allow."""

from __future__ import annotations

import json
import math
import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
from texts import random_numbers

import pylm
from pylm.decoding import automaton, spelling
from pylm.decoding.automaton import determine
from pylm.decoding.regex import parse
from pylm.decoding.schema import node_of

SAMPLE = 'ab01-9éüß\n😀hHeElLoO@.com٣_ \\"日'


def accepts(automaton, text: bytes) -> bool:
    state = 0
    for byte in text:
        state = automaton.table[state, byte]
        if state < 0:
            return False
    return automaton.final[state]


def random_text(numbers, most: int = 8) -> str:
    return "".join(SAMPLE[next(numbers) % len(SAMPLE)] for _ in range(next(numbers) % most))


def random_pattern(numbers, depth: int = 3) -> str:
    """A regular expression without anything that is refused."""
    atoms = ["a", "b", "é", "[ab]", "[^a\\n]", ".", r"\d", r"[0-9é-ü]", "日", r"\w", r"\S", "(?i:h)", "😀"]
    kind = next(numbers) % 6 if depth else 0
    parts = [random_pattern(numbers, depth - 1) for _ in range(1 + next(numbers) % 3)] if kind else []
    if kind in (1, 2):
        return "".join(parts)
    if kind == 3:
        return "(" + "|".join(parts) + ")"
    if kind in (4, 5):
        return f"(?:{parts[0]})" + ["*", "+", "?", "{1,3}", "*?", "{2}"][next(numbers) % 6]
    return atoms[next(numbers) % len(atoms)]


# ---- automata


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{2}-[0-9]",
        "é|ü+",
        "[^a]*",
        r"\w+",
        "a*?b",
        "(?i)hello",
        "^ab$",
        "a|ab",
        "(?:ab)+",
        "(?P<x>a)b?",
        ".{0,20}",
        "[😀-😎]+",
        "(?s).*",
        r"[^\w\s]",
        r"(?a)\w+@\w+\.com",
        "",
        "(|a)b",
        "(a|b|)*",
        r"(?x) a  b # c",
        "[^\\n]é",
        "(?i)[^h]",
    ],
)
def test_a_regular_expression_means_what_it_means_to_re(pattern: str) -> None:
    automaton, numbers = determine(parse(pattern)), random_numbers(1)
    for _ in range(300):
        text = random_text(numbers)
        assert accepts(automaton, text.encode()) == bool(re.fullmatch(pattern, text)), text


def test_random_regular_expressions() -> None:
    numbers, n_matches = random_numbers(2), 0
    for _ in range(60):
        pattern = random_pattern(numbers)
        automaton = determine(parse(pattern))
        for _ in range(60):
            text = random_text(numbers, 5)
            matches = bool(re.fullmatch(pattern, text))
            n_matches += matches
            assert accepts(automaton, text.encode()) == matches, (pattern, text)
    assert n_matches > 50


def test_bytes_that_are_no_characters_are_not_allowed() -> None:
    automaton = determine(parse("(?s)..?"))
    for text in (b"\xff", b"\x80", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"a\xc3"):
        assert not accepts(automaton, text)
    for code in (0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF):
        assert accepts(automaton, chr(code).encode())


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)b", "(?<!a)b", r"\bab", "a$b", "[", "a{3", "(?>a)b", "(a)(?(1)b|c)"]
)
def test_what_is_refused(pattern: str) -> None:
    if pattern == "a{3":  # which Python takes as it stands
        assert accepts(determine(parse(pattern)), b"a{3")
        return
    with pytest.raises(pylm.ArgumentError, match="regular expression"):
        pylm.Regex(pattern)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "MAX_STATES", 2000)
    monkeypatch.setattr(automaton, "MAX_PARTS", 20_000)
    assert len(determine(parse("a{1999}")).final) == 2000
    with pytest.raises(pylm.TooLargeError, match="too large"):
        pylm.Regex("(a|b)*a(a|b){20}")
    with pytest.raises(pylm.TooLargeError, match="too large"):
        pylm.Regex("(a{1000}){1000}")


def doubling(n: int) -> dict:
    """A schema in which each of n definitions refers twice to the next: 2^n values."""
    pairs = {
        f"a{i}": {"type": "object", "properties": {name: {"$ref": f"#/$defs/a{i + 1}"} for name in "ab"}}
        for i in range(n)
    }
    return {"$ref": "#/$defs/a0", "$defs": pairs | {f"a{n}": {"type": "null"}}}


ENDLESS = {  # what would take hours, or all memory, without a limit on steps
    "nothing a billion times": lambda: pylm.Regex("(?:){1000000000}"),
    "many that may be missing": lambda: pylm.Regex("(a?){3000}"),
    "both bounds within both bounds": lambda: pylm.Regex("(a{0,100}){0,100}"),
    "different lengths": lambda: pylm.Regex("(.{100}|.{101}){50}"),
    "as large as its source": lambda: pylm.Regex("x" * 600_000),
    "many sets of characters": lambda: pylm.Regex("".join(f"[\\w{chr(0x2500 + i)}]" for i in range(9000))),
    "and in both cases": lambda: pylm.Regex("(?i)" + "".join(f"[\\w{chr(0x2500 + i)}]" for i in range(9000))),
    "a subset for each state": lambda: pylm.Regex("(a|b)*a(a|b){30}"),
    "a long text": lambda: pylm.OneOf(["x" * 3_000_000]),
    "many texts": lambda: pylm.OneOf(["x"] * 2_000_000),
    "a long beginning": lambda: pylm.Prefix("x" * 3_000_000),
    "references that double": lambda: pylm.Schema(doubling(25)),
    "a bound of 400 digits": lambda: pylm.Schema({"type": "integer", "maximum": 10**400}),
    "bounds that Python does not print": lambda: pylm.Schema({"type": "integer", "minimum": -(10**5000)}),
    "bounds in many places": lambda: pylm.Schema({"anyOf": [{"type": "integer", "maximum": 10**99 - 7}] * 300}),
    "properties that may all be missing": lambda: pylm.Schema(
        {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(300)}}
    ),
    "patterns in many places": lambda: pylm.Schema({"anyOf": [{"type": "string", "format": "date-time"}] * 20_000}),
}


@pytest.mark.parametrize("make", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_would_take_for_ever_is_refused(make) -> None:
    with pytest.raises(pylm.TooLargeError, match=r"too large|more than 100 digits"):
        make()


def test_steps_do_not_depend_on_what_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    monkeypatch.setattr(automaton.Work, "add", lambda self, n: steps.append(n))
    determine(parse(r"\w+ (?i:[a-zé]{3})"))
    first = sum(steps)
    steps.clear()
    determine(parse(r"\w+ (?i:[a-zé]{3})"))
    assert sum(steps) == first > 1000


def test_useful_sizes_are_not_refused() -> None:
    assert len(pylm.OneOf([f"{i:05}" for i in range(40_000)])._automaton.final) == 4446
    assert len(pylm.Regex("a{49999}")._automaton.final) == 50_000
    a_word = len(pylm.Regex(r"\w")._automaton.final) - 1  # some 309: which characters are letters depends on Python
    assert len(pylm.Regex(r"\w{1,100}")._automaton.final) == 100 * a_word + 1 > 20_000
    constraint = pylm.Schema({"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1})._automaton
    for value in (-(2**63), 2**63 - 1, 0, -1, 10**18):
        assert accepts(constraint, str(value).encode())
    for value in (-(2**63) - 1, 2**63, 10**19):
        assert not accepts(constraint, str(value).encode())
    far = 3 * 10**98 + 17
    constraint = pylm.Schema({"type": "integer", "minimum": -far, "maximum": far})._automaton
    assert accepts(constraint, str(far).encode()) and not accepts(constraint, str(far + 1).encode())


def test_too_many_places_in_a_vocabulary(words_model: pylm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    constraint = pylm.Regex("([a-z]+ ){20}[a-z]+")
    words_model.generate("the", 40, constraint=constraint)
    monkeypatch.setattr(spelling, "MAX_LOOKS", 10 * words_model.n_symbols)
    with pytest.raises(pylm.TooLargeError, match="for this vocabulary"):
        words_model.generate("the", 40, constraint=pylm.Regex("([a-z]+ ){20}[a-z]+"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: pylm.OneOf([]),
        lambda: pylm.Regex(r"[^\s\S]a"),
        lambda: pylm.Regex(r"a[\ud800]"),
        lambda: pylm.Schema({"anyOf": []}),
        lambda: pylm.Schema({"type": "integer", "minimum": 3, "maximum": 2}),
        lambda: pylm.Schema({"type": "string", "minLength": 2, "maxLength": 1}),
    ],
)
def test_a_constraint_that_allows_nothing(make) -> None:
    with pytest.raises(pylm.ArgumentError, match="allows nothing at all"):
        make()


def test_wrong_types() -> None:
    with pytest.raises(TypeError, match="put it into a list"):
        pylm.OneOf("yes")
    with pytest.raises(TypeError, match="must be a str"):
        pylm.Regex(b"a")
    with pytest.raises(pylm.ArgumentError, match="not JSON"):
        pylm.Schema("{")


# ---- probabilities


def test_probabilities_are_divided_by_their_sum(model: pylm.Model, test_text: str) -> None:
    numbers = random_numbers(3)
    own = {symbol: model.text_of(symbol) for symbol in range(model.n_symbols)}
    for context in ("", model.encode(test_text[:40]), model.encode(test_text[:301])):
        chosen = [own[next(numbers) % model.n_symbols] for _ in range(12)]
        texts = [text for text in chosen if text and "\\" not in text and text != "</s>"]
        found = model.next(context, 10**6, constraint=pylm.OneOf(texts))
        distribution = model.distribution(context)
        starts = {s for s, text in own.items() if text and any(t.startswith(text) for t in texts) and s != "</s>"}
        if model.info.tokenizer == "words":
            starts = {s for s, text in own.items() if text in texts}
        assert {p.id for p in found} == starts
        allowed = distribution[[p.id for p in found]]
        np.testing.assert_allclose([p.probability for p in found], allowed / allowed.sum(), rtol=1e-4)
        assert sum(p.probability for p in found) == pytest.approx(1, abs=1e-4)
        assert all(a.probability >= b.probability for a, b in pairwise(found))


def test_an_end_is_what_is_not_allowed(bytes_model: pylm.Model) -> None:
    p = bytes_model.distribution("pa")[ord("p")]
    found = {c.text: c.logprob for c in bytes_model.beam_search("pa", 5, constraint=pylm.OneOf(["", "p"]))}
    assert found[""] == pytest.approx(math.log(1 - p), abs=1e-4)
    assert found["p"] == pytest.approx(math.log(p), abs=1e-4)
    plain = {"temperature": 1, "top_k": 0, "top_p": 1}
    texts = [bytes_model.generate("pa", constraint=pylm.Regex("p?"), seed=s, **plain) for s in range(400)]
    assert abs(texts.count("p") - 400 * p) < 5 * math.sqrt(400 * p * (1 - p)) + 1


def test_texts_come_as_often_as_their_probability_says(bytes_model: pylm.Model) -> None:
    constraint = pylm.OneOf(["pa", "ta", "ki", "ke"])
    expected = {c.text: math.exp(c.logprob) for c in bytes_model.beam_search("ma", 2, n=4, constraint=constraint)}
    assert sum(expected.values()) == pytest.approx(1, abs=1e-3)
    n = 600
    texts = [
        bytes_model.generate("ma", constraint=constraint, temperature=1, top_k=0, top_p=1, seed=s) for s in range(n)
    ]
    for text, p in expected.items():
        assert abs(texts.count(text) - n * p) < 5 * math.sqrt(n * p * (1 - p)) + 1


# ---- texts


def test_texts_always_match(model: pylm.Model) -> None:
    patterns = ["[a-z ]{3,30}", "(ta|pa|ka)(pa|ta)+", "([a-z]+ )?[a-z]+\n[a-z]+", "(?s).{1,12}", "[^t]+"]
    for pattern in patterns:
        constraint = pylm.Regex(pattern)
        for seed in range(12):
            n = 1 + seed * 3 if "n" not in pattern else 24
            try:
                text = model.generate(
                    "", 30 if n < 6 else n, constraint=constraint, seed=seed, temperature=1.5, top_p=1
                )
            except pylm.ArgumentError as error:  # words that are made of something else
                assert "vocabulary" in str(error) and model.info.tokenizer == "words"
                break
            assert re.fullmatch(pattern, text), (pattern, text)


def test_random_regular_expressions_always_match(bytes_model: pylm.Model) -> None:
    numbers = random_numbers(5)
    for seed in range(60):
        pattern = random_pattern(numbers)
        text = bytes_model.generate(
            "pa", 60, constraint=pylm.Regex(pattern), seed=seed, temperature=2, top_k=0, top_p=1
        )
        assert re.fullmatch(pattern, text), (pattern, text)


def test_it_ends_within_the_limit(bytes_model: pylm.Model) -> None:
    constraint = pylm.Regex("x[a-z]*y[a-z]*zé")
    for n in (5, 6, 9):
        for seed in range(5):
            text = bytes_model.generate("", n, constraint=constraint, seed=seed)
            assert re.fullmatch("x[a-z]*y[a-z]*zé", text) and len(text.encode()) <= n
    with pytest.raises(pylm.ArgumentError, match="needs 5 symbols to be sure to end, but max_new_tokens is 4"):
        bytes_model.generate("", 4, constraint=constraint)
    with pytest.raises(pylm.ArgumentError, match="needs 5 symbols"):
        bytes_model.stream("", 4, constraint=constraint)  # before anything is asked of it
    assert bytes_model.generate("", 0, constraint=pylm.Regex("a*")) == ""


def test_characters_are_whole() -> None:
    model = pylm.train(["größer als die Häuser, naïve 日本語 🙂 " * 40])
    for seed in range(20):
        text = model.generate("", 12, constraint=pylm.Regex("[à-ü日🙂]{3}"), seed=seed, temperature=2)
        assert re.fullmatch("[à-ü日🙂]{3}", text)
        assert model.generate("gr", constraint=pylm.OneOf(["öß", "日本", "é"]), seed=seed) in ("öß", "日本", "é")
        text = model.generate("H", 3, constraint=pylm.Regex("(?s).+"), seed=seed, temperature=3, top_k=0, top_p=1)
        assert text and "\ufffd" not in text


def test_words_are_joined_by_spaces(words_model: pylm.Model) -> None:
    a, b, c = (words_model.text_of(i) for i in range(3, 6))
    constraint = pylm.OneOf([f"{a} {b}", f"{c} nosuchword", f"{c}\n{a}", f"{b}{c}"])
    for seed in range(20):
        ids = words_model.generate_ids(f"{a} {c}", constraint=constraint, seed=seed, temperature=5)
        assert words_model.decode(ids) in (f"{a} {b}", f"{c}\n{a}")  # nothing begins that no word can end
        text = words_model.generate(f"{a} {c}", constraint=constraint, seed=seed, temperature=5)
        assert text in (f" {a} {b}", f" {c}\n{a}")
    assert words_model.generate(a, constraint=pylm.OneOf([f" {b} {a}"])) == f" {b} {a}"  # as it stands in the text
    with pytest.raises(pylm.ArgumentError, match="no text that the vocabulary of this model can spell"):
        words_model.generate(constraint=pylm.OneOf([f"{c} nosuchword"]))
    with pytest.raises(pylm.ArgumentError, match="needs 2 symbols"):
        words_model.generate("", 1, constraint=pylm.OneOf([f"{a} {b}"]))


def test_tokens_that_are_words() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({"yes": 0, "no": 1, "sir": 2, "[U]": 3}, unk_token="[U]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    model = pylm.train(["yes sir no sir yes no " * 50], tokenizer=tokenizer)
    constraint = pylm.OneOf(["yes sir", "no", "nosir"])
    found = {model.generate("sir", constraint=constraint, seed=seed, temperature=3).strip() for seed in range(30)}
    assert found == {"yes sir", "no"}


def test_a_prefix_is_completed(model: pylm.Model, test_text: str) -> None:
    word = max(test_text.split(), key=len)
    for seed in range(5):
        text = model.generate("", 12, constraint=pylm.Prefix(word[:3]), seed=seed)
        assert text.startswith(word[:3])
        assert len(model.generate_ids("", 12, constraint=pylm.Prefix(word[:3]), seed=seed)) == 12


def test_without_a_limit_nothing_changes(bytes_model: pylm.Model) -> None:
    for seed in range(3):
        plain = bytes_model.generate("pa", 40, seed=seed)
        assert bytes_model.generate("pa", 40, seed=seed, constraint=pylm.Prefix("")) == plain


def test_states_and_settings(bytes_model: pylm.Model) -> None:
    constraint = pylm.Regex("[a-z]{4,9}( [a-z]+)*")
    state = bytes_model.state(learn=True)
    state.feed("papapa")
    texts = {state.generate(20, constraint=constraint, seed=seed) for seed in range(4)}
    assert len(texts) > 1 and all(re.fullmatch("[a-z]{4,9}( [a-z]+)*", text) for text in texts)
    settings = {"seed": 3, "repetition_penalty": 1.5, "top_k": 3, "min_p": 0.1}
    text = bytes_model.generate("pa", 20, constraint=constraint, **settings)
    assert bytes_model.generate("pa", 20, constraint=pickle.loads(pickle.dumps(constraint)), **settings) == text
    assert "".join(bytes_model.stream("pa", 20, constraint=constraint, stop="p", seed=1)).count("p") == 0
    assert repr(constraint) == "Regex('[a-z]{4,9}( [a-z]+)*')"


# ---- JSON

SCHEMAS = [
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 9},
            "age": {"type": "integer", "minimum": -3, "maximum": 120},
            "tags": {"type": "array", "items": {"enum": ["a", "é\n", 1, None]}, "minItems": 1, "maxItems": 3},
        },
        "required": ["age"],
        "additionalProperties": False,
    },
    {"type": ["number", "boolean", "null"]},
    {
        "type": "array",
        "items": {"$ref": "#/$defs/point"},
        "maxItems": 2,
        "$defs": {
            "point": {
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
                "required": ["x", "y"],
            }
        },
    },
    {
        "anyOf": [
            {"type": "string", "pattern": "^[a-c]+$"},
            {"type": "integer", "exclusiveMinimum": 98, "maximum": 1010},
        ]
    },
    {"type": "string", "pattern": "pa"},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "date-time"},
    {"const": {"a": [1, 2.5, '"\\']}},
    {"type": "array", "items": {"type": "boolean"}, "maxItems": 0},
    {"type": "integer", "enum": ["a", 7, True, 9]},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:40])
def test_json_that_a_schema_allows(bytes_model: pylm.Model, schema: dict) -> None:
    fastjsonschema = pytest.importorskip("fastjsonschema")
    constraint, check, seen = pylm.Schema(schema), fastjsonschema.compile(schema), set()
    for seed in range(12):
        text = bytes_model.generate("", 90, constraint=constraint, seed=seed, temperature=3, top_k=0, top_p=1)
        check(json.loads(text))
        seen.add(text)
    assert len(seen) > 1 or "const" in schema or schema.get("maxItems") == 0
    assert pylm.Schema(json.dumps(schema))._automaton.fewest == constraint._automaton.fewest


def test_all_that_a_schema_allows_can_come() -> None:
    automaton = determine(node_of(SCHEMAS[0]))
    for value in ({"age": 0}, {"name": '日本"x', "age": 120, "tags": ["a", None]}, {"age": -3, "tags": [1]}):
        assert accepts(automaton, json.dumps(value, ensure_ascii=False).encode())
        assert accepts(automaton, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    for value in (
        {},
        {"age": 121},
        {"age": -4},
        {"age": 1, "tags": []},
        {"name": "", "age": 1},
        {"age": 1, "name": "a"},
    ):
        assert not accepts(automaton, json.dumps(value).encode())


@pytest.mark.parametrize(
    "bounds",
    [(None, None), (0, None), (None, -1), (7, 7), (5, 1003), (-120, 99), (-9, -3), (100, None), (None, 42), (98, 101)],
)
def test_integers_from_to(bounds: tuple) -> None:
    low, high = bounds
    limits = {"minimum": low, "maximum": high}
    schema = {"type": "integer"} | {name: bound for name, bound in limits.items() if bound is not None}
    automaton = determine(node_of(schema))
    for i in range(-1100, 1200):
        allowed = (low is None or i >= low) and (high is None or i <= high)
        assert accepts(automaton, str(i).encode()) == allowed, i
    for text in ("", "-", "00", "01", "-01", "+1", "1.0"):
        assert not accepts(automaton, text.encode())


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({}, "say of which type"),
        (True, "expected an object"),
        ({"type": "text"}, "'text' is no type"),
        ({"type": "array"}, "what the items"),
        ({"type": "object"}, "what the properties"),
        ({"type": "number", "minimum": 3}, "'minimum' is not supported"),
        ({"type": "integer", "multipleOf": 3}, "'multipleOf' is not supported"),
        ({"not": {"type": "null"}}, "say of which type"),
        ({"type": "string", "format": "email"}, "format 'email' is not supported"),
        ({"type": "string", "pattern": "a", "maxLength": 3}, "cannot be combined"),
        ({"type": "object", "properties": {"a": {"type": "array", "items": 3}}}, "#/properties/a/items"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "required properties are missing"),
        ({"$ref": "#/$defs/a"}, "the schema has no"),
        ({"$ref": "other.json"}, "only references within"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}}, "leads back to itself"),
        ({"anyOf": [{"type": "null"}], "minimum": 3}, "together with 'minimum'"),
        ({"type": "integer", "minimum": 0.5}, "must be an integer"),
        ({"type": "string", "maxLength": -1}, "must not be negative"),
    ],
)
def test_schemas_that_are_refused(schema: object, says: str) -> None:
    with pytest.raises(pylm.ArgumentError, match=re.escape(says)):
        node_of(schema)
