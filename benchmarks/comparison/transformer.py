# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Transformer (Vaswani et al. 2017) as GPT-2 has it: normed before each part, learned positions, GELU. Its size is that
of nanoGPT's recipe for a processor: 4 layers, 4 heads, 128 wide, 12 windows of 64 a step.

It sees at most WINDOW symbols. Trained on windows; when it scores, its state is the symbols before, so that each
symbol but the first ones has at least WINDOW / 2 before it.
"""

from __future__ import annotations

import torch
from nets import Output, State
from torch import Tensor, nn
from torch.nn import functional as F

RATES = (1e-3, 2e-3, 4e-3)
WINDOW = 64
BATCH, TIME = 12, WINDOW
SEGMENT = WINDOW // 2  # symbols that it scores at once
HEADS = 4


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        batch, time, width = x.shape
        qkv = self.qkv(self.norms[0](x)).view(batch, time, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(*qkv, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(batch, time, width))
        return x + self.mlp(self.norms[1](x))


class Transformer(nn.Module):
    def __init__(self, n_symbols: int, width: int, depth: int) -> None:
        super().__init__()
        self.output = Output(n_symbols, width)
        self.positions = nn.Parameter(torch.randn(WINDOW, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        with torch.no_grad():  # as GPT-2 begins: the sum of all layers is as large as one
            for block in self.blocks:
                for layer in (block.out, block.mlp[2]):
                    layer.weight.mul_((2 * depth) ** -0.5)

    def forward(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        if symbols.shape[1] > WINDOW:
            raise ValueError(f"{symbols.shape[1]} symbols at once; a window has {WINDOW}")
        seen = symbols if state is None or self.training else torch.cat([state, symbols], 1)
        seen = seen[:, -WINDOW:]
        x = self.output.embed(seen) + self.positions[: seen.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = self.output(self.norm(x[:, -symbols.shape[1] :]))
        return logits, seen[:, -(WINDOW - SEGMENT) :]


def make(n_symbols: int, width: int = 128, depth: int = 4) -> nn.Module:
    return Transformer(n_symbols, width, depth)
