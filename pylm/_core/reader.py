# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Bases of `Model` and of `State`: what parts of the package below them know of both; and memory to learn in."""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .arguments import MAX_WINDOW, wrong_type
from .in_use import InUse
from .native import check, ffi, lib

if TYPE_CHECKING:
    from .image import Image, TextOrIds
    from .new_words import NewWords
    from .spelling import Spelled


def new_overlay(nbytes: int) -> Any:
    """Memory to learn in."""
    try:
        return ffi.new("unsigned char[]", nbytes)
    except MemoryError:
        raise ArgumentError(f"memory of {nbytes} bytes is more than the system has; take less") from None


def begin_to_learn(image: Image, state: Any, overlay: Any) -> None:
    """Makes a pylm_state one that learns, in memory that has learned nothing yet."""
    image.needs_mix("learning from what is read")
    nbytes = len(overlay)
    status = lib.pylm_overlay_init(image.model, overlay, nbytes)
    if status == lib.PYLM_ERR_SPACE:
        raise ArgumentError(f"memory of {nbytes} bytes is too small to learn anything; take 16384 or more")
    check(status)
    check(lib.pylm_state_attach(image.model, state, overlay, nbytes))


class Reader:
    """Whoever asks an image that may have been closed."""

    _open_image: Image | None

    @property
    def _image(self) -> Image:
        if self._open_image is None:
            raise ArgumentError("this model was closed; load it again")
        return self._open_image

    def _prompt(self, text: TextOrIds, name: str = "prompt") -> array[int]:
        """The symbols of a text whose last line goes on. `name`: what the caller calls it."""
        return self._image.symbols(text, add_eos=False, name=name)

    def _state_after(self, context: TextOrIds) -> Any:
        """A pylm_state that has read a text."""
        if type(context) is str and not context:  # as most often
            return self._image.new_state()
        return self._image.new_state(self._prompt(context, "context"))


def image_of(name: str, model: Reader) -> Image:
    """The image of an argument that has to be a `Model`; TypeError."""
    if not isinstance(model, Reader):
        is_path = isinstance(model, (str, os.PathLike))
        raise wrong_type(name, "a pylm.Model", model, "open the file with pylm.load()" if is_path else "")
    return model._image


class Followed:
    """What goes on with a text from call to call: a state or a branch."""

    __slots__ = ()

    _image: Image
    _state: Any  # a pylm_state
    _use: InUse
    _open: Any = None  # the end of a text that may become other symbols; None: there is none


class TextReader(Followed):
    """A text that an image reads on from call to call, and may learn from."""

    _overlay: Any  # memory that it learns in; None: it does not
    _words: NewWords | None  # that it has learned; None: it learns none
    _last: array[int]  # symbols read last, for the repetition penalty

    @property
    def learns(self) -> bool:
        """Whether it learns from what it reads."""
        return self._overlay is not None

    def _read(self, symbols: array[int], costs: Any = None) -> int:
        """Reads checked symbols; returns their cost, 1/65536 bit."""
        cost = self._image.score(self._state, symbols, costs)
        self._has_read(symbols)
        return cost

    def _has_read(self, symbols: array[int]) -> None:
        self._open = None
        self._remember(symbols)

    def _has_read_one(self, symbol: int) -> None:
        self._open = None
        self._last.append(symbol)
        if len(self._last) > 2 * MAX_WINDOW:
            self._last = self._last[-MAX_WINDOW:]

    def _spelled(self, text: TextOrIds, symbols: array[int]) -> Spelled:
        """What the letters of unknown words in a text cost. A reader that learns has learned them then."""
        spelled = self._image.spelled(text, symbols)
        return spelled if self._words is None or not spelled.words else self._words.read(spelled)

    def _remember(self, symbols: array[int]) -> None:
        """Symbols that were read count as seen lately."""
        self._last.extend(symbols if len(symbols) <= MAX_WINDOW else symbols[-MAX_WINDOW:])
        if len(self._last) > 2 * MAX_WINDOW:
            self._last = self._last[-MAX_WINDOW:]
