"""Progress bars: what is left, as far as anybody can say."""

from __future__ import annotations

import io
import time

import pytest
from texts import make_text

import pylm
from pylm._core import estimate as estimate_module
from pylm._core import progress
from pylm._core.native import ffi, lib


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_what_is_left_is_in_proportion_to_what_was_spent(clock: list[float]) -> None:
    estimate = estimate_module.Estimate({"one": 10.0, "two": 30.0, "three": 60.0})
    clock[0] = 1.0
    assert estimate.seconds_left("one", 1, 10) is None  # too early
    assert estimate.seconds_left("unheard of", 1, 10) is None
    clock[0] = 20.0
    assert estimate.seconds_left("two", 0, 10) == pytest.approx(180)
    clock[0] = 80.0
    assert estimate.seconds_left("two", 10, 10) == pytest.approx(120)
    assert estimate.seconds_left("one", 5, 10) == pytest.approx(120)  # the next tree: no step back
    clock[0] = 200.0
    assert estimate.seconds_left("three", 10, 10) == pytest.approx(0)


@pytest.mark.parametrize(
    ("settings", "nbytes", "stages"),
    [
        ({}, 40_000, ["counting", "fitting weights"]),
        ({}, 10**6, ["finding topics", "counting", "fitting weights"]),
        ({}, 10**7, ["finding pieces", "clustering", "finding topics", "counting", "fitting weights"]),
        ({"tokenizer": "words"}, 10**6, ["clustering", "finding topics", "counting", "fitting weights"]),
        ({"tokenizer": "words", "size": "1M"}, 10**6, []),
    ],
)
def test_stages(settings: dict, nbytes: int, stages: list[str]) -> None:
    options = ffi.new("pylm_train_options *")
    lib.pylm_train_options_init(options)
    options.tokenizer = lib.PYLM_TOKENIZER_WORDS if "tokenizer" in settings else lib.PYLM_TOKENIZER_AUTO
    options.max_nbytes = 10**6 if "size" in settings else 0
    costs = estimate_module.stage_costs(options, nbytes)
    assert list(costs) == stages
    assert all(cost > 0 for cost in costs.values())


def test_the_bar_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setattr(progress, "DELAY_SECONDS", 0)
    pylm.train([make_text(8000)], progress=True)
    assert "counting" in out.getvalue() and "fitting weights" in out.getvalue()
    assert "left in all" in out.getvalue()


def test_interrupted_while_its_thread_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the call works on is freed then: a thread that begins later makes no call. Before, it did."""
    from threading import Thread

    late, calls = [], []

    def start(thread: Thread) -> None:
        late.append(thread.run)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", start)
        with pytest.raises(KeyboardInterrupt):
            progress.run(lambda: calls.append(1) or 0, progress.new_task(), lambda *_: None)
    late[0]()
    assert calls == []


@pytest.mark.parametrize("again", [KeyboardInterrupt, SystemExit])
def test_interrupted_again_while_the_call_ends(again: type[BaseException]) -> None:
    """Nobody goes on before the call has ended."""

    class Waiting:
        """An event at which somebody waits, who is interrupted three times."""

        n = 0

        def is_set(self) -> bool:
            return self.n == 4

        def wait(self) -> None:
            self.n += 1
            if self.n < 4:
                raise again

    ended = Waiting()
    progress._wait(ended)  # type: ignore[arg-type]
    assert ended.n == 4
