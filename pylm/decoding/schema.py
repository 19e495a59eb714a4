# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""JSON schemas as trees of what a text may be; see automaton.py.

What is not understood is refused, since leaving it out would allow values that the schema does not.
"""

from __future__ import annotations

import json
from typing import Any

from ..errors import ArgumentError, TooLargeError
from .automaton import Characters, Choice, Node, Ranges, Repeat, Sequence, Work, complement, literal
from .regex import parse

ANNOTATIONS = {
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
}
KEYWORDS: dict[str, set[str]] = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": set(),
    "boolean": set(),
    "null": set(),
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
DATE = r"[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
FORMATS = {
    "date": DATE,
    "time": TIME,
    "date-time": f"{DATE}T{TIME}",
    "uuid": "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
PLAIN: Ranges = complement(((0, 31), (ord('"'), ord('"')), (ord("\\"), ord("\\"))))  # stand for themselves in a string
PER_VALUE = 100  # steps of work that a value counts as, or a digit of a bound
MAX_DIGITS = 100  # of a bound
DIGIT = Characters(((48, 57),))
EMPTY = Sequence(())
NUMBER = parse(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
CHARACTER = Choice((Characters(PLAIN), parse(r'\\["\\/bfnrt]')))  # of a string


def node_of(schema: Any) -> Node:
    return _Reader(schema).value(schema, "#", ())


def _text(text: str) -> Node:
    return literal(text.encode())


def _optional(node: Node) -> Node:
    return Repeat(node, 0, 1)


def _spaced(sign: str) -> Node:
    return Sequence((_text(sign), _optional(_text(" "))))


class _Reader:
    """`at` is where in the schema something stands, as in "#/properties/name"; `inside` the references followed."""

    def __init__(self, schema: Any) -> None:
        self._schema, self._work = schema, Work()

    def value(self, schema: Any, at: str, inside: tuple[str, ...]) -> Node:
        self._work.add(PER_VALUE + len(at) + sum(map(len, inside)))
        if not isinstance(schema, dict):
            raise ArgumentError(f"{at}: expected an object that says what the value is, not {json.dumps(schema)[:80]}")
        told = {name: value for name, value in schema.items() if name not in ANNOTATIONS}
        if "$ref" in told:
            _check_alone(told, "$ref", at, ())
            return self._reference(told["$ref"], at, inside)
        if "anyOf" in told:
            _check_alone(told, "anyOf", at, ())
            parts = _checked(told["anyOf"], list, f"{at}/anyOf")
            return Choice(tuple(self.value(part, f"{at}/anyOf/{i}", inside) for i, part in enumerate(parts)))
        types = _types(told, at)
        for name in ("enum", "const"):
            if name in told:
                _check_alone(told, name, at, ("type",))
                values = _checked(told[name], list, f"{at}/{name}") if name == "enum" else [told[name]]
                return Choice(tuple(self._json(value) for value in values if not types or _is_any(value, types)))
        if not types:
            raise ArgumentError(f'{at}: say of which type the value is, as in {{"type": "string"}}')
        known = set().union({"type"}, *(KEYWORDS[name] for name in types))
        for name in told:
            if name not in known:
                raise ArgumentError(f"{at}: {name!r} is not supported here; leave it out, or say it otherwise")
        return Choice(tuple(getattr(self, f"_{name}")(told, at, inside) for name in types))

    def _reference(self, reference: Any, at: str, inside: tuple[str, ...]) -> Node:
        if reference in inside:
            raise ArgumentError(f"{at}: {reference} leads back to itself, which allows values without end; unfold it")
        found = self._schema
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise ArgumentError(f"{at}: only references within the schema can be followed, not {reference!r}")
        for name in reference.split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or name not in found:
                raise ArgumentError(f"{at}: the schema has no {reference}")
            found = found[name]
        return self.value(found, reference, (*inside, reference))

    def _json(self, value: Any) -> Node:
        text = _json(value)
        self._work.add(PER_VALUE + len(text))
        return _text(text)

    # ---- of each type

    def _null(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        return _text("null")

    def _boolean(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        return Choice((_text("true"), _text("false")))

    def _number(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        return NUMBER

    def _integer(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        lows = [_integer(told, "minimum", at), _integer(told, "exclusiveMinimum", at, 1)]
        highs = [_integer(told, "maximum", at), _integer(told, "exclusiveMaximum", at, -1)]
        low = max((bound for bound in lows if bound is not None), default=None)
        high = min((bound for bound in highs if bound is not None), default=None)
        for bound in (low, high):
            self._work.add(PER_VALUE * _n_digits(bound or 0) ** 2)
        return _integers(low, high)

    def _string(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        least, most = _size(told, "minLength", at) or 0, _size(told, "maxLength", at)
        quote = _text('"')
        if "pattern" in told or "format" in told:
            if len(told.keys() & {"pattern", "format", "minLength", "maxLength"}) > 1:
                raise ArgumentError(f"{at}: pattern, format and lengths cannot be combined; say it all in the pattern")
            return Sequence((quote, self._pattern(told, at), quote))
        return Sequence((quote, _repeat(CHARACTER, least, most), quote))

    def _pattern(self, told: dict[str, Any], at: str) -> Node:
        import re

        if "pattern" in told:
            return parse(_checked(told["pattern"], str, f"{at}/pattern"), re.ASCII, PLAIN, True, self._work)
        if _checked(told["format"], str, f"{at}/format") not in FORMATS:
            raise ArgumentError(f"{at}: the format {told['format']!r} is not supported; give a pattern instead")
        return parse(FORMATS[told["format"]], work=self._work)

    def _array(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        if "items" not in told:
            raise ArgumentError(f'{at}: say what the items of the array are, as in {{"items": {{"type": "string"}}}}')
        item = self.value(told["items"], f"{at}/items", inside)
        least, most = _size(told, "minItems", at) or 0, _size(told, "maxItems", at)
        some: Node = (
            Sequence(
                (item, _repeat(Sequence((_spaced(","), item)), max(least, 1) - 1, None if most is None else most - 1))
            )
            if most != 0
            else Choice(())
        )
        inner = Choice((EMPTY, some)) if least == 0 else some
        return Sequence((_text("["), inner, _text("]")))

    def _object(self, told: dict[str, Any], at: str, inside: tuple[str, ...]) -> Node:
        if "properties" not in told:
            raise ArgumentError(f"{at}: say what the properties of the object are")
        properties = _checked(told["properties"], dict, f"{at}/properties")
        names = _checked(told.get("required", []), list, f"{at}/required")
        required = {_checked(name, str, f"{at}/required") for name in names}
        for name in properties:
            _checked(name, str, f"{at}/properties")
        if not required <= properties.keys():
            raise ArgumentError(f"{at}: required properties are missing from its properties")
        behind: Node = EMPTY  # what may stand behind a property, and in the place of it if none has been written yet
        first: Node = EMPTY
        for name, schema in reversed(properties.items()):
            value = self.value(schema, f"{at}/properties/{name}", inside)
            member = Sequence((self._json(name), _spaced(":"), value))
            begun = Sequence((member, behind))
            first = begun if name in required else Choice((begun, first))
            another = Sequence((_spaced(","), member))
            behind = Sequence((another if name in required else _optional(another), behind))
        return Sequence((_text("{"), first, _text("}")))


# ---- parts


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _checked(value: Any, kind: type, at: str) -> Any:
    if not isinstance(value, kind):
        raise ArgumentError(f"{at}: this must be of the type {kind.__name__}")
    return value


def _check_alone(told: dict[str, Any], name: str, at: str, beside: tuple[str, ...]) -> None:
    others = sorted(told.keys() - {name, *beside})
    if others:
        raise ArgumentError(f"{at}: {name!r} together with {others[0]!r} is not supported; put all into one of them")


def _types(told: dict[str, Any], at: str) -> list[str]:
    types = told.get("type", [])
    types = types if isinstance(types, list) else [types]
    for name in types:
        if not isinstance(name, str) or name not in TYPES:
            raise ArgumentError(f"{at}: {name!r} is no type; there are {', '.join(TYPES)}")
    return types


def _is_any(value: Any, types: list[str]) -> bool:
    return any(isinstance(value, TYPES[t]) and (t == "boolean" or not isinstance(value, bool)) for t in types)


def _size(told: dict[str, Any], name: str, at: str) -> int | None:
    size = _integer(told, name, at)
    if size is not None and size < 0:
        raise ArgumentError(f"{at}: {name} must not be negative")
    return size


def _integer(told: dict[str, Any], name: str, at: str, more: int = 0) -> int | None:
    if name not in told:
        return None
    if isinstance(told[name], bool) or not isinstance(told[name], int):
        raise ArgumentError(f"{at}: {name} must be an integer")
    if abs(told[name]) >= 10**MAX_DIGITS:
        raise TooLargeError(f"{at}: {name} has more than {MAX_DIGITS} digits; leave it out, or give a nearer bound")
    return int(told[name]) + more


def _n_digits(bound: int) -> int:
    return len(str(abs(bound)))


def _repeat(node: Node, least: int, most: int | None) -> Node:
    return Choice(()) if most is not None and most < least else Repeat(node, least, most)


# ---- integers from one bound to another


def _integers(low: int | None, high: int | None) -> Node:
    parts = [_naturals(max(low or 0, 0), high)]
    if low is None or low < 0:
        above = 1 if high is None or high >= 0 else -high
        parts.append(Sequence((_text("-"), _naturals(above, None if low is None else -low))))
    return Choice(tuple(parts))


def _naturals(low: int, high: int | None) -> Node:
    """From low, 0 or more, to high, or without end."""
    if high is not None and high < low:
        return Choice(())
    n_low, n_high = _n_digits(low), _n_digits(low if high is None else high)
    parts = []
    for n in range(n_low, n_high + 1):
        first = low if n == n_low else 10 ** (n - 1)
        last = high if high is not None and n == n_high else 10**n - 1
        parts.append(_between(str(first), str(last)))
    if high is None:
        parts.append(Sequence((Characters(((49, 57),)), Repeat(DIGIT, n_low, None))))
    return Choice(tuple(parts))


def _between(low: str, high: str) -> Node:
    """From low to high, both with the same number of digits."""
    if not low:
        return EMPTY
    n = len(low) - 1
    if low == "0" * len(low) and high == "9" * len(low):
        return Repeat(DIGIT, len(low), len(low))
    a, b = ord(low[0]), ord(high[0])
    if a == b:
        return Sequence((Characters(((a, a),)), _between(low[1:], high[1:])))
    parts = [
        Sequence((Characters(((a, a),)), _between(low[1:], "9" * n))),
        Sequence((Characters(((b, b),)), _between("0" * n, high[1:]))),
    ]
    if b - a > 1:
        parts.append(Sequence((Characters(((a + 1, b - 1),)), Repeat(DIGIT, n, n))))
    return Choice(tuple(parts))
