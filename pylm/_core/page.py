# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Pages for a browser, each one file that needs no other and asks no network.

What is shown may be anybody's text. So everything passes `escape()` or goes into the data block, and the page's own
policy lets no other script run than the one whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from typing import Any

PACKAGE = __name__.partition(".")[0]
CONTROLS = {i: f"\\x{i:02x}" for i in range(32) if chr(i) not in "\n\t"} | {127: "\\x7f"}


def escape(text: str) -> str:
    """Text for HTML, between tags and in attributes; control characters, which HTML cannot have, as in \\x00."""
    return html.escape(text.translate(CONTROLS))


def page(title: str, body: str, styles: list[str], script: str = "", data: Any = None) -> str:
    """A page.

    body     HTML, in which all text is escaped.
    styles   names of style sheets in this package, with their folders, as in "_core/page.css".
    script   name of a script in it, which finds `data` as JSON in the element "data".
    """
    code = packaged(script) if script else ""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src '{f'sha256-{digest}' if code else 'none'}'"
    scripts = (
        f'<script id="data" type="application/json">{_json(data)}</script>\n<script>{code}</script>\n' if code else ""
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{''.join(map(packaged, styles))}</style>\n</head>\n"
        f"<body>\n{body}\n{scripts}</body>\n</html>\n"
    )


def facts(items: list[tuple[str, str]]) -> str:
    """Figures with their names, side by side."""
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in items)
        + "</dl>"
    )


def percent(p: float) -> str:
    """A probability for people, with two digits at least."""
    return f"{p:.1%}" if p >= 0.1 else f"{p:.2%}" if p >= 0.001 else f"{100 * p:.1g}%"


def _json(data: Any) -> str:
    """JSON that cannot end the element that it stands in."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def packaged(name: str) -> str:
    """A file of this package, by its name with its folder."""
    return files(PACKAGE).joinpath(name).read_text(encoding="utf-8")
