# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The selective state space of Mamba (Gu and Dao 2023, "S6"): step size, input and output of a diagonal linear system
depend on the symbol. Blocks as published: expansion by two, convolution of 4, gate."""

from __future__ import annotations

import math

import torch
from nets import CausalConvolution, Layers, State
from scan import scan
from torch import Tensor, nn
from torch.nn import functional as F

RATES = (2e-3, 4e-3, 8e-3)
BATCH, TIME = 8, 64


class Block(nn.Module):
    def __init__(self, width: int, n_states: int) -> None:
        super().__init__()
        inner = 2 * width
        self.n_states, self.rank = n_states, math.ceil(width / 16)
        self.norm = nn.LayerNorm(width)
        self.enter, self.leave = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)
        self.convolution = CausalConvolution(inner)
        self.select = nn.Linear(inner, self.rank + 2 * n_states, bias=False)
        self.step = nn.Linear(self.rank, inner)
        self.log_a = nn.Parameter(torch.arange(1.0, n_states + 1).log().repeat(inner, 1))
        self.through = nn.Parameter(torch.ones(inner))
        with torch.no_grad():  # steps between 0.001 and 0.1, as the paper begins
            steps = torch.exp(torch.rand(inner) * math.log(100) + math.log(1e-3))
            self.step.bias.copy_(steps + torch.log(-torch.expm1(-steps)))

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        before, h = (None, None) if state is None else state
        y, gate = self.enter(self.norm(x)).chunk(2, -1)
        y, before = self.convolution(y, before)
        y, h = self._system(F.silu(y).transpose(0, 1), h)
        return x + self.leave(y.transpose(0, 1) * F.silu(gate)), [before, h]

    def _system(self, x: Tensor, h: Tensor | None) -> tuple[Tensor, Tensor]:
        """x: time x batch x inner; h: batch x inner x states."""
        if h is None:
            h = x.new_zeros(*x.shape[1:], self.n_states)
        low, b, c = self.select(x).split([self.rank, self.n_states, self.n_states], -1)
        step = F.softplus(self.step(low))
        kept = torch.exp(step[..., None] * -torch.exp(self.log_a))
        states = scan(kept, (step * x)[..., None] * b[:, :, None], h)
        y = (states @ c[..., None])[..., 0]
        return y + self.through * x, states[-1]


def make(n_symbols: int, width: int = 128, depth: int = 2, n_states: int = 8) -> nn.Module:
    return Layers(n_symbols, width, [Block(width, n_states) for _ in range(depth)])
