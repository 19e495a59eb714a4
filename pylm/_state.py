# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""State: a text that is read bit by bit, and learned from if wanted."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ._core.arguments import MAX_MEMORY, parse_size, path_of
from ._core.image import Image, new_symbols
from ._core.in_use import InUse, alone, each_alone, in_use
from ._core.many import cost_at, scores_at, texts_of
from ._core.native import NONE, check, ffi, lib, save_file
from ._core.new_words import NewWords, spelled_by, words_nbytes
from ._core.prediction import NATS_PER_COST, Prediction, logprobs_of, predictions
from ._core.reader import TextReader, begin_to_learn, new_overlay
from ._core.text import TEXT_TYPES, Path, as_bytes, read_file
from .decoders.branch import Branch
from .decoders.lattice import BEAM, Lattice, LatticePath, Search, best_paths
from .decoding.beam import Continuation, continuations
from .decoding.options import BeamOptions, SamplingOptions, check_constraint
from .decoding.prompt import MAX_OPEN, Prompt, n_open, predicted
from .decoding.sampling import Continued
from .decoding.writing import as_text, generated
from .errors import ArgumentError, ModelDamagedError, ModelFormatError
from .packing.packets import MOST_NBYTES, pack, unpack

LENGTH_NBYTES = 8  # of the length of what stands before it in a file

# Looked up once: a symbol is scored in 2 µs, and each of these would take a fiftieth of that.
new, STATE, COST, NULL = ffi.new, ffi.typeof("pylm_state *"), ffi.typeof("uint32_t *"), ffi.NULL
c_score, c_cost = lib.pylm_score, lib.pylm_cost

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Unpack

    from ._core.image import TextOrIds
    from ._core.text import Bytes
    from .decoding.constraints import Constraint
    from .decoding.options import Stop
    from .explain.kernel import KernelExplanation
    from .explain.mix import Explanation
    from .explain.words import WordScore


