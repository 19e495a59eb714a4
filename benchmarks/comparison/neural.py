# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The one loop that all networks are trained and scored in: PyTorch, one thread.

Training. The text is a ring; BATCH readers go round it from evenly spaced places, TIME symbols a step, and a state
goes from step to step. AdamW (0.9, 0.99, decay 0.1 of matrices), gradients clipped to 1, a hundred steps of warming up,
then a constant rate, which falls to nothing in the last fifth of the time (Hu et al. 2024). One run serves all
checkpoints: for each, a copy of the network branches off when four fifths of its time are over.

Scoring. Every symbol in order, with the state carried over. Adaptive is dynamic evaluation (Krause et al. 2018): a
segment is scored, then the weights take one step of gradient descent on it.

Learning rates are chosen on the end of the training text, which is left out meanwhile.
"""

from __future__ import annotations

import copy
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch
from calibration import MOST_SYMBOLS, best_of, expected_error
from nets import detached
from protocol import GENERATED
from texts import Text
from torch import Tensor, nn
from torch.nn import functional as F

WARMING_UP = 100  # steps
FALLING = 0.2  # of the time, in which the rate falls
SEGMENT = 512  # symbols scored at once
ADAPTED = 64  # symbols between two steps of dynamic evaluation, at most
ADAPTIVE_RATES = (0.03, 0.1, 0.3)
MOST_HELD_OUT = 20_000  # symbols scored of it, for a choice

Report = Callable[[str], None]


class Watch:
    """Processor time, but for what is done while it is stopped."""

    def __init__(self) -> None:
        self._out, self._began = 0.0, time.process_time()

    def seconds(self) -> float:
        return time.process_time() - self._began - self._out

    def outside(self, seconds: float) -> None:
        self._out += seconds


class Ring:
    """Batches of a training text."""

    def __init__(self, ids: np.ndarray, batch: int, n_symbols: int, seed: int) -> None:
        self._ids, self._n = torch.from_numpy(ids.astype(np.int64)), n_symbols
        phase = int(np.random.default_rng(seed).integers(len(ids)))
        self._places = phase + torch.arange(batch) * (len(ids) // batch)

    def next(self) -> tuple[Tensor, Tensor]:
        at = self._places[:, None] + torch.arange(self._n + 1)
        self._places += self._n
        found = self._ids[at % len(self._ids)]
        return found[:, :-1], found[:, 1:]


class Training:
    """A network while it learns."""

    def __init__(self, system: ModuleType, ids: np.ndarray, n_symbols: int, rate: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.net = system.make(n_symbols)
        self._ring = Ring(ids, system.BATCH, system.TIME, seed)
        weights = list(self.net.parameters())
        groups = [
            {"params": [w for w in weights if w.dim() >= 2], "weight_decay": 0.1},
            {"params": [w for w in weights if w.dim() < 2], "weight_decay": 0.0},
        ]
        self._adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99))
        self._rate, self._state = rate, None
        self.steps = 0

    def step(self, share: float = 1.0) -> None:
        """With so much of the rate."""
        symbols, targets = self._ring.next()
        self.steps += 1
        for group in self._adam.param_groups:
            group["lr"] = share * self._rate * min(1.0, self.steps / WARMING_UP)
        logits, state = self.net(symbols, self._state)
        self._state = detached(state)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self._adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self._adam.step()


def trained(training: Training, watch: Watch, seconds: float) -> Training:
    """What a network is that is trained for so long: goes on with it to where the rate begins to fall, and returns a
    copy that has had the rest. The copy's time is not the watch's."""
    falls = (1 - FALLING) * seconds
    while watch.seconds() < falls:
        training.step()
    began = time.process_time()
    branch, branched = copy.deepcopy(training), time.process_time()
    while (left := seconds - falls - (time.process_time() - branched)) > 0:
        branch.step(left / (seconds - falls))
    watch.outside(time.process_time() - began)
    return branch


def segments(ids: np.ndarray, before: int, n: int) -> Iterator[tuple[Tensor, Tensor]]:
    """A text in parts of n symbols: (1, n), those before each, and (n,), the symbols themselves."""
    text = torch.from_numpy(np.concatenate([[before], ids]).astype(np.int64))
    for i in range(0, len(ids), n):
        yield text[None, i : i + n][:, : len(ids) - i], text[i + 1 : i + n + 1]


def scored(net: nn.Module, ids: np.ndarray, before: int, segment: int, rate: float = 0.0) -> float:
    """The mean loss in nats. With a rate, a copy of the network learns from each segment after it was scored."""
    if rate:
        net = copy.deepcopy(net)
    net.eval()
    total, state = 0.0, None
    for symbols, targets in segments(ids, before, segment):
        with torch.set_grad_enabled(bool(rate)):
            logits, state = net(symbols, state)
            loss = F.cross_entropy(logits[0], targets)
        total += loss.item() * len(targets)
        state = detached(state)
        if rate:
            net.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            with torch.no_grad():
                for weight in net.parameters():
                    if weight.grad is not None:  # a vector for the beginning has one in the first segment only
                        weight.sub_(weight.grad, alpha=rate)
    return total / len(ids)


def tuned(name: str, text: Text, seconds: float, report: Report) -> dict[str, Any]:
    """The learning rate that is best after so many seconds, and the best one of dynamic evaluation after it."""
    system, began = importlib.import_module(name), time.process_time()
    train, held_out = text.held_out(MOST_HELD_OUT)
    segment = getattr(system, "SEGMENT", SEGMENT)
    tried, nets = {}, {}
    for rate in system.RATES:
        nets[rate] = trained(Training(system, train, text.n_symbols, rate, seed=0), Watch(), seconds).net
        tried[rate] = scored(nets[rate], held_out, int(train[-1]), segment)
        report(f"rate {rate}: {tried[rate]:.4f} nats after {seconds:g} s")
    best = min(tried, key=lambda rate: (np.isnan(tried[rate]), tried[rate]))
    adaptive = {}
    for rate in ADAPTIVE_RATES:
        adaptive[rate] = scored(nets[best], held_out, int(train[-1]), min(ADAPTED, segment), rate)
        report(f"adaptive rate {rate}: {adaptive[rate]:.4f} nats")
    return {
        "seconds": seconds, "rate": best, "tried": sorted(tried.items()),
        "adaptive_rate": min(adaptive, key=lambda rate: (np.isnan(adaptive[rate]), adaptive[rate])),
        "adaptive_tried": sorted(adaptive.items()), "cpu_seconds": time.process_time() - began,
    }  # fmt: skip


def measured(
    name: str, text: Text, choice: dict[str, Any], seed: int, checkpoints: Sequence[int], adaptive: Sequence[int],
    report: Report,
) -> dict[str, Any]:  # fmt: skip
    """One run: the losses at all checkpoints, seconds of the processor."""
    system = importlib.import_module(name)
    segment = getattr(system, "SEGMENT", SEGMENT)
    training, watch, points = Training(system, text.train, text.n_symbols, choice["rate"], seed), Watch(), []
    net = training.net
    for checkpoint in checkpoints:
        branch = trained(training, watch, checkpoint)
        began, net = time.process_time(), branch.net
        static = scored(net, text.valid, text.before, segment)
        point = {
            "cpu_seconds": checkpoint, "steps": branch.steps, "nats": static,
            "scored_per_cpu_second": len(text.valid) / (time.process_time() - began),
        }  # fmt: skip
        if checkpoint in adaptive:
            rate, again = choice["adaptive_rate"], time.process_time()
            point["adaptive_nats"] = scored(net, text.valid, text.before, min(ADAPTED, segment), rate)
            point["adaptive_per_cpu_second"] = len(text.valid) / (time.process_time() - again)
        points.append(point)
        report(", ".join(f"{key} {value:.4g}" for key, value in point.items()))
        watch.outside(time.process_time() - began)
    parameters = sum(weight.numel() for weight in net.parameters())
    first, each, drawn = generating(net, text.before)
    small, small_nbytes = in_int8(net)
    return {
        "parameters": parameters, "bytes": 4 * parameters, "points": points, "int8_bytes": small_nbytes,
        "int8_nats": scored(small, text.valid, text.before, segment),
        "calibration_error": calibration_error(net, text.valid[:MOST_SYMBOLS], text.before, segment),
        "first_symbol_ms": 1000 * first,
        "generated_per_cpu_second": 1 / each, "sample": text.spelled(drawn),
    }  # fmt: skip


@torch.no_grad()
def calibration_error(net: nn.Module, ids: np.ndarray, before: int, segment: int) -> float:
    state, best = None, []
    for symbols, targets in segments(ids, before, segment):
        logits, state = net(symbols, state)
        best += best_of(torch.softmax(logits[0], -1).numpy(), targets.numpy())
    return expected_error(best)


def in_int8(net: nn.Module) -> tuple[nn.Module, int]:
    """A copy whose matrices are rounded to 8 bits, with a factor for each row; and how many bytes that takes. It is
    scored in float32, as a library would do that unpacks the weights."""
    small, nbytes = copy.deepcopy(net), 0
    with torch.no_grad():
        for weight in small.parameters():
            if weight.dim() < 2:
                nbytes += 4 * weight.numel()
                continue
            rows = weight.view(weight.shape[0], -1)
            factor = rows.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
            rows.copy_((rows / factor).round() * factor)
            nbytes += weight.numel() + 4 * len(rows)
    return small, nbytes


@torch.no_grad()
def generating(net: nn.Module, before: int) -> tuple[float, float, list[int]]:
    """Seconds of the processor until the first symbol is drawn, and for each of those behind it; and all symbols."""
    torch.manual_seed(1)
    symbol, state, began, first, drawn = torch.tensor([[before]]), None, time.process_time(), 0.0, []
    for i in range(GENERATED + 1):
        logits, state = net(symbol, state)
        symbol = torch.multinomial(torch.softmax(logits[0], -1), 1)
        drawn.append(int(symbol))
        if i == 0:
            first = time.process_time() - began
    return first, (time.process_time() - began - first) / GENERATED, drawn
