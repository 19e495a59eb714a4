# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Texts that lost something, or have errors in them: every word may have been several, and the model says which.

The problem: a text without accents, without capitals, without spaces, or with typing errors. What others do: a word
list says what a word may be, and the most frequent form is taken. What we do: all that the model knows and that fits
are readings of a place, and those that make the most probable text together are taken (`Model.best_paths()`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ._core.arguments import integer, wrong_type
from ._core.image import Image
from ._core.progress import Progress
from ._core.reader import image_of
from ._model import Model
from .decoders.alternatives import Alternative, Change, Changed, Edited, EditModel, change_of, known_words
from .decoders.lattice import MOST_BEAM, Lattice, LatticePath, Search, best_paths
from .errors import ArgumentError

BEAM = 8
WORD = re.compile(r"\S+")
LONGEST, LONGEST_UNKNOWN = 24, 14  # letters of a word that spaces may be missing around
LEFT_OVER = 5.0  # nats, of a letter that belongs to no word


def restore(
    model: Model,
    text: str,
    undo: str | Change | Iterable[str | Change],
    *,
    beam: int = BEAM,
    progress: bool | None = None,
) -> str:
    """A text with what a change took away: the known words that the change would make of it, as far as they make the
    most probable text.

    undo      "accents", "case", "punctuation", several with commas between them, or a function from a word to what
              became of it; or "spaces" alone. In a model of words, each word of the text is one of those that the
              change makes the same; unknown ones stay. "spaces" is for models of bytes as well, where a space may stand
              before any character, and needs no words.
    beam      hypotheses kept at every word, 1 to 4096.
    progress  show a bar on standard error; None: if that is a terminal.
    White space stays as it is, but where spaces are restored. Raises ArgumentError, TypeError.
    """
    image = image_of("model", model)
    if isinstance(undo, str) and undo == "spaces":
        decode = _with_spaces_in_words if image.is_words else _with_spaces
        return _by_lines(image, text, decode(image, _checked(beam)), progress)
    _needs_words(image, "restoring words")
    if isinstance(undo, str):
        name = undo
        changed = image.once(("changed", name), lambda: Changed(image, change_of(name)))
    else:
        changed = Changed(image, change_of(undo))
    return _by_lines(image, text, _among(image, changed.of, _checked(beam)), progress)


def correct(
    model: Model, text: str, *, edits: EditModel | None = None, beam: int = BEAM, progress: bool | None = None
) -> str:
    """A text with its typing errors corrected: every word may be one that is known and an edit or two away, at the cost
    of these, as far as that makes the text more probable.

    edits     what errors cost; None: 11 nats each, by which a word that is right is rarely touched.
    beam, progress   as in `restore()`.
    Of models of words. White space stays as it is. Raises ArgumentError, TypeError.
    """
    image = image_of("model", model)
    _needs_words(image, "correcting")
    if edits is not None and not isinstance(edits, EditModel):
        raise wrong_type("edits", "a pylm.EditModel", edits)
    found = edits or EditModel()
    edited = image.once(("edited", found), lambda: Edited(image, found))
    return _by_lines(image, text, _among(image, edited.of, _checked(beam)), progress)


_Decode = Callable[[str, Any], str]  # of a line, behind what a pylm_state has read


def _checked(beam: int) -> int:
    return integer("beam", beam, 1, MOST_BEAM)


def _needs_words(image: Image, what: str) -> None:
    if not image.is_words:
        raise ArgumentError(f"{what} is for models of words; train one with tokenizer='words' (--tokenizer words)")


def _by_lines(image: Image, text: str, decode: _Decode, progress: bool | None) -> str:
    """Every line of a text, decoded behind those before it."""
    if not isinstance(text, str):
        raise wrong_type("text", "a str", text)
    state, done, lines = image.new_state(), 0, text.splitlines(keepends=True)
    result = []
    with Progress(progress) as bar:
        for line in lines:
            found = decode(line, state)
            image.score(state, image.symbols(found, add_eos=False))
            result.append(found)
            done += len(line)
            bar.show("read", done, len(text), "characters")
    return "".join(result)


def _among(image: Image, alternatives: Callable[[str], list[Alternative]], beam: int) -> _Decode:
    """Each word may have been others."""

    def decode(line: str, state: Any) -> str:
        words = list(WORD.finditer(line))
        lattice = Lattice()
        written: list[str] = []
        for node, word in enumerate(words):
            for other in alternatives(word.group()):
                lattice.add(node, node + 1, other.text if other.known else [image.unknown], other.cost)
                written.append(other.text)
        if not words:
            return line
        (path,) = _paths(image, state, lattice, beam)
        result, end = [], 0
        for word, arc in zip(words, path.arcs, strict=True):
            result += [line[end : word.start()], written[arc]]
            end = word.end()
        return "".join([*result, line[end:]])

    return decode


def _with_spaces(image: Image, beam: int) -> _Decode:
    """A space may stand before any character."""
    if image.is_external:
        raise ArgumentError("spaces are restored by models of words or bytes")

    def decode(line: str, state: Any) -> str:
        body = line.rstrip("\r\n")
        lattice = Lattice()
        for i, character in enumerate(body):
            lattice.add(i, i + 1, character)
            if i and not character.isspace() and not body[i - 1].isspace():
                lattice.add(i, i + 1, " " + character)
        if not body:
            return line
        lattice.add(len(body), len(body) + 1, line[len(body) :])
        return _paths(image, state, lattice, beam)[0].text

    return decode


def _with_spaces_in_words(image: Image, beam: int) -> _Decode:
    """Any known word may stand anywhere. Where that leaves single letters, unknown words may, too."""
    known: set[str] = image.once("words as they are", lambda: set(known_words(image)) - {""})

    def decode(line: str, state: Any) -> str:
        body = "".join(line.split())
        if not body:
            return line
        lattice = Lattice()
        for i in range(len(body)):
            ends = [j for j in range(i + 1, min(i + LONGEST, len(body)) + 1) if body[i:j] in known]
            for j in ends:
                lattice.add(i, j, body[i:j])
            if i + 1 not in ends:
                lattice.add(i, i + 1, body[i], LEFT_OVER)
        found = _paths(image, state, lattice, beam)
        alone = {
            lattice.arcs[arc].begin for arc in found[0].arcs if lattice.arcs[arc].end == lattice.arcs[arc].begin + 1
        }
        if alone:
            _add_unknown(lattice, body, alone, known)
            found = _paths(image, state, lattice, beam)
        return found[0].text + line[len(line.rstrip()) :]

    return decode


def _add_unknown(lattice: Lattice, body: str, at: set[int], known: set[str]) -> None:
    """Adds unknown words that have one of these letters in them."""
    for i in range(len(body)):
        for j in range(i + 2, min(i + LONGEST_UNKNOWN, len(body)) + 1):
            if body[i:j] not in known and not at.isdisjoint(range(i, j)):
                lattice.add(i, j, body[i:j])


def _paths(image: Image, state: Any, lattice: Lattice, beam: int) -> list[LatticePath]:
    return best_paths(image, state, lattice, Search(1, beam, 1.0, None, image.is_words))
