# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Checks of the networks of the comparison, each on something known.

    python benchmarks/comparison/check.py [--quick]

gradient        the recurrence by hand has autograd's gradient, and the same values as a loop
causality       another symbol changes no logit before it, and some behind it
carrying        a text in two parts, with the state carried over, has the logits of the whole one
normalisation   probabilities sum to one, at 1,000 positions
learning        a text with a period is learned: in a minute at most its loss is far below that of single counts
adapting        a segment is scored before it is learned; a repeated text is learned; the network itself stays as it was
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable

import numpy as np
import protocol
import torch
from neural import Training, scored
from scan import scan, scan_by_autograd
from torch import nn

N_SYMBOLS = 11


def gradient() -> None:
    torch.manual_seed(1)
    a, b = (torch.rand(7, 2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    first = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(scan, (a, b, first))
    assert torch.allclose(scan(a, b, first), scan_by_autograd(a, b, first), rtol=0, atol=1e-14)


def causality(net: nn.Module) -> None:
    symbols = torch.randint(N_SYMBOLS, (2, 48))
    other = symbols.clone()
    other[:, 30] = (other[:, 30] + 1) % N_SYMBOLS
    differs = (net(symbols)[0] - net(other)[0]).abs().amax((0, 2))
    assert differs[:30].max() < 1e-5, f"position {int(differs[:30].argmax())} sees symbol 30"
    assert differs[30] > 1e-5, "the logits do not depend on the last symbol"


def carrying(net: nn.Module) -> None:
    symbols = torch.randint(N_SYMBOLS, (2, 48))
    whole = net(symbols)[0]
    first, state = net(symbols[:, :20])
    second = net(symbols[:, 20:], state)[0]
    assert torch.allclose(torch.cat([first, second], 1), whole, rtol=0, atol=1e-4)


def normalisation(net: nn.Module) -> None:
    state, worst = None, 0.0
    for _ in range(20):
        logits, state = net(torch.randint(N_SYMBOLS, (1, 50)), state)
        sums = torch.softmax(logits.double(), -1).sum(-1)
        worst = max(worst, float((sums - 1).abs().max()))
        assert logits.shape == (1, 50, N_SYMBOLS) and logits.isfinite().all()
    assert worst < 1e-9


def learning(name: str) -> None:
    ids = np.tile(np.random.default_rng(1).integers(N_SYMBOLS, size=23), 200)
    system = importlib.import_module(name)
    training, began = Training(system, ids, N_SYMBOLS, system.RATES[1], seed=1), time.process_time()
    counts = np.bincount(ids) / len(ids)
    entropy = -float(sum(p * np.log(p) for p in counts if p))
    while True:
        for _ in range(20):
            training.step()
        loss = scored(training.net, ids[:2000], int(ids[-1]), 64)
        if loss < 0.2 * entropy:
            return
        assert time.process_time() - began < 60, f"{loss:.2f} nats, and counts have {entropy:.2f}"


def adapting(name: str) -> None:
    torch.manual_seed(1)
    net = importlib.import_module(name).make(N_SYMBOLS).eval()
    ids = np.tile(np.random.default_rng(2).integers(3, size=9), 100)
    weights = [weight.clone() for weight in net.parameters()]
    static, adaptive = scored(net, ids, 0, 64), scored(net, ids, 0, 64, 0.1)
    assert adaptive < static, f"{adaptive:.3f} is not below {static:.3f}"
    first = scored(net, ids[:64], 0, 64, 0.1), scored(net, ids[:64], 0, 64)
    assert abs(first[0] - first[1]) < 1e-5, "it learned before it scored"
    assert all(torch.equal(old, new) for old, new in zip(weights, net.parameters(), strict=True))


def main() -> int:
    torch.set_num_threads(1)
    failed = _failed("recurrence", "gradient", gradient)
    of_net: list[Callable[[nn.Module], None]] = [causality, carrying, normalisation]
    for name in protocol.NETWORKS:
        torch.manual_seed(1)
        net = importlib.import_module(name).make(N_SYMBOLS).eval()
        for check in of_net:
            failed += _failed(name, check.__name__, lambda check=check, net=net: _without_gradients(check, net))
        for whole in () if "--quick" in sys.argv else (learning, adapting):
            failed += _failed(name, whole.__name__, lambda whole=whole, name=name: whole(name))
    return 1 if failed else 0


def _without_gradients(check: Callable[[nn.Module], None], net: nn.Module) -> None:
    with torch.no_grad():
        check(net)


def _failed(name: str, what: str, check: Callable[[], None]) -> int:
    try:
        check()
    except AssertionError as error:
        print(f"{name}: {what} FAILED: {error}")
        return 1
    print(f"{name}: {what} ok", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
