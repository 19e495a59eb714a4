# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The page that explains a whole text."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._core.page import escape, facts, page, percent
from .._core.prediction import VISIBLE, visible
from .._core.reader import TextReader
from .._core.text import TEXT_TYPES
from ..errors import ArgumentError, EmptyTextError
from .kernel import KernelExplanation
from .mix import Explanation, Part
from .tokens import explain_all

if TYPE_CHECKING:
    from .._core.image import TextOrIds

MAX_TOKENS = 5000  # a page has about 1 KB for each
LEVELS = (1, 3, 5, 7, 10, 13, 16)  # bits, from which on a token has the next colour
NEXT = 5  # probable tokens named beside each
SHOWN = 0.005  # bits: smaller parts of what is not known are left out
TOTAL = "log2 of the probability"
TOTAL_OF_KERNEL = "the probability"
MIX_SAYS = (
    "each thing that the model knows has made it more or less probable by so many bits, and together these are all of "
    "it."
)
KERNEL_SAYS = (
    "positions of the training text before which the same places agree have a share of it, the more the nearer "
    "they are and the more of them there are, and together these are all of it."
)


def explain_page(state: TextReader, text: TextOrIds, title: str) -> str:
    """A page that shows the split of each symbol of a text, which the state reads."""
    is_empty = isinstance(text, TEXT_TYPES) and not len(text)
    symbols = state._image.symbols(text, add_eos=not is_empty)
    if not symbols:
        raise EmptyTextError("the text is empty: there is nothing to explain")
    if len(symbols) > MAX_TOKENS:
        raise ArgumentError(
            f"the text has {len(symbols):,} tokens; a page shows {MAX_TOKENS:,} at most: take a part of the text"
        )
    explanations = list(explain_all(state, text, symbols, NEXT))
    return page(
        title,
        _body(state, symbols, explanations, title),
        ["_core/page.css", "explain/explain.css"],
        "explain/explain.js",
        _data(explanations),
    )


# ---- what the script shows


def _data(explanations: Sequence[Explanation | KernelExplanation]) -> dict[str, Any]:
    """Of each token what explain.js takes apart in show(); names, which come again, as numbers."""
    numbers: dict[str, int] = {}
    tokens = []
    for explanation in explanations:
        parts = list(_rows(explanation, numbers))
        best = [[visible(prediction.text), percent(prediction.probability)] for prediction in explanation.next]
        tokens.append(
            [
                visible(explanation.token),
                percent(explanation.probability),
                round(explanation.bits, 3),
                parts,
                best,
                [_notes(explanation), _marks(explanation)],
            ]
        )
    kernel = isinstance(explanations[0], KernelExplanation)
    return {"tokens": tokens, "names": [*numbers, TOTAL_OF_KERNEL if kernel else TOTAL], "kernel": kernel}


def _rows(explanation: Explanation | KernelExplanation, numbers: dict[str, int]) -> Iterator[list[Any]]:
    if isinstance(explanation, KernelExplanation):
        for pattern in explanation.notable():
            number = numbers.setdefault(pattern.name, len(numbers))
            weight = float(f"{pattern.weight:.1e}")
            yield [number, round(pattern.share, 4), pattern.seen, round(pattern.distance, 2), weight]
        return
    known = [part for part in explanation.parts if part.total or abs(part.bits) >= SHOWN]
    for part in sorted(known, key=lambda part: (part.kind != "even", -abs(part.bits))):
        yield _row(part, explanation.trees, numbers)


def _row(part: Part, trees: int, numbers: dict[str, int]) -> list[Any]:
    name = f"this text: {part.name}" if part.learned else part.name
    if trees > 1 and part.kind != "average":
        name += f" (tree {part.tree})"
    speaks = part.kind not in ("even", "constant", "average")
    return [
        numbers.setdefault(name, len(numbers)),
        round(part.bits, 3),
        part.seen,
        round(part.log_odds, 1) if speaks else None,
        round(part.weight, 2) if speaks else None,
    ]


def _notes(explanation: Explanation | KernelExplanation) -> list[str]:
    """Lines below the table."""
    letters = explanation.spelling_bits
    spelling = [f"An unknown word: {letters:.1f} bits more, by its letters"] if letters else []
    if isinstance(explanation, KernelExplanation):
        return spelling
    names = [part.name for part in explanation.parts if part.kind == "context" and not part.total]
    notes = [f"Topic (underlined): {explanation.topic.made_of}"] if explanation.topic else []
    notes = [*spelling, *notes]
    return [*notes, "Not known: " + ", ".join(names)] if names else notes


