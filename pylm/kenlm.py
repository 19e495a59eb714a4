# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What the package `kenlm` has, by a model of pylm: a program that imports kenlm runs with one line changed.

    import pylm.kenlm as kenlm

    model = kenlm.Model("text.pylm")
    model.score("this is a sentence .")

For a program whose libraries import kenlm themselves, `stand_in()` puts this module in its place, before they do:

    import pylm.kenlm
    pylm.kenlm.stand_in()

The logarithms are to base 10, as there. What differs (docs/from-kenlm.md): a file of KenLM or in the ARPA format is
refused; an unknown word costs ``<unk>`` *and its letters*, if the model spells; `order` counts the symbols in a row
that contexts have, though a model may look further back; a state has read nothing before it is written to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from ._core.image import Image
from ._core.in_use import InUse, alone, in_use
from ._core.native import NONE, check, ffi, lib
from ._core.prediction import LOG10_PER_COST
from ._core.reader import image_of
from ._model import Model as PylmModel
from ._model import load
from .errors import PylmError

BEGIN, END = "<s>", "</s>"
NEVER = -99.0  # log10 of the probability of what is only a context, as ARPA files have it
CACHED = 1 << 20  # words


class FullScoreReturn(NamedTuple):
    """What `Model.BaseFullScore()` gives."""

    log_prob: float
    ngram_length: int  #: how many words in a row were known, the word itself included
    oov: bool


class State:
    """Where a text stands. Equal, and of the same hash, if it predicts the same by its last words."""

    __slots__ = ("_begins", "_reach", "_state")

    def __init__(self) -> None:
        self._state = ffi.new("pylm_state *")
        self._reach, self._begins = 0, True

    @property
    def _key(self) -> int:
        key: int = lib.pylm_state_key(self._state, self._reach)
        return key

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, State) else NotImplemented

    def __lt__(self, other: State) -> bool:
        return self._key < other._key

    def __le__(self, other: State) -> bool:
        return self._key <= other._key

    def __gt__(self, other: State) -> bool:
        return self._key > other._key

    def __ge__(self, other: State) -> bool:
        return self._key >= other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __copy__(self) -> State:
        other = State()
        other._state[0] = self._state[0]
        other._reach, other._begins = self._reach, self._begins
        return other

    def __deepcopy__(self, memo: Any = None) -> State:
        return self.__copy__()


class LoadMethod:
    """How KenLM loads a file; a model of pylm is always mapped."""

    LAZY, POPULATE_OR_LAZY, POPULATE_OR_READ, READ, PARALLEL_READ = range(5)


class ARPALoadComplain:
    """What KenLM says about ARPA files."""

    ALL, EXPENSIVE, NONE = range(3)


class Config:
    """KenLM's settings, which change nothing here."""

    def __init__(self) -> None:
        self.load_method = LoadMethod.POPULATE_OR_LAZY
        self.show_progress = True
        self.arpa_complain = ARPALoadComplain.ALL


