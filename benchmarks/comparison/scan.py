# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The linear recurrence that minGRU, RWKV and the selective state space share, with a gradient by hand: a loop without
autograd inside it takes a third of the time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Scan(torch.autograd.Function):
    """h[t] = a[t] * h[t - 1] + b[t], for tensors of the form time x ..., from a state `first`; gives all h."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, first: Tensor) -> Tensor:
        h = torch.empty_like(b)
        before = first
        for t in range(len(b)):
            before = torch.addcmul(b[t], a[t], before, out=h[t])
        ctx.save_for_backward(a, h, first)
        return h

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, h, first = ctx.saved_tensors
        of_b = torch.empty_like(h)
        after = of_b[-1].copy_(gradients[0][-1])
        for t in range(len(h) - 2, -1, -1):
            after = torch.addcmul(gradients[0][t], a[t + 1], after, out=of_b[t])
        of_a = of_b * torch.cat([first[None], h[:-1]])
        return of_a, of_b, a[0] * of_b[0]


def scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    return Scan.apply(a, b, first)


def scan_by_autograd(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """The same as a plain loop, for checks."""
    h = [first]
    for t in range(len(b)):
        h.append(a[t] * h[-1] + b[t])
    return torch.stack(h[1:])
