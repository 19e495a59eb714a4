# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A specialised corpus that every CPython carries: its manual's topics and the documentation strings of its library."""

from __future__ import annotations

import ast
import platform
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pylm import EmptyTextError

from .inside import Progress, without_repeats

END, UNKNOWN = "</s>", "<unk>"
NOT_LIBRARY = {"test", "tests", "idlelib", "lib2to3"}  # of the library's folder
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TOKEN = re.compile(r"\w+|[^\w\s]")
MAX_WORDS = 50_000  # of the vocabulary: four of them make a 63-bit number


@dataclass(frozen=True)
class Document:
    name: str
    paragraphs: list[list[str]]  #: words and punctuation marks

    @property
    def n_words(self) -> int:
        """Ends of paragraphs included."""
        return sum(len(words) + 1 for words in self.paragraphs)


def library_pages(bar: Progress) -> dict[str, str]:
    """Topics first, then modules, by name. Sources are parsed, nothing is imported."""
    try:
        from pydoc_data.topics import topics

        pages = {f"topic {name}": topics[name] for name in sorted(topics)}
    except ImportError:  # an interpreter without them
        pages = {}
    root = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in sorted(root.rglob("*.py")) if _is_library(path.relative_to(root))]
    for i, path in enumerate(paths):
        bar.show("read the library", i, len(paths))
        page = _docstrings(path)
        if page:
            pages[path.relative_to(root).as_posix()] = page
    return pages


def library_title() -> str:
    return f"Documentation that comes with CPython {platform.python_version()}: the manual's topics and docstrings"


def _is_library(path: Path) -> bool:
    top = path.parts[0].split(".")[0]
    return top in sys.stdlib_module_names and not NOT_LIBRARY & set(path.parts)


def _docstrings(path: Path) -> str:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # templates, and files in another coding
        return ""
    nodes = (node for node in ast.walk(tree) if isinstance(node, DOCUMENTED))
    return "\n\n".join(text for text in map(ast.get_docstring, nodes) if text)


def documents_of(pages: dict[str, str], size: int | None = None) -> list[Document]:
    """Words of the first `size` bytes, without paragraphs that stood before: what was trained on must not be scored."""
    result: list[Document] = []
    used = 0
    for name, page in without_repeats(pages).items():
        used += len(page.encode("utf-8", "replace"))
        if size is not None and used > size and len(result) > 1:
            break
        paragraphs = [words for part in re.split(r"\n\s*\n", page) if (words := TOKEN.findall(part))]
        if paragraphs:
            result.append(Document(name, paragraphs))
    return result


class Vocabulary:
    """Words seen at least twice in training, the most frequent ones first; all others are `<unk>`."""

    end, unknown = 0, 1  # ids

    def __init__(self, documents: Iterable[Document]) -> None:
        counts = Counter(word for document in documents for words in document.paragraphs for word in words)
        kept = sorted((word for word, n in counts.items() if n > 1), key=lambda word: (-counts[word], word))
        self._ids = {word: i for i, word in enumerate([END, UNKNOWN, *kept[:MAX_WORDS]])}
        if len(self._ids) == 2:
            raise EmptyTextError("no word of the training part comes twice: the texts are too short to study")

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def words(self) -> list[str]:
        """By id."""
        return list(self._ids)

    def ids(self, document: Document) -> list[int]:
        find = self._ids.get
        return [i for words in document.paragraphs for i in (*(find(word, self.unknown) for word in words), self.end)]

    def text(self, document: Document) -> bytes:
        """As a model of words reads it: a paragraph a line."""
        known = self._ids
        lines = (" ".join(word if word in known else UNKNOWN for word in words) for words in document.paragraphs)
        return "".join(f"{line}\n" for line in lines).encode()


def splits_of(documents: Sequence[Document]) -> list[tuple[str, list[Document], list[Document]]]:
    """Name, training and test documents. Whole ones, so that no test position has its neighbours in training."""
    n = len(documents)
    if n < 2:
        raise EmptyTextError("a case study needs two documents at least: some to train on, others to test on")
    step = min(n, 10)
    every = set(range(step // 2, n, step))
    last = n - max(n // 10, 1)
    others = [documents[i] for i in range(n) if i not in every]
    return [
        ("every tenth document", others, [documents[i] for i in sorted(every)]),
        ("the last tenth of the documents", list(documents[:last]), list(documents[last:])),
    ]
