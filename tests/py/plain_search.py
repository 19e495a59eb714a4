"""Words and passages as docs/sources.md says, found by plain Python: to compare with."""

from __future__ import annotations

import re

SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
ALONE = "\0\u0e00-\u109f\u1780-\u17ff\u2e80-\u2fff\u3001-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(f"[{ALONE}]|[^{ALONE}{SPACE}]+")


def words_of(text: str | bytes) -> list[str]:
    return WORD.findall(text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text)


def normalised(text: str | bytes) -> str:
    """A text in which a passage stands if, so normalised, it is in it."""
    return f" {' '.join(words_of(text))} "
