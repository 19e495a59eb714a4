# SPDX-License-Identifier: MIT
"""Makes the golden models and their scores. Run it, and commit what it writes, when the image format
changes on purpose; the tests hold every machine to these numbers.

    python tests/golden/make.py            trains, and writes models, text and scores
    python tests/golden/make.py --scores   computes the scores of the committed models only
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pylm
from pylm._core.native import ffi, lib
from pylm._core.reader import begin_to_learn, new_overlay

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "py"))
from texts import make_text  # noqa: E402

MODELS = {
    "bytes": {},
    "words": {"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=16)},
    "pieces": {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=400, classes=16, voice=False)},
    "trees": {"tokenizer": "words", "symbols": pylm.SymbolOptions(trees=3, classes=[16, 10, 24], closed=True)},
    "sized": {"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=16), "size": 25_000},
    "external": {
        "symbols": pylm.SymbolOptions(classes=16, voice=False)
    },  # its ids are bytes, and some more that never occur
    "kernel": {
        "tokenizer": "words",
        "symbols": pylm.SymbolOptions(classes=16, closed=True),
        "kernel": pylm.KernelOptions(reach=2),
    },
    "topics": {
        "tokenizer": "words",
        "symbols": pylm.SymbolOptions(classes=16, closed=True, voice=False),
        "max_order": 1,
        "min_count": 500,
        "profile": "fast",
    },
    "lastwords": {"tokenizer": "bytes", "max_order": 2, "min_count": 500, "profile": "fast"},
}
MODELS["short"] = {**MODELS["topics"], "size": 50_000}  # topics with numbers of 4 bits
N_WORDS = {"topics": 60_000, "short": 60_000, "lastwords": 10_000}  # shorter texts have no vectors
N_IDS = 400
SEED = 42
SAMPLES = 100
MESSAGE_NBYTES = 400
MEMORY = 65_536  # of the state that learns
UNKNOWN = b"zorkmid kate's 1789"  # words to be spelled
SETTINGS = dict(temperature=0.875, top_k=20, top_p=0.9375, min_p=0.0078125, repetition_penalty=1.125, unknown=True)


def fold(values: object) -> int:
    """FNV-1a over 64-bit numbers."""
    h = 0xCBF29CE484222325
    for value in values:
        h = (h ^ int(value)) * 0x100000001B3 & (1 << 64) - 1
    return h


def train(name: str) -> pylm.Model:
    text = make_text(N_WORDS.get(name, 1500), seed=8)
    if name != "external":
        return pylm.train([text], **MODELS[name])
    from tokenizers import Tokenizer, models

    tokenizer = Tokenizer(models.WordLevel({f"token{i}": i for i in range(N_IDS)}, unk_token="token0"))
    return pylm.train([list(text.encode())], tokenizer=tokenizer, **MODELS[name])


def read_twice(model: pylm.Model, symbols: object) -> int:
    """The cost of a text read twice by a state that learns."""
    image, overlay = model._image, new_overlay(MEMORY)
    state = image.new_state()
    begin_to_learn(image, state, overlay)
    return sum(image.score(state, symbols) for _ in range(2))


def packs(model: pylm.Model) -> bool:
    return model.info.tokenizer in ("bytes", "pieces")


def packed_twice(model: pylm.Model, text: bytes) -> int:
    """The packets of a text that is sent twice, by a state that learns."""
    here, there = (model.state(learn=True, memory=MEMORY) for _ in range(2))
    packets = [here.compress(text) for _ in range(2)]
    assert [there.decompress(packet).encode() for packet in packets] == [text, text]
    return fold(b"".join(packets))


def scores(model: pylm.Model, text: bytes) -> dict[str, int]:
    image = model._image
    symbols = image.symbols(list(text) if image.is_external else text, add_eos=True)
    state = image.new_state()
    cost = image.score(state, symbols)
    best, n = ffi.new("pylm_candidate[10]"), ffi.new("uint32_t *")
    lib.pylm_top(image.model, state, 10, image.new_work(), best, n)
    return {
        "cost": cost,
        "distribution": fold(image.distribution_q62(state)),
        "top": fold(x for i in range(n[0]) for x in (best[i].symbol, best[i].cost_q16)),
        **({} if image.is_kernel else {"learned": read_twice(model, symbols)}),
        **({} if image.spelling is None else {"spelled": sum(image.spelling.costs(image.spelling.unknown(UNKNOWN)))}),
        **({"packed": packed_twice(model, text[:MESSAGE_NBYTES])} if packs(model) else {}),
        "sample": fold(model.generate_ids(symbols, SAMPLES, seed=SEED, **SETTINGS)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the golden models and their scores, in this folder.")
    parser.add_argument("--scores", action="store_true", help="only the scores, of the models that are there")
    if not parser.parse_args().scores:
        (HERE / "text.txt").write_bytes(make_text(300, seed=9).encode())
        for name in MODELS:
            train(name).save(HERE / f"{name}.pylm")
    text = (HERE / "text.txt").read_bytes()
    lines = [
        f"{name} {what} {value}\n"
        for name in MODELS
        for what, value in scores(pylm.load(HERE / f"{name}.pylm"), text).items()
    ]
    (HERE / "scores.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
