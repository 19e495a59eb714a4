"""Two threads that use one state, keyboard or the like at the same time: the second one is refused, and nothing is
mixed or freed under the first one."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from texts import make_text

import pylm
from pylm._core.in_use import InUse

READ = make_text(60, seed=11)
WAIT = 60  # seconds, until the other thread is believed to hang


class Held(str):
    """A text that is read only when somebody lets it go on."""

    def __init__(self, _: str) -> None:
        self.is_read, self.may_go_on = Event(), Event()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        self.is_read.set()
        assert self.may_go_on.wait(WAIT)
        return str(self).encode(encoding, errors)

    def __str__(self) -> str:
        return "".join(self)


def meanwhile(first: Callable[[Any], Any], second: Callable[[], Any]) -> Any:
    """Does the second while the first is at work. Returns what the first gives."""
    text = Held(READ)
    with ThreadPoolExecutor(1) as other:
        result = other.submit(first, text)
        assert text.is_read.wait(WAIT)
        try:
            with pytest.raises(pylm.BusyError, match="in use by another thread"):
                second()
        finally:
            text.may_go_on.set()
        return result.result(WAIT)


def test_state_is_loaded_while_it_reads(words_model: pylm.Model, tmp_path: Path) -> None:
    state, alone = (words_model.state(learn=True, memory=100_000) for _ in range(2))
    state.save(tmp_path / "state")
    found = meanwhile(state.feed, lambda: state.load(tmp_path / "state"))
    assert found == alone.feed(READ) and state.next(3) == alone.next(3)  # as if nobody had tried
    state.load(tmp_path / "state")  # and now it can be


def test_branch_reads_while_its_state_does(words_model: pylm.Model) -> None:
    state = words_model.state(learn=True, memory=100_000)
    branch = state.branch()
    meanwhile(state.feed, lambda: branch.step(0))
    meanwhile(state.branch().step, lambda: state.feed([0]))
    meanwhile(state.score, lambda: words_model.feed_batch([words_model.state(), state], [0, 0]))
    assert words_model.feed_batch([words_model.state(), state], [0, 0])


def test_state_that_is_refused_in_a_batch_frees_the_others(words_model: pylm.Model) -> None:
    state, free = words_model.state(), words_model.state()
    meanwhile(state.feed, lambda: words_model.next_batch([free, state]))
    assert words_model.next_batch([free, state], 1)


def test_keyboard_forgets_while_it_learns(words_model: pylm.Model) -> None:
    keyboard, alone = pylm.Keyboard(words_model), pylm.Keyboard(words_model)
    keyboard.learn("see you")
    meanwhile(keyboard.learn, lambda: keyboard.forget("see you"))
    keyboard.forget("see you")
    alone.learn(READ)
    assert pickle.dumps(keyboard)[-1000:] and keyboard.words() == alone.words()


def test_session_compresses_while_it_does(bytes_model: pylm.Model) -> None:
    session, receiver = pylm.MessageSession(bytes_model), pylm.MessageSession(bytes_model)
    packet = meanwhile(session.compress, lambda: session.compress("see you"))
    assert receiver.decompress(packet) == READ
    assert receiver.decompress(session.compress("see you")) == "see you"  # no packet was counted that never was


def test_stream_is_read_by_one_thread_at_a_time(bytes_model: pylm.Model) -> None:
    state = bytes_model.state()
    stream = state.stream(5, seed=1)
    first = next(stream)
    meanwhile(state.feed, lambda: next(stream))
    assert state.generate(5, seed=1)
    assert isinstance(first, str)


def test_failed_call_leaves_it_free(bytes_model: pylm.Model) -> None:
    state = bytes_model.state()
    for wrong in ([bytes_model.n_symbols], ["x"], 7):
        with pytest.raises((pylm.ArgumentError, TypeError)):
            state.feed(wrong)  # type: ignore[arg-type]
    assert state.feed([0]) < 0


# ---- no method was forgotten

# What looks at nothing that changes; and what hands on to another method, or is of the branch alone.
FREE = {"memory", "learns", "split", "epoch", "n_messages", "reach", "key"}


def cases(model: pylm.Model) -> Iterator[Any]:
    state = model.state(learn=True, memory=100_000)
    yield from (state, state.branch(), pylm.Keyboard(model), pylm.MessageSession(model), model.drafter())


@pytest.mark.parametrize("number", range(5))
def test_every_method_says_so(bytes_model: pylm.Model, number: int, tmp_path: Path) -> None:
    used = list(cases(bytes_model))[number]
    used._use.busy = True
    asked = 0
    for name in dir(type(used)):
        member = inspect.getattr_static(type(used), name)
        is_property = isinstance(member, property)
        if name.startswith("_") or name in FREE or not (is_property or inspect.isfunction(member)):
            continue
        with pytest.raises(pylm.BusyError):
            found = getattr(used, name)
            if not is_property:
                parameters = inspect.signature(found).parameters.values()
                needed = [p for p in parameters if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD]
                found(*[tmp_path / "file" if p.name == "path" else "x" for p in needed])
        asked += 1
    assert asked >= 3
    used._use.busy = False


def test_copies_are_in_use_by_nobody(bytes_model: pylm.Model) -> None:
    for used in cases(bytes_model):
        if isinstance(used, (pylm.State, pylm.Keyboard)):
            other = pickle.loads(pickle.dumps(used))
            used._use.busy = True
            assert not other._use.busy
            with pytest.raises(pylm.BusyError):
                copy.copy(used)


def test_never_two_at_once() -> None:
    """Also without the GIL: of threads that look at the same time, one sees that it is free."""
    use, inside, met, start = InUse(), [0], [0], Barrier(4)

    def enter() -> None:
        start.wait(WAIT)
        for _ in range(20_000):
            if use.busy:
                continue
            use.busy = True
            try:
                inside[0] += 1
                met[0] += inside[0] != 1
                inside[0] -= 1
            finally:
                use.busy = False

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(enter) for _ in range(4)]:
            done.result(WAIT)
    assert not met[0]
    assert not use.busy
