# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A network of the last symbols (Bengio et al. 2003), as a control: no state, no attention."""

from __future__ import annotations

import torch
from nets import State
from torch import Tensor, nn

RATES = (1e-3, 2e-3, 4e-3)
BATCH, TIME = 8, 64
REACH = 16  # symbols that it sees


class Mlp(nn.Module):
    def __init__(self, n_symbols: int, width: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_symbols + 1, width)  # one more for what is before the beginning
        self.layers = nn.Sequential(
            nn.Linear(REACH * width, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
            nn.Linear(hidden, n_symbols),
        )  # fmt: skip

    def forward(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        nothing = self.embedding.num_embeddings - 1
        before = symbols.new_full((len(symbols), REACH - 1), nothing) if state is None else state
        seen = torch.cat([before, symbols], 1)
        x = self.embedding(seen).unfold(1, REACH, 1)  # batch x time x width x REACH
        return self.layers(x.flatten(2)), seen[:, seen.shape[1] - REACH + 1 :]


def make(n_symbols: int, width: int = 24, hidden: int = 384) -> nn.Module:
    return Mlp(n_symbols, width, hidden)
