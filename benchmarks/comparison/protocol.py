# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What is compared, how long, and from which beginnings. Seconds are of the processor, one thread, start-up out."""

from __future__ import annotations

TEXTS = ("tinyshakespeare", "wiki20", "ptb", "manual")  # the last one is CPython's, which it comes with
CHECKPOINTS = (10, 30, 60, 120, 300, 600, 1200)  # s of training at which a network is scored
ADAPTIVE = (10, 60, 300, 1200)  # of these, where it is also scored while it learns
SEEDS = (1, 2, 3)
HELD_OUT = 0.05  # of the training text, on which settings are chosen
GENERATED = 2000  # symbols, to see how long that takes and what they are
TUNING = 60  # s for each of the three learning rates of a network

NETWORKS = {  # what PyTorch trains, the tensor network too
    "lstm": "LSTM",
    "transformer": "Transformer",
    "mingru": "minGRU",
    "mlp": "MLP (control)",
    "rwkv": "RWKV-4",
    "state_space": "selective state space (S6)",
    "kan": "Kolmogorov-Arnold network",
    "matrix_product": "matrix product state",
}
PYLM = {
    "pylm-fast": "pylm, profile fast",
    "pylm": "pylm",
    "pylm-best": "pylm, profile best",
    "pylm-lstm-size": "pylm, --size the LSTM's bytes",
}
OTHERS = {
    "kernel": "kernel (pylm's other predictor)",
    "kenlm": "KenLM",
    "suffix": "longest suffix",
    "nearest": "nearest neighbours",
    "ridge": "hashed n-grams with ridge",
    "ppmd": "PPMd",
    "zpaq": "zpaq, method 5",
}
ROWS = NETWORKS | PYLM | OTHERS

NOT_MEASURED = (
    "energy, which no counter of the machine gives: all is work of one processor, and its seconds stand for it",
    "pylm's knobs (trees, counts) as points",
)


def n_kept(n: int) -> int:
    """How many of n symbols of a training text are trained on while settings are chosen."""
    return n - max(int(n * HELD_OUT), 1)
