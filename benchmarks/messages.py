# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How small short messages become, beside dictionary coders that were given the same texts; and what packing takes.

    python benchmarks/messages.py FOLDER [SPEED.train.txt SPEED.valid.txt]

FOLDER has texts NAME.train.txt and NAME.valid.txt, a message a line. Each message of the second is packed alone, and
unpacked again. Models: bytes, which is what so short a text is taken as, and pieces, both also of 400 KB. Peers: zstd
-19 without its magic number, with the best of several trained dictionaries, and with the best one of 400 KB; deflate
with the last 32 KB of the training text; brotli -11. Sizes are shares of the text, line ends not counted. Behind the
table: CPU of packing and unpacking blocks of the second pair of texts, beside scoring them. Needs zstandard and brotli.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from time import process_time

import zstandard

import pylm
from pylm._core.image import Image
from pylm.packing.compare import compare
from pylm.packing.packets import pack, unpack

SMALL = 400_000  # bytes of the small models, and of the dictionary beside them
BLOCK, BLOCKS, ROUNDS = 1 << 14, 20, 5
TOKENIZERS = ("bytes", "pieces")
PEERS = ("zstd -19, dictionary", "deflate, dictionary", "brotli -11")


def share(model: pylm.Model, messages: list[bytes]) -> float:
    """Bytes of the packets, each of which gives its message back."""
    packets = [model.compress(message) for message in messages]
    assert [model.decompress(packet).encode("utf-8", "surrogateescape") for packet in packets] == messages
    return sum(map(len, packets)) / sum(map(len, messages))


def small_dictionary(train: bytes, messages: list[bytes]) -> float:
    """zstd with a dictionary of 400 KB: trained, or the end of the training text as it is."""
    samples = [line + b"\n" for line in train.splitlines()]
    dictionaries = [zstandard.ZstdCompressionDict(train[-SMALL:], dict_type=zstandard.DICT_TYPE_RAWCONTENT)]
    dictionaries.append(zstandard.train_dictionary(SMALL, samples))
    settings = zstandard.ZstdCompressionParameters.from_level(
        19, format=zstandard.FORMAT_ZSTD1_MAGICLESS, write_content_size=False, write_dict_id=False
    )
    found = []
    for dictionary in dictionaries:
        coder = zstandard.ZstdCompressor(compression_params=settings, dict_data=dictionary)
        found.append(sum(len(coder.compress(message)) for message in messages))
    return min(found) / sum(map(len, messages))


def row(folder: Path, name: str) -> str:
    """Of the table."""
    train = (folder / f"{name}.train.txt").read_bytes()
    valid = (folder / f"{name}.valid.txt").read_bytes()
    messages = valid.splitlines()
    shares, sizes, first = [], [], None
    for tokenizer in TOKENIZERS:
        for size in (None, SMALL):
            model = pylm.train([train.decode()], tokenizer=tokenizer, size=size)
            first = first or model
            shares.append(share(model, messages))
            sizes.append(model.info.bytes)
    assert first is not None
    found = {line.program: line.share for line in compare(first, valid, lines=True, dictionary=train)}
    learning = compare(first, valid, lines=True, memory=1 << 20)
    learned = next(line.share for line in learning if line.program == "pylm, learning")
    small = small_dictionary(train, messages)
    zstd = found[PEERS[0]]
    cells = [f"{sum(map(len, messages)) / len(messages):.0f}", f"{sizes[0] / 1e6:.1f}"]
    cells += [f"{x:.3f}" for x in (shares[0], shares[2], learned, *(found[peer] for peer in PEERS))]
    cells += [f"**{shares[0] / zstd:.2f}**, {shares[2] / zstd:.2f}"]
    cells += [f"{shares[1]:.3f}", f"{shares[3]:.3f}", f"{small:.3f}"]
    cells += [f"**{shares[1] / small:.2f}**, {shares[3] / small:.2f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def seconds(call: object, blocks: list[bytes]) -> float:
    """CPU, the median of several rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begin = process_time()
        for block in blocks:
            call(block)  # type: ignore[operator]
        rounds.append(process_time() - begin)
    return statistics.median(rounds)


def speed(train: Path, valid: Path, tokenizer: str) -> str:
    """Packing and unpacking beside scoring the same symbols, encoding included."""
    model = pylm.train(train, tokenizer=tokenizer)
    image: Image = model._image
    text = valid.read_bytes()[: BLOCK * BLOCKS]
    blocks = [text[begin : begin + BLOCK] for begin in range(0, len(text), BLOCK)]
    packets = {block: pack(image, image.new_state(), block) for block in blocks}
    scoring = seconds(lambda block: image.score(image.new_state(), image.symbols(block, add_eos=False)), blocks)
    packing = seconds(lambda block: pack(image, image.new_state(), block), blocks)
    unpacking = seconds(lambda block: unpack(image, image.new_state(), packets[block]), blocks)
    return (
        f"{tokenizer}: scoring {scoring / len(text) * 1e6:.2f} µs a byte; packing {packing / scoring:.2f} x, unpacking "
        f"{unpacking / scoring:.2f} x"
    )


def main() -> None:
    folder = Path(sys.argv[1])
    print(
        "| messages | bytes each | model, MB | bytes | pieces | bytes, learning | zstd, dictionary | deflate, "
        "dictionary | brotli | pylm / zstd | 400 KB: bytes | pieces | zstd | pylm / zstd |"
    )
    print("| --- |" + " ---: |" * 13)
    for path in sorted(folder.glob("*.train.txt")):
        print(row(folder, path.name.split(".")[0]), flush=True)
    if len(sys.argv) > 3:
        for tokenizer in TOKENIZERS:
            print(speed(Path(sys.argv[2]), Path(sys.argv[3]), tokenizer), flush=True)


if __name__ == "__main__":
    main()
