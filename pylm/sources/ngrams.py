# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""N-grams of any length in the training text: how often they stand there, what follows, and where."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.arguments import MAX_U32, integer
from .._core.progress import Progress
from .._core.text import Bytes, as_bytes
from .file import Place, Source, SourcesFile, split_words

if TYPE_CHECKING:
    from .._core.image import TextOrIds

MOST_REMEMBERED = 100  # words of the context that generation looks at: no suffix is longer


@dataclass(frozen=True)
class Follower:
    """A word that follows in the training text."""

    text: str  #: the word; "" for the end of a document
    count: int  #: how often it follows


@dataclass(frozen=True)
class Suffix:
    """The longest suffix of a context that stands in the training text; from `Sources.longest()`."""

    words: int  #: of the suffix; 0: not even the last word stands there
    text: str  #: the suffix, as it stands in the context
    count: int  #: how often it stands in the training text; of the empty one, how many words there are
    followers: tuple[Follower, ...]  #: the most frequent ones, of those as frequent in the order of their bytes
    places: tuple[Place, ...]  #: some of those where it stands, in the order of the documents


@dataclass(frozen=True)
class SourcedWord:
    """A word that was drawn from the training text; from `Sources.generate()`."""

    text: str  #: the word, with the white space in front of it
    suffix: int  #: how many words in front of it stand before it there, too
    count: int  #: how often these words stand in the training text: it was drawn from so many places
    place: Place  #: where it was drawn: the suffix begins there, or the word itself if the suffix is empty


class Sources:
    """The training text of a model, to ask about; from `Model.sources`.

    An n-gram is any number of words in a row, and all counts are exact. What is a word does not depend on the
    tokenizer: it is what stands between white space, and each character of scripts without spaces (docs/sources.md
    says exactly). Half a word at the beginning or the end is another word. Texts may be given as a str, as bytes, or as
    ids of the model. Any number of threads may ask.
    """

    def __init__(self, file: SourcesFile, as_text: Callable[[Any, str], str | Bytes]) -> None:
        self._file, self._as_text = file, as_text

    @property
    def words(self) -> int:
        """How many words the training text has."""
        return self._file.n_words

    def __repr__(self) -> str:
        return f"<pylm.Sources of {self._file.n_documents:,} documents, {self.words:,} words>"

    def find(self, text: TextOrIds, k: int = 5) -> list[Source]:
        """Where in the training text a text stands, word for word, or the longest passages of it: up to k places,
        those of the longest passage first, each passage's in the order of the documents."""
        k = integer("k", k, 1, MAX_U32)
        return self._file.find(self._as_text(text, "text"), k, Progress(False))

    def count(self, ngram: TextOrIds) -> int:
        """How often an n-gram stands in the training text, within one document each time. The empty one stands at
        every word. Takes some microseconds, however large the text is."""
        return self._file.count(self._as_text(ngram, "ngram"))

    def longest(self, context: TextOrIds, *, min_count: int = 1, k: int = 5) -> Suffix:
        """The longest suffix of a context that stands in the training text, what follows it there, and where.

        min_count   how often it must stand there.
        k           followers, and places, to give at most, 0 and up. Places are those of the first 1,000 in the order
                    of what follows, so that a frequent word takes no longer.
        """
        min_count, k = integer("min_count", min_count, 1, MAX_U32), integer("k", k, 0, MAX_U32)
        file = self._file
        found, content = file.longest(self._as_text(context, "context"), min_count)
        followers = tuple(Follower(text, count) for text, count in file.followers(found, k))
        places = tuple(file.some_places(found, len(as_bytes(content)), k)) if found.words else ()
        return Suffix(found.words, content, found.places, followers, places)

    def generate(
        self, prompt: TextOrIds = "", max_new_words: int = 50, *, min_count: int = 2, seed: int | None = None
    ) -> list[SourcedWord]:
        """A continuation that is drawn from the training text: each word is the one behind a place, drawn at random,
        of the longest suffix of what stands there so far. So every word has a source. It ends where a document does.

        prompt      what is continued. Its last 100 words count.
        max_new_words   how many at most.
        min_count   how often a suffix must stand in the training text. With 1 the text soon goes on as one place of it
                    does, word for word, to the end of the document; the larger, the freer.
        seed        the same seed gives the same words; None draws one.

        ``prompt + "".join(word.text for word in words)`` is the whole text.
        """
        n = integer("max_new_words", max_new_words, 0, MAX_U32)
        min_count = integer("min_count", min_count, 1, MAX_U32)
        numbers = random.Random(None if seed is None else integer("seed", seed, 0, (1 << 64) - 1))
        last = split_words(self._as_text(prompt, "prompt"))[-MOST_REMEMBERED:]
        words: list[SourcedWord] = []
        while len(words) < n:
            found, _ = self._file.longest(b" ".join(last), min_count)
            if not found.places:
                break
            drawn = self._file.draw(found, int(numbers.random() * found.places))
            if not drawn.word:
                break
            space = drawn.space or b" " * bool(last and not found.words)
            text = (space + drawn.word).decode("utf-8", "replace")
            words.append(SourcedWord(text, found.words, found.places, drawn.place))
            last = [*last, drawn.word][-MOST_REMEMBERED:]
        return words
