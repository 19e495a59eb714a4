# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""minGRU (Feng et al. 2024, "Were RNNs all we needed?"): a gated unit whose gates do not see the state, so that a
layer is one linear recurrence. Blocks as in the paper's language model: convolution, minGRU, MLP."""

from __future__ import annotations

import torch
from nets import CausalConvolution, Layers, State
from scan import scan
from torch import Tensor, nn

RATES = (2e-3, 4e-3, 8e-3)
BATCH, TIME = 8, 64


class MinGru(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gates = nn.Linear(width, 2 * width)

    def forward(self, x: Tensor, h: Tensor | None) -> tuple[Tensor, Tensor]:
        if h is None:
            h = x.new_zeros(x.shape[0], x.shape[2])
        z, candidate = self.gates(x).transpose(0, 1).chunk(2, -1)
        z = torch.sigmoid(z)
        candidate = torch.where(candidate >= 0, candidate + 0.5, torch.sigmoid(candidate))  # the paper's g, above 0
        states = scan(1 - z, z * candidate, h)
        return states.transpose(0, 1), states[-1]


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.convolution = CausalConvolution(width)
        self.unit = MinGru(width)
        self.mix = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        before, h = (None, None) if state is None else state
        y, before = self.convolution(self.norms[0](x), before)
        y, h = self.unit(y, h)
        x = x + self.mix(y)
        return x + self.mlp(self.norms[1](x)), [before, h]


def make(n_symbols: int, width: int = 192, depth: int = 2) -> nn.Module:
    return Layers(n_symbols, width, [Block(width) for _ in range(depth)])
