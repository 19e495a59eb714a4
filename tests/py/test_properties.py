"""Properties of whatever one asks for: hypothesis chooses texts, bytes, contexts and constraints, the same ones each
time, and shortens what fails."""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import get

import pylm

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

settings.register_profile(
    "pylm", deadline=None, derandomize=True, max_examples=40, suppress_health_check=list(HealthCheck)
)
settings.load_profile("pylm")

WORDS = st.sampled_from(["tepapa", "papa", "the", "w1", "zork", "é", "日本", "</s>", "<unk>", "\ufeff", "a" * 90])
SPACES = st.sampled_from([" ", "  ", "\n", "\t", "\u2009", "\r\n", ""])
TEXTS = st.lists(st.one_of(WORDS, SPACES, st.text(max_size=5)), max_size=20).map("".join)
BYTES = st.one_of(st.binary(max_size=80), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")))
SPELLING = ["bytes", "pieces"]


@pytest.mark.parametrize("name", SPELLING)
@given(text=BYTES)
def test_encoding_gives_the_text_back(name: str, text: bytes) -> None:
    model = get(name)
    assert model._image.decode(model._image.symbols(text, add_eos=False)) == text


@pytest.mark.parametrize("name", SPELLING)
@given(text=BYTES)
def test_packets_give_the_text_back(name: str, text: bytes) -> None:
    model = get(name)
    packet = model.compress(text)
    assert len(packet) <= len(text) + 1
    assert model.decompress(packet).encode("utf-8", "surrogateescape") == text


@pytest.mark.parametrize("name", SPELLING)
@given(packet=st.binary(max_size=60))
def test_any_packet_is_a_text_or_an_error(name: str, packet: bytes) -> None:
    with contextlib.suppress(pylm.PacketError):
        assert len(get(name).decompress(packet).encode("utf-8", "surrogateescape")) <= 1 << 20


@pytest.mark.parametrize("name", ["bytes", "pieces", "words", "three trees"])
@given(text=TEXTS, learn=st.booleans())
def test_probabilities_are_whole(name: str, text: str, learn: bool) -> None:
    """They add up to 1 to the last bit, none is 0, and what a symbol costs is what it has."""
    model = get(name)
    state = model.state(learn=learn)
    state.feed(text)
    exact = model._image.distribution_q62(state._state)
    assert sum(map(int, exact)) == 1 << 62 and exact.min() > 0
    best = int(exact.argmax())
    cost = -float(state.copy().logprobs([best])[0])
    assert cost == pytest.approx(-math.log(float(exact[best]) * 2.0**-62), abs=1e-3)


@pytest.mark.parametrize("name", ["bytes", "pieces", "words"])
@given(parts=st.lists(TEXTS, max_size=4))
def test_reading_in_parts_is_reading_at_once(name: str, parts: list[str]) -> None:
    model = get(name)
    ids = [model.encode(part) for part in parts]
    apart, at_once = model.state(learn=True), model.state(learn=True)
    costs = [apart.logprobs(part) for part in ids]
    whole = at_once.logprobs([symbol for part in ids for symbol in part])
    assert np.array_equal(np.concatenate([*costs, np.empty(0)]), whole)


@given(first=TEXTS, second=TEXTS)
@settings(max_examples=40)
def test_what_was_forgotten_was_never_learned(
    tmp_path_factory: pytest.TempPathFactory, first: str, second: str
) -> None:
    """To the last byte of what is saved."""
    one, other, folder = pylm.Keyboard(get("words")), pylm.Keyboard(get("words")), tmp_path_factory.mktemp("keyboards")
    one.learn(first)
    one.learn(second)
    one.forget(first)
    other.learn(second)
    assert one.is_exact and one.words() == other.words()
    one.save(folder / "one")
    other.save(folder / "other")
    assert (folder / "one").read_bytes() == (folder / "other").read_bytes()


@given(documents=st.lists(st.binary(max_size=30), max_size=12), split=st.integers(0, 12))
@settings(max_examples=25)
def test_stores_are_sets_of_documents(tmp_path_factory: pytest.TempPathFactory, documents: list[bytes], split: int):
    folder: Path = tmp_path_factory.mktemp("stores")
    pylm.count(documents, folder / "all", documents="bytes", threads=1)
    pylm.count(documents[split:][::-1], folder / "a", documents="bytes", threads=1)
    pylm.count(documents[:split], folder / "b", documents="bytes", threads=1)
    pylm.merge([folder / "a", folder / "b"], folder / "both", threads=1)
    assert (folder / "both").read_bytes() == (folder / "all").read_bytes()
    with pylm.Store(folder / "all") as store:
        assert Counter(store) == Counter(documents)


@given(
    choices=st.lists(st.text(alphabet="abé0\n", min_size=1, max_size=4), min_size=1, max_size=5),
    least=st.integers(0, 2),
    more=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_texts_keep_to_a_regular_expression(choices: list[str], least: int, more: int, seed: int) -> None:
    pattern = f"(?:{'|'.join(map(re.escape, choices))}){{{least},{least + more}}}"
    text = get("bytes").generate("", 40, constraint=pylm.Regex(pattern), seed=seed, temperature=2.0)
    assert re.fullmatch(pattern, text)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of Python's own parser
@given(pattern=st.text(alphabet="ab()[]{}|*+?.\\^$,0123-é:i<>=!PwdsS", max_size=14))
@settings(max_examples=150)
def test_any_regular_expression_is_taken_or_refused(pattern: str) -> None:
    with contextlib.suppress(pylm.PylmError):
        pylm.Regex(pattern)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "enum",
        "const",
        "anyOf",
        "$ref",
        "pattern",
        "format",
        "additionalProperties",
    ]
)
TYPES = st.sampled_from(["string", "integer", "number", "object", "array", "boolean", "null"])


@given(schema=st.dictionaries(KEYS, JSON | TYPES | st.fixed_dictionaries({"type": TYPES}), max_size=5))
@settings(max_examples=150)
def test_any_schema_is_taken_or_refused(schema: dict) -> None:
    with contextlib.suppress(pylm.PylmError):
        pylm.Schema(schema)
