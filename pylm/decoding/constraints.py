# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What a generated text may be: the `constraint` of `Model.generate()` and others.

At each step every symbol has the probability that the model gives it, divided by the sum over the symbols that are
allowed; where the text may end, all that is not allowed ends it. See docs/decoding.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .._core.arguments import MAX_U32, integer, several, wrong_type
from .._core.text import text_bytes
from ..errors import ArgumentError, PylmError
from .automaton import NEVER, Automaton, Byte, Node, Repeat, Sequence, determine, literals
from .regex import parse
from .schema import node_of
from .spelling import Route, Walk

TOO_DEEP = "the schema is nested too deeply; say it with fewer levels"

if TYPE_CHECKING:
    from .._core.image import Image


class Constraint:
    """Base of all constraints. One object may serve any number of models and calls, which is quicker than making it
    anew: it keeps what it has found out about a vocabulary."""

    def __init__(self, node: Node, subject: str) -> None:
        self._node, self._subject = node, subject
        self._routes: WeakKeyDictionary[Image, Route] = WeakKeyDictionary()
        try:
            nothing = self._automaton.fewest[0] >= NEVER
        except RecursionError:
            raise ArgumentError(f"{subject} is nested too deeply; say it with fewer levels") from None
        if nothing:
            raise ArgumentError(f"{subject} allows nothing at all")

    def __repr__(self) -> str:
        return self._subject

    def __reduce__(self) -> tuple[Any, ...]:
        return Constraint, (self._node, self._subject)

    @cached_property
    def _automaton(self) -> Automaton:
        return determine(self._node)

    def _walk(self, image: Image, n: int) -> Walk:
        """The start of a text of up to n symbols."""
        route = self._routes.get(image)
        if route is None:
            route = self._routes[image] = Route(image, self._automaton)
        return Walk(route, n, self._subject)


class Regex(Constraint):
    r"""A text that matches a regular expression as a whole, as `re.fullmatch(pattern, text, flags)` has it.

    Not allowed: looking ahead or behind, references to groups, ``\b``; ^ and $ but for start and end. Remember that
    ``\d`` stands for the digits of all scripts, unless the flag is re.ASCII or the pattern begins with ``(?a)``.

        model.generate("Born on ", constraint=pylm.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"))

    Raises ArgumentError for a pattern that is wrong or allows nothing, TooLargeError.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        if not isinstance(pattern, str):
            raise wrong_type("pattern", "a regular expression, which must be a str", pattern)
        super().__init__(parse(pattern, integer("flags", flags, 0, MAX_U32)), f"Regex({pattern!r})")


class OneOf(Constraint):
    """A text that is one of several: strings, or bytes.

        model.generate("Is it true? ", constraint=pylm.OneOf(["yes", "no", "maybe"]))

    Raises ArgumentError if there are none, TooLargeError if there are too many (with more than 50,000 different
    beginnings).
    """

    def __init__(self, texts: Iterable[str | bytes]) -> None:
        texts = list(several("texts", texts, "texts (str or bytes)"))
        shown = ", ".join(map(repr, texts[:3])) + (", ..." if len(texts) > 3 else "")
        choices = literals(bytes(text_bytes(f"texts[{i}]", text)) for i, text in enumerate(texts))
        super().__init__(choices, f"OneOf([{shown}])")


class Prefix(Constraint):
    """A text that begins so, and goes on as it likes: to complete what was begun within a word.

    model.generate("It was a dark and", constraint=pylm.Prefix(" sto"))
    """

    def __init__(self, text: str | bytes) -> None:
        anything = Repeat(Byte(0, 255), 0, None)
        super().__init__(Sequence((literals([bytes(text_bytes("text", text))]), anything)), f"Prefix({text!r})")


class Schema(Constraint):
    """A text in JSON that a JSON Schema allows; a dict, or as JSON itself.

        person = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}}, "required": ["name"]}
        json.loads(model.generate(constraint=pylm.Schema(person)))

    Objects have the properties in the order of the schema, and no others. After a colon and a comma there may be a
    space, nowhere else. Known are type, enum, const, anyOf, $ref (which must not lead back to itself), properties,
    required, additionalProperties (none are ever written), items, minItems, maxItems, minLength, maxLength, pattern,
    format (date, time, date-time, uuid), and minimum, maximum, exclusiveMinimum and exclusiveMaximum of integers.

    Raises ArgumentError for everything else that limits a value, and for a schema that allows nothing.
    """

    def __init__(self, schema: dict[str, Any] | str | bytes) -> None:
        if isinstance(schema, (str, bytes)):
            try:
                schema = json.loads(schema)
            except ValueError as error:
                raise ArgumentError(f"the schema is not JSON: {error}") from None
            except RecursionError:
                raise ArgumentError(TOO_DEEP) from None
        elif not isinstance(schema, dict):
            raise wrong_type("schema", "a dict, or JSON itself (str or bytes)", schema)
        try:
            super().__init__(node_of(schema), "this schema")
        except PylmError:
            raise
        except RecursionError:
            raise ArgumentError(TOO_DEEP) from None
        except (TypeError, ValueError, OverflowError) as error:
            raise ArgumentError(f"this schema has a value that JSON has not, or one too large: {error}") from None