def _marks(explanation: Explanation | KernelExplanation) -> list[int]:
    """How far back the tokens stand that made the topic; negative if they made the token less probable."""
    if isinstance(explanation, KernelExplanation) or not explanation.topic:
        return []
    return [word.back if word.bits > 0 else -word.back for word in explanation.topic.named]


# ---- the text


def _body(
    state: TextReader, symbols: array[int], explanations: Sequence[Explanation | KernelExplanation], title: str
) -> str:
    bits = sum(explanation.bits for explanation in explanations)
    letters = sum(explanation.spelling_bits for explanation in explanations)
    says = KERNEL_SAYS if state._image.is_kernel else MIX_SAYS
    figures = [
        ("tokens", f"{len(symbols):,}"),
        ("bits a token", f"{(bits + letters) / len(symbols):.2f}"),
        ("perplexity", f"{2 ** (bits / len(symbols)):.1f}"),
    ]
    if letters:
        figures.insert(2, ("of them, spelling", f"{letters / len(symbols):.2f}"))
    if state.learns:
        learned = sum(e.learned_bits for e in explanations if isinstance(e, Explanation))
        figures.append(("bits a token from this text", f"{learned / len(symbols):+.2f}"))
    return (
        f"<header><h1>{escape(title)}</h1>\n"
        "<p>Every token of a text, coloured by how much it surprised the model. Point at one, or go there with the "
        f"arrow keys, to see what its probability is made of: {says}</p>\n"
        f"{facts(figures)}\n{_legend()}</header>\n"
        '<noscript><p class="card">Without scripts this page shows the surprise only.</p></noscript>\n'
        "<main>\n"
        '<div id="text" class="card" role="listbox" aria-orientation="horizontal" dir="auto" '
        'aria-label="The text, token by token; arrow keys go from one to the next">'
        f"{''.join(_tokens(state, symbols, explanations))}</div>\n"
        '<section id="detail" class="card" aria-live="polite" aria-label="What the probability is made of">'
        "</section>\n</main>"
    )


def _legend() -> str:
    ends = [*(f"to {bits}" for bits in LEVELS), "more"]
    levels = "".join(f'<i class="s{i}">{end}</i>' for i, end in enumerate(ends))
    return f'<p id="legend" aria-hidden="true">surprise in bits: {levels}</p>'


def _tokens(
    state: TextReader, symbols: array[int], explanations: Sequence[Explanation | KernelExplanation]
) -> Iterator[str]:
    image = state._image
    shown = spelled([image.symbol_text(symbol) for symbol in symbols])
    for i, (text, explanation) in enumerate(zip(shown, explanations, strict=False)):
        bits = explanation.bits + explanation.spelling_bits
        if symbols[i] == image.unknown:
            text = explanation.token
        level = sum(bits >= least for least in LEVELS)
        title = f"{visible(explanation.token)}: {bits:.1f} bits, {percent(explanation.probability)}"
        if image.is_words and symbols[i] == image.line_end:
            text = "\n"
        label = ' aria-label="line end"' if text == "\n" else ""
        yield (
            f'<span role="option" class="s{level}" tabindex="{-1 if i else 0}" aria-selected="false"{label} '
            f'title="{escape(title)}">{_marked(text)}</span>'
        )
        if image.is_words and text != "\n":
            yield " "


def _marked(text: str) -> str:
    """A token's HTML, in which line ends and tabs can be seen."""
    if not text:
        return '<span class="mark">·</span>'
    result = ""
    for piece in re.split(r"([\n\r\t]+)", text):
        if piece[:1] in ("\n", "\r", "\t"):
            piece = f'<span class="mark">{piece.translate(VISIBLE)}</span>' + "<br>" * piece.count("\n")
        else:
            piece = escape(piece)
        result += piece
    return result


def spelled(tokens: Sequence[bytes]) -> list[str]:
    """Texts of tokens that may be parts of characters: a character is where its first byte is. Bytes that are no
    UTF-8 are written as in \\xff."""
    result = [""] * len(tokens)
    owners = [i for i, token in enumerate(tokens) for _ in token]
    at = 0
    for character in b"".join(tokens).decode("utf-8", "surrogateescape"):
        data = character.encode("utf-8", "surrogateescape")
        result[owners[at]] += data.decode("utf-8", "backslashreplace")
        at += len(data)
    return result
