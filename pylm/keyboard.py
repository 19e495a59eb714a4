# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Keyboard: words to complete what a person types, learned from what the person wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._core.arguments import MAX_MEMORY, integer, parse_size, path_of
from ._core.in_use import InUse, alone
from ._core.native import check, ffi, lib, save_file, text_of
from ._core.new_words import SHARE, word_counts
from ._core.prediction import shown
from ._core.reader import image_of
from ._core.text import Bytes, Path, read_file, text_bytes
from .errors import ArgumentError, ModelDamagedError, ModelFormatError, OutOfMemoryError

if TYPE_CHECKING:
    from ._core.image import Image
    from ._model import Model

MAX_SUGGESTIONS = 1000
MOST_WORDS = 1 << 16  # bytes for new words, at most: they are looked through for every suggestion
MOST_NBYTES = 1 << 14  # of a text that is learned: one C call, which Ctrl-C waits for, takes a quarter of a second


def _typed(text: str | Bytes) -> Bytes:
    """The bytes of a text that is learned."""
    data = text_bytes("text", text)
    if len(data) > MOST_NBYTES:
        raise ArgumentError(
            f"a text of {len(data):,} bytes is longer than {MOST_NBYTES:,}: a keyboard learns and forgets what is "
            f"typed at once; give it line by line"
        )
    return data


class Suggestion(NamedTuple):
    """A word that a person may want to type."""

    text: str  #: the whole word, in the case that fits
    probability: float  #: that it is this word, given what was typed of it


