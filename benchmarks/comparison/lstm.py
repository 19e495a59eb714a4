# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""LSTM (Hochreiter and Schmidhuber 1997), one layer, as language models have it (Zaremba et al. 2014): state carried
from segment to segment, clipped gradients, forget gates that begin open (Jozefowicz et al. 2015)."""

from __future__ import annotations

import torch
from nets import Output, State
from torch import Tensor, nn

RATES = (2e-3, 4e-3, 8e-3)
BATCH, TIME = 8, 64


class Lstm(nn.Module):
    def __init__(self, n_symbols: int, width: int = 256) -> None:
        super().__init__()
        self.output = Output(n_symbols, width)
        self.layer = nn.LSTM(width, width, batch_first=True)
        with torch.no_grad():
            self.layer.bias_ih_l0[width : 2 * width] = 1.0

    def forward(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        x, state = self.layer(self.output.embed(symbols), None if state is None else tuple(state))
        return self.output(x), list(state)


def make(n_symbols: int) -> nn.Module:
    return Lstm(n_symbols)