class State(TextReader):
    """A reader of one text. From `Model.state()`.

    What is fed goes on where the text stood. A state that learns does so from what it reads, after having scored
    it: the model stays as it is, and what was learned lives in the state's own memory. That memory holds
    counts, vocabulary symbols and hashes of contexts, no running text; but who has it and the model can try
    out whether a phrase was read. Of a model that spells unknown words, it also holds those that were read, as they are
    (`words`).

    A copy, by `copy()`, by the module copy or by pickle, has read and learned the same, and from then on shares nothing
    with the original but the model, which never changes. A pickled state has its model with it; pickled together, model
    and states have it once.

    One thread at a time may use a state and its branches; another one gets a BusyError. Text and ids are as in `Model`;
    all text is open, that is, its last line goes on, unless `add_eos` says otherwise.
    """

    _cost: Sequence[int]  # a number in C's memory: what a symbol cost
    _open: tuple[Any, array[int], Any] | None  # the end of a text, its symbols, and a pylm_state before them

    def __init__(self, image: Image, learn: bool, memory: int | str) -> None:
        self._image, self._cost, self._use = image, new(COST), InUse()
        self._overlay = self._words = None
        if learn:
            nbytes = parse_size("memory", memory, MAX_MEMORY)
            n_words = words_nbytes(image, nbytes)
            self._overlay = new_overlay(nbytes - n_words)
            self._words = NewWords(image, n_words) if n_words else None
        self._reset()

    @property
    def memory(self) -> int:
        """Bytes that it learns in; 0 if it does not learn."""
        return (len(self._overlay) if self.learns else 0) + (len(self._words.memory) if self._words else 0)

    @property
    @alone
    def words(self) -> dict[str, int]:
        """Words that the vocabulary does not have and that it has learned, with how often each came; what is rarest
        made room for others. Empty if it does not learn, or if the model does not spell. They need not be spelled when
        they come again."""
        return self._words.counts() if self._words else {}

    # ---- reading

    def feed(self, text: TextOrIds, *, add_eos: bool = False) -> float:
        """Reads a text. Returns the natural log of its probability, given all that was read before.

        add_eos   the text is complete: in a word model its last line ends, with ``</s>``.
        """
        image, use = self._image, self._use
        if use.busy:  # as `alone` does it, which would take a twentieth of the time
            raise in_use(self)
        use.busy = True
        try:
            if (type(text) is list or type(text) is tuple) and len(text) == 1:
                symbol = text[0]
                if type(symbol) is int and 0 <= symbol < image.n_symbols:  # a single id: without arrays, quick
                    check(c_score(image.model, self._state, text, 1, image.work, self._cost, NULL))
                    self._has_read_one(symbol)
                    return -self._cost[0] * NATS_PER_COST
            return self._fed(text, image.symbols(text, add_eos))
        finally:
            use.busy = False

    def _fed(self, text: TextOrIds, symbols: array[int]) -> float:
        """Reads the symbols of a text."""
        if not isinstance(text, TEXT_TYPES):  # ids are never spelled, and stay what they are
            return -self._read(symbols) * NATS_PER_COST
        cost = self._read_text(text, symbols) + self._spelled(text, symbols).cost
        return -cost * NATS_PER_COST

    def score(self, text: TextOrIds, *, add_eos: bool = False) -> float:
        """The natural log of the probability of a continuation: what `feed()` would return. The state stays where it
        is, and learns nothing. What it has learned counts.

        So of a single symbol, and of a state that does not learn, it is exactly what `copy().feed()` returns. A state
        that learns would have learned from the first symbols of a longer continuation when it comes to the last ones;
        here it has not.
        """
        image, use = self._image, self._use
        if use.busy:
            raise in_use(self)
        use.busy = True
        try:
            if (type(text) is list or type(text) is tuple) and len(text) == 1:  # as in feed()
                symbol = text[0]
                if type(symbol) is int and 0 <= symbol < image.n_symbols:
                    check(c_cost(image.model, self._state, symbol, image.work, self._cost))
                    return -self._cost[0] * NATS_PER_COST
            return -self._score(text, image.symbols(text, add_eos)) * NATS_PER_COST
        finally:
            use.busy = False

    def _score(self, text: TextOrIds, symbols: array[int]) -> int:
        """The cost of a continuation, 1/65536 bit."""
        image = self._image
        if len(symbols) == 1:
            check(c_cost(image.model, self._state, symbols[0], image.work, self._cost))
            cost = self._cost[0]
        else:
            cost = cost_at(image, self._state, symbols)
        return cost + spelled_by(image, self._words, text, symbols).cost

    @alone
    def scores(self, continuations: Iterable[TextOrIds | int], *, add_eos: bool = False) -> list[float]:
        """`score()` of many continuations, in less time than one by one.

        continuations   each a text, ids, or one id.
        """
        texts = texts_of(self._image, "continuations", continuations, add_eos)
        return scores_at(self._image, self._state, self._words, texts)

    @alone
    def logprobs(self, text: TextOrIds, *, add_eos: bool = False) -> np.ndarray:
        """Reads a text. Returns the natural log of the probability of each of its symbols when it was read:
        float64 of shape (n,)."""
        symbols = self._image.symbols(text, add_eos)
        costs = new_symbols(len(symbols))
        self._read_text(text, symbols, costs)
        return logprobs_of(self._image, symbols, costs, self._spelled(text, symbols))

    @alone
    def word_scores(self, text: TextOrIds, *, add_eos: bool = False) -> list[WordScore]:
        """Reads a text. Returns what each word of it adds to `feed()`; as `Model.word_scores()`. What the state has
        learned is in the probabilities, but not in `WordScore.matched`, which is about training."""
        from .explain.words import words_of

        symbols = self._image.symbols(text, add_eos)
        found = words_of(self._image, self._state, text, add_eos, self._spelled)
        self._remember(symbols)
        self._open = None
        return found

    def _read_text(self, text: TextOrIds, symbols: array[int], costs: Any = None) -> int:
        """Reads the symbols of a text, which may go on. Remembers where its last ones began, since what is read next
        could make others of them."""
        if not self._image.has_longer_symbols or not isinstance(text, TEXT_TYPES):
            return self._read(symbols, costs)
        n, views = max(len(symbols) - MAX_OPEN, 0), None if costs is None else memoryview(costs)
        cost = self._read(symbols[:n], None if views is None else views[:n])
        before = self._here()
        cost += self._read(symbols[n:], None if views is None else views[n:])
        self._open = text[-8 * MAX_OPEN :], symbols[n:], before
        return cost

    @alone
    def start(self) -> None:
        """A new text begins. What was learned stays."""
        lib.pylm_state_restart(self._image.model, self._state)
        self._last, self._open = array("I"), None

    @alone
    def reset(self) -> None:
        """A new text begins, and all that was learned is forgotten."""
        self._reset()

    def _reset(self) -> None:
        self._state = self._image.new_state()
        self._last, self._open = array("I"), None
        if self.learns:
            begin_to_learn(self._image, self._state, self._overlay)
        if self._words:
            self._words.clear()

    # ---- copies

    @alone
    def copy(self) -> State:
        """A state of its own that has read and learned the same."""
        if not self.learns:
            other = self._copied(self._image, self._last, self._state, None, None, None)
            other._open = self._open  # what is in it never changes
            return other
        self._keep()
        words = self._words.seal() if self._words else None
        return self._copied(self._image, self._last, self._certain, ffi.buffer(self._overlay), words, self._open)

    @property
    def _certain(self) -> Any:
        """The pylm_state before the end of a text, which may become other symbols."""
        return self._state if self._open is None else self._open[2]

    def _keep(self) -> None:
        if self.learns:
            lib.pylm_state_keep(self._certain)

    @classmethod
    def _copied(
        cls, image: Image, last: array[int], state: Any, overlay: Any, words: bytes | None, end: tuple[Any, ...] | None
    ) -> State:
        """A state like one that is kept in the overlay, if it learns, and has then read the end of a text.

        state     what cffi can copy from.
        overlay   a buffer; None: it does not learn.
        words     those that it has learned.
        end       the text and its symbols, from which was learned.
        """
        other = cls.__new__(cls)
        other._cost, other._use = new(COST), InUse()
        other._image, other._last, other._overlay, other._open, other._words = image, last[:], None, None, None
        other._state = new(STATE)
        ffi.memmove(other._state, state, ffi.sizeof("pylm_state"))
        if overlay is not None:
            other._overlay = new_overlay(len(overlay))
            ffi.memmove(other._overlay, overlay, len(overlay))
            check(lib.pylm_state_attach(image.model, other._state, other._overlay, len(overlay)))
        if words is not None:
            other._words = NewWords(image, len(words))
            check(other._words.open(words))
        if end is not None:
            other._open = end[0], end[1], other._here()
            for symbol in end[1]:
                check(lib.pylm_state_read(image.model, other._state, symbol))
        return other

    def __copy__(self) -> State:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> State:
        return self.copy()

    @alone
    def __reduce__(self) -> tuple[Any, ...]:
        self._keep()
        overlay = bytes(ffi.buffer(self._overlay)) if self.learns else None
        state = b"" if self.learns else bytes(ffi.buffer(self._certain))  # that one has addresses; its overlay has all
        words = self._words.seal() if self._words else None
        end = None if self._open is None else (bytes(as_bytes(self._open[0])), self._open[1])
        return _unpickled, (self._image, self._last, state, overlay, words, end)

    # ---- what comes next

    @alone
    def next(self, k: int = 5, *, constraint: Constraint | None = None) -> list[Prediction]:
        """The k most probable next symbols, best first. If the last that was read is a text, it may end anywhere, and a
        constraint is for what comes, as in `Model.next()`."""
        if constraint is None and self._open is None:
            return predictions(self._image, self._state, k)
        check_constraint(constraint)
        return self._next(k, constraint)

    def _next(self, k: int, constraint: Constraint | None = None) -> list[Prediction]:
        return predicted(self._image, self._prompt(), k, constraint)

    @alone
    def distribution(self, *, exact: bool = False) -> np.ndarray:
        """The probability of every symbol coming next; as `Model.distribution()`."""
        return self._image.distribution_q62(self._state) if exact else self._image.distribution(self._state)

    @alone
    def explain(self, token: str | Bytes | int | None = None, k: int = 5) -> Explanation | KernelExplanation:
        """What the probability of a token coming next is made of, what the state has learned included; as
        `Model.explain()`."""
        from .explain.tokens import explain

        return explain(self._image, self._state, token, k, self._last)

    @alone
    def beam_search(self, max_new_tokens: int = 20, **options: Unpack[BeamOptions]) -> list[Continuation]:
        """The n most probable continuations, best first. The state stays where it is. Options as in
        `Model.beam_search()`."""
        return continuations(self._image, self._prompt(), max_new_tokens, options)

    def generate(
        self, max_new_tokens: int = 100, *, stop: Stop = None, learn: bool = False, **options: Unpack[SamplingOptions]
    ) -> str:
        """A continuation. The state stays where it is, and as it is: feed() it what you keep. Options as in
        `Model.generate()`.

        learn   whether every second symbol that is generated is learned from, by a copy of the state.
        """
        return "".join(self.stream(max_new_tokens, stop=stop, learn=learn, **options))

    @alone
    def stream(
        self, max_new_tokens: int = 100, *, stop: Stop = None, learn: bool = False, **options: Unpack[SamplingOptions]
    ) -> Iterator[str]:
        """The same as `generate()`, piece by piece as soon as each is certain."""
        text = as_text(self._image, self._continued("stream", self._prompt(), max_new_tokens, learn, options), stop)
        return each_alone(self, text)

    @alone
    def generate_ids(
        self, max_new_tokens: int = 100, *, learn: bool = False, **options: Unpack[SamplingOptions]
    ) -> list[int]:
        """The ids of a continuation: `max_new_tokens` of them, or fewer where the text ends. The end is not among them.
        Options as in `generate()`. They go on behind the ids that were read."""
        plain = Prompt(self._last, self._last, array("I"), self._here(), overlay=self._overlay)
        return list(self._continued("generate_ids", plain, max_new_tokens, learn, options).symbols)

    def _continued(self, caller: str, prompt: Prompt, n: int, learn: bool, options: SamplingOptions) -> Continued:
        if not learn:
            lib.pylm_state_set_learning(prompt.state, 0)
            return generated(caller, self._image, prompt, n, options)
        if not self.learns:
            raise ArgumentError("this state does not learn: make it with model.state(learn=True)")
        overlay = new_overlay(len(self._overlay))
        lib.pylm_state_keep(prompt.state)
        ffi.memmove(overlay, self._overlay, len(overlay))
        check(lib.pylm_state_attach(self._image.model, prompt.state, overlay, len(overlay)))
        return generated(caller, self._image, prompt._replace(goes_on=True, overlay=overlay), n, options)

    def _prompt(self) -> Prompt:
        """What was read, as a prompt: its end is open, if it is a text."""
        if self._open is None:
            return Prompt(self._last, self._last, array("I"), self._here(), overlay=self._overlay)
        text, symbols, before = self._open
        n = len(symbols) - n_open(self._image, text, symbols)
        read = self._last[: len(self._last) - len(symbols) + n]
        prompt = Prompt(self._last, read, symbols[:n], before, overlay=self._overlay)
        return prompt._replace(rest=symbols[n:], state=prompt.state_behind(self._image, n))

    def _here(self) -> Any:
        """A copy of the pylm_state, to go on with from here. It has the same overlay."""
        return new(STATE, self._state[0])

    # ---- decoding

    @alone
    def branch(self) -> Branch:
        """A hypothesis that goes on from here and tries what may come, without learning and without a copy of what was
        learned. It is valid until the state reads on."""
        return Branch(self._image, self._state, self._overlay, self._words, self._use)

    @alone
    def best_paths(
        self,
        lattice: Lattice,
        n: int = 1,
        *,
        beam: int = BEAM,
        weight: float = 1.0,
        merge: int | None = None,
        add_eos: bool = False,
        progress: bool | None = None,
    ) -> list[LatticePath]:
        """The n best paths through a lattice that goes on from here, best first. The state stays where it is. Arguments
        as in `Model.best_paths()`."""
        return best_paths(self._image, self._here(), lattice, Search(n, beam, weight, merge, add_eos), progress)

    # ---- messages

    @alone
    def compress(self, text: str | Bytes, *, fingerprint: bool = False) -> bytes:
        """A packet of a text, given all that was read before, which the other end has to have read, too; as
        `Model.compress()`. The state reads the text and its end. One that learns makes later packets shorter; see
        `MessageSession`."""
        packet = pack(self._image, self._state, text, fingerprint)
        self._read_message(text)
        return packet

    @alone
    def decompress(self, packet: Bytes, *, most: int = MOST_NBYTES) -> str:
        """The text of a packet, which the state reads as that of the other end did; as `Model.decompress()`. After a
        PacketError, the state has read what means nothing."""
        text = unpack(self._image, self._state, packet, most)
        self._read_message(text)
        return text.decode("utf-8", "surrogateescape")

    def _read_message(self, text: str | Bytes) -> None:
        """The state itself has read it already."""
        self._open = None
        if len(text):
            end = self._image.line_end if self._image.text_end == NONE else self._image.text_end
            self._remember(self._image.symbols(text, add_eos=False) + array("I", [end]))

    # ---- files

    @alone
    def save(self, path: Path) -> None:
        """Writes what was learned, and where in the text it is, to a file of `memory` bytes, in a model that spells 8
        more, which is replaced as a whole or not at all. ArgumentError if the state does not learn; OSError."""
        if not self.learns:
            raise ArgumentError("this state has learned nothing to save: make it with model.state(learn=True)")
        lib.pylm_state_keep(self._state)
        content = ffi.buffer(self._overlay)[:]
        if self._words:
            words = self._words.seal()
            content += words + len(words).to_bytes(LENGTH_NBYTES, "little")
        save_file(path_of("path", path), ffi.from_buffer(content), len(content))

    @alone
    def load(self, path: Path) -> None:
        """Goes on from what `save()` wrote, by a state of the same model; `memory` becomes what it was there.
        On failure the state is as before.

        Raises OSError, ModelFormatError (no such file), ModelDamagedError (its end is missing), ArgumentError
        (of another model).
        """
        data = read_file(path)
        if len(data) == 0:
            raise ModelFormatError(f"{os.fspath(path)}: the file is empty; only what State.save() wrote can be loaded")
        n_words, end = 0, len(data)
        if self._image.spelling is not None and end > LENGTH_NBYTES:
            n_words = int.from_bytes(data[-LENGTH_NBYTES:], "little")
            end -= LENGTH_NBYTES
        n_words = n_words if n_words < end else 0  # else it is no such file
        overlay, state = new_overlay(end - n_words), ffi.new("pylm_state *")
        ffi.memmove(overlay, data, len(overlay))
        status = lib.pylm_state_attach(self._image.model, state, overlay, len(overlay))
        name = os.fspath(path)
        if status == lib.PYLM_ERR_FOREIGN:
            raise ModelFormatError(f"{name}: this was not written by State.save()")
        if status == lib.PYLM_ERR_TRUNCATED:
            raise ModelDamagedError(f"{name}: a part of it is missing; copy the file again")
        if status == lib.PYLM_ERR_ARGUMENT:
            raise ArgumentError(f"{name}: this was learned with another model; load it with that one")
        check(status, name)
        words = NewWords(self._image, n_words) if n_words else None
        if words and words.open(data[len(overlay) : end]) != lib.PYLM_OK:
            raise ModelDamagedError(f"{name}: the words in it are damaged; copy the file again")
        self._overlay, self._words, self._state = overlay, words, state
        self._last, self._open = array("I"), None


def _unpickled(
    image: Image,
    last: array[int],
    state: bytes,
    overlay: bytes | None,
    words: bytes | None,
    end: tuple[bytes, array[int]] | None,
) -> State:
    return State._copied(image, last, state or bytes(ffi.sizeof("pylm_state")), overlay, words, end)
