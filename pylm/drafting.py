# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What drafts save a large model, by prompts and what it said to them. `pylm draft`.

What the large model said is known. So it need not be there: of a draft it keeps the ids that are those it said, and
says the next one itself. That is one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import thread_time
from typing import Any, NamedTuple, Protocol

from ._core.arguments import integer, number, several, wrong_type
from ._core.image import integers
from ._core.progress import Progress
from .decoders.drafter import LONGEST, MOST_DRAFTED, Drafter

LOOKUP_IDS = 3  # how many last ids prompt lookup looks for at most
SUFFIX_DEPTH = 64  # of the trees of suffix decoding, as its authors have it


class Drafts(Protocol):
    """Whoever drafts: `Drafter`, and the two below."""

    def start(self) -> None:
        """A new prompt begins."""

    def feed(self, ids: Sequence[int]) -> None:
        """Reads a prompt."""

    def draft(self) -> Sequence[int]:
        """Ids that may come next."""

    def accept(self, ids: Sequence[int]) -> object:
        """Reads what came."""


class DraftFigures(NamedTuple):
    """What drafts saved."""

    tokens: int  #: ids that the large model said
    steps: int  #: in so many steps
    drafted: int  #: ids of all drafts
    accepted: int  #: those of them that were right
    milliseconds: float  #: CPU of a draft, and of reading what came after it

    @property
    def tokens_a_step(self) -> float:
        """1 without drafts."""
        return self.tokens / self.steps if self.steps else 0.0


def measure_drafts(
    drafter: Drafts, exchanges: Iterable[tuple[Sequence[int], Sequence[int]]], *, progress: bool | None = None
) -> DraftFigures:
    """What drafts save on exchanges: pairs of a prompt's ids and of what the large model said to it.

    drafter   `Model.drafter()`, or what has its methods `start()`, `feed()`, `draft()` and `accept()`. It learns from
              all exchanges, one after the other.
    """
    if not all(callable(getattr(drafter, name, None)) for name in ("start", "feed", "draft", "accept")):
        raise wrong_type("drafter", "a drafter, such as model.drafter()", drafter)
    tokens = steps = drafted = accepted = 0
    begin = thread_time()
    with Progress(progress) as bar:
        for done, exchange in enumerate(several("exchanges", exchanges, "pairs of ids"), 1):
            prompt, rest = _ids_of(exchange)
            drafter.start()
            drafter.feed(prompt)
            at = 0
            while at < len(rest):
                draft = drafter.draft()
                right = 0
                while right < len(draft) and at + right < len(rest) and draft[right] == rest[at + right]:
                    right += 1
                kept = rest[at : at + right + 1]
                drafter.accept(kept)
                drafted += len(draft)
                accepted += right
                at += len(kept)
                steps += 1
            tokens += len(rest)
            bar.show("drafting", done, None, " exchanges")
    return DraftFigures(tokens, steps, drafted, accepted, (thread_time() - begin) / max(steps, 1) * 1e3)


def _ids_of(exchange: Any) -> tuple[list[int], list[int]]:
    if not isinstance(exchange, (tuple, list)) or len(exchange) != 2:
        raise wrong_type("exchanges", "pairs of ids: of a prompt, and of what was said to it", exchange)
    prompt, said = (integers(ids, "exchanges", "pairs of ids") for ids in exchange)
    return list(prompt), list(said)


class PromptLookup:
    """Drafts what followed the last place where the last ids stood before, the longest match first: as the libraries
    transformers ("prompt lookup") and vLLM ("ngram") do."""

    def __init__(self, *, longest: int = LOOKUP_IDS, most: int = MOST_DRAFTED) -> None:
        self._longest, self._most = integer("longest", longest, 1, LONGEST), integer("most", most, 1, LONGEST)
        self.start()

    def start(self) -> None:
        """A new prompt begins; the one before it is forgotten."""
        self._ids: list[int] = []
        self._ends: dict[tuple[int, ...], int] = {}  # where each row of ids ended before, last

    def feed(self, ids: Sequence[int]) -> None:
        """Reads ids."""
        for symbol in ids:
            for n in range(1, min(self._longest, len(self._ids)) + 1):
                self._ends[tuple(self._ids[-n:])] = len(self._ids)
            self._ids.append(symbol)

    def draft(self) -> list[int]:
        """What followed; empty if nothing stood before."""
        for n in range(min(self._longest, len(self._ids)), 0, -1):
            end = self._ends.get(tuple(self._ids[-n:]))
            if end is not None:
                return self._ids[end : end + self._most]
        return []

    def accept(self, ids: Sequence[int]) -> None:
        """The same as `feed()`."""
        self.feed(ids)


class SuffixDecoding:
    """Suffix decoding (Oliaro and others, 2025), by its authors' package arctic-inference: a tree of all suffixes of
    the prompt, and one of what was said before. ImportError if that is not installed.

    factor   a draft has so many times the ids that match before it, at most; as its `max_spec_factor`.
    """

    def __init__(self, *, most: int = MOST_DRAFTED, factor: float = 1.0) -> None:
        from arctic_inference.suffix_decoding import SuffixDecodingCache  # type: ignore[import-not-found,unused-ignore]

        self._most, self._factor = integer("most", most, 1, LONGEST), number("factor", factor, 0, LONGEST)
        self._cache: Any = SuffixDecodingCache(max_tree_depth=SUFFIX_DEPTH)
        self._request = 0
        self._ids: list[int] = []

    def learn(self, ids: Sequence[int]) -> None:
        """Adds a text to what was said before."""
        self.start()
        self.feed(ids[:1])
        self.accept(ids[1:])

    def start(self) -> None:
        """A new prompt begins; what was said to the one before it is kept."""
        if self._ids:
            self._cache.stop_request(self._request)
        self._request += 1
        self._ids = []

    def feed(self, ids: Sequence[int]) -> None:
        """Reads a prompt."""
        self._cache.start_request(self._request, list(ids))
        self._ids = list(ids)

    def draft(self) -> list[int]:
        """What the trees say."""
        context = self._ids[-SUFFIX_DEPTH:]
        options = {"max_spec_tokens": self._most, "max_spec_factor": self._factor}
        return list(self._cache.speculate(self._request, context, **options).token_ids)

    def accept(self, ids: Sequence[int]) -> None:
        """Reads what came."""
        self._cache.add_active_response(self._request, list(ids))
        self._ids += ids


def drafters(drafter: Drafter, *, most: int = MOST_DRAFTED) -> Iterator[tuple[str, Drafts]]:
    """A drafter and its peers, with their names: those that are installed."""
    yield "pylm", drafter
    yield "prompt lookup", PromptLookup(most=most)
    try:
        yield "suffix decoding", SuffixDecoding(most=most)
    except ImportError:
        return