class Keyboard:
    """Suggests words, and learns from what a person writes.

    What is learned lasts as counts, in half of the memory: how often each symbol came, and how often it followed the
    one or two before it; in a word model also the words that the vocabulary does not have, such as names, and how often
    they came. `forget()` takes a text out of them exactly, and `save()` writes nothing else. That is no running text,
    but the words can be read in it, and who has the model as well can tell much of what was written. The other half is
    an overlay (see `Model.state()`) made from the counts, which goes on learning until the next `forget()`, `load()` or
    the end.

    Words in `context` and `prefix` are as people type them: "It's late." needs no space before the sign. The model
    may be of words, best trained on text with words and signs apart, or of pieces or bytes.

    A copy, by `copy()`, by the module copy or by pickle, has learned the same, and from then on shares nothing with the
    original but the model. A pickled keyboard has its model with it.

    One thread at a time may use a keyboard; another one gets a BusyError.

    model    a `Model` of words, pieces or bytes; no kernel.
    memory   bytes to learn in, a number or like "256K"; half of it has room for some 20 bytes a word written. When it
             is full, the rarest counts go, and `is_exact` becomes False.
    Raises ArgumentError.
    """

    def __init__(self, model: Model, *, memory: int | str = "256K") -> None:
        self._image = image = image_of("model", model)
        if image.is_external:
            raise ArgumentError("a keyboard needs a model of words, pieces or bytes, not of an external tokenizer")
        image.needs_mix("a keyboard")
        nbytes = parse_size("memory", memory, MAX_MEMORY)
        self._allocate(nbytes)
        status = lib.pylm_personal_init(image.model, self._counts, len(self._counts))
        if status == lib.PYLM_OK and image.is_words:
            status = lib.pylm_words_init(image.model, self._words, len(self._words))
        if status == lib.PYLM_OK:
            status = self._learn_from_counts(self._counts)
        if status == lib.PYLM_ERR_SPACE:
            raise ArgumentError(f"memory of {nbytes} bytes is too small to learn anything; take 32768 or more")
        check(status, "this model cannot learn")

    def _allocate(self, nbytes: int) -> None:
        try:
            n_words = min(nbytes // SHARE, MOST_WORDS) if self._image.is_words else 0
            self._words: Any = ffi.new("unsigned char[]", n_words)
            self._counts: Any = ffi.new("unsigned char[]", nbytes // 2 - n_words)
            self._overlay: Any = ffi.new("unsigned char[]", nbytes - nbytes // 2)
        except MemoryError:
            raise OutOfMemoryError(f"memory of {nbytes} bytes is more than the system has; take less") from None
        self._state, self._use = ffi.new("pylm_state *"), InUse()
        self._model = ffi.new("pylm_model *", self._image.model[0])  # a view of its own, which has the words

    # ---- copies

    @alone
    def copy(self) -> Keyboard:
        """A keyboard of its own that has learned the same."""
        return _copied(self._image, *self._kept())

    def __copy__(self) -> Keyboard:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Keyboard:
        return self.copy()

    @alone
    def __reduce__(self) -> tuple[Any, ...]:
        return _copied, (self._image, *self._kept())

    def _kept(self) -> tuple[bytes, bytes, bytes]:
        """The counts, the new words and the overlay."""
        lib.pylm_state_keep(self._state)
        return bytes(ffi.buffer(self._counts)), bytes(ffi.buffer(self._words)), bytes(ffi.buffer(self._overlay))

    def _learn_from_counts(self, counts: Any) -> int:
        """Makes the overlay what the counts say, and the state one that learns in it. The model has the new words."""
        model, overlay = self._model, self._overlay
        if len(self._words):
            check(lib.pylm_model_set_words(model, self._words, len(self._words)))
        status = lib.pylm_personal_apply(model, counts, len(counts), overlay, len(overlay))
        if status == lib.PYLM_OK:
            status = lib.pylm_state_attach(model, self._state, overlay, len(overlay))
        return int(status)

    # ---- suggestions

    @staticmethod
    def split(text: str) -> tuple[str, str]:
        """What was typed so far, as a context and the word begun at its end, which may be ""."""
        data = bytes(text_bytes("text", text))
        begin = lib.pylm_typed_word(ffi.from_buffer(data), len(data))
        return data[:begin].decode("utf-8", "surrogateescape"), data[begin:].decode("utf-8", "surrogateescape")

    @alone
    def suggest(self, context: str = "", prefix: str = "", k: int = 3) -> list[Suggestion]:
        """Up to k words, most probable first, that begin with `prefix`, itself among them; without one, next words.

        context   the text before the word; a space at its end may be left out.
        prefix    the word as far as it is typed.
        Never signs, white space or "<unk>". A word has a capital where a sentence begins or where `prefix` has one, and
        is in upper case if `prefix` is. In a word model the words and probabilities are exact; see
        pylm_suggest() in the C headers, and DESIGN.md, "The keyboard".
        """
        text = self._joined(context, prefix)
        k = integer("k", k, 1, MAX_SUGGESTIONS)
        model, n = self._model, ffi.new("uint32_t *")
        found = ffi.new("pylm_suggestion[]", k)
        work = ffi.new("uint64_t[]", lib.pylm_suggest_nbytes(model, k) // 8 + 1)
        n[0] = k
        check(lib.pylm_suggest(model, self._state, ffi.from_buffer(text), len(text), work, found, n))
        return [
            Suggestion(shown(ffi.buffer(s.text, s.nbytes)[:]), 2.0 ** -(s.cost_q16 / 65536)) for s in found[0 : n[0]]
        ]

    @staticmethod
    def _joined(context: str, prefix: str) -> bytes:
        before, word = bytes(text_bytes("context", context)), bytes(text_bytes("prefix", prefix))
        if lib.pylm_typed_word(ffi.from_buffer(before), len(before)) < len(before):
            before += b" "
        if word and lib.pylm_typed_word(ffi.from_buffer(word), len(word)) != 0:
            raise ArgumentError(f"prefix {prefix!r} is not the beginning of one word; split() finds it in a text")
        return before + word

    # ---- learning

    @alone
    def accept(self, word: str, context: str = "") -> None:
        """The person took a word. It is learned for now; what is to last goes to `learn()` when the text is complete.

        context   what stands before it.
        """
        data = text_bytes("word", word)
        before, model = self._joined(context, ""), self._model
        state = ffi.new("pylm_state *", self._state[0])  # with the same overlay; the other stays where the text begins
        lib.pylm_state_set_learning(state, 0)
        lib.pylm_read_typed(model, state, ffi.from_buffer(before), len(before))
        lib.pylm_state_set_learning(state, 1)
        check(lib.pylm_read_typed(model, state, ffi.from_buffer(data), len(data)))

    @alone
    def learn(self, text: str | Bytes) -> None:
        """Learns a complete text, for example a line or a message; in a word model also its new words, of up to 48
        bytes. Suggestions are then for another line behind it, on what the texts before were about.

        Raises ArgumentError for more than 16,384 bytes: learn them line by line."""
        data, model = _typed(text), self._model
        source = ffi.from_buffer(data)
        check(lib.pylm_personal_add(model, self._counts, len(self._counts), source, len(data)))
        if len(self._words):
            check(lib.pylm_typed_words_add(model, self._words, len(self._words), source, len(data)))
        check(lib.pylm_read_typed(model, self._state, source, len(data)))
        check(lib.pylm_state_read(model, self._state, self._image.line_end))

    @alone
    def forget(self, text: str | Bytes) -> None:
        """Takes a text out that was learned, as if it had never been: the counts and the words are, to the last byte,
        those of a keyboard that learned the other texts only, and so are the suggestions of one that loads them. What
        was learned by the overlay alone (`accept()`, and in which order things came) is forgotten of all texts.

        Raises ArgumentError, and changes nothing, if the text cannot have been learned. Once `is_exact` is False, that
        is no longer noticed, and what other texts have in common with this one may go with it; nothing of the
        text itself ever stays.
        """
        data = _typed(text)
        source = ffi.from_buffer(data)
        counts, words = (self._counts, len(self._counts)), (self._words, len(self._words))
        status = lib.pylm_typed_words_remove(self._model, *words, source, len(data)) if words[1] else lib.PYLM_OK
        if status == lib.PYLM_OK:
            status = lib.pylm_personal_remove(self._model, *counts, source, len(data))
            if status == lib.PYLM_ERR_ARGUMENT and words[1]:
                lib.pylm_typed_words_add(self._model, *words, source, len(data))
        if status == lib.PYLM_ERR_ARGUMENT:
            raise ArgumentError("this text was not learned, or not as one text; nothing was changed")
        check(status)
        check(self._learn_from_counts(self._counts))

    @alone
    def words(self) -> dict[str, int]:
        """The new words that were learned, and how often each came; empty but in a word model."""
        return word_counts(self._words) if len(self._words) else {}

    @property
    @alone
    def is_exact(self) -> bool:
        """Whether no count had to make room for others so far, so that `forget()` is exact."""
        words_are_exact = lib.pylm_words_is_exact(self._words) if len(self._words) else True
        return bool(lib.pylm_personal_is_exact(self._counts) and words_are_exact)

    @property
    def memory(self) -> int:
        """Bytes that it learns in."""
        return len(self._counts) + len(self._words) + len(self._overlay)

    # ---- files

    @alone
    def save(self, path: Path) -> None:
        """Writes counts and words to a file, which is replaced as a whole or not at all: 32 bytes and 10 for each
        count; in a word model 40 bytes more, and for each new word 7 and its own. OSError."""
        save_file(path_of("path", path), *self._sealed())

    def _sealed(self) -> tuple[Any, int]:
        counts = lib.pylm_personal_seal(self._counts, len(self._counts))
        if not len(self._words):
            return self._counts, counts
        words = lib.pylm_words_seal(self._words, len(self._words))
        content = ffi.buffer(self._counts, counts)[:] + ffi.buffer(self._words, words)[:]
        return ffi.from_buffer(content), len(content)

    @alone
    def load(self, path: Path) -> None:
        """Takes the place of all that was learned by what `save()` wrote, with the same model. On failure the keyboard
        is as before.

        Raises OSError, ModelFormatError (no such file), ModelDamagedError, ArgumentError (of another model, or more
        than there is room for).
        """
        name, data = path_of("path", path), read_file(path)
        counts = ffi.new("unsigned char[]", max(len(self._counts), len(data)))
        ffi.memmove(counts, data, len(data))
        _check_saved(lib.pylm_personal_open(self._image.model, counts, len(data)), name)
        used = lib.pylm_personal_seal(counts, len(data))
        n_words = len(data) - used if len(self._words) else 0
        words = ffi.new("unsigned char[]", max(len(self._words), n_words))
        if n_words:
            ffi.memmove(words, data[used:], n_words)
            status = lib.pylm_words_open(self._image.model, words, n_words)
            _check_saved(lib.PYLM_ERR_TRUNCATED if status == lib.PYLM_ERR_FOREIGN else status, name)
        elif len(self._words):
            check(lib.pylm_words_init(self._image.model, words, len(words)))
        if used > len(self._counts) or n_words > len(self._words):
            needed = max(2 * used * SHARE // (SHARE - 2), SHARE * n_words)
            raise ArgumentError(f"{name}: more than there is room for; make the keyboard with memory={needed}")
        ffi.memmove(self._counts, ffi.buffer(counts, used)[:] + bytes(len(self._counts) - used), len(self._counts))
        ffi.memmove(self._words, words, len(self._words))
        check(self._learn_from_counts(self._counts))


def _check_saved(status: int, name: str) -> None:
    if status == lib.PYLM_ERR_FOREIGN:
        raise ModelFormatError(f"{name}: this was not written by Keyboard.save()")
    if status in (lib.PYLM_ERR_TRUNCATED, lib.PYLM_ERR_DAMAGED):
        raise ModelDamagedError(f"{name}: {text_of(lib.pylm_status_text(status))}; copy the file again")
    if status == lib.PYLM_ERR_ARGUMENT:
        raise ArgumentError(f"{name}: this was learned with another model; load it with that one")
    check(status, name)


def _copied(image: Image, counts: bytes, words: bytes, overlay: bytes) -> Keyboard:
    """A keyboard that has what another one had."""
    keyboard = Keyboard.__new__(Keyboard)
    keyboard._image = image
    keyboard._allocate(len(counts) + len(words) + len(overlay))
    ffi.memmove(keyboard._counts, counts, len(counts))
    ffi.memmove(keyboard._words, words, len(words))
    ffi.memmove(keyboard._overlay, overlay, len(overlay))
    if words:
        check(lib.pylm_model_set_words(keyboard._model, keyboard._words, len(words)))
    check(lib.pylm_state_attach(keyboard._model, keyboard._state, keyboard._overlay, len(overlay)))
    return keyboard
