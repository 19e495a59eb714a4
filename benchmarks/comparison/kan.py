# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A Kolmogorov-Arnold network (Liu et al. 2024) of the last symbols: every edge has a function of its own, here a sum
of Gaussian bumps beside a SiLU (FastKAN, Li 2024)."""

from __future__ import annotations

import torch
from nets import State
from torch import Tensor, nn
from torch.nn import functional as F

RATES = (1e-3, 2e-3, 4e-3)
BATCH, TIME = 8, 64
REACH = 16  # symbols that it sees
BUMPS = 8  # of an edge, between -2 and 2 of a normed input


class Layer(nn.Module):
    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(n_inputs)
        self.register_buffer("centres", torch.linspace(-2, 2, BUMPS))
        self.base = nn.Linear(n_inputs, n_outputs)
        self.edges = nn.Linear(n_inputs * BUMPS, n_outputs, bias=False)
        nn.init.trunc_normal_(self.edges.weight, std=0.1 / n_inputs**0.5)

    def forward(self, x: Tensor) -> Tensor:
        distance = (self.norm(x)[..., None] - self.centres) * ((BUMPS - 1) / 4)
        return self.base(F.silu(x)) + self.edges(torch.exp(-distance.square()).flatten(-2))


class Kan(nn.Module):
    def __init__(self, n_symbols: int, width: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_symbols + 1, width)  # one more for what is before the beginning
        self.layers = nn.Sequential(Layer(REACH * width, hidden), Layer(hidden, n_symbols))

    def forward(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        nothing = self.embedding.num_embeddings - 1
        before = symbols.new_full((len(symbols), REACH - 1), nothing) if state is None else state
        seen = torch.cat([before, symbols], 1)
        x = self.embedding(seen).unfold(1, REACH, 1)  # batch x time x width x REACH
        return self.layers(x.flatten(2)), seen[:, seen.shape[1] - REACH + 1 :]


def make(n_symbols: int, width: int = 16, hidden: int = 128) -> nn.Module:
    return Kan(n_symbols, width, hidden)
