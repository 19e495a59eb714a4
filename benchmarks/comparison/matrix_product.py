# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A uniform matrix product state (Miller et al. 2021), a tensor network: each symbol has a matrix, a text is their
product with a vector, and probabilities are squares of amplitudes (Born's rule).

Here they are those of the next symbol alone, p ~ (h W)^2, normalised at each position, so that there is no sum over
what may follow later. The only thing that is not linear is the length of h, which is kept at one: the product over a
long text would leave float32.
"""

from __future__ import annotations

import torch
from nets import State
from torch import Tensor, nn
from torch.nn import functional as F

RATES = (1e-3, 2e-3, 4e-3)
BATCH, TIME = 8, 64
LEAST = 1e-2  # of a square: no symbol is impossible. With 1e-6, gradients where a square is small upset all others


class MatrixProduct(nn.Module):
    def __init__(self, n_symbols: int, bond: int) -> None:
        super().__init__()
        near_one = torch.eye(bond) * 0.7 + torch.randn(n_symbols, bond, bond) * 0.7 / bond**0.5
        self.matrices = nn.Parameter(near_one)
        self.first = nn.Parameter(torch.randn(bond))
        self.out = nn.Parameter(torch.randn(bond, n_symbols))

    def forward(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        h = self.first.expand(len(symbols), -1) if state is None else state
        h, states = F.normalize(h, dim=-1)[:, None], []
        matrices = F.embedding(symbols, self.matrices.flatten(1)).view(*symbols.shape, *self.matrices.shape[1:])
        for matrix in matrices.unbind(1):  # the gradient of [:, t] would be as large as all of them, at each t
            h = F.normalize(torch.bmm(h, matrix), dim=-1)
            states.append(h)
        amplitudes = torch.cat(states, 1) @ self.out
        return torch.log(amplitudes.square() + LEAST), h[:, 0]


def make(n_symbols: int, bond: int = 64) -> nn.Module:
    return MatrixProduct(n_symbols, bond)
