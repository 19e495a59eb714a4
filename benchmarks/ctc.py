# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Word errors and processor time of flashlight's decoder with a model of pylm, and with one of KenLM.

    pip install flashlight-text
    python benchmarks/ctc.py FOLDER MODEL KENLM [N]

FOLDER has `synthetic_ctc.py`, which makes from sentences what a recogniser would hear of them, with some noise. MODEL
is a model of words, KENLM one of KenLM's, both of the same text. The weight of each language model is chosen on
sentences that are not among the N (200) that count.
"""

from __future__ import annotations

import math
import os
import sys
import time
from typing import Any

from flashlight.lib.text.decoder import CriterionType, KenLM, LexiconDecoder, LexiconDecoderOptions, SmearingMode, Trie
from flashlight.lib.text.dictionary import Dictionary

import pylm
from pylm.adapters.flashlight import FlashlightLM

BEAM, TOKENS, THRESHOLD, N_TUNED = 500, 40, 100, 100
WEIGHTS = (1.5, 1.75, 2.0, 2.25)
NOISE = (2.0, 2.6)


class Decoder:
    """A decoder with a language model; its words are spelled by letters."""

    def __init__(self, ctc: Any, words: list[str], lm: Any, weight: float) -> None:
        self._words, self._lm = words, lm
        n, blank, space = ctc.C, 0, 1
        trie = Trie(n, space)
        for i, word in enumerate(words):
            trie.insert([*(ctc.IDX[c] for c in word), space], i, 0.0)
        trie.smear(SmearingMode.MAX)
        options = LexiconDecoderOptions(BEAM, TOKENS, THRESHOLD, weight, 0.0, -math.inf, 0.0, False, CriterionType.CTC)
        self._decoder = LexiconDecoder(options, trie, lm, space, blank, -1, [], False)

    def words(self, logits: Any) -> list[str]:
        import numpy as np

        end = np.full((1, logits.shape[1]), -20.0)  # the last word ends with a space, too
        end[0, 1] = 0.0
        found = np.ascontiguousarray(np.concatenate([logits, end]), np.float32)
        best = self._decoder.decode(found.ctypes.data, *found.shape)[0]
        return [self._words[i] for i in best.words if i >= 0]


def run(ctc: Any, decoder: Decoder, sentences: list[list[str]], noise: float) -> tuple[float, float]:
    """Word error rate, and seconds of processor time a sentence."""
    errors = n = 0
    seconds = 0.0
    for seed, sentence in enumerate(sentences):
        logits = ctc.logits(sentence, noise, seed)
        begin = time.process_time()
        found = decoder.words(logits)
        seconds += time.process_time() - begin
        errors += ctc.wer(sentence, found)
        n += len(sentence)
    return errors / n, seconds / len(sentences)


def main() -> None:
    folder, model, other = sys.argv[1:4]
    n = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    sys.path.insert(0, folder)
    paths = [os.path.abspath(path) for path in (model, other)]
    os.chdir(folder)
    import synthetic_ctc as ctc

    words = list(ctc.V)
    dictionary = Dictionary()
    for word in words:
        dictionary.add_entry(word)
    makers = {"pylm": lambda: FlashlightLM(pylm.load(paths[0]), words), "KenLM": lambda: KenLM(paths[1], dictionary)}
    counted, tuned = ctc.sents(n), ctc.sents(N_TUNED, n)
    print("noise  model   weight  word errors  CPU ms a sentence")
    for noise in NOISE:
        for name, make in makers.items():
            lm = make()
            scores = {weight: run(ctc, Decoder(ctc, words, lm, weight), tuned, noise)[0] for weight in WEIGHTS}
            weight = min(scores, key=lambda weight: scores[weight])
            errors, seconds = run(ctc, Decoder(ctc, words, lm, weight), counted, noise)
            print(f"{noise:<6} {name:<7} {weight:<7} {errors:<12.2%} {seconds * 1000:.1f}", flush=True)


if __name__ == "__main__":
    main()
