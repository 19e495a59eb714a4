# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Base of the parts that `Model` is made of: the image that all of them read."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError

if TYPE_CHECKING:
    from .image import Image, TextOrIds


class Reader:
    """Whoever asks an image that may have been closed."""

    _open_image: Image | None

    @property
    def _image(self) -> Image:
        if self._open_image is None:
            raise ArgumentError("this model was closed; load it again")
        return self._open_image

    def _prompt(self, text: TextOrIds) -> array[int]:
        """The symbols of a text whose last line goes on."""
        return self._image.symbols(text, add_eos=False)

    def _state_after(self, context: TextOrIds) -> Any:
        """A pylm_state that has read a text."""
        return self._image.new_state(self._prompt(context))
