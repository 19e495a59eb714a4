# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""A traced text as an HTML page: one file, no scripts, nothing from elsewhere; numbers and links, not just colour."""

from __future__ import annotations

import html
from collections.abc import Iterator

from .file import Passage, Trace

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }}
pre {{ border-left: 0.2rem solid; padding-left: 1rem; }}
mark {{ border-radius: 0.2rem; padding: 0 0.1rem; }}
mark a {{ color: inherit; font-weight: bold; }}
q {{ font-style: italic; }}
:target {{ outline: 0.2rem solid; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary}.</p>
<h2>The text</h2>
<pre>{text}</pre>
<h2>Where its passages stand</h2>
<ol>
{passages}
</ol>
</body>
</html>
"""


def page(title: str, summary: str, parts: Iterator[tuple[int, str]], trace: Trace) -> str:
    """`parts` of the text, in order, each with the number of its passage; 0: of none."""
    return PAGE.format(
        title=_escaped(title),
        summary=_escaped(summary),
        text="".join(_part(*part) for part in parts),
        passages="\n".join(_item(number, passage) for number, passage in enumerate(trace.passages, 1)),
    )


def _part(number: int, text: str) -> str:
    if not number:
        return _escaped(text)
    link = f'<a href="#passage-{number}" aria-label="passage {number}">{number}</a>'
    return f'<mark id="text-{number}">{link} {_escaped(text)}</mark>'


def _item(number: int, passage: Passage) -> str:
    places = "".join(f"<li>{_escaped(s.document)}, line {s.line:,} (byte {s.offset:,})</li>" for s in passage.sources)
    n = passage.places
    return (
        f'<li id="passage-{number}"><a href="#text-{number}">{passage.words:,} words</a>, in {n:,} '
        f"place{'s' if n != 1 else ''}: <q>{_escaped(' '.join(passage.text.split()))}</q><ul>{places}</ul></li>"
    )


def _escaped(text: str) -> str:
    return html.escape("".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in text.replace("\r\n", "\n")))
