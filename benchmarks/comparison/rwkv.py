# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""RWKV-4 (Peng et al. 2023): what came before is averaged with weights that decay by a rate of each channel, and a key.

Numerator and denominator of the average are two linear recurrences. Keys are cut at 30, so that their exponentials and
sums of these stay within float32; the published kernel keeps the largest exponent apart instead.
"""

from __future__ import annotations

import torch
from nets import Layers, State
from scan import scan
from torch import Tensor, nn

RATES = (1e-3, 2e-3, 4e-3)
BATCH, TIME = 8, 64
MOST_KEY = 30.0


class Shift(nn.Module):
    """Mixes each position with the one before, by channel; once for each of `n` uses."""

    def __init__(self, width: int, n: int, share: float) -> None:
        super().__init__()
        ramp = (torch.arange(width) / width) ** share
        self.mix = nn.Parameter(ramp.repeat(n, 1))

    def forward(self, x: Tensor, last: Tensor | None) -> tuple[list[Tensor], Tensor]:
        if last is None:
            last = x.new_zeros(x.shape[0], x.shape[2])
        before = torch.cat([last[:, None], x[:, :-1]], 1)
        return [before + mix * (x - before) for mix in self.mix], x[:, -1]


class TimeMix(nn.Module):
    def __init__(self, width: int, share: float) -> None:
        super().__init__()
        self.shift = Shift(width, 3, share)
        self.key, self.value, self.receptance, self.out = [nn.Linear(width, width, bias=False) for _ in range(4)]
        position = torch.arange(width) / max(width - 1, 1)
        self.decay = nn.Parameter(-5 + 8 * position ** (0.7 + 1.3 * (1 - share)))
        self.bonus = nn.Parameter(torch.full((width,), 0.3).log())

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        last, numerator, denominator = (None, None, None) if state is None else state
        if numerator is None:
            numerator = denominator = x.new_zeros(x.shape[0], x.shape[2])
        (xk, xv, xr), last = self.shift(x, last)
        k = self.key(xk).clamp(-MOST_KEY, MOST_KEY).transpose(0, 1)
        v = self.value(xv).transpose(0, 1)
        e = k.exp()
        kept = torch.exp(-torch.exp(self.decay)).expand_as(e)
        numerators, denominators = scan(kept, e * v, numerator), scan(kept, e, denominator)
        now = torch.exp(self.bonus + k)
        above = torch.cat([numerator[None], numerators[:-1]]) + now * v
        below = torch.cat([denominator[None], denominators[:-1]]) + now
        y = torch.sigmoid(self.receptance(xr)) * (above / below).transpose(0, 1)
        return self.out(y), [last, numerators[-1], denominators[-1]]


class ChannelMix(nn.Module):
    def __init__(self, width: int, share: float) -> None:
        super().__init__()
        self.shift = Shift(width, 2, share)
        self.key = nn.Linear(width, 4 * width, bias=False)
        self.value, self.receptance = nn.Linear(4 * width, width, bias=False), nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, last: Tensor | None) -> tuple[Tensor, Tensor]:
        (xk, xr), last = self.shift(x, last)
        return torch.sigmoid(self.receptance(xr)) * self.value(torch.relu(self.key(xk)).square()), last


class Block(nn.Module):
    def __init__(self, width: int, share: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.time, self.channel = TimeMix(width, share), ChannelMix(width, share)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        of_time, of_channel = (None, None) if state is None else state
        y, of_time = self.time(self.norms[0](x), of_time)
        x = x + y
        y, of_channel = self.channel(self.norms[1](x), of_channel)
        return x + y, [of_time, of_channel]


def make(n_symbols: int, width: int = 160, depth: int = 2) -> nn.Module:
    return Layers(n_symbols, width, [Block(width, 1 - i / depth) for i in range(depth)])
