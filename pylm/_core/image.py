# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A model image and the C calls on it: text to symbols and back, states, costs, probabilities.

Symbols are `array("I")` here, so that nothing needs numpy but what returns it.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterator, Mapping, Set
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ArgumentError, ModelDamagedError, ModelFormatError
from .arguments import wrong_type
from .lexicon import Lexicon, NewWord, lexicon_of
from .native import NONE, check, ffi, lib
from .progress import Progress, new_task, run
from .spelling import NOTHING, Spelled, Spelling
from .text import TEXT_TYPES, Bytes, as_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from .tokenizer import ExternalTokenizer

    Ids: TypeAlias = Iterable[int] | np.ndarray
    TextOrIds: TypeAlias = str | Bytes | Ids

ENCODE_SLICE = 1 << 16  # symbols a C call: about 1 ms
SHORT_NBYTES = 1 << 10  # of a text that is encoded by one C call
# Looked up once: short calls feel it.
SYMBOLS, TOTAL, STATE = ffi.typeof("uint32_t[]"), ffi.typeof("uint64_t *"), ffi.typeof("pylm_state *")
CANDIDATES = ffi.typeof("pylm_candidate[]")
new, from_buffer, NULL = ffi.new, ffi.from_buffer, ffi.NULL
OPEN, CLOSED = lib.PYLM_TEXT_OPEN, lib.PYLM_TEXT_CLOSED
WORTH_ENCODER = 1 << 14  # bytes of a text: what is shorter takes less than 3 ms without it
SCORE_SLICE = 1 << 11  # symbols a C call: 5 to 100 ms, so that Ctrl-C works between two
BY_SYMBOL = ("every_symbol", "vocabulary", "spelling")  # cached properties that go by the words
CANDIDATE = [("symbol", "u4"), ("cost", "u4")]  # pylm_candidate in numpy; costs in 1/65536 bit
FIRST_NBYTES = 256  # of a file: enough to see what it is
IDS = "integers"
TEXT_OR_IDS = "a text (str or bytes) or ids (integers)"
TOKENIZERS = {"bytes": lib.PYLM_TOKENIZER_BYTES, "words": lib.PYLM_TOKENIZER_WORDS, "pieces": lib.PYLM_TOKENIZER_PIECES}
TOKENIZER_NAMES = {number: name for name, number in TOKENIZERS.items()} | {lib.PYLM_TOKENIZER_EXTERNAL: "external"}


def new_symbols(n: int) -> array[int]:
    return array("I", bytes(4 * n))


