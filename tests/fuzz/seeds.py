# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Writes what the fuzzers begin with: a folder for each of them.

python tests/fuzz/seeds.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pylm
from pylm._core.native import ffi, lib

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = ["words", "bytes", "pieces", "external", "sized", "trees", "kernel"]  # as in fuzz.h
TEXT = "w1 w2 w3\nw17 the cat's words and w1 w2 over and over, and the cat's words and w1 w2 w3 w4\n" * 12
SHORT = "w1 w2 w3\nw17 the cat's words and w1 w2 over\n" * 3
SMALL = {  # models of a few KB: what is short is changed, checked and used more often
    "words": {"tokenizer": "words", "profile": "fast", "max_order": 2},
    "bytes": {"tokenizer": "bytes", "profile": "fast", "max_order": 2},
    "pieces": {"tokenizer": "pieces", "profile": "fast", "max_order": 1, "symbols": pylm.SymbolOptions(pieces=300)},
    "trees": {"tokenizer": "words", "profile": "fast", "symbols": pylm.SymbolOptions(trees=2, classes=[4, 3])},
    "sized": {"tokenizer": "words", "size": 9000, "symbols": pylm.SymbolOptions(classes=4)},
    "kernel": {"tokenizer": "words", "kernel": pylm.KernelOptions(reach=2)},
}
FRESH = 128  # in the first byte: the head is made right


def write(folder: Path, name: str, *parts: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"".join(parts))


def of_model(folder: Path, i: int, name: str) -> None:
    """What is made with one of the golden models."""
    path = GOLDEN / f"{name}.pylm"
    if name in ("external", "kernel"):
        return
    model = pylm.load(path)
    if name != "trees":
        pylm.adapt(model, [TEXT], threads=1).save(folder / "layer")
        write(folder / "fuzz_layer", name, bytes((i,)), (folder / "layer").read_bytes())
    for nbytes in (3000, 40_000):
        overlay, state = ffi.new("unsigned char[]", nbytes), ffi.new("pylm_state *")
        assert lib.pylm_overlay_init(model._image.model, overlay, nbytes) == 0
        assert lib.pylm_state_attach(model._image.model, state, overlay, nbytes) == 0
        ids = ffi.new("uint32_t[]", model.encode(TEXT))
        lib.pylm_score(model._image.model, state, ids, len(ids), model._image.work, ffi.NULL, ffi.NULL)
        lib.pylm_state_keep(state)
        write(folder / "fuzz_state", f"{name}{nbytes}", bytes((FRESH + i,)), bytes(ffi.buffer(overlay)))
    personal = ffi.new("unsigned char[]", 3000)
    assert lib.pylm_personal_init(model._image.model, personal, 3000) == 0
    lib.pylm_personal_add(model._image.model, personal, 3000, TEXT.encode(), 600)
    used = lib.pylm_personal_seal(personal, 3000)
    write(folder / "fuzz_keyboard", name, bytes((FRESH + i,)), bytes(ffi.buffer(personal, used)), bytes(200))
    if name in ("bytes", "pieces"):
        write(folder / "fuzz_packet", name, model.compress(TEXT[:200]))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(NAMES):
        of_model(folder, i, name)
    for name, settings in SMALL.items():
        pylm.train([SHORT], threads=1, output=folder / "m", **settings)
        write(folder / "fuzz_image", name, (folder / "m").read_bytes())
    for name in "topics", "words":
        write(folder / "fuzz_image", f"golden_{name}", (GOLDEN / f"{name}.pylm").read_bytes())
    pylm.train([TEXT], tokenizer="words", threads=1, output=folder / "m", sources=True)
    query = TEXT[:63].encode() + b"\1"
    write(folder / "fuzz_sources", "sources", query[::-1], (folder / "m.sources").read_bytes())
    for i in range(len(NAMES)):
        write(folder / "fuzz_text", str(i), bytes((i, 7 * i)), TEXT[:300].encode(), b"\0\xff \xe2\x80\x89 \xf0\x9f</s>")
        write(folder / "fuzz_train", str(i), bytes(range(i, 11 * i + 11, i + 1))[:11].ljust(11, b"\1"), TEXT.encode())
        arcs = b"".join(bytes((n // 2, n // 2 + 1, 128 + n, n % 15, n % 15 + n % 2)) for n in range(40))
        write(folder / "fuzz_lattice", str(i), bytes((9, 22, 8, 3, 16, 12, 4, i)), arcs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
