# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What drafts save a large model, beside prompt lookup and suffix decoding: tokens a step.

    python benchmarks/drafts.py TOKENIZER.json FOLDER

FOLDER has, of each kind, NAME.train.txt, texts of the project or the domain, and NAME.valid.txt, which stands for what
a large model says: the first 200 ids of every 1,200 are a prompt, the others what it says to that. In NAME.edit.jsonl
instead, with {"prompt": ..., "output": ...} a line, both are given. pylm is trained on NAME.train.txt; suffix decoding
is shown as it is, with drafts of four times what matches, and with that text among what was said before. In brackets:
drafted ids a step, 8 at most. The last column is CPU of a draft of 8 and of reading what came. Needs arctic-inference;
its C++ part is enough.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pylm
from pylm.drafting import Drafts, PromptLookup, SuffixDecoding, measure_drafts

PROMPT, SAID, EXCHANGES = 200, 1000, 15
PIECE, PIECES = 2000, 400  # of the training text, for suffix decoding
CONFIDENCES = (0.0, 0.03, 0.1, 0.2, 0.3, 0.5)
FACTOR = 4.0  # of suffix decoding, besides its own: ids that it drafts for each that matches

Exchange = tuple[list[int], list[int]]


def exchanges_of(model: pylm.Model, folder: Path, name: str) -> list[Exchange]:
    """Prompts and what was said to them."""
    edits = folder / f"{name}.edit.jsonl"
    if edits.exists():
        lines = [json.loads(line) for line in edits.read_text(encoding="utf-8").splitlines()]
        return [(model.encode(line["prompt"]), model.encode(line["output"])[: 3 * SAID]) for line in lines]
    ids = model.encode((folder / f"{name}.valid.txt").read_text(encoding="utf-8"))
    begins = range(0, len(ids) - 2 * PROMPT, PROMPT + SAID)
    return [(ids[i : i + PROMPT], ids[i + PROMPT : i + PROMPT + SAID]) for i in begins][:EXCHANGES]


def knowing(ids: list[int]) -> SuffixDecoding:
    """Suffix decoding that has seen a text."""
    drafter = SuffixDecoding()
    for begin in range(0, min(len(ids), PIECE * PIECES), PIECE):
        drafter.learn(ids[begin : begin + PIECE])
    return drafter


def cell(drafter: Drafts, exchanges: list[Exchange]) -> str:
    found = measure_drafts(drafter, exchanges)
    return f"{found.tokens_a_step:.2f} ({found.drafted / found.steps:.1f})"


def main() -> None:
    folder, names = Path(sys.argv[2]), []
    for path in sorted(folder.glob("*.train.txt")):
        names.append(path.name.removesuffix(".train.txt"))
    print(
        "| | prompt lookup | suffix decoding | longer drafts | and the text | "
        + " | ".join(f"pylm, {c:g}" for c in CONFIDENCES)
        + " | ms |"
    )
    print("| --- |" + " ---: |" * (5 + len(CONFIDENCES)))
    for name in names:
        train = (folder / f"{name}.train.txt").read_text(encoding="utf-8")
        model = pylm.train([train], tokenizer=sys.argv[1])
        exchanges = exchanges_of(model, folder, name)
        cells = [cell(PromptLookup(), exchanges), cell(SuffixDecoding(), exchanges)]
        cells.append(cell(SuffixDecoding(factor=FACTOR), exchanges))
        cells.append(cell(knowing(model.encode(train)), exchanges))
        cells += [cell(model.drafter(confidence=c), exchanges) for c in CONFIDENCES]
        ms = measure_drafts(model.drafter(confidence=0.0), exchanges).milliseconds
        print(f"| {name} | " + " | ".join(cells) + f" | {ms:.3f} |", flush=True)


if __name__ == "__main__":
    main()