class Model:
    """A language model, as `kenlm.Model`.

    path    of a model file; or a `pylm.Model`, for one with layers or with words that were given to it.
    config  is there for programs that give one.
    One thread at a time may use it; another one gets a BusyError.
    """

    def __init__(self, path: Any, config: Config | None = None) -> None:
        if isinstance(path, PylmModel):
            self.path, self._model = b"", path
        else:
            name = os.fsdecode(path)
            self.path = os.fsencode(os.path.abspath(name))
            try:
                self._model = load(name)
            except PylmError as error:
                raise OSError(f"Cannot read model {name!r} ({error})") from error
        image = self._image = image_of("path", self._model)
        self._work, self._cost, self._n = image.new_work(), ffi.new("uint32_t *"), ffi.new("uint32_t *")
        self._reach: int = lib.pylm_reach(image.model)
        self._known: dict[str, _Word] = {}
        self._use = InUse()

    @property
    def order(self) -> int:
        """Of an n-gram model with contexts as long as this one's in a row."""
        return self._reach + 1

    def score(self, sentence: str | bytes, bos: bool = True, eos: bool = True) -> float:
        """log10 p(sentence </s> | <s>), without <s> or </s> if told so."""
        return sum(found.log_prob for found in self._scores(sentence, bos, eos, lengths=False))

    def perplexity(self, sentence: str | bytes) -> float:
        """Of a sentence, its end included."""
        return float(10.0 ** (-self.score(sentence) / (len(_str(sentence).split()) + 1)))

    def full_scores(
        self, sentence: str | bytes, bos: bool = True, eos: bool = True
    ) -> Iterator[tuple[float, int, bool]]:
        """Of each word: its log10, how many words in a row were known, and whether it is unknown."""
        for found in self._scores(sentence, bos, eos, lengths=True):
            yield found.log_prob, found.ngram_length, found.oov

    def BeginSentenceWrite(self, state: State) -> None:
        """Makes a state the beginning of a sentence."""
        lib.pylm_state_init(self._image.model, state._state)
        state._reach, state._begins = self._reach, True

    def NullContextWrite(self, state: State) -> None:
        """Makes a state one that has read nothing."""
        ffi.memmove(state._state, bytes(ffi.sizeof("pylm_state")), ffi.sizeof("pylm_state"))
        state._reach, state._begins = self._reach, True

    def BaseScore(self, in_state: State, word: str, out_state: State) -> float:
        """log10 p(word | in_state); out_state is where the text stands then."""
        return -self._step(in_state, word, out_state) * LOG10_PER_COST

    def BaseFullScore(self, in_state: State, word: str, out_state: State) -> FullScoreReturn:
        """The same with how many words were known in a row, and whether the word is unknown."""
        known = self._word(word, in_state._begins)
        length = self._length(in_state, known)
        return FullScoreReturn(self.BaseScore(in_state, word, out_state), length, known.unknown)

    def __contains__(self, word: str | bytes) -> bool:
        text = _str(word)
        return text in (BEGIN, END) or not self._word(text, True).unknown

    def __repr__(self) -> str:
        return f"<Model from {os.path.basename(os.fsdecode(self.path))}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Model, (self.path or self._model,)

    # ---- how

    def _word(self, word: str, begins: bool) -> _Word:
        """A word's symbols. In models that are not of words, a space stands before it, but at the beginning."""
        image = self._image
        text = word if begins or image.is_words or word == END else " " + word
        known = self._known.get(text)
        if known is None:
            known = _word_of(image, word, text)
            if len(self._known) == CACHED:
                self._known.clear()
            self._known[text] = known
        return known

    def _step(self, before: State, word: str, after: State) -> int:
        """The cost of a word, 1/65536 bit."""
        known, model = self._word(_str(word), before._begins), self._image.model
        if word == BEGIN:
            self.BeginSentenceWrite(after)
            return round(-NEVER / LOG10_PER_COST)
        total, state, to = known.letters, before._state, after._state
        if not known.symbols and to != state:
            to[0] = state[0]
        use = self._use
        if use.busy:
            raise in_use(self)
        use.busy = True
        try:
            for symbol in known.symbols:
                check(lib.pylm_step(model, state, symbol, self._work, to, self._cost))
                total += self._cost[0]
                state = to
        finally:
            use.busy = False
        after._reach, after._begins = self._reach, known.ends
        return total

    @alone
    def _length(self, state: State, known: _Word) -> int:
        image = self._image
        if image.is_kernel or not known.symbols:
            return 1
        check(lib.pylm_matched(image.model, state._state, known.symbols[0], self._work, self._n))
        return int(self._n[0]) + 1

    def _scores(self, sentence: str | bytes, bos: bool, eos: bool, lengths: bool) -> Iterator[FullScoreReturn]:
        state = State()
        (self.BeginSentenceWrite if bos else self.NullContextWrite)(state)
        for word in [*_str(sentence).split(), *([END] if eos else [])]:
            if lengths:
                yield self.BaseFullScore(state, word, state)
            else:
                yield FullScoreReturn(self.BaseScore(state, word, state), 0, False)


class LanguageModel(Model):
    """`Model`, by the name that it once had."""


class _Word(NamedTuple):
    """A word as a model has it."""

    symbols: list[int]
    letters: int  # what they cost, if it is unknown, 1/65536 bit
    unknown: bool
    ends: bool  # a line


def _word_of(image: Image, word: str, text: str) -> _Word:
    if word == END:
        end = image.line_end
        return _Word([] if end == NONE else [end], 0, False, True)
    symbols = image.symbols(text, add_eos=False)
    spelled = image.spelled(text, symbols)
    return _Word(list(symbols), spelled.cost, image.has_unknown and image.unknown in symbols, False)


def _str(text: str | bytes) -> str:
    if isinstance(text, bytes):
        return text.decode("utf-8", "surrogateescape")
    if isinstance(text, str):
        return text
    raise TypeError(f"Cannot convert {type(text)} to string")


def stand_in() -> None:
    """From now on, ``import kenlm`` finds this module, in this process."""
    sys.modules["kenlm"] = sys.modules[__name__]
