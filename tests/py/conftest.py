from __future__ import annotations

import signal

import pytest
from texts import byte_level, make_text

import pylm

# Started in the background of a shell, tests and all that they start would be deaf to Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TRAIN = make_text(6000, seed=1)
TEST = make_text(700, seed=2)


def train_named(name: str) -> pylm.Model:
    """The models that most tests are run with: every tokenizer, several trees, layers."""
    if name == "bytes":
        return pylm.train([TRAIN])
    if name == "words":
        return pylm.train([TRAIN], tokenizer="words", symbols=pylm.SymbolOptions(classes=20))
    if name == "words with <unk>":
        return pylm.train([TRAIN.replace("papapa", "<unk>")], tokenizer="words", symbols=pylm.SymbolOptions(classes=12))
    if name == "given words":
        return get("words").with_words(
            {"qaqa": "papapa", "zork": 3, "quq": ("papapa", 2), "grue": None, "Tepo": "tepapa"}
        )
    if name == "pieces":
        return pylm.train([TRAIN], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=450, classes=20))
    if name == "external":
        pytest.importorskip("tokenizers")
        return pylm.train(
            [TRAIN], tokenizer=byte_level(TRAIN + "papapopo" * 9, 500), symbols=pylm.SymbolOptions(classes=20)
        )
    if name == "two layers":
        return pylm.adapt(pylm.adapt(get("pieces"), [make_text(1500, seed=11)]), [make_text(1500, seed=12)])
    return pylm.train([TRAIN], tokenizer="words", symbols=pylm.SymbolOptions(trees=3, classes=[20, 12, 30]))


NAMES = ["bytes", "words", "words with <unk>", "given words", "pieces", "three trees", "external", "two layers"]
_models: dict[str, pylm.Model] = {}


def get(name: str) -> pylm.Model:
    if name not in _models:
        _models[name] = train_named(name)
    return _models[name]


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> pylm.Model:
    return get(request.param)


@pytest.fixture
def bytes_model() -> pylm.Model:
    return get("bytes")


@pytest.fixture
def words_model() -> pylm.Model:
    return get("words")


@pytest.fixture(scope="session")
def train_text() -> str:
    return TRAIN


@pytest.fixture(scope="session")
def test_text() -> str:
    return TEST
