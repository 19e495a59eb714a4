# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the loop of neural.py expects of a network, and what several of them are made of.

A network is called with symbols (batch x time) and a state, and returns logits (batch x time x symbols) and the state
behind the last symbol. The logits at t are those of the symbol at t + 1. The state None is the beginning.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

State = Any


def detached(state: State) -> State:
    """A state without what gradients would need of the segments before."""
    if isinstance(state, Tensor):
        return state.detach()
    return None if state is None else [detached(part) for part in state]


class Output(nn.Module):
    """Embedding and softmax; over one matrix (Press and Wolf 2017) where there are more symbols than it is wide."""

    def __init__(self, n_symbols: int, width: int) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(n_symbols, width) * 0.02)
        self.bias = nn.Parameter(torch.zeros(n_symbols))
        self.embedding = self.matrix if n_symbols > width else nn.Parameter(torch.randn(n_symbols, width) * 0.1)

    def embed(self, symbols: Tensor) -> Tensor:
        return F.embedding(symbols, self.embedding)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.matrix.T + self.bias


class CausalConvolution(nn.Module):
    """Of each channel by itself, over the last `reach` positions."""

    def __init__(self, width: int, reach: int = 4) -> None:
        super().__init__()
        self.reach = reach
        self.layer = nn.Conv1d(width, width, reach, groups=width)

    def forward(self, x: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """x: batch x time x width; before: the reach - 1 positions before it."""
        if before is None:
            before = x.new_zeros(x.shape[0], self.reach - 1, x.shape[2])
        x = torch.cat([before, x], 1)
        return self.layer(x.transpose(1, 2)).transpose(1, 2), x[:, x.shape[1] - self.reach + 1 :]


class Layers(nn.Module):
    """Blocks in a row, each with a state of its own, between embedding and softmax."""

    def __init__(self, n_symbols: int, width: int, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.output = Output(n_symbols, width)
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)

    def forward(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        x = self.output.embed(symbols)
        after = []
        for i, block in enumerate(self.blocks):
            x, last = block(x, None if state is None else state[i])
            after.append(last)
        return self.output(self.norm(x)), after