class Image:
    """A checked view of a model image. Never changes, so threads may share it; the bytes stay in place
    as long as somebody holds the view.

    below   the image that this one, a layer's, lies on.
    """

    def __init__(self, data: Bytes, verify: bool, subject: str = "", below: Image | None = None) -> None:
        self.buffer = ffi.from_buffer(data)  # keeps the data alive
        self.below = below  # and this its
        self.model = ffi.new("pylm_model *")
        opened = (self.buffer, len(self.buffer))
        if below is None:
            status = lib.pylm_model_open(self.model, *opened)
        else:
            status = lib.pylm_layer_open(self.model, below.model, *opened)
        if status == lib.PYLM_ERR_FOREIGN:
            _refuse_known(ffi.buffer(self.buffer)[:FIRST_NBYTES], subject)
        check(status, subject)
        if verify:
            check(lib.pylm_model_verify(self.model), subject)
        self._look()
        self.unknown: int = self.info.unknown
        self.is_bytes: bool = self.info.tokenizer == lib.PYLM_TOKENIZER_BYTES
        self.line_end: int = self.info.line_end
        self.text_end: int = self.info.text_end
        self.is_words: bool = self.info.tokenizer == lib.PYLM_TOKENIZER_WORDS
        self.is_external: bool = self.info.tokenizer == lib.PYLM_TOKENIZER_EXTERNAL
        self.ends_lines: bool = self.is_words or (self.text_end == self.line_end and not self.is_external)
        self.has_unknown: bool = self.unknown != NONE
        self.has_longer_symbols: bool = self.is_external or self.info.tokenizer == lib.PYLM_TOKENIZER_PIECES
        self.is_kernel: bool = self.info.predictor == lib.PYLM_PREDICTOR_KERNEL
        self._work_n_u64: int = lib.pylm_work_nbytes(self.model) // 8 + 1
        self._of_thread = threading.local()
        self._start = ffi.new(STATE)  # a state at the start of a text
        lib.pylm_state_init(self.model, self._start)
        self.kept: dict[Any, Any] = {}  # what was found out by others, to be found out once
        self._kernel: Any = None  # settings that the model points to
        self.lexicon: Lexicon | None = None  # words that were given to it
        self._plain: Image | None = None  # itself without these; None: there are none

    def _look(self) -> None:
        self.info = ffi.new("pylm_info *")
        lib.pylm_model_info(self.model, self.info)
        self.n_symbols: int = self.info.n_symbols

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` finds out, which is kept with the image."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def with_kernel(self, kernel: Any) -> Image:
        """The same image, going by other settings, a pylm_kernel."""
        if self._plain is not None:
            return self._plain.with_kernel(kernel).with_words(self.words)
        other = Image.__new__(Image)
        vars(other).update(vars(self))
        other.model = ffi.new("pylm_model *", self.model[0])
        other._kernel = kernel
        check(lib.pylm_model_set_kernel(other.model, kernel))
        return other

    @property
    def plain(self) -> Image:
        """The image without words that were given to it."""
        return self if self._plain is None else self._plain

    def place_of(self, symbol: int) -> int:
        """The symbol in whose place one stands: of a word that was given, its example or ``<unk>``."""
        place: int = lib.pylm_symbol_place(self.model, symbol, ffi.NULL)
        return place

    @property
    def words(self) -> dict[str, NewWord]:
        """The words that were given to it."""
        return {} if self.lexicon is None else self.lexicon.words

    def with_words(self, words: dict[str, NewWord]) -> Image:
        """The same image with these words, but for those that it has, and without others that were given to it."""
        plain = self.plain
        lexicon = lexicon_of(plain, words)
        other = Image.__new__(Image)
        vars(other).update({name: value for name, value in vars(plain).items() if name not in BY_SYMBOL})
        other.model = ffi.new("pylm_model *", plain.model[0])
        other.kept, other.lexicon, other._plain = {}, lexicon, plain
        check(lib.pylm_model_set_lexicon(other.model, lexicon.memory, len(lexicon.memory)))
        other._look()
        return other

    # ---- copies: of what never changes, one is enough

    def __copy__(self) -> Image:
        return self

    def __deepcopy__(self, memo: Any) -> Image:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.content(), self.below, self._kernel_numbers(), self.words)

    def _kernel_numbers(self) -> list[int] | None:
        kernel = self._kernel
        return kernel and [kernel.tau_q16, *kernel.distance_q16, *kernel.class_distance_q16]

    def content(self) -> bytes:
        """The image itself, without bytes that may follow it."""
        return bytes(ffi.buffer(self.buffer, self.info.image_nbytes))

    def facts(self) -> dict[str, Any]:
        """What the trainer wrote down about the training."""
        begin, nbytes = self.info.facts_offset, self.info.facts_nbytes
        import json

        try:
            facts = json.loads(ffi.buffer(self.buffer + begin, nbytes)[:])
        except ValueError:
            raise ModelDamagedError("the training facts in this model are damaged; train it again") from None
        return facts if isinstance(facts, dict) else {}

    @property
    def root(self) -> Image:
        """The image without any layers: it has the vocabulary."""
        return self if self.below is None else self.below.root

    def tokenizer_file(self) -> bytes:
        if self.below is not None:
            return self.root.tokenizer_file()
        begin, nbytes = self.info.tokenizer_offset, self.info.tokenizer_nbytes
        return bytes(ffi.buffer(self.buffer + begin, nbytes))

    @cached_property
    def external(self) -> ExternalTokenizer:
        """The tokenizer of an external vocabulary."""
        if self.below is not None:
            return self.root.external
        content = self.tokenizer_file()
        if not content:
            raise ArgumentError("this model has no tokenizer with it; pass ids instead of text")
        from .tokenizer import ExternalTokenizer

        return ExternalTokenizer(content, "the tokenizer in this model")

    @cached_property
    def spelling(self) -> Spelling | None:
        """How unknown words are spelled; None: they are not."""
        root = self.root
        if self._plain is not None:
            return self._plain.spelling and self._plain.spelling.with_model(self.model, self.lexicon)
        if self is not root:
            return root.spelling
        return Spelling(self) if self.is_words and self.info.spelling_nbytes else None

    def spelled(self, text: TextOrIds, symbols: array[int], threads: int = 1) -> Spelled:
        """The words of a text that are ``<unk>`` among its symbols, with what their letters cost. None if they are not
        known: of ids, and in a model that does not spell."""
        if not isinstance(text, TEXT_TYPES) or self.spelling is None or self.unknown not in symbols:
            return NOTHING
        return self.spelling.spelled(text, threads)

    @cached_property
    def every_symbol(self) -> np.ndarray:
        import numpy as np

        return np.arange(self.n_symbols, dtype=np.uint32)

    @cached_property
    def unknown_symbol(self) -> np.ndarray:
        import numpy as np

        return np.array([self.unknown], np.uint32)

    def needs_mix(self, what: str) -> None:
        """Refuses what only the predictor `mix` can do."""
        if self.is_kernel:
            raise ArgumentError(f"{what}: not with a model whose predictor is 'kernel'; train one without")

    def needs_kernel(self) -> None:
        if not self.is_kernel:
            raise ArgumentError(
                "this model is no kernel; train one with kernel=pylm.KernelOptions(), pylm train --predictor kernel"
            )

    def new_work(self) -> Any:
        """Working memory that is kept, or that another thread uses."""
        return ffi.new("uint64_t[]", self._work_n_u64)

    @property
    def work(self) -> Any:
        """Working memory of this thread, for one call. To make it anew would take longer than a short call."""
        try:
            return self._of_thread.work
        except AttributeError:
            work = self._of_thread.work = self.new_work()
            return work

    # ---- symbols

    @property
    def encoder(self) -> Any:
        """The pylm_encoder of an image that has texts. It finds pieces quickly, but takes milliseconds to make."""
        return self.once("encoder", self._new_encoder)[0]

    def _new_encoder(self) -> tuple[Any, Any]:
        encoder = ffi.new("pylm_encoder **")
        check(lib.pylm_encoder_new(encoder, self.model))
        return ffi.gc(encoder[0], lib.pylm_encoder_free), self.model  # it points to the model

    def encode_slices(self, data: Bytes, add_eos: bool, capacity: int) -> Iterator[tuple[array[int], int]]:
        """Symbols of a text, up to `capacity` at a time, and how many bytes are used up by then.

        add_eos   the text is complete: its last line ends, if the model has words or texts of one line.
        """
        if self.is_external:
            yield from self.external.slices(data)
            return
        text = ffi.from_buffer(data)
        nbytes = len(text)
        room = new_symbols(capacity)
        symbols = ffi.from_buffer("uint32_t[]", room, require_writable=True)
        position, n = ffi.new("uint64_t *"), ffi.new("uint64_t *")
        end = CLOSED if add_eos else OPEN
        encode, by = lib.pylm_encode, self.model
        if nbytes >= WORTH_ENCODER:
            encode, by = lib.pylm_encoder_encode, self.encoder
        while position[0] <= nbytes:
            n[0] = capacity
            check(encode(by, text, nbytes, end, position, symbols, n))
            yield room[: n[0]], min(position[0], nbytes)

    def symbols(self, text: TextOrIds, add_eos: bool, checked: bool = True, name: str = "text") -> array[int]:
        """Symbols of a text, or ids checked to be symbols. An empty text is an empty line: with `add_eos`, it has its
        line end. `name`: what the caller calls the text."""
        if not isinstance(text, TEXT_TYPES):
            ids = integers(text, name, TEXT_OR_IDS)
            return checked_symbols(ids, self.n_symbols) if checked else ids
        data, result = as_bytes(text), array("I")
        if not len(data):  # also without the package that an external tokenizer needs
            return array("I", [self.line_end]) if add_eos and self.ends_lines else result
        if type(data) is bytes and len(data) <= SHORT_NBYTES and not self.is_external:
            return self._encode_short(data, add_eos)
        for piece, _ in self.encode_slices(data, add_eos, min(ENCODE_SLICE, len(data) + 1)):
            result.extend(piece)
        return result

    def _encode_short(self, data: bytes, add_eos: bool) -> array[int]:
        """Symbols of a text that has not more of them than fit into one slice."""
        if self.is_words and not add_eos and b" " not in data:  # most likely a word: found in half the time
            symbol = lib.pylm_symbol_find(self.model, data, len(data))
            if symbol != NONE:
                return array("I", (symbol,))
        room = new_symbols(len(data) + 1)
        n, position = new(TOTAL, len(room)), new(TOTAL)
        end = CLOSED if add_eos else OPEN
        check(lib.pylm_encode(self.model, data, len(data), end, position, from_buffer(SYMBOLS, room), n))
        return room[: n[0]]

    def check_ids(self, ids: Ids, name: str = "ids", takes: str = IDS) -> array[int]:
        return checked_symbols(integers(ids, name, takes), self.n_symbols)

    def decode(self, symbols: array[int], previous: int = NONE) -> bytes:
        """Text of checked symbols, as far as the C library knows it. `previous` stands before them; see
        pylm_decode()."""
        source = ffi.from_buffer("uint32_t[]", symbols)
        nbytes = ffi.new("uint64_t *")
        status = lib.pylm_decode(self.model, previous, source, len(symbols), ffi.NULL, 0, nbytes)
        if status == lib.PYLM_ERR_SPACE:
            text = ffi.new("char[]", nbytes[0])
            status = lib.pylm_decode(self.model, previous, source, len(symbols), text, nbytes[0], nbytes)
            check(status)
            return bytes(ffi.buffer(text, nbytes[0]))
        check(status)
        return b""

    def symbol_text(self, symbol: int) -> bytes:
        """Text of a checked symbol."""
        text, nbytes = ffi.new("const unsigned char **"), ffi.new("uint32_t *")
        check(lib.pylm_symbol_text(self.model, symbol, text, nbytes))
        return bytes(ffi.buffer(text[0], nbytes[0]))

    @cached_property
    def vocabulary(self) -> tuple[bool, tuple[bytes, ...]]:
        """What makes symbols mean the same in two models: their texts, and whether spaces join them."""
        return self.is_words, tuple(map(self.symbol_text, range(self.n_symbols)))

    def find(self, text: Bytes) -> int | None:
        symbol: int = lib.pylm_symbol_find(self.model, ffi.from_buffer(text), len(text))
        return None if symbol == NONE else symbol

    # ---- prediction

    def new_state(self, symbols: array[int] | None = None) -> Any:
        """The state after reading checked symbols from the start of a text."""
        state = new(STATE, self._start[0])
        if symbols:
            lib.pylm_state_read_many(self.model, state, from_buffer(SYMBOLS, symbols), len(symbols))
        return state

    def score(
        self, state: Any, symbols: array[int], costs: Any = None, step: Callable[[int], None] | None = None
    ) -> int:
        """Reads checked symbols; returns the sum of their costs, 1/65536 bit.

        costs   writable buffer for as many uint32 costs, or None.
        step    called after each slice with its number of symbols.
        """
        source, work, total = from_buffer(SYMBOLS, symbols), self.work, new(TOTAL)
        if costs is None and step is None and len(symbols) <= SCORE_SLICE:
            check(lib.pylm_score(self.model, state, source, len(symbols), work, NULL, total))
            cost: int = total[0]
            return cost
        target = NULL if costs is None else from_buffer(SYMBOLS, costs, require_writable=True)
        result = 0
        for begin in range(0, len(symbols), SCORE_SLICE):
            n = min(SCORE_SLICE, len(symbols) - begin)
            to = target + begin if target else target
            check(lib.pylm_score(self.model, state, source + begin, n, work, to, total))
            result += total[0]
            if step is not None:
                step(n)
        return result

    def score_batch(
        self, state: Any, symbols: array[int], ends: array[int], threads: int, bar: Progress, costs: Any = None
    ) -> array[int]:
        """Costs of many texts, 1/65536 bit, each read by a copy of the state.

        symbols  of all texts; the i-th ends at ends[i], array("Q").
        costs    writable buffer for as many uint32 costs as there are symbols, or None.
        """
        totals, task = array("Q", bytes(8 * len(ends))), new_task()
        buffers = ffi.from_buffer("uint32_t[]", symbols), ffi.from_buffer("uint64_t[]", ends)
        call = (
            self.model,
            state,
            ffi.new("pylm_texts *", [*buffers, len(ends)]),
            threads,
            ffi.NULL if costs is None else ffi.from_buffer("uint32_t[]", costs, require_writable=True),
            ffi.from_buffer("uint64_t[]", totals, require_writable=True),
        )
        if len(symbols) < SCORE_SLICE:
            check(lib.pylm_score_batch(*call, ffi.NULL))
        else:
            check(run(lambda: lib.pylm_score_batch(*call, task), task, bar.show))
        return totals

    def distribution_q62(self, state: Any) -> np.ndarray:
        """Probabilities of all symbols in units of 2^-62, uint64; they sum to 2^62 exactly."""
        import numpy as np

        q62 = np.empty(self.n_symbols, np.uint64)
        target = ffi.from_buffer("uint64_t[]", q62, require_writable=True)
        lib.pylm_distribution(self.model, state, self.work, target)
        return q62

    def distribution(self, state: Any) -> np.ndarray:
        """The probability of every symbol coming next: float64, which sums to 1."""
        return self.distribution_q62(state) * 2.0**-62

    def cost(self, state: Any, symbol: int) -> int:
        """The cost of a checked symbol coming next, 1/65536 bit."""
        cost = new("uint32_t *")
        check(lib.pylm_cost(self.model, state, symbol, self.work, cost))
        return int(cost[0])

    def known_cost(self, state: Any) -> int:
        """The cost of what comes next being any symbol but ``<unk>``."""
        if not self.has_unknown:
            return 0
        found = self.restricted(state, self.unknown_symbol, True)
        return int(found["cost"][found["symbol"] == NONE].max(initial=0))

    def restricted(self, state: Any, symbols: np.ndarray, may_end: bool, unknown: bool = True) -> np.ndarray:
        """Allowed symbols, ascending uint32, with their costs given that it is one of them, best first: an array of
        CANDIDATE. If the text may end, NONE among them is the end; see pylm_restrict().

        unknown   False: as if there were no ``<unk>``, unless nothing else is allowed.
        """
        import numpy as np

        if not unknown and self.has_unknown:
            known = symbols[symbols != self.unknown]
            if not may_end:
                return self.restricted(state, known if len(known) else symbols, False)
            both = self.restricted(state, np.union1d(known, self.unknown_symbol), True)
            rest: np.ndarray = both[both["symbol"] != self.unknown]
            rest["cost"] -= np.minimum(rest["cost"], self.known_cost(state)).astype(np.uint32)
            return rest
        found = np.empty(len(symbols) + 1, np.dtype(CANDIDATE))
        candidates = ffi.from_buffer("pylm_candidate[]", found, require_writable=True)
        if len(symbols) == 1 and not may_end:
            found[0] = symbols[0], 0  # without a look at the model
            return found[:1]
        masses, n = self.masses_of(state, symbols), ffi.new("uint32_t *")
        wanted, given = ffi.from_buffer("uint32_t[]", symbols), ffi.from_buffer("uint64_t[]", masses)
        check(lib.pylm_restrict(wanted, given, len(symbols), may_end, candidates, n))
        return found[: n[0]]

    def masses_of(self, state: Any, symbols: np.ndarray) -> np.ndarray:
        """Probabilities of some symbols, ascending uint32, in units of 2^-62, uint64."""
        import numpy as np

        q62 = np.empty(len(symbols), np.uint64)
        wanted = ffi.from_buffer("uint32_t[]", symbols)
        masses = ffi.from_buffer("uint64_t[]", q62, require_writable=True)
        marks = ffi.new("uint32_t[]", (self.n_symbols + 31) // 32)
        check(lib.pylm_distribution_of(self.model, state, wanted, len(symbols), self.work, marks, masses))
        return q62

    def allowed(
        self, state: Any, symbols: np.ndarray, may_end: bool, unknown: bool, own_end: bool = True
    ) -> np.ndarray:
        """As `restricted()`, but if the model knows what ends a text, the text ends with that and with nothing else.

        own_end   False: with anything that is not allowed, as in a model that does not know it.
        """
        import numpy as np

        end = np.array([self.text_end], np.uint32)
        if self.text_end == NONE or not own_end:
            return self.restricted(state, symbols, may_end, unknown)
        if may_end:
            found = self.restricted(state, np.union1d(symbols, end), False, unknown)
            found["symbol"][found["symbol"] == self.text_end] = NONE
            return found
        others = symbols if self.text_end == self.line_end else symbols[symbols != self.text_end]
        return self.restricted(state, others if len(others) else symbols, False, unknown)

    def top(self, state: Any, k: int) -> list[tuple[int, float]]:
        """The k most probable symbols with their probabilities, best first."""
        return self.tops([state], k)[0]

    def tops(self, states: list[Any], k: int) -> list[list[tuple[int, float]]]:
        """The same of several states."""
        k = min(k, self.n_symbols)
        found = array("I", bytes(8 * k * len(states)))  # symbol and cost of each
        best = from_buffer(CANDIDATES, found, require_writable=True)
        lib.pylm_top_many(self.model, states, len(states), k, self.work, best)
        probable = [2.0 ** (cost / -65536) for cost in found[1::2]]
        pairs = list(zip(found[::2], probable, strict=True))
        return [pairs[i : i + k] for i in range(0, len(pairs), k)]


def checked_ids(ids: Ids, n_symbols: int, name: str = "ids") -> array[int]:
    """Ids of any container as array("I"), if they are symbols of a vocabulary of this size."""
    return checked_symbols(integers(ids, name), n_symbols)


def checked_symbols(symbols: array[int], n_symbols: int) -> array[int]:
    """The same array, if all are symbols of a vocabulary of this size; ArgumentError."""
    if symbols and max(symbols) >= n_symbols:
        i = next(i for i, symbol in enumerate(symbols) if symbol >= n_symbols)
        raise ArgumentError(
            f"id {symbols[i]} at position {i} is out of range: the vocabulary has {n_symbols} symbols, "
            f"0 to {n_symbols - 1}"
        )
    return symbols


def integers(ids: Ids, name: str = "ids", takes: str = IDS) -> array[int]:
    """Ids of any container as array("I"); ArgumentError for what is no 32-bit unsigned integer.

    takes   what else the argument `name` may be.
    """
    if type(ids) is list or type(ids) is tuple:
        return _integers_of_sequence(ids, name, takes)
    if hasattr(ids, "__array_interface__"):
        return _integers_of_numpy(ids, name, takes)
    if isinstance(ids, (*TEXT_TYPES, Mapping, Set)) or not hasattr(ids, "__iter__"):
        raise wrong_type(name, takes, ids, _advice(ids))
    return _integers_of_sequence(ids, name, takes)


def _integers_of_sequence(ids: Iterable[int], name: str, takes: str) -> array[int]:
    try:
        return array("I", ids)
    except OverflowError:
        raise ArgumentError(f"{name}: an id is negative or above 2^32 - 1; ids are 0 to n_symbols - 1") from None
    except TypeError:
        raise wrong_type(name, takes, ids, _advice(ids)) from None


def _refuse_known(begin: bytes, subject: str) -> None:
    """ModelFormatError for a file of another tool that is often taken for a model. `begin`: its first bytes."""
    kind = ""
    if begin.startswith(b"mmap lm http://kheafield.com"):
        kind = "a binary of KenLM"
    elif b"\\data\\" in begin:
        kind = "an ARPA file"
    elif begin.startswith(b"\x1f\x8b"):
        kind = "a compressed file"
    elif begin.startswith(b"GGUF"):
        kind = "a model of llama.cpp"
    if kind:
        name = f"{subject}: this is" if subject else "this is"
        raise ModelFormatError(f"{name} not a pylm model but {kind}; train on the text instead: pylm train TEXT")


def _advice(value: Any) -> str:
    """What was probably meant by something that is neither a text nor ids."""
    if hasattr(value, "read"):
        return "give what is in it: file.read()"
    if hasattr(value, "__fspath__"):
        return "give what is in it: path.read_text()"
    is_of_texts = isinstance(value, (list, tuple)) and value and isinstance(value[0], TEXT_TYPES)
    return "give one text at a time" if is_of_texts else ""


def _integers_of_numpy(ids: Any, name: str, takes: str) -> array[int]:
    import numpy as np

    values = np.asarray(ids)
    if values.ndim != 1:
        raise ArgumentError(f"{name}: ids must have one dimension, but the array has shape {values.shape}")
    if values.size and values.dtype.kind not in "iu":
        raise TypeError(f"{name} must be {takes}, not an array of type {values.dtype}")
    if values.size and (values.min() < 0 or values.max() > 0xFFFFFFFF):
        raise ArgumentError(f"{name}: an id is negative or above 2^32 - 1; ids are 0 to n_symbols - 1")
    result = array("I")
    result.frombytes(values.astype(np.uint32).tobytes())
    return result


def _reopened(
    content: bytes, below: Image | None, kernel_numbers: list[int] | None, words: dict[str, NewWord]
) -> Image:
    """An image that was pickled."""
    image = Image(content, True, "", below)
    if kernel_numbers is not None:
        image = _with_numbers(image, kernel_numbers)
    return image.with_words(words) if words else image


def _with_numbers(image: Image, kernel_numbers: list[int]) -> Image:
    kernel = ffi.new("pylm_kernel *")
    check(lib.pylm_model_kernel(image.model, kernel))
    n = len(kernel.distance_q16)
    kernel.tau_q16, kernel.distance_q16 = kernel_numbers[0], kernel_numbers[1 : n + 1]
    kernel.class_distance_q16 = kernel_numbers[n + 1 :]
    return image.with_kernel(kernel)
